"""Reads the forms people send us: only our own, of a bounded size."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consultations.domain.correction import LONGEST_NAME
from consultations.web import wording
from consultations.web.guard import is_from_our_own_page

LARGEST_FORM = 64_000
"""Bytes: room for the longest texts of any form, every character written as %XX."""
MOST_FIELDS = 100
NAME_COOKIE = "navn"
REMEMBER = timedelta(days=365)
_FORM = "application/x-www-form-urlencoded"
_ELSEWHERE = "Åpne siden om høringen her, og fyll ut skjemaet på nytt."


class BadForm(Exception):  # noqa: N818 - reads as the news it is
    """What was sent is not our form. Carries what to do about it, and the status to answer with."""

    def __init__(self, status: int, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.status = status
        self.advice = advice


@dataclass(frozen=True)
class Problem:
    """What was wrong, and the name of the field to mend."""

    field: str
    words: str


@dataclass(frozen=True)
class Typed:
    """What stands in a form: all values of each field, without what nobody can see."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, **values: str | tuple[str, ...]) -> Self:
        return cls({n: v if isinstance(v, tuple) else (v,) for n, v in values.items()})

    def one(self, name: str) -> str:
        return self.several(name)[-1] if self.several(name) else ""

    def several(self, name: str) -> tuple[str, ...]:
        return self.values.get(name, ())


@dataclass(frozen=True)
class Sent:
    """A form that could not be followed: which, what was typed in it, and what was wrong.

    ``place`` is the id on the page of the field to mend. ``since`` is what others did with the
    matter after the page was opened, in words.
    """

    form: str
    heading: str
    typed: Typed
    problem: Problem
    place: str
    since: tuple[str, ...] = ()


async def read(request: Request) -> Typed:
    """Read a form that was sent from one of our own pages. Raises ``BadForm``."""
    if not is_from_our_own_page(request):
        raise BadForm(403, "Skjemaet kom ikke herfra", _ELSEWHERE)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise BadForm(415, "Skjemaet kan ikke leses", "Bruk skjemaet på siden om høringen.")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_FORM:
            raise BadForm(413, "Det er for mye tekst", "Skriv en kortere grunn, og send på nytt.")
    return Typed(_parsed(bytes(body)))


def _parsed(body: bytes) -> dict[str, tuple[str, ...]]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS
        )
    except ValueError as problem:
        raise BadForm(
            400, "Skjemaet kan ikke leses", "Bruk skjemaet på siden om høringen."
        ) from problem
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), _visible(value))
    return fields


def _visible(text: str) -> str:
    return "".join(c for c in text if c.isprintable() or c.isspace())


def remembered_name(request: Request) -> str:
    """Return the name that was given the last time in this browser."""
    return wording.one_line(unquote(request.cookies.get(NAME_COOKIE, "")))[:LONGEST_NAME]


def done(address: str, name: str) -> RedirectResponse:
    """Send the reader on to a page, and let the browser remember the name."""
    response = RedirectResponse(address, status_code=303)
    remember(response, NAME_COOKIE, name.strip())
    return response


def remember(response: Response, cookie: str, value: str) -> None:
    """Let the browser remember a value, for our own pages only."""
    response.set_cookie(
        cookie,
        quote(value, safe=""),
        max_age=int(REMEMBER.total_seconds()),
        httponly=True,
        samesite="strict",
    )
