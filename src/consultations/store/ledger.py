"""The delivery ledger: every fact owed to every channel, and how its delivery went.

A delivery goes ``pending -> sending (lease) -> sent``, or ``refused`` when only a person can
help. What is no longer true before it is told is ``withdrawn``; what a channel leaves to the
weekly mail is in state ``digest`` from the start. A lease that ran out, or an answer that never
came, leaves ``uncertain_since`` set: the message may be out there, so whoever tries again must
look before posting.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from consultations.domain.history import Fact
from consultations.domain.people import PERSON_CHANNEL
from consultations.store.locks import Lock, hold
from consultations.store.tables import ConsultationRow, DeliveryRow
from consultations.store.upsert import insert_new

LONGEST_WAIT = timedelta(hours=2)
"""No attempt is put off for longer: a time further ahead was set by a clock that was wrong."""

LONGEST_QUIET = timedelta(days=10)
"""Nothing waits for longer for the receiver's sake: Easter is five days."""

ENTERED_AT_ONCE = timedelta(minutes=10)
"""How soon after it happened a fact is entered, when nothing has been away or gone wrong."""


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    DIGEST = "digest"


@dataclass(frozen=True)
class Debt:
    """A fact about a consultation that a channel is owed, or a person (``person:<id>``).

    It is not told before ``not_before`` (UTC). ``bundle``: told with the rest of the day in one
    message. ``left_to_digest``: the channel reads it in the weekly mail. ``urgent``: goes by mail
    when Slack is away for long.
    """

    consultation_id: int
    consultation: str
    channel: str
    fact: Fact
    urgent: bool = False
    not_before: datetime | None = None
    bundle: bool = False
    left_to_digest: bool = False

    @property
    def key(self) -> str:
        """Unique: the same fact is owed to the same channel once, however often it is found."""
        return f"{self.consultation}|{self.fact.name}|{self.channel}"


@dataclass(frozen=True)
class Due:
    """A claimed delivery. ``uncertain_since`` (UTC) when an earlier attempt may have arrived.

    What is ``urgent`` may go another way when it has waited since ``entered_at`` (UTC) too long.
    """

    id: int
    key: str
    fact: str
    words: str
    attempts: int
    uncertain_since: datetime | None
    urgent: bool = False
    entered_at: datetime | None = None


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
    was deleted and begun anew, the new one. A person gets a message of its own each time.
    """

    consultation: str
    channel: str
    due: tuple[Due, ...]
    parent: Posted | None


@dataclass(frozen=True)
class Bundle:
    """What a channel hears of in one message, by consultation; held by one relay."""

    channel: str
    claims: tuple[Claim, ...]

    @property
    def due(self) -> tuple[Due, ...]:
        return tuple(due for claim in self.claims for due in claim.due)


def owe(session: Session, debts: Iterable[Debt], now: datetime) -> None:
    """Enter debts in the ledger; those already entered are left as they are.

    A fact of some time ago may have been told from a ledger that was lost, so it is looked for.
    """
    rows = [
        {
            "key": debt.key,
            "consultation_id": debt.consultation_id,
            "channel": debt.channel,
            "fact": debt.fact.type,
            "words": debt.fact.words,
            "occurred_at": debt.fact.occurred_at,
            "entered_at": now,
            "urgent": debt.urgent,
            "bundle": debt.bundle,
            "not_before": debt.not_before,
            "state": DeliveryState.DIGEST if debt.left_to_digest else DeliveryState.PENDING,
            "attempts": 0,
            "next_attempt_at": now,
            "uncertain_since": (
                debt.fact.occurred_at if now - debt.fact.occurred_at > ENTERED_AT_ONCE else None
            ),
        }
        for debt in debts
    ]
    insert_new(session, DeliveryRow, rows, unique=["key"], order=["consultation_id"])


def withdraw(session: Session, keys: Collection[str]) -> None:
    """Take back debts that are no longer true. What is told, or being told, stays as it is."""
    session.execute(
        sa.update(DeliveryRow)
        .where(
            DeliveryRow.key.in_(keys),
            DeliveryRow.state.in_([DeliveryState.PENDING, DeliveryState.REFUSED]),
        )
        .values(state=DeliveryState.WITHDRAWN)
    )


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
                parent = None if is_person else _parent(session, together)
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
            claims.append(Claim(key, channel, claimed, _parent(session, together)))
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
    claimed = tuple(
        Due(
            row.id,
            row.key,
            row.fact,
            row.words,
            row.attempts,
            row.uncertain_since,
            row.urgent,
            row.entered_at,
        )
        for row in in_order
    )
    for row in rows:
        row.state = DeliveryState.SENDING
        row.claimed_until = now + lease
        row.uncertain_since = row.uncertain_since or now
        row.attempts += 1
    return claimed


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
    session: Session, due: Sequence[Due], now: datetime, posted: Posted, *,
    thread_id: str | None, perhaps_twice: bool = False,
) -> None:  # fmt: skip
    """Record success. ``thread_id`` is the parent's message id for a reply, else None.

    It holds also when the lease ran out meanwhile: the message is out there. The first to say
    so is believed. ``perhaps_twice``: an earlier attempt may have told it too, and nobody can tell.
    """
    session.execute(
        sa.update(DeliveryRow)
        .where(DeliveryRow.id.in_([one.id for one in due]), DeliveryRow.state != DeliveryState.SENT)
        .values(
            state=DeliveryState.SENT, sent_at=now, carrier=posted.carrier, address=posted.address,
            message_id=posted.message_id, thread_id=thread_id, claimed_until=None,
            uncertain_since=DeliveryRow.uncertain_since if perhaps_twice else None,
            reason=None, perhaps_twice=perhaps_twice,
        )
    )  # fmt: skip


@dataclass(frozen=True)
class Doubtful:
    """A delivery told by mail that an earlier attempt, at ``since`` (UTC), may have told too."""

    id: int
    key: str
    channel: str
    since: datetime


def next_doubtful(session: Session) -> Doubtful | None:
    """Return the first delivery that may have been told twice and was not looked up yet."""
    row = DeliveryRow
    query = (
        sa.select(row.id, row.key, row.channel, row.uncertain_since)
        .where(
            row.perhaps_twice.is_(True),
            row.state == DeliveryState.SENT,
            row.uncertain_since.is_not(None),
        )
        .order_by(row.id)
        .limit(1)
    )
    for id_, key, channel, since in session.execute(query):
        assert since is not None, "asked for above"
        return Doubtful(id_, key, channel, since)
    return None


def settle_doubt(session: Session, doubtful: Doubtful, *, twice: bool) -> None:
    """Note whether a delivery was told twice after all."""
    session.execute(
        sa.update(DeliveryRow)
        .where(DeliveryRow.id == doubtful.id)
        .values(uncertain_since=None, perhaps_twice=twice)
    )


def mark_retry(
    session: Session, due: Sequence[Due], next_attempt_at: datetime, reason: str, *,
    uncertain: bool,
) -> None:  # fmt: skip
    """Give the deliveries back for a later attempt, saying whether they may have arrived."""
    _give_up(
        session, due, uncertain=uncertain, state=DeliveryState.PENDING,
        next_attempt_at=next_attempt_at, reason=reason,
    )  # fmt: skip


def mark_refused(
    session: Session, due: Sequence[Due], reason: str, *, uncertain: bool = False
) -> None:
    """Set the deliveries aside until a person has acted, saying whether they may have arrived."""
    _give_up(session, due, uncertain=uncertain, state=DeliveryState.REFUSED, reason=reason)


def _give_up(session: Session, due: Sequence[Due], *, uncertain: bool, **values: object) -> None:
    """End an attempt without success. One that another has claimed since is left to it."""
    if not uncertain:
        values["uncertain_since"] = None
    for one in sorted(due, key=lambda one: one.id):
        session.execute(
            sa.update(DeliveryRow)
            .where(
                DeliveryRow.id == one.id,
                DeliveryRow.state == DeliveryState.SENDING,
                DeliveryRow.attempts == one.attempts + 1,
            )
            .values(claimed_until=None, **values)
        )


def hold_channel(session: Session, channel: str, until: datetime) -> None:
    """Let nothing go to a channel before an instant (UTC), save what is just being claimed."""
    waits = (
        sa.select(DeliveryRow.id)
        .where(
            DeliveryRow.channel == channel,
            DeliveryRow.state == DeliveryState.PENDING,
            DeliveryRow.next_attempt_at < until,
        )
        .with_for_update(skip_locked=True)
    )
    session.execute(
        sa.update(DeliveryRow).where(DeliveryRow.id.in_(waits)).values(next_attempt_at=until)
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


def count_perhaps_twice(session: Session) -> int:
    """Count what was told twice, or may have been: by mail, which cannot be looked up."""
    query = sa.select(sa.func.count()).where(DeliveryRow.perhaps_twice.is_(True))
    return session.scalar(query) or 0


def tally(session: Session) -> dict[str, int]:
    """Count deliveries by state."""
    query = sa.select(DeliveryRow.state, sa.func.count()).group_by(DeliveryRow.state)
    return dict(session.execute(query).all())
