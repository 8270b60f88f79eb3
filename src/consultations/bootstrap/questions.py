"""What each process is asked to find out whether it is ready for work."""

import time
from collections.abc import Callable
from datetime import timedelta

from consultations.bootstrap.engines import KafkaEngine
from consultations.clock import Clock
from consultations.domain.errors import BrokerUnavailable, ConfigError
from consultations.health import Answer, Question
from consultations.store import outbox
from consultations.store.database import Database
from streams.progress import Progress

OUTBOX_PATIENCE = timedelta(minutes=2)
"""So long may the same event stand first in the outbox before something must be wrong."""


def about_broker(engine: KafkaEngine) -> dict[str, Question]:
    """Ask whether the broker answers."""

    def ask() -> Answer:
        try:
            engine.topics.reach()
        except (BrokerUnavailable, ConfigError) as problem:
            return Answer(ok=False, says=str(problem))
        return Answer(ok=True, says="svarer")

    return {"Kafka": ask}


def about_progress(progress: Progress, clock: Clock) -> dict[str, Question]:
    """Ask a worker whether anything gets done."""

    def ask() -> Answer:
        problem = progress.problem(clock())
        return Answer(ok=problem is None, says=problem or "arbeider, eller har ingenting å gjøre")

    return {"arbeideren": ask}


def about_outbox(
    database: Database, monotonic: Callable[[], float] = time.monotonic
) -> dict[str, Question]:
    """Ask how long the event that is first in the outbox has stood there, as seen from here."""
    seen: tuple[int | None, float] = (None, monotonic())

    def ask() -> Answer:
        nonlocal seen
        with database.reading() as session:
            first = outbox.first_waiting(session)
        if first is None or first != seen[0]:
            seen = (first, monotonic())
        waited = timedelta(seconds=monotonic() - seen[1])
        if first is None:
            return Answer(ok=True, says="er tom")
        says = f"den eldste hendelsen har ventet i {waited.total_seconds():.0f} sekunder eller mer"
        return Answer(ok=waited <= OUTBOX_PATIENCE, says=says)

    return {"utboksen": ask}
