"""Dead letters with a safe look at their bytes, and alerts that stand still."""

import codecs
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from consultations.store.listing import ListedLetter, StandingDelivery
from consultations.store.tables import DeadLetterRow
from consultations.web import wording
from consultations.web.site import Site
from consultations.web.wording import When

PREVIEW_CHARACTERS = 4000
_BYTES_PER_CHARACTER = 4
_ALLOWED_CONTROLS = "\n\t"

_STEP_NAMES = {
    "poll": "innhenting",
    "intake": "inntak",
    "routing": "fordeling",
    "tracking": "oppfølging",
}
_STATE_NAMES = {"open": "åpent", "replayed": "sendt på nytt", "discarded": "kastet"}


@dataclass(frozen=True)
class LetterLine:
    id: int
    address: str
    step: str
    source: str | None
    place: str
    reason: str
    times: str
    first: When
    last: When
    size: str


@dataclass(frozen=True)
class Preview:
    """Bytes as text. ``cut``: there is more than is shown."""

    text: str
    cut: bool


@dataclass(frozen=True)
class LetterView:
    """One dead letter. ``preview`` is None when the bytes are not text."""

    line: LetterLine
    state: str
    is_open: bool
    link: str | None
    media_type: str
    preview: Preview | None


@dataclass(frozen=True)
class StandingAlert:
    address: str
    title: str
    lang: str | None
    channel: str
    words: str
    reason: str
    since: When


def letter_lines(site: Site, letters: Sequence[ListedLetter]) -> tuple[LetterLine, ...]:
    return tuple(_line(site, letter) for letter in letters)


def letter_view(site: Site, row: DeadLetterRow) -> LetterView:
    listed = ListedLetter(
        row.id, row.step, row.source, row.place, row.reason, row.first_at, row.last_at, row.times,
        len(row.body),
    )  # fmt: skip
    return LetterView(
        line=_line(site, listed),
        state=wording.sentence(_STATE_NAMES.get(row.state, row.state)),
        is_open=row.state == "open",
        link=wording.web_address(row.place),
        media_type=row.media_type,
        preview=preview(row.body),
    )


def standing_alerts(site: Site, found: Sequence[StandingDelivery]) -> tuple[StandingAlert, ...]:
    return tuple(
        StandingAlert(
            address=wording.consultation_address(one.consultation),
            title=wording.one_line(one.title) or one.consultation,
            lang=wording.foreign(one.language),
            channel=site.channel(one.channel),
            words=one.words,
            reason=one.reason or "Kanalen avviste varselet uten å si hvorfor.",
            since=wording.instant(one.occurred_at),
        )
        for one in found
    )


def preview(body: bytes) -> Preview | None:
    """Return the first characters of a body as visible text, or None when it is binary.

    Control and direction characters are spelled out: they must not act on the page.
    """
    start = body[: PREVIEW_CHARACTERS * _BYTES_PER_CHARACTER]
    text = _decoded(start, final=len(start) == len(body))
    if text is None:
        return None
    shown = text[:PREVIEW_CHARACTERS]
    cut = len(shown) < len(text) or len(start) < len(body)
    return Preview("".join(map(_visible, shown.replace("\r\n", "\n"))), cut)


def _decoded(start: bytes, *, final: bool) -> str | None:
    """Decode as UTF-8, or else as old Western text. Unless ``final``, the end may be cut short."""
    if b"\0" in start:
        return None
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(start, final)
    except UnicodeDecodeError:
        pass
    try:
        return start.decode("cp1252")
    except UnicodeDecodeError:
        return None


def _visible(character: str) -> str:
    if character in _ALLOWED_CONTROLS or not unicodedata.category(character).startswith("C"):
        return character
    return f"⟨U+{ord(character):04X}⟩"


def _line(site: Site, letter: ListedLetter) -> LetterLine:
    return LetterLine(
        id=letter.id,
        address=f"/dode-brev/{letter.id}",
        step=_STEP_NAMES.get(letter.step, letter.step),
        source=site.source(letter.source) if letter.source else None,
        place=wording.one_line(letter.place),
        reason=letter.reason,
        times="1 gang" if letter.times == 1 else f"{letter.times} ganger",
        first=wording.instant(letter.first_at),
        last=wording.instant(letter.last_at),
        size=wording.size(letter.size),
    )
