"""Which responses the reminders must look at, and what people have been reminded of."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from consultations.domain.events import EventType
from consultations.store.tables import ConsultationRow, DeliveryRow, ResponseRow


@dataclass(frozen=True)
class Waiting:
    """A response to look at. ``lead`` is the section that holds the pen, if any."""

    id: int
    key: str
    lead: str | None
    arrived_at: datetime


def to_look_at(session: Session, now: datetime, at_most: int) -> list[str]:
    """Return the keys of responses whose time has come, the longest waiting first.

    What was looked at in the future, by a clock that has been set back since, is looked at anew.
    """
    row = ResponseRow
    # One question each: asked together, neither index would be used.
    come = _keys(session, row.look_at <= now, row.look_at, at_most)
    set_back = _keys(session, row.looked_at > now, row.looked_at, at_most)
    return list(dict.fromkeys([*come, *set_back]))[:at_most]


def _keys(
    session: Session,
    wanted: sa.ColumnElement[bool],
    order: InstrumentedAttribute[datetime | None],
    at_most: int,
) -> Sequence[str]:
    query = (
        sa.select(ConsultationRow.key)
        .join(ResponseRow, ResponseRow.consultation_id == ConsultationRow.id)
        .where(wanted)
        .order_by(order)
        .limit(at_most)
    )
    return session.scalars(query).all()


def waiting(session: Session, keys: Iterable[str]) -> list[Waiting]:
    """Return the responses to these consultations; those without one are left out."""
    query = (
        sa.select(ConsultationRow.id, ConsultationRow.key, ResponseRow.lead, ResponseRow.arrived_at)
        .join(ResponseRow, ResponseRow.consultation_id == ConsultationRow.id)
        .where(ConsultationRow.key.in_(keys))
        .order_by(ConsultationRow.id)
    )
    return [Waiting(*row) for row in session.execute(query)]


def looked(session: Session, again_at: Mapping[int, datetime | None], now: datetime) -> None:
    """Note when each response was looked at, and when (UTC) it must be again, if ever."""
    rows = [
        {"consultation_id": id_, "look_at": moment, "looked_at": now}
        for id_, moment in sorted(again_at.items())
    ]
    if rows:
        session.execute(sa.update(ResponseRow), rows)


def unlooked(session: Session, before: datetime) -> int:
    """Count the responses that should have been looked at before an instant (UTC)."""
    query = sa.select(sa.func.count()).where(ResponseRow.look_at < before)
    return session.scalar(query) or 0


@dataclass(frozen=True)
class Entered:
    """A reminder in the ledger: what it is of, to whom, and how far it has come."""

    key: str
    fact: str
    channel: str
    state: str


def entered(
    session: Session, ids: Collection[int], states: Collection[str] = ()
) -> dict[int, list[Entered]]:
    """Return every reminder entered about each consultation, or only those in some states."""
    query = (
        sa.select(
            DeliveryRow.consultation_id, DeliveryRow.key, DeliveryRow.channel, DeliveryRow.state,
            ConsultationRow.key,
        )
        .join(ConsultationRow, ConsultationRow.id == DeliveryRow.consultation_id)
        .where(DeliveryRow.consultation_id.in_(ids), DeliveryRow.fact == EventType.REMINDER)
    )  # fmt: skip
    if states:
        query = query.where(DeliveryRow.state.in_(states))
    found: dict[int, list[Entered]] = defaultdict(list)
    for id_, key, channel, state, consultation in session.execute(query):
        fact = key.removeprefix(f"{consultation}|").removesuffix(f"|{channel}")
        found[id_].append(Entered(key, fact, channel, state))
    return found
