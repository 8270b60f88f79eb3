"""Events written in the same transaction as the state that caused them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.domain.events import Event
from consultations.store.locks import Lock, hold
from consultations.store.tables import OutboxRow
from consultations.store.upsert import insert_new

LONGEST_LEASE = timedelta(minutes=10)
"""A lease that runs for longer was written by a clock that was wrong."""

_WAITS = OutboxRow.published_at.is_(None)


@dataclass(frozen=True)
class Waiting:
    id: int
    key: str
    value: bytes


def write(session: Session, events: Iterable[Event]) -> None:
    """Queue events for publishing; one with an id already written is left out.

    Those of one consultation are published in the order they are given. What an event does not
    say is left out, so that a process of the version before, still running, can read the rest.
    """
    rows = [
        {
            "event_id": e.id,
            "key": e.consultation,
            "value": e.model_dump_json(exclude_none=True).encode(),
        }
        for e in events
    ]
    insert_new(session, OutboxRow, rows, unique=["event_id"], order=["key"])


def claim(session: Session, now: datetime, lease: timedelta, limit: int) -> Sequence[Waiting]:
    """Claim the oldest events that are not published and that nobody else holds.

    Whoever claims them publishes them before the lease (from now) is out; after that another
    may. An event waits as long as another holds an earlier one with the same key, so that the
    order is kept. One process claims at a time: one that could not see what another is about to
    claim would take what comes after it.
    """
    hold(session, Lock.OUTBOX)
    is_held = sa.and_(OutboxRow.claimed_until > now, OutboxRow.claimed_until <= now + LONGEST_LEASE)
    free = sa.or_(OutboxRow.claimed_until.is_(None), ~is_held)
    query = (
        sa.select(OutboxRow.id, OutboxRow.key, OutboxRow.value)
        .where(_WAITS, free, OutboxRow.key.not_in(sa.select(OutboxRow.key).where(_WAITS, is_held)))
        .order_by(OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = [Waiting(*columns) for columns in session.execute(query)]
    if claimed:
        ids = [event.id for event in claimed]
        _update(session, ids, claimed_until=now + lease)
    return claimed


def prolong(session: Session, ids: Sequence[int], held_until: datetime, until: datetime) -> bool:
    """Hold claimed events for longer. Returns False unless all of them were still held so."""
    still_ours = sa.and_(OutboxRow.id.in_(ids), _WAITS, OutboxRow.claimed_until == held_until)
    prolonged = sa.update(OutboxRow).where(still_ours).values(claimed_until=until)
    found = session.scalars(prolonged.returning(OutboxRow.id)).all()
    return len(found) == len(ids)


def mark_published(session: Session, ids: Sequence[int], now: datetime) -> None:
    _update(session, ids, published_at=now)


def backlog(session: Session) -> int:
    """Count the events that are not published."""
    return session.scalar(sa.select(sa.func.count()).select_from(OutboxRow).where(_WAITS)) or 0


def first_waiting(session: Session) -> int | None:
    """Return the number of the event that has waited longest, if any waits."""
    return session.scalar(sa.select(sa.func.min(OutboxRow.id)).where(_WAITS))


def _update(session: Session, ids: Sequence[int], **values: datetime) -> None:
    session.execute(sa.update(OutboxRow).where(OutboxRow.id.in_(ids)).values(**values))
