"""The working calendar: public holidays, what KS has closed, and when its bodies meet."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated

import holidays
from pydantic import AfterValidator, Field

from consultations import config_file
from consultations.config_file import ConfigFile
from consultations.domain.observation import Frozen
from consultations.domain.response.work_calendar import (
    Body,
    BodyMeeting,
    HolidayPeriod,
    WorkCalendar,
)

YEARS = range(2000, 2101)
"""The years we know the holidays of. Before and after, only weekends are free."""

BodyId = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]

_ONCE = re.compile(r"\d{4}-\d\d-\d\d")
_EVERY_YEAR = re.compile(r"(\d\d)-(\d\d)")
_BY_EASTER = re.compile(r"easter([+-]\d{1,3})?")
_NO_LEAP_YEAR = 2001


def _known(day: date | str) -> date | str:
    if isinstance(day, str) and _ONCE.fullmatch(day):
        return date.fromisoformat(day)
    in_year(day, _NO_LEAP_YEAR)
    return day


DayRule = Annotated[date | str, AfterValidator(_known)]
"""One day (2026-05-15), the same each year ("12-24"), or counted from Easter Day (easter-4)."""


class FreeDay(Frozen):
    name: str
    day: DayRule


class Period(Frozen):
    """``name`` as it stands in «går over sommerferien». The last day may be in the next year."""

    name: str
    first: DayRule
    last: DayRule


class MeetingLine(Frozen):
    day: date
    papers: date | None = None


class BodyLines(Frozen):
    name: str = Field(min_length=1, max_length=80)
    meetings: tuple[MeetingLine, ...] = ()


class CalendarFile(Frozen):
    """``config/calendar.yaml``."""

    closed_days: tuple[FreeDay, ...] = ()
    half_days: tuple[FreeDay, ...] = ()
    periods: tuple[Period, ...] = ()
    bodies: Mapping[BodyId, BodyLines] = Field(default_factory=dict)


def read(path: Path) -> ConfigFile[CalendarFile]:
    """Read the file as it is written. Raises ``ConfigError`` with file, line and remedy."""
    found = config_file.read(path, CalendarFile)
    for body, lines in found.content.bodies.items():
        seen: set[date] = set()
        for number, meeting in enumerate(lines.meetings):
            place = ("bodies", body, "meetings", number)
            if meeting.day in seen:
                raise found.error(place, f"møtet {meeting.day} står to ganger; stryk det ene")
            if meeting.papers and meeting.papers > meeting.day:
                problem = f"papirene {meeting.papers} kommer etter møtet {meeting.day}"
                raise found.error(place, f"{problem}; rett den ene datoen")
            seen.add(meeting.day)
    return found


def work_calendar(content: CalendarFile) -> WorkCalendar:
    """Join what KS has written with the public holidays of Norway."""
    return WorkCalendar(
        closed=frozenset({*_public_holidays(), *_days(content.closed_days)}),
        half=frozenset(_days(content.half_days)),
        bodies={body: _body(lines) for body, lines in content.bodies.items()},
        periods=tuple(sorted(_periods(content.periods), key=lambda one: one.first)),
    )


def in_year(rule: date | str, year: int) -> date:
    """Return the day a rule means in a year. Raises ``ValueError`` in Norwegian."""
    if isinstance(rule, date):
        return rule
    if by_easter := _BY_EASTER.fullmatch(rule):
        return _easter(year) + timedelta(days=int(by_easter[1] or 0))
    if every_year := _EVERY_YEAR.fullmatch(rule):
        try:
            return date(year, int(every_year[1]), int(every_year[2]))
        except ValueError:
            pass
    raise ValueError(
        f'«{rule}» er ingen dag; skriv 2026-05-15 for én gang, "12-24" (måned-dag) for hvert år, '
        "eller easter-4 for fire dager før første påskedag"
    )


def _days(free: tuple[FreeDay, ...]) -> Iterator[date]:
    for one in free:
        yield from (in_year(one.day, year) for year in YEARS)


def _periods(written: tuple[Period, ...]) -> Iterator[HolidayPeriod]:
    for one in written:
        found = set()
        for year in YEARS:
            first, last = in_year(one.first, year), in_year(one.last, year)
            if last < first:
                last = in_year(one.last, year + 1)
            found.add(HolidayPeriod(one.name, first, last))
        yield from found


def _body(lines: BodyLines) -> Body:
    meetings = (BodyMeeting(one.day, one.papers) for one in lines.meetings)
    return Body(lines.name, tuple(sorted(meetings, key=lambda meeting: meeting.on)))


@cache
def _public_holidays() -> frozenset[date]:
    return frozenset(holidays.country_holidays("NO", years=YEARS))


@cache
def _easter(year: int) -> date:
    named = holidays.country_holidays("NO", years=year, language="en_US")
    return named.get_named("Easter Sunday", lookup="exact")[0]
