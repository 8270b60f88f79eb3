"""The log that the state can be rebuilt from, and how the embedded engine keeps it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from consultations.store import bus
from consultations.store.bus import Message
from consultations.store.database import Database

BATCH = 200
"""A message may hold a whole page: so many at a time are in memory."""


class Log(Protocol):
    """What was ever put on the topics, as far as it is kept, up to when the log was opened.

    ``since`` and ``until`` (UTC, not included) bound when messages were put there.
    """

    def count(self, topic: str, since: datetime | None, until: datetime | None) -> int: ...

    def read(
        self, topic: str, since: datetime | None, until: datetime | None
    ) -> Iterator[Sequence[Message]]:
        """Yield batches; messages with the same key come in the order they were put there."""
        ...

    def lost(self, topic: str) -> int:
        """Return how many messages were taken away from the beginning of a topic."""
        ...


class BusLog:
    """The log of the embedded engine. Nothing is ever taken away from it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.reading() as session:
            self._end = bus.end(session)

    def count(self, topic: str, since: datetime | None, until: datetime | None) -> int:
        with self._database.reading() as session:
            return bus.count(session, topic, since, until, self._end)

    def read(
        self, topic: str, since: datetime | None, until: datetime | None
    ) -> Iterator[Sequence[Message]]:
        last = 0
        while True:
            with self._database.reading() as session:
                batch = bus.between(session, topic, since, until, last, self._end, BATCH)
            if not batch:
                return
            yield batch
            last = batch[-1].position

    def lost(self, topic: str) -> int:  # noqa: ARG002 - every topic is whole
        return 0
