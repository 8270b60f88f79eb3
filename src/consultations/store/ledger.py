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
from sqlalchemy.orm import Session

from consultations.domain.history import Fact
from consultations.store.tables import ConsultationRow, DeliveryRow
from consultations.store.upsert import insert_new

ENTERED_AT_ONCE = timedelta(minutes=10)
"""How soon after it happened a fact is entered, when nothing has been away or gone wrong."""


MAIL = "mail"
"""The carrier that nobody can ask what it has carried."""


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


def owe_again(session: Session, debts: Iterable[Debt], now: datetime) -> None:
    """Owe what was withdrawn, and is true once more. What may have been told is still looked for.

    ``owe`` leaves it withdrawn: it cannot know.
    """
    given = {debt.key: debt for debt in debts}
    query = (
        sa.select(DeliveryRow)
        .where(DeliveryRow.key.in_(given), DeliveryRow.state == DeliveryState.WITHDRAWN)
        .order_by(DeliveryRow.id)
        .with_for_update()
    )
    for row in session.scalars(query):
        row.state, row.words = DeliveryState.PENDING, given[row.key].fact.words
        row.entered_at = row.next_attempt_at = now
        row.not_before = given[row.key].not_before


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


def mark_sent(
    session: Session, due: Sequence[Due], now: datetime, posted: Posted, *,
    thread_id: str | None, instead: bool = False, perhaps_twice: bool = False,
) -> None:  # fmt: skip
    """Record success. ``thread_id`` is the parent's message id for a reply, else None.

    It holds also when the lease ran out meanwhile: the message is out there. The first to say
    so is believed. ``instead``: told another way than usual, so ``next_to_settle`` returns it;
    ``perhaps_twice``: an earlier attempt may have told it too.
    """
    session.execute(
        sa.update(DeliveryRow)
        .where(DeliveryRow.id.in_([one.id for one in due]), DeliveryRow.state != DeliveryState.SENT)
        .values(
            state=DeliveryState.SENT, sent_at=now, carrier=posted.carrier, address=posted.address,
            message_id=posted.message_id, thread_id=thread_id, claimed_until=None,
            uncertain_since=DeliveryRow.uncertain_since if instead else None,
            reason=None, perhaps_twice=perhaps_twice,
        )
    )  # fmt: skip


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
