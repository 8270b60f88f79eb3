"""What happened in a virtual year, and the Norwegian calendar of it, without the tracker's code."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")
FREE = {
    date(2026, month, day)
    for month, days in {
        1: (1,), 4: (2, 3, 5, 6), 5: (1, 14, 17, 24, 25), 12: (24, 25, 26, 31),
    }.items()
    for day in days
} | {date(2025, 12, 24), date(2025, 12, 25), date(2025, 12, 26), date(2025, 12, 31),
     date(2027, 1, 1), date(2027, 3, 25), date(2027, 3, 26), date(2027, 3, 29)}  # fmt: skip
HALF = {date(2026, 4, 1), date(2027, 3, 24)}


def works(day):
    return day.weekday() < 5 and day not in FREE


def back(day, working_days):
    while working_days:
        day -= timedelta(days=1)
        working_days -= works(day)
    return day


def forward(day, working_days):
    while working_days:
        day += timedelta(days=1)
        working_days -= works(day)
    return day


def at_work(moment):
    here = moment.astimezone(OSLO)
    closes = time(12) if here.date() in HALF else time(16)
    return works(here.date()) and time(8) <= here.time() < closes


def morning(day):
    return datetime.combine(day, time(8), OSLO).astimezone(ZoneInfo("UTC"))


def end_of(day):
    return datetime.combine(day, time(23, 59, 59), OSLO).astimezone(ZoneInfo("UTC"))


def day_of(moment):
    return moment.astimezone(OSLO).date()


def last_day(ends):
    day = day_of(ends)
    return day if morning(day) < ends else day - timedelta(days=1)


# ---- what happened; ``number`` orders everything, ``at`` is what the clock of the day said


@dataclass
class Happened:
    number: int
    at: datetime


@dataclass
class Tick(Happened):
    """The tracker looked for what was due."""

    working: bool = False
    day: date = date.min

    def __post_init__(self):
        self.working, self.day = at_work(self.at), day_of(self.at)


@dataclass
class Seen(Happened):
    """The source said so: when each kind of deadline ends."""

    ends: dict[str, datetime]
    cancelled: bool = False


@dataclass
class Laid(Happened):
    """A plan was laid: step to the day it is due, and the kind of deadline it serves."""

    steps: dict[str, tuple[date, str]]


@dataclass
class Did(Happened):
    """A person did something: ``what`` with ``given``."""

    what: str
    given: dict
    act: int


@dataclass
class Sent(Happened):
    """A message went out."""

    key: str


@dataclass
class Matter:
    key: str
    arrived_at: datetime
    head: str | None
    channel: str
    log: list[Happened] = field(default_factory=list)
