"""Whether a worker gets anywhere: what it has, what it waits for, since when."""

import threading
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from consultations.clock import Clock
from consultations.domain.calendar import format_instant

PATIENCE = timedelta(seconds=60)
"""So long may a batch take, or messages wait, before something must be wrong."""

Waiting = Callable[[], int | None]
"""Counts the messages a worker has yet to handle; None when Kafka does not answer it."""


class Progress:
    """What a worker tells of itself. The worker writes; anybody reads, from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: Waiting = lambda: 0
        self._partitions: frozenset[int] | None = None
        self._last_batch: datetime | None = None
        self._batch_since: datetime | None = None
        self._database_away: tuple[datetime, str] | None = None
        self._stands: str | None = None
        self._idle_since: datetime | None = None

    def watch(self, waiting: Waiting) -> None:
        """Ask ``waiting`` from now on how many messages wait."""
        self._waiting = waiting

    def assigned(self, partitions: Collection[int]) -> None:
        """Note the partitions the group has given us, perhaps none."""
        with self._lock:
            self._partitions = frozenset(partitions)
            self._idle_since = None

    def revoked(self) -> None:
        """Note that the group is sharing out the partitions anew."""
        with self._lock:
            self._partitions = None

    def batch_began(self) -> None:
        with self._lock:
            self._batch_since = self._clock()

    def database_away(self, reason: str) -> None:
        """Note that the batch under way waits for the database; ``reason`` in its own words."""
        with self._lock:
            since = self._database_away[0] if self._database_away else self._clock()
            self._database_away = (since, reason)

    def stands(self, reason: str) -> None:
        """Note that the step will not go on until somebody has looked; ``reason`` says why."""
        with self._lock:
            self._stands = reason

    def batch_done(self) -> None:
        with self._lock:
            self._last_batch = self._clock()
            self._batch_since = self._database_away = self._idle_since = self._stands = None

    @property
    def in_reserve(self) -> bool:
        """True when the others in the group have all the partitions: well, and with no work."""
        with self._lock:
            return self._partitions == frozenset()

    def problem(self, now: datetime) -> str | None:
        """Say in Norwegian why nothing is getting done, or None when all is well."""
        waiting = self._waiting()
        with self._lock:
            return (
                self._not_joined()
                or self._stands
                or self._without_database()
                or self._stuck(now)
                or self._without_kafka(waiting)
                or self._standing_still(waiting, now)
            )

    def _not_joined(self) -> str | None:
        return "får ikke partisjoner av gruppen ennå" if self._partitions is None else None

    def _without_database(self) -> str | None:
        if self._database_away is None:
            return None
        since, reason = self._database_away
        return f"venter på databasen siden {format_instant(since)}: {reason}"

    def _stuck(self, now: datetime) -> str | None:
        if self._batch_since is None or now - self._batch_since < PATIENCE:
            return None
        return f"har holdt på med samme bunke siden {format_instant(self._batch_since)}"

    def _without_kafka(self, waiting: int | None) -> str | None:
        return "har ikke kontakt med Kafka" if waiting is None else None

    def _standing_still(self, waiting: int | None, now: datetime) -> str | None:
        """Count from when messages were first seen waiting: the last batch may be days old."""
        if not waiting:
            self._idle_since = None
            return None
        self._idle_since = self._idle_since or now
        if now - self._idle_since < PATIENCE:
            return None
        return f"{waiting} meldinger venter, og ingen er tatt siden {self._last()}"

    def _last(self) -> str:
        return format_instant(self._last_batch) if self._last_batch else "starten"
