"""The embedded engine's bus: messages in a table, read in order by each consumer group."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.store.tables import BusPositionRow, BusRow


@dataclass(frozen=True)
class Message:
    """Raw bytes as they travel, with their place on the topic.

    A message without a key or without content has an empty one. ``position`` counts within a
    partition; the embedded engine has one partition.
    """

    topic: str
    position: int
    key: str
    value: bytes
    partition: int = 0

    @property
    def place(self) -> str:
        return f"{self.topic}/{self.partition} nr. {self.position}"


def append(session: Session, topic: str, messages: Iterable[tuple[str, bytes]]) -> None:
    """Put ``(key, value)`` messages on a topic."""
    rows = [{"topic": topic, "key": key, "value": value} for key, value in messages]
    if rows:
        session.execute(sa.insert(BusRow), rows)


def read(session: Session, group: str, topic: str, limit: int) -> Sequence[Message]:
    """Return the next messages a group has not handled, in order."""
    query = (
        sa.select(BusRow)
        .where(BusRow.topic == topic, BusRow.id > _position(session, group, topic))
        .order_by(BusRow.id)
        .limit(limit)
    )
    return [Message(topic, row.id, row.key, row.value) for row in session.scalars(query)]


def advance(session: Session, group: str, last: Message) -> None:
    """Mark everything up to and including a message as handled, with the effects it had.

    A place is never moved back: another process may have come further meanwhile.
    """
    row = session.get(BusPositionRow, (group, last.topic))
    if row is None:
        row = BusPositionRow(consumer_group=group, topic=last.topic)
        session.add(row)
    row.position = max(row.position or 0, last.position)


def lag(session: Session, group: str, topic: str) -> int:
    """Count the messages a group has yet to handle."""
    query = sa.select(sa.func.count()).where(
        BusRow.topic == topic, BusRow.id > _position(session, group, topic)
    )
    return session.scalar(query) or 0


def backlog(session: Session) -> dict[str, int]:
    """Count what waits for each group that has ever handled anything."""
    rows = session.scalars(sa.select(BusPositionRow)).all()
    return {row.consumer_group: lag(session, row.consumer_group, row.topic) for row in rows}


def _position(session: Session, group: str, topic: str) -> int:
    row = session.get(BusPositionRow, (group, topic))
    return row.position if row else 0
