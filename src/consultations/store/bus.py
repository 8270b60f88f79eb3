"""The embedded engine's bus: messages in a table, read in order by each consumer group."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.store.locks import Lock, hold
from consultations.store.tables import BusPositionRow, BusRow
from consultations.store.upsert import insert


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


def append(
    session: Session, topic: str, messages: Iterable[tuple[str, bytes]], now: datetime
) -> None:
    """Put ``(key, value)`` messages on a topic.

    One transaction at a time does so: numbers are handed out before they are committed, and a
    reader who has seen a number would never look for a lower one.
    """
    rows = [
        {"topic": topic, "key": key, "value": value, "appended_at": now} for key, value in messages
    ]
    if rows:
        hold(session, Lock.BUS)
        session.execute(sa.insert(BusRow), rows)


def read(session: Session, group: str, topic: str, limit: int) -> Sequence[Message]:
    """Return the next messages a group has not handled, in order."""
    return _messages(session, topic, BusRow.id > _position(session, group, topic), limit=limit)


def advance(session: Session, group: str, last: Message) -> None:
    """Mark everything up to and including a message as handled, with the effects it had.

    A place is never moved back: another process may have come further meanwhile.
    """
    here = insert(session, BusPositionRow).values(
        consumer_group=group, topic=last.topic, position=last.position
    )
    session.execute(
        here.on_conflict_do_update(
            index_elements=["consumer_group", "topic"],
            set_={"position": here.excluded.position},
            where=BusPositionRow.position < here.excluded.position,
        )
    )


def end(session: Session) -> int:
    """Return the position of the last message on any topic, 0 when there is none."""
    return session.scalar(sa.select(sa.func.max(BusRow.id))) or 0


def count(
    session: Session, topic: str, since: datetime | None, until: datetime | None, last_id: int
) -> int:
    """Count the messages up to a position that were put there in a time (UTC, not its end)."""
    query = sa.select(sa.func.count()).where(
        BusRow.topic == topic, BusRow.id <= last_id, *_between(since, until)
    )
    return session.scalar(query) or 0


def between(
    session: Session, topic: str, since: datetime | None, until: datetime | None, after_id: int,
    last_id: int, limit: int,
) -> Sequence[Message]:  # fmt: skip
    """Return messages as ``count`` counts them, in order, those after a position."""
    places = BusRow.id.between(after_id + 1, last_id)
    return _messages(session, topic, places, *_between(since, until), limit=limit)


def _between(since: datetime | None, until: datetime | None) -> Iterator[sa.ColumnElement[bool]]:
    """Narrow to a time; what has none was there before the time was kept."""
    if since:
        yield BusRow.appended_at >= since
    if until:
        yield sa.or_(BusRow.appended_at < until, BusRow.appended_at.is_(None))


def _messages(
    session: Session, topic: str, *conditions: sa.ColumnElement[bool], limit: int
) -> Sequence[Message]:
    query = (
        sa.select(BusRow.id, BusRow.key, BusRow.value)
        .where(BusRow.topic == topic, *conditions)
        .order_by(BusRow.id)
        .limit(limit)
    )
    return [Message(topic, *columns) for columns in session.execute(query)]


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
    query = sa.select(BusPositionRow.position).where(
        BusPositionRow.consumer_group == group, BusPositionRow.topic == topic
    )
    return session.scalar(query) or 0
