"""Finds days, ends of months and times of day in Norwegian text, bokmål and nynorsk alike."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from consultations.domain.calendar import MONTHS, from_local

# «24.00» is how people write the end of a day; the day alone says the same.
MIDNIGHT = "24"

_DAY_NAME = r"(?:mandag|måndag|tirsdag|tysdag|onsdag|torsdag|fredag|lørdag|laurdag|søndag|sundag)"
_CLOCK = (
    r"(?:kl\b\.?|klokk[ea]n?)\s{0,3}(?P<%shour>\d{1,2})(?:[.:](?P<%sminute>\d{2}))?(?![\d.:]\d)"
)
# A short name needs its full stop, or a year after it: «jul» and «mar» may be words or names.
_MONTH = rf"""
    (?:(?:{"|".join(MONTHS)})\b
    |(?:jan|feb|mar|apr|jun|jul|aug|sept?|okt|nov|des)(?:\.|(?=\s{{1,3}}(?:19|20)\d\d\b)))
"""
_DATE = re.compile(
    rf"""
    (?:{_CLOCK % ("first_", "first_")},?\s{{1,3}}(?:den\s{{1,3}})?)?
    (?<![\w§/-])(?<!\d[.,:])(?<!§\s)(?<!\bkl\s)(?<!\bkl\.)(?<!\bkl\.\s)
    (?:{_DAY_NAME},?\s{{1,3}}(?:den\s{{1,3}})?)?
    (?P<day>\d{{1,2}})
    (?:
        \.?\s{{0,3}}(?P<name>{_MONTH})(?:\s{{0,3}}(?P<year_after_name>(?:19|20)\d\d)\b)?
      | \.\s{{0,2}}(?P<month>\d{{1,2}})(?:\.\s{{0,2}}(?P<year>(?:19|20)\d\d)\b
        |(?![\d/-]|\.\s{{0,2}}\d))
    )
    (?:,?\s{{0,3}}(?:innen\s|innan\s|senest\s|seinast\s)?{_CLOCK % ("", "")})?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_END_OF_MONTH = re.compile(
    rf"""
    \b(?:utgangen|utløpet)\s{{1,3}}av\s{{1,3}}(?P<name>{_MONTH})
    (?:\s{{0,3}}(?P<year>(?:19|20)\d\d)\b)?
    """,
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True)
class DateInText:
    """A day as it stands in a text: ``text[start:end]`` are the very words.

    ``at`` is the instant (UTC) when the words also give a time of day, read as Oslo time.
    """

    day: date
    at: datetime | None
    start: int
    end: int


def dates_in(text: str, *, since: date | None = None) -> list[DateInText]:
    """Return every day in ``text``, in order. Impossible days (31.02.2026) are no days.

    A day without a year («17.11», «1. november») only counts when ``since`` is given, and is
    then the first such day that is not before ``since``.
    """
    return list(_found(text, since))


def month_ends_in(text: str, *, since: date | None = None) -> list[DateInText]:
    """Return the last day of each month whose end ``text`` names: «utgangen av september 2026».

    ``since`` gives the year where the text gives none, as in ``dates_in``.
    """
    found = ((match, _last_day(match, since)) for match in _END_OF_MONTH.finditer(text))
    return [DateInText(day, None, match.start(), match.end()) for match, day in found if day]


def _last_day(match: re.Match[str], since: date | None) -> date | None:
    month = _month_named(match["name"])
    if match["year"]:
        return _end(int(match["year"]), month)
    if since is None:
        return None
    return _end(since.year + (month < since.month), month)


def _end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _month_named(name: str) -> int:
    """Return 1-12: the first three letters tell the months apart."""
    return 1 + next(at for at, month in enumerate(MONTHS) if month[:3] == name[:3].casefold())


def _found(text: str, since: date | None) -> Iterator[DateInText]:
    for match in _DATE.finditer(text):
        day = _day(match, since)
        if day is not None:
            clock = _time_of_day(match)
            at = from_local(datetime.combine(day, clock)) if clock else None
            yield DateInText(day=day, at=at, start=match.start(), end=match.end())


def _day(match: re.Match[str], since: date | None) -> date | None:
    name = match["name"]
    month = _month_named(name) if name else int(match["month"])
    stated = match["year"] or match["year_after_name"]
    if stated:
        return _possible(int(stated), month, int(match["day"]))
    if since is None:
        return None
    coming = (_possible(since.year + ahead, month, int(match["day"])) for ahead in (0, 1))
    return next((day for day in coming if day and day >= since), None)


def _possible(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _time_of_day(match: re.Match[str]) -> time | None:
    hour = match["hour"] or match["first_hour"]
    minute = match["minute"] or match["first_minute"] or "0"
    if hour is None or hour == MIDNIGHT or int(hour) > 23 or int(minute) > 59:  # noqa: PLR2004
        return None
    return time(int(hour), int(minute))
