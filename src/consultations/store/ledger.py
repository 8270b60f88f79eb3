"""The delivery ledger: every fact owed to every channel, and how its delivery went.

A delivery goes ``pending -> sending (lease) -> sent``, or ``refused`` when only a person can
help. A lease that ran out, or an answer that never came, leaves ``uncertain_since`` set: the
message may be out there, so whoever tries again must look before posting.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from consultations.domain.history import Fact
from consultations.store.tables import ConsultationRow, DeliveryRow
from consultations.store.upsert import insert_new

LONGEST_WAIT = timedelta(days=1)
"""No attempt is put off for longer: a time further ahead was set by a clock that was wrong."""


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True)
class Debt:
    """A fact about a consultation that a channel is owed."""

    consultation_id: int
    consultation: str
    channel: str
    fact: Fact

    @property
    def key(self) -> str:
        """Unique: the same fact is owed to the same channel once, however often it is found."""
        return f"{self.consultation}|{self.fact.name}|{self.channel}"


@dataclass(frozen=True)
class Due:
    """A claimed delivery. ``uncertain_since`` (UTC) when an earlier attempt may have arrived."""

    id: int
    key: str
    fact: str
    words: str
    attempts: int
    uncertain_since: datetime | None


@dataclass(frozen=True)
class Posted:
    """Where a message ended up. ``address`` and ``message_id`` are the carrier's own."""

    carrier: str
    address: str
    message_id: str


@dataclass(frozen=True)
class Claim:
    """All deliveries due to one channel about one consultation, held by one relay.

    ``parent`` is the channel's first message about the consultation, once there is one; if it
    was deleted and begun anew, the new one.
    """

    consultation: str
    channel: str
    due: tuple[Due, ...]
    parent: Posted | None


def owe(session: Session, debts: Iterable[Debt], now: datetime) -> None:
    """Enter debts in the ledger; those already entered are left as they are."""
    rows = [
        {
            "key": debt.key,
            "consultation_id": debt.consultation_id,
            "channel": debt.channel,
            "fact": debt.fact.type,
            "words": debt.fact.words,
            "occurred_at": debt.fact.occurred_at,
            "state": DeliveryState.PENDING,
            "attempts": 0,
            "next_attempt_at": now,
        }
        for debt in debts
    ]
    insert_new(session, DeliveryRow, rows, unique=["key"])


def look_first(session: Session, consultations: Collection[str]) -> None:
    """Let what was never tried count as perhaps told: whoever delivers it looks before posting.

    For debts that are entered from the log, of which an earlier ledger may have told people.
    """
    ids = sa.select(ConsultationRow.id).where(ConsultationRow.key.in_(consultations))
    session.execute(
        sa.update(DeliveryRow)
        .where(
            DeliveryRow.consultation_id.in_(ids),
            DeliveryRow.state == DeliveryState.PENDING,
            DeliveryRow.uncertain_since.is_(None),
        )
        .values(uncertain_since=DeliveryRow.occurred_at)
    )


def claim(
    session: Session, now: datetime, lease: timedelta, *, not_channels: Collection[str] = ()
) -> Claim | None:
    """Claim what is owed to one channel about one consultation, the longest waiting first.

    What waits for a later attempt comes along, so that facts are told in the order they happened.
    """
    due = sa.or_(
        sa.and_(
            DeliveryRow.state == DeliveryState.PENDING, _has_come(DeliveryRow.next_attempt_at, now)
        ),
        sa.and_(
            DeliveryRow.state == DeliveryState.SENDING, _has_come(DeliveryRow.claimed_until, now)
        ),
    )
    first = session.scalar(
        sa.select(DeliveryRow)
        .where(due, DeliveryRow.channel.not_in(not_channels), ~_held_by_another(now))
        .order_by(DeliveryRow.next_attempt_at, DeliveryRow.occurred_at, DeliveryRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if first is None:
        return None
    together = sa.and_(
        DeliveryRow.consultation_id == first.consultation_id, DeliveryRow.channel == first.channel
    )
    rows = session.scalars(
        sa.select(DeliveryRow)
        .where(sa.or_(DeliveryRow.state == DeliveryState.PENDING, due), together)
        .order_by(DeliveryRow.occurred_at, DeliveryRow.id)
    ).all()
    claimed = tuple(
        Due(row.id, row.key, row.fact, row.words, row.attempts, row.uncertain_since) for row in rows
    )
    for row in rows:
        row.state = DeliveryState.SENDING
        row.claimed_until = now + lease
        row.uncertain_since = row.uncertain_since or now
        row.attempts += 1
    consultation = session.get_one(ConsultationRow, first.consultation_id).key
    return Claim(consultation, first.channel, claimed, _parent(session, together))


def _held_by_another(now: datetime) -> sa.ColumnElement[bool]:
    """Tell whether a live lease covers the same consultation and channel."""
    other = aliased(DeliveryRow)
    return sa.exists().where(
        other.consultation_id == DeliveryRow.consultation_id,
        other.channel == DeliveryRow.channel,
        other.state == DeliveryState.SENDING,
        ~_has_come(other.claimed_until, now),
    )


def _has_come(
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None], now: datetime
) -> sa.ColumnElement[bool]:
    return sa.or_(column <= now, column > now + LONGEST_WAIT)


def _parent(session: Session, together: sa.ColumnElement[bool]) -> Posted | None:
    row = session.scalar(
        sa.select(DeliveryRow)
        .where(together, DeliveryRow.state == DeliveryState.SENT, DeliveryRow.thread_id.is_(None))
        .order_by(DeliveryRow.sent_at.desc(), DeliveryRow.id)
        .limit(1)
    )
    if row is None or row.message_id is None:
        return None
    return Posted(row.carrier or "", row.address or "", row.message_id)


def mark_sent(
    session: Session, ids: Sequence[int], now: datetime, posted: Posted, *, thread_id: str | None
) -> None:
    """Record success. ``thread_id`` is the parent's message id for a reply, else None."""
    session.execute(
        sa.update(DeliveryRow)
        .where(DeliveryRow.id.in_(ids))
        .values(
            state=DeliveryState.SENT, sent_at=now, carrier=posted.carrier, address=posted.address,
            message_id=posted.message_id, thread_id=thread_id, claimed_until=None,
            uncertain_since=None, reason=None,
        )
    )  # fmt: skip


def mark_retry(
    session: Session, ids: Sequence[int], next_attempt_at: datetime, reason: str, *, uncertain: bool
) -> None:
    """Give the deliveries back for a later attempt, saying whether they may have arrived."""
    values: dict[str, object] = {
        "state": DeliveryState.PENDING,
        "next_attempt_at": next_attempt_at,
        "claimed_until": None,
        "reason": reason,
    }
    if not uncertain:
        values["uncertain_since"] = None
    session.execute(sa.update(DeliveryRow).where(DeliveryRow.id.in_(ids)).values(**values))


def mark_refused(
    session: Session, ids: Sequence[int], reason: str, *, uncertain: bool = False
) -> None:
    """Set the deliveries aside until a person has acted, saying whether they may have arrived."""
    values: dict[str, object] = {
        "state": DeliveryState.REFUSED,
        "claimed_until": None,
        "reason": reason,
    }
    if not uncertain:
        values["uncertain_since"] = None
    session.execute(sa.update(DeliveryRow).where(DeliveryRow.id.in_(ids)).values(**values))


def hold_channel(session: Session, channel: str, until: datetime) -> None:
    """Let nothing go to a channel before an instant (UTC)."""
    session.execute(
        sa.update(DeliveryRow)
        .where(
            DeliveryRow.channel == channel,
            DeliveryRow.state == DeliveryState.PENDING,
            DeliveryRow.next_attempt_at < until,
        )
        .values(next_attempt_at=until)
    )


def try_refused_again(session: Session, now: datetime) -> int:
    """Put every refused delivery back in the queue. Returns how many."""
    rows = session.scalars(
        sa.select(DeliveryRow).where(DeliveryRow.state == DeliveryState.REFUSED)
    ).all()
    for row in rows:
        row.state, row.next_attempt_at = DeliveryState.PENDING, now
    return len(rows)


def of_consultation(session: Session, consultation_id: int) -> Sequence[DeliveryRow]:
    query = (
        sa.select(DeliveryRow)
        .where(DeliveryRow.consultation_id == consultation_id)
        .order_by(DeliveryRow.occurred_at, DeliveryRow.id)
    )
    return session.scalars(query).all()


def refused(session: Session) -> Sequence[DeliveryRow]:
    query = (
        sa.select(DeliveryRow)
        .where(DeliveryRow.state == DeliveryState.REFUSED)
        .order_by(DeliveryRow.id)
    )
    return session.scalars(query).all()


def tally(session: Session) -> dict[str, int]:
    """Count deliveries by state."""
    query = sa.select(DeliveryRow.state, sa.func.count()).group_by(DeliveryRow.state)
    return dict(session.execute(query).all())
