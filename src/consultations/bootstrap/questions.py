"""What each process is asked to find out whether it is ready for work."""

import time
from collections.abc import Callable
from datetime import timedelta

from consultations.bootstrap.engines import KafkaEngine
from consultations.clock import Clock
from consultations.domain.errors import BrokerUnavailable, ConfigError
from consultations.health import Answer
from consultations.store import outbox
from consultations.store.database import Database
from streams.progress import Progress

OUTBOX_PATIENCE = timedelta(minutes=2)
"""So long may the same event stand first in the outbox before something must be wrong."""


def about_broker(engine: KafkaEngine) -> Answer:
    """Tell whether the broker answers."""
    try:
        engine.topics.reach()
    except (BrokerUnavailable, ConfigError) as problem:
        return Answer(ok=False, says=str(problem))
    return Answer(ok=True, says="svarer")


def about_progress(progress: Progress, clock: Clock) -> Answer:
    """Tell whether a worker gets anything done."""
    problem = progress.problem(clock())
    if problem:
        return Answer(ok=False, says=problem)
    if progress.in_reserve:
        return Answer(ok=True, says="i reserve: de andre har alle partisjonene")
    return Answer(ok=True, says="arbeider, eller har ingenting å gjøre")


class Outbox:
    """Follows how long the event that is first in the outbox has stood there, seen from here."""

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._first: int | None = None
        self._since = monotonic()

    def answer(self) -> Answer:
        with self._database.reading() as session:
            first = outbox.first_waiting(session)
        if first is None or first != self._first:
            self._first, self._since = first, self._monotonic()
        if first is None:
            return Answer(ok=True, says="er tom")
        waited = timedelta(seconds=self._monotonic() - self._since)
        says = f"den eldste hendelsen har ventet i {waited.total_seconds():.0f} sekunder eller mer"
        return Answer(ok=waited <= OUTBOX_PATIENCE, says=says)
