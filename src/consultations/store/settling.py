"""What was told by mail because Slack was away: looked into, and counted where it went twice."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from consultations.domain.people import PERSON_CHANNEL
from consultations.store.claiming import as_due, parent_of
from consultations.store.ledger import Claim, DeliveryState, Due
from consultations.store.tables import ConsultationRow, DeliveryRow


@dataclass(frozen=True)
class Unsettled:
    """What was told another way than usual, as a claim of that alone.

    ``perhaps_twice``: an attempt in the usual way may have arrived too.
    """

    claim: Claim
    perhaps_twice: bool


def next_to_settle(session: Session) -> Unsettled | None:
    """Return the first delivery that went another way and was not looked into since."""
    query = (
        sa.select(DeliveryRow, ConsultationRow.key)
        .join(ConsultationRow, ConsultationRow.id == DeliveryRow.consultation_id)
        .where(DeliveryRow.uncertain_since.is_not(None), DeliveryRow.state == DeliveryState.SENT)
        .order_by(DeliveryRow.id)
        .limit(1)
    )
    for row, key in session.execute(query).all():
        here = (
            DeliveryRow.consultation_id == row.consultation_id,
            DeliveryRow.channel == row.channel,
        )
        is_person = row.channel.startswith(PERSON_CHANNEL)
        parent = None if is_person else parent_of(session, sa.and_(*here))
        return Unsettled(Claim(key, row.channel, (as_due(row),), parent), row.perhaps_twice)
    return None


def settle(session: Session, due: Due, *, twice: bool) -> None:
    """Note that a delivery was looked into, and whether it was told twice."""
    session.execute(
        sa.update(DeliveryRow)
        .where(DeliveryRow.id == due.id, DeliveryRow.state == DeliveryState.SENT)
        .values(uncertain_since=None, perhaps_twice=twice)
    )


def told_themselves(session: Session, due: Due) -> frozenset[str]:
    """Return the persons (``person:<id>``) to whom the same fact is owed, or was told, alone."""
    here, there = aliased(DeliveryRow), aliased(DeliveryRow)
    query = (
        sa.select(there.channel)
        .join(here, here.consultation_id == there.consultation_id)
        .where(
            here.id == due.id,
            there.fact == here.fact,
            there.occurred_at == here.occurred_at,
            there.channel.startswith(PERSON_CHANNEL),
            there.state != DeliveryState.WITHDRAWN,
        )
    )
    return frozenset(session.scalars(query))
