"""Events written in the same transaction as the state that caused them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.domain.events import Event
from consultations.store.tables import OutboxRow
from consultations.store.upsert import insert_new


@dataclass(frozen=True)
class Waiting:
    id: int
    key: str
    value: bytes


def write(session: Session, events: Iterable[Event]) -> None:
    """Queue events for publishing; one with an id already written is left out."""
    rows = [
        {"event_id": e.id, "key": e.consultation, "value": e.model_dump_json().encode()}
        for e in events
    ]
    insert_new(session, OutboxRow, rows, unique=["event_id"])


def waiting(session: Session, limit: int) -> Sequence[Waiting]:
    """Return the oldest events that are not published."""
    query = (
        sa.select(OutboxRow)
        .where(OutboxRow.published_at.is_(None))
        .order_by(OutboxRow.id)
        .limit(limit)
    )
    return [Waiting(row.id, row.key, row.value) for row in session.scalars(query)]


def mark_published(session: Session, ids: Sequence[int], now: datetime) -> None:
    session.execute(sa.update(OutboxRow).where(OutboxRow.id.in_(ids)).values(published_at=now))
