"""Turns times, numbers, addresses and foreign text into what may stand on a page."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from urllib.parse import quote, urlsplit

from consultations.domain.calendar import (
    OSLO,
    days_left,
    days_left_in_words,
    end_of_day,
    format_day,
    format_instant,
    local_day,
)
from consultations.domain.observation import DeadlineKind, Status

_BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
STATUS_TONES = {Status.OPEN: "good", Status.CANCELLED: "danger"}
"""How a status looks where it is not plain; the words say it anyway."""
_SOON_DAYS = 7
"""A deadline this near also looks near; the words say it anyway."""


@dataclass(frozen=True)
class When:
    """A time in words, and as machines read it (``iso``: an Oslo day, or an instant)."""

    text: str
    iso: str


@dataclass(frozen=True)
class DeadlineText:
    """A deadline in words, how long is left, and how near it looks (soon, passed or ahead)."""

    when: When
    left: str
    nearness: str


def foreign(language: str | None) -> str | None:
    """Return the language to mark a passage with; bokmål is the page's own."""
    return language if language != "nb" else None


def day(value: date) -> When:
    return When(_unbroken(format_day(value)), value.isoformat())


def sitting(value: datetime) -> When:
    """Say when a meeting is. Midnight in Oslo means that only the day is known."""
    return day(local_day(value)) if value.astimezone(OSLO).time() == time.min else instant(value)


def instant(value: datetime) -> When:
    on, _, clock = format_instant(value).partition(" kl. ")
    return When(
        f"{_unbroken(on)} {_unbroken(f'kl. {clock}')}",
        value.astimezone(OSLO).isoformat(timespec="minutes"),
    )


def _unbroken(text: str) -> str:
    """Keep a date on one line."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def deadline(
    at: datetime, now: datetime, kind: DeadlineKind | None, status: Status
) -> DeadlineText:
    """Say a deadline. The end of an Oslo day is what a day without a time of day means.

    What is cancelled counts down to nothing.
    """
    by_day = at == end_of_day(local_day(at))
    when = day(local_day(at)) if by_day else instant(at)
    if status is Status.CANCELLED:
        return DeadlineText(When(f"var satt til {when.text}", when.iso), "", "passed")
    left, passed = days_left_in_words(at, now), at < now
    if kind is DeadlineKind.HEARING_DAY:
        return DeadlineText(when, "" if passed else left, "passed" if passed else "ahead")
    if passed:
        return DeadlineText(when, left, "passed")
    nearness = "soon" if days_left(at, now) <= _SOON_DAYS else "ahead"
    return DeadlineText(When(f"senest {when.text}", when.iso), left, nearness)


def number(value: float) -> str:
    """``12 000``, ``2,5``: Norwegian digits, two decimals at most."""
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return text.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",").replace("-", "−")


def size(count: int) -> str:
    """Say a number of bytes."""
    for unit, step in (("MB", 1_000_000), ("kB", 1_000)):
        if count >= step:
            return f"{number(round(count / step, 1))} {unit}"
    return f"{count} byte"


def one_line(text: str) -> str:
    """Foreign text as a heading or a link: no line breaks, nothing that turns the direction."""
    return " ".join(_BIDI_CONTROLS.sub("", text).split())


def sentence(words: str) -> str:
    """Begin with a capital letter, and leave the rest as it is."""
    return words[:1].upper() + words[1:]


def web_address(url: str | None) -> str | None:
    """Return the address if it is one a reader may be sent to: http or https with a host."""
    if url is None or not url.isprintable():
        return None
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return url.strip() if parts.scheme in {"http", "https"} and parts.hostname else None


def consultation_address(key: str) -> str:
    return f"/horinger/{quote(key, safe=':')}"


def act_address(form: str, key: str) -> str:
    """Where a form about the response to a consultation is sent."""
    return f"/svar/{form}/{quote(key, safe=':')}"


def eu_act_address(celex: str) -> str:
    """Where the EU publishes an act."""
    return f"https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:{quote(celex, safe='')}"
