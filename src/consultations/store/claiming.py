"""Takes what is due from the ledger: one relay at a time holds what one channel is to hear."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from consultations.domain.people import PERSON_CHANNEL
from consultations.store.ledger import Bundle, Claim, DeliveryState, Due, Posted
from consultations.store.locks import Lock, hold
from consultations.store.tables import ConsultationRow, DeliveryRow

LONGEST_WAIT = timedelta(hours=2)
"""No attempt is put off for longer: a time further ahead was set by a clock that was wrong."""

LONGEST_QUIET = timedelta(days=10)
"""Nothing waits for longer for the receiver's sake: Easter is five days."""


def claim(
    session: Session, now: datetime, lease: timedelta, *, not_channels: Collection[str] = ()
) -> Claim | None:
    """Claim what is owed to one channel about one consultation, the longest waiting first.

    What waits for a later attempt comes along, so that facts are told in the order they happened.
    Several relays may claim at once; one that another has in hand is passed by.
    """
    due = _is_due(now)
    wanted = sa.and_(
        due,
        DeliveryRow.bundle.is_(False),
        DeliveryRow.channel.not_in(not_channels),
        ~_held_by_another(now),
    )
    while first := _hold_first(session, wanted):
        together = sa.and_(
            DeliveryRow.consultation_id == first.consultation_id,
            DeliveryRow.channel == first.channel,
        )
        # Who held it a moment ago may have claimed it: look again, now that nobody else can.
        if session.scalar(sa.select(DeliveryRow.id).where(wanted, together).limit(1)):
            owed = sa.and_(sa.or_(DeliveryRow.state == DeliveryState.PENDING, due), together)
            if claimed := _take(session, owed, now, lease):
                is_person = first.channel.startswith(PERSON_CHANNEL)
                parent = None if is_person else parent_of(session, together)
                return Claim(first.consultation, first.channel, claimed, parent)
    return None


def claim_bundle(
    session: Session, now: datetime, lease: timedelta, most: int, *,
    not_channels: Collection[str] = (),
) -> Bundle | None:  # fmt: skip
    """Claim what one channel is to hear of together, about ``most`` consultations at a time.

    One relay claims a bundle at a time, so that none gets half of one.
    """
    hold(session, Lock.BUNDLES)
    row = DeliveryRow
    wanted = sa.and_(
        _is_due(now), row.bundle.is_(True), row.channel.not_in(not_channels), ~_held_by_another(now)
    )
    oldest = sa.select(row.channel).where(wanted).order_by(row.not_before, row.id).limit(1)
    channel = session.scalar(oldest)
    if channel is None:
        return None
    here = (
        sa.select(ConsultationRow.id, ConsultationRow.key)
        .where(ConsultationRow.id.in_(
            sa.select(row.consultation_id).where(wanted, row.channel == channel)
        ))
        .order_by(ConsultationRow.id)
        .limit(most)
        .with_for_update(of=ConsultationRow, skip_locked=True, key_share=True)
    )  # fmt: skip
    claims = []
    for id_, key in session.execute(here).all():
        together = sa.and_(row.consultation_id == id_, row.channel == channel)
        if claimed := _take(session, sa.and_(wanted, together), now, lease):
            is_person = channel.startswith(PERSON_CHANNEL)
            parent = None if is_person else parent_of(session, together)
            claims.append(Claim(key, channel, claimed, parent))
    return Bundle(channel, tuple(claims)) if claims else None


@dataclass(frozen=True)
class _First:
    consultation_id: int
    channel: str
    consultation: str


def _hold_first(session: Session, wanted: sa.ColumnElement[bool]) -> _First | None:
    """Find the longest waiting, and let no other relay claim for that consultation meanwhile.

    One lock for all its deliveries: with a lock on each, two relays would tell half each.
    """
    found = session.execute(
        sa.select(DeliveryRow.consultation_id, DeliveryRow.channel, ConsultationRow.key)
        .join(ConsultationRow, ConsultationRow.id == DeliveryRow.consultation_id)
        .where(wanted)
        .order_by(DeliveryRow.next_attempt_at, DeliveryRow.occurred_at, DeliveryRow.id)
        .limit(1)
        .with_for_update(of=ConsultationRow, skip_locked=True, key_share=True)
    ).first()
    return _First(*found) if found else None


def _take(
    session: Session, owed: sa.ColumnElement[bool], now: datetime, lease: timedelta
) -> tuple[Due, ...]:
    """Note the lease on every row; an earlier holder who is late with its news is waited for."""
    rows = session.scalars(
        sa.select(DeliveryRow)
        .where(owed)
        .order_by(DeliveryRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    in_order = sorted(rows, key=lambda row: (row.occurred_at, row.id))
    claimed = tuple(map(as_due, in_order))
    for row in rows:
        row.state = DeliveryState.SENDING
        row.claimed_until = now + lease
        row.uncertain_since = row.uncertain_since or now
        row.attempts += 1
    return claimed


def as_due(row: DeliveryRow) -> Due:
    return Due(
        row.id, row.key, row.fact, row.words, row.attempts, row.uncertain_since, row.urgent,
        row.entered_at,
    )  # fmt: skip


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    row = DeliveryRow
    may_be_heard = sa.or_(
        row.not_before.is_(None), row.not_before <= now, row.not_before > now + LONGEST_QUIET
    )
    has_come = sa.and_(_has_come(row.next_attempt_at, now), may_be_heard)
    return sa.or_(
        sa.and_(row.state == DeliveryState.PENDING, has_come),
        sa.and_(row.state == DeliveryState.SENDING, _has_come(row.claimed_until, now)),
    )


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


def parent_of(session: Session, together: sa.ColumnElement[bool]) -> Posted | None:
    row = session.scalar(
        sa.select(DeliveryRow)
        .where(together, DeliveryRow.state == DeliveryState.SENT, DeliveryRow.thread_id.is_(None))
        .order_by(DeliveryRow.sent_at.desc(), DeliveryRow.id)
        .limit(1)
    )
    if row is None or row.message_id is None:
        return None
    return Posted(row.carrier or "", row.address or "", row.message_id)
