"""Tells a deadline to answer from the other dates that a consultation letter mentions.

A date counts only when the same sentence says, before it, what kind of date it is.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from connectors.norwegian_dates import DateInText, dates_in, month_ends_in
from consultations.domain.calendar import local_day
from consultations.domain.observation import Deadline, DeadlineKind, FoundIn

# A sentence longer than this is no sentence; the bound keeps hostile pages cheap to read.
FARTHEST_BACK = 400

_ANY_CASE = re.IGNORECASE
# «Høringsfristen», «svarfrist»: can be nothing else than the deadline to answer.
_OWN_FRIST = re.compile(
    r"\b(?:hørings|høyrings|svar|innspills?|innspels?|uttal[ea]lses?|merknads|kommentar|"
    r"tilbakemeldings)frist(?:en)?\b",
    _ANY_CASE,
)
# «Fristen» alone may be the deadline of anything.
_PLAIN_FRIST = re.compile(r"\bfrist(?:en)?\b", _ANY_CASE)
_ANSWER = re.compile(
    r"\b(?:hørings|høyrings)?"
    r"(?:innspel|innspill|svar|uttal[ea]|fråsegn|kommentar|merknad|synspunkt|tilbakemelding)\w*",
    _ANY_CASE,
)
# What may stand between the word and the date when the date is the deadline itself.
_LATEST = r"(?:senest|seinast|innen|innan|før)(?:\s+(?:utgangen|utløpet)\s+av)?"
_STATES = (
    rf"(?:er|blir|vert|til|{_LATEST}|:|–|-|\()"
    rf"(?:\s+(?:nå|no|derfor|difor|dermed))?(?:\s+{_LATEST})?"
)
_LEADS_TO_DATE = re.compile(rf"(?:^|\s|\b|(?<=\W)){_STATES}(?:\s+den)?\s*$", _ANY_CASE)
_LATEST_BEFORE_DATE = re.compile(rf"\b{_LATEST}(?:\s+den)?\s*$", _ANY_CASE)
_NOTHING_ELSE_BETWEEN = re.compile(
    r"[\s:(–-]*(?:(?:er|blir|vert|nå|no|derfor|difor|dermed|den|senest|seinast|innen|innan|ved|ny|"
    r"(?:satt|sett|settes|utsatt|utsett|forlenget|forlengd|utvidet|utvida|endret|endra)"
    r"\s+til)\s*)*[\s:(–-]*",
    _ANY_CASE,
)
# In the field «15.09.2026, utsatt til 01.10.2026» the last words count.
_MOVED_TO_DATE = re.compile(
    r"\b(?:(?:utsatt|utsett|forlenget|forlengd|utvidet|utvida|endret|endra|flyttet|flytta)\s+til"
    r"|ny\s+(?:(?:hørings|høyrings)?frist(?:en)?)(?:\s+er)?)[\s:]*$",
    _ANY_CASE,
)
# A deadline to do something in the world, not to answer a letter.
_ABOUT_THE_RULES = re.compile(
    r"kraft|iverksett|gjennomfør|implementer|gjelde|gjeld|søknad|søke|klage", _ANY_CASE
)
_SENTENCE_END = re.compile(r"(?<!\bkl)(?<!\bca)(?<!\bref)[.!?]\s+(?=[A-ZÆØÅ«])|(?<!:)(?<!\ber)\n")


def deadlines_in_text(text: str, found_in: FoundIn, since: date | None) -> Iterator[Deadline]:
    """Yield each deadline to answer that ``text`` states, with the words it was read from.

    ``since`` is the day of publication: it gives the year where the text gives none.
    """
    for found in _days_in(text, since):
        lead_up = _same_sentence(_just_before(found, text))
        announced = _announcement(lead_up)
        if announced:
            yield _deadline(found, found_in, announced + text[found.start : found.end])


def deadlines_in_field(label: str, value: str) -> list[Deadline]:
    """Read the field «Høringsfrist»; the quote holds the label, and all days it names.

    Where it says that the deadline was moved, only the day it was moved to is a deadline.
    """
    quote = f"{label}: {value}"[:FARTHEST_BACK]
    days = _days_in(value)
    moved = [found for found in days if _MOVED_TO_DATE.search(_just_before(found, value))]
    return [_deadline(found, FoundIn.FIELD, quote) for found in moved[-1:] or days]


def without_repetitions(deadlines: Sequence[Deadline]) -> tuple[Deadline, ...]:
    """Leave out what only repeats: the same day again, unless it now has a time of day."""
    kept: list[Deadline] = []
    for deadline in deadlines:
        same_day = [known for known in kept if local_day(known.at) == local_day(deadline.at)]
        more_precise = deadline.precision == "datetime" and deadline.at not in {
            known.at for known in same_day
        }
        if not same_day or more_precise:
            kept.append(deadline)
    return tuple(kept)


def _days_in(text: str, since: date | None = None) -> list[DateInText]:
    days = [*dates_in(text, since=since), *month_ends_in(text, since=since)]
    return sorted(days, key=lambda found: found.start)


def _just_before(found: DateInText, text: str) -> str:
    return text[max(0, found.start - FARTHEST_BACK) : found.start]


def _deadline(found: DateInText, found_in: FoundIn, quote: str) -> Deadline:
    words = " ".join(quote.split())
    kind = DeadlineKind.WRITTEN_ANSWER
    if found.at is None:
        return Deadline.on(kind, found.day, found_in, words)
    return Deadline(kind=kind, at=found.at, precision="datetime", found_in=found_in, quote=words)


def _same_sentence(lead_up: str) -> str:
    ends = [end.end() for end in _SENTENCE_END.finditer(lead_up)]
    return lead_up[ends[-1] :] if ends else lead_up


def _announcement(lead_up: str) -> str:
    """Return the words before a date that make it a deadline to answer, or nothing."""
    for cue, leads_to_date in (
        (_OWN_FRIST, _own_deadline_follows),
        (_PLAIN_FRIST, _plain_deadline_follows),
        (_ANSWER, _latest_day_follows),
    ):
        for word in reversed(list(cue.finditer(lead_up))):
            if leads_to_date(lead_up[word.end() :]):
                return lead_up[word.start() :]
    return ""


def _own_deadline_follows(between: str) -> bool:
    if _NOTHING_ELSE_BETWEEN.fullmatch(between):
        return True
    return bool(_LEADS_TO_DATE.search(between)) and not _ABOUT_THE_RULES.search(between)


def _plain_deadline_follows(between: str) -> bool:
    if _NOTHING_ELSE_BETWEEN.fullmatch(between):
        return True
    return bool(_ANSWER.search(between)) and _own_deadline_follows(between)


def _latest_day_follows(between: str) -> bool:
    return bool(_LATEST_BEFORE_DATE.search(between)) and not _ABOUT_THE_RULES.search(between)
