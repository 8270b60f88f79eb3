"""Reads the days of meetings from an iCalendar file, and says what in it could not be read."""

import codecs
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import islice

from dateutil.rrule import rrulestr
from icalendar import Calendar, Event, vDDDTypes, vRecur

from consultations.domain.calendar import OSLO, local_day
from consultations.domain.errors import InvalidRecord
from consultations.domain.foreign_text import plain

LARGEST = 20_000_000
"""Bytes. Ten thousand events are some three million."""

_MOST_TIMES = 20_000
"""Occurrences of one meeting: a daily one since 1971."""

_TOO_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}
_LONGEST_TITLE = 80


@dataclass(frozen=True)
class ReadCalendar:
    """The Oslo days found, each with the title it stood under, and what became of the rest.

    ``outside`` counts events with no day in the time asked for, ``cancelled`` those called off.
    ``problems`` says in Norwegian what could not be read; the rest was.
    """

    days: Mapping[date, str]
    events: int = 0
    outside: int = 0
    cancelled: int = 0
    problems: tuple[str, ...] = ()


def read_meetings(content: bytes, first: date, last: date) -> ReadCalendar:
    """Read every event that falls from ``first`` to the end of ``last``, recurring ones each time.

    An event over several days counts on its first. Raises ``InvalidRecord`` when the file is not
    an iCalendar file.
    """
    every = (one for calendar in _calendars(content) for one in calendar.walk("VEVENT"))
    events = [event for event in every if isinstance(event, Event)]
    moved = _moved(events)
    days: dict[date, str] = {}
    problems: list[str] = []
    outside = cancelled = 0
    for number, event in enumerate(events, 1):
        title = plain(str(event.get("SUMMARY", "")))[:_LONGEST_TITLE]
        name = f"hendelse {number} («{title}»)" if title else f"hendelse {number}"
        problems += [f"{name}: {one}" for one in _broken(event)]
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            cancelled += 1
            continue
        try:
            found = [day for day in _days(event, moved, last) if first <= day <= last]
        except (ValueError, TypeError, AttributeError, OverflowError) as problem:
            problems.append(f"{name}: kan ikke brukes ({plain(str(problem))[:120]})")
            continue
        outside += not found
        for day in found:
            days.setdefault(day, title)
    return ReadCalendar(
        dict(sorted(days.items())), len(events), outside, cancelled, tuple(problems)
    )


_Moment = date | datetime
_Moved = Mapping[str, Collection[_Moment]]
"""The occurrences, by the UID of their event, that another event has taken the place of."""


def _calendars(content: bytes) -> list[Calendar]:
    if len(content) > LARGEST:
        raise InvalidRecord("Filen er på mer enn 20 MB. Eksporter bare møtene til ett organ.")
    if not content.strip():
        raise InvalidRecord("Filen er tom. Eksporter kalenderen på nytt som iCalendar (.ics).")
    try:
        found = Calendar.from_ical(_text(content), multiple=True)
    except (ValueError, RecursionError) as problem:
        raise InvalidRecord(
            f"Filen kan ikke leses som en iCalendar-fil ({plain(str(problem))[:200]}). Eksporter "
            "kalenderen på nytt som iCalendar (.ics)."
        ) from problem
    calendars = [one for one in found if isinstance(one, Calendar)]
    if not calendars:
        raise InvalidRecord(
            "Filen har ingen hel kalender (BEGIN:VCALENDAR … END:VCALENDAR). Er den kuttet av? "
            "Eksporter den på nytt."
        )
    return calendars


def _text(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise InvalidRecord(
            f"Filen er ikke UTF-8 (linje {line}). Eksporter den på nytt, eller lagre den som UTF-8."
        ) from problem


def _broken(event: Event) -> Iterator[str]:
    for name, problem in event.errors:
        yield f"{name or 'en linje'} kan ikke leses ({plain(problem)[:120]})"


def _moved(events: Collection[Event]) -> _Moved:
    moved: dict[str, list[_Moment]] = defaultdict(list)
    for event in events:
        instead_of = event.get("RECURRENCE-ID")
        if isinstance(instead_of, vDDDTypes) and isinstance(instead_of.dt, date):
            moved[event.uid].append(instead_of.dt)
    return moved


def _days(event: Event, moved: _Moved, last: date) -> Iterator[date]:
    """Yield the days an event falls on, up to ``last``."""
    start = _start(event)
    zone = _zone(start)
    gone = {_wall_clock(one, zone) for one in event.exdates}
    if "RECURRENCE-ID" not in event:
        gone |= {_wall_clock(one, zone) for one in moved.get(event.uid, ())}
    rules = [rule for rule in event.rrules if isinstance(rule, vRecur)]
    times = set() if rules else {_wall_clock(start, zone)}
    for rule in rules:
        times |= set(_recurring(rule, _wall_clock(start, zone), zone, last))
    times |= {_wall_clock(one[0] if isinstance(one, tuple) else one, zone) for one in event.rdates}
    for moment in times - gone:
        yield (
            local_day(moment.replace(tzinfo=zone)) if isinstance(start, datetime) else moment.date()
        )


def _start(event: Event) -> _Moment:
    try:
        return event.start
    except ValueError:
        raise ValueError("mangler en dato som kan leses, DTSTART") from None


def _recurring(rule: vRecur, start: datetime, zone: tzinfo, last: date) -> Iterator[datetime]:
    """Yield the occurrences by the wall clock of where the meeting was planned."""
    if "FREQ" not in rule:
        raise ValueError("RRULE mangler FREQ")
    if {*rule["FREQ"]} & _TOO_OFTEN:
        raise ValueError("gjentas oftere enn hver dag; er det et møte?")
    parts = {key: values for key, values in rule.items() if key != "UNTIL"}
    written = vRecur(parts).to_ical().decode()  # type: ignore[no-untyped-call]
    recurrence = rrulestr(written, dtstart=start)
    until = datetime.combine(last + timedelta(days=1), time.max)
    for given in rule.get("UNTIL", ()):
        by_day = not isinstance(given, datetime)
        until = min(
            until, datetime.combine(given, time.max) if by_day else _wall_clock(given, zone)
        )
    for moment in islice(recurrence, _MOST_TIMES):
        if moment > until:
            return
        yield moment


def _zone(moment: _Moment) -> tzinfo:
    given = moment.tzinfo if isinstance(moment, datetime) else None
    return given or OSLO


def _wall_clock(moment: _Moment, zone: tzinfo) -> datetime:
    """Return what the clock shows in a zone; one without a zone is taken as it stands."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    return (moment.astimezone(zone) if moment.tzinfo else moment).replace(tzinfo=None)
