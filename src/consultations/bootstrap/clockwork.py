"""What follows from the clock alone: reminders, and plans over a calendar that was edited."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from consultations.bootstrap.tracker import Tracker
from consultations.domain.calendar import local_day
from consultations.handlers import planning, reminding
from consultations.handlers.telling import timed
from consultations.scheduler import Ticks
from consultations.store import ledger


def clockwork(tracker: Tracker, leads: Callable[[], bool]) -> Ticks:
    """Return what is done each minute by the process that leads."""
    jobs: Mapping[str, Callable[[], object]] = {
        "påminnelsene": partial(
            reminding.remind_all,
            tracker.database,
            tracker.office,
            tracker.channels,
            tracker.section_names,
            tracker.clock,
        ),
        "planene": _Replanning(tracker).once_a_day,
    }
    return Ticks(jobs, leads)


class _Replanning:
    """Lays plans anew over the calendar as it is: at start, and on each new day in Oslo."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._done_on: date | None = None

    def once_a_day(self) -> None:
        today = local_day(self._tracker.clock())
        if self._done_on != today:
            self._all()
            self._done_on = today

    def _all(self) -> None:
        tracker = self._tracker
        last: int | None = 0
        while last is not None:
            with tracker.database.transaction() as session:
                now = tracker.clock()
                batch = planning.keep_up_all(session, tracker.office, now, after=last)
                owed = planning.moved_facts(batch.moved, tracker.channels)
                told = timed(owed, tracker.channels, tracker.office.calendar, now)
                ledger.owe(session, told, now)
            last = batch.last
