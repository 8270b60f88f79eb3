"""Norwegian working days, and when KS' bodies meet. Days are Oslo days."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True)
class BodyMeeting:
    """A meeting on ``on``; papers must be in by the end of ``papers``, if that is said."""

    on: date
    papers: date | None = None


@dataclass(frozen=True)
class Body:
    """A body that responses go to: hovedstyret, KDU, a fylkesstyre. Meetings oldest first."""

    name: str
    meetings: tuple[BodyMeeting, ...] = ()


@dataclass(frozen=True)
class HolidayPeriod:
    """A time when few are at work: ``first`` and ``last`` day included."""

    name: str
    first: date
    last: date


@dataclass(frozen=True)
class WorkCalendar:
    """``closed`` are weekdays on which nobody works: public holidays, and what KS has closed.

    ``half`` are working days that end early. ``bodies`` by id.
    """

    closed: frozenset[date] = frozenset()
    half: frozenset[date] = frozenset()
    bodies: Mapping[str, Body] = field(default_factory=dict)
    periods: tuple[HolidayPeriod, ...] = ()

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in self.closed

    def add(self, day: date, n: int) -> date:
        """Return the ``n``-th working day after ``day``, or before it where ``n`` is negative.

        With 0 it is the day itself, or the last working day before one on which nobody works.
        """
        step = _ONE_DAY if n > 0 else -_ONE_DAY
        for _ in range(abs(n)):
            day = self._working(day + step, step)
        return self._working(day, step)

    def on_or_after(self, day: date) -> date:
        """Return the day itself, or the first working day after it."""
        return self._working(day, _ONE_DAY)

    def between(self, first: date, last: date) -> int:
        """Count the working days after ``first``, to the end of ``last``; below 0 the other way."""
        if last < first:
            return -self.between(last, first)
        days = (first + _ONE_DAY * number for number in range(1, (last - first).days + 1))
        return sum(map(self.is_working_day, days))

    def meetings(self, body: str) -> tuple[BodyMeeting, ...]:
        """Return the meetings of a body, oldest first; none where it is not known."""
        known = self.bodies.get(body)
        return known.meetings if known else ()

    def meeting_before(self, body: str, day: date) -> BodyMeeting | None:
        """Return the last meeting that a body holds before a day; None where none is known."""
        meetings = self.meetings(body)
        number = bisect_left(meetings, day, key=lambda meeting: meeting.on)
        return meetings[number - 1] if number else None

    def meetings_after(self, body: str, day: date) -> tuple[BodyMeeting, ...]:
        """Return the meetings that a body holds after a day, the first one first."""
        meetings = self.meetings(body)
        return meetings[bisect_right(meetings, day, key=lambda meeting: meeting.on) :]

    def body_name(self, body: str) -> str:
        """Return the name of a body; one that is no longer listed is shown by id."""
        known = self.bodies.get(body)
        return known.name if known else body

    def _working(self, day: date, step: timedelta) -> date:
        while not self.is_working_day(day):
            day += step
        return day
