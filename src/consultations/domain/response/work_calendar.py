"""Norwegian working days, and when KS' bodies meet. Days are Oslo days."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


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

    ``bodies`` by id.
    """

    closed: frozenset[date] = frozenset()
    bodies: Mapping[str, Body] = field(default_factory=dict)
    periods: tuple[HolidayPeriod, ...] = ()
