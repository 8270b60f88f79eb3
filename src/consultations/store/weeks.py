"""What was seen, what is due and what we did within a time: the material of the weekly mail."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.domain.history import History
from consultations.domain.observation import Status
from consultations.domain.response.acts import State
from consultations.store import consultations
from consultations.store.tables import (
    ActRow,
    ConsultationRow,
    DeliveryRow,
    HushedFactRow,
    ResponseRow,
    SectionLinkRow,
    SightingRow,
)

_CLOSED = [status for status in Status if status.is_closed]
_ANSWERING = [
    State.ANSWERING, State.ASSIGNED, State.MEMBER_INPUT, State.DRAFT, State.LEGAL_CHECK,
    State.BOARD, State.APPROVED,
]  # fmt: skip
"""We have said that we will answer, and have not."""
_UNDECIDED = [State.NEW, State.TRIAGED]


@dataclass(frozen=True)
class OurWork:
    """How KS' response stands. Persons and sections by id; ``deadline_at`` is still to be met."""

    state: State
    lead: str | None
    contributing: tuple[str, ...]
    owner: str | None
    deadline_at: datetime | None


@dataclass(frozen=True)
class Matter:
    """A consultation as the mail knows it. ``lead`` is None until a decision is made.

    ``hushed`` names the facts nobody is told.
    """

    id: int
    key: str
    history: History
    eu_eea: bool
    abstained: bool
    lead: str | None
    seconds: tuple[str, ...]
    hushed: frozenset[str]
    work: OurWork | None


def seen(
    session: Session, since: datetime, until: datetime, published_from: date
) -> frozenset[int]:
    """Return the consultations of which something was seen, from ``since`` to before ``until``.

    What a source's first run registered counts only if it was news on ``published_from`` or later.
    """
    query = (
        sa.select(SightingRow.consultation_id)
        .join(ConsultationRow, ConsultationRow.id == SightingRow.consultation_id)
        .where(
            SightingRow.observed_at >= since,
            SightingRow.observed_at < until,
            sa.or_(SightingRow.backfill.is_(False), ConsultationRow.news_on >= published_from),
        )
    )
    return frozenset(session.scalars(query))


def entered_late(
    session: Session, earliest: datetime, since: datetime, entered_from: datetime
) -> frozenset[tuple[int, str]]:
    """Return facts from before ``since`` that were entered in the ledger after ``entered_from``.

    Each with the number of its consultation. A record may lie long on its way from where it was
    seen: in a queue, or among the dead letters. What happened before ``earliest`` is left out.
    """
    row = DeliveryRow
    then = sa.select(SightingRow.consultation_id).where(
        SightingRow.observed_at >= earliest, SightingRow.observed_at < since
    )
    query = sa.select(row.consultation_id, row.key).where(
        row.consultation_id.in_(then),
        row.occurred_at >= earliest,
        row.occurred_at < since,
        row.entered_at >= entered_from,
    )
    # The key of a delivery is «consultation|fact|channel».
    return frozenset((id_, key.split("|")[-2]) for id_, key in session.execute(query))


def due(session: Session, first: datetime, last: datetime) -> frozenset[int]:
    """Return the open consultations with a deadline that may lie between two instants."""
    row = ConsultationRow
    query = sa.select(row.id).where(
        row.last_deadline_at >= first,
        row.first_deadline_at <= last,
        row.status.not_in(_CLOSED),
    )
    return frozenset(session.scalars(query))


def acted_on(session: Session, since: datetime, until: datetime) -> frozenset[int]:
    """Return the consultations whose response somebody did something with."""
    query = sa.select(ActRow.consultation_id).where(
        ActRow.made_at >= since, ActRow.made_at < until
    )  # fmt: skip
    return frozenset(session.scalars(query))


def late(session: Session, since: datetime, now: datetime) -> frozenset[int]:
    """Return what we have said we will answer and is overdue, and what ran out undecided.

    The latter only if it did so after ``since``: nobody will do anything with it any more.
    """
    row = ResponseRow
    query = sa.select(row.consultation_id).where(
        row.deadline_at < now,
        sa.or_(
            row.state.in_(_ANSWERING),
            sa.and_(row.state.in_(_UNDECIDED), row.deadline_at >= since),
        ),
    )
    return frozenset(session.scalars(query))


def matters(session: Session, ids: Collection[int]) -> dict[int, Matter]:
    """Load consultations by number."""
    wanted = sorted(ids)
    rows = session.execute(
        sa.select(
            ConsultationRow.id, ConsultationRow.key, ConsultationRow.eu_eea,
            ConsultationRow.abstained,
        ).where(ConsultationRow.id.in_(wanted))
    ).all()  # fmt: skip
    histories = consultations.histories(session, [row.key for row in rows])
    sections, hushed = _sections(session, wanted), _hushed(session, wanted)
    work = _work(session, wanted)
    return {
        row.id: Matter(
            id=row.id,
            key=row.key,
            history=histories[row.key],
            eu_eea=row.eu_eea,
            abstained=row.abstained,
            lead=next((one.section for one in sections[row.id] if one.is_lead), None),
            seconds=tuple(one.section for one in sections[row.id] if not one.is_lead),
            hushed=frozenset(hushed[row.id]),
            work=work.get(row.id),
        )
        for row in rows
    }


def _sections(session: Session, ids: Sequence[int]) -> dict[int, list[SectionLinkRow]]:
    links: dict[int, list[SectionLinkRow]] = defaultdict(list)
    query = sa.select(SectionLinkRow).where(SectionLinkRow.consultation_id.in_(ids))
    for link in session.scalars(query.order_by(SectionLinkRow.section)):
        links[link.consultation_id].append(link)
    return links


def _hushed(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    hushed: dict[int, list[str]] = defaultdict(list)
    query = sa.select(HushedFactRow).where(HushedFactRow.consultation_id.in_(ids))
    for row in session.scalars(query):
        hushed[row.consultation_id].append(row.fact)
    return hushed


def _work(session: Session, ids: Sequence[int]) -> dict[int, OurWork]:
    query = sa.select(ResponseRow).where(ResponseRow.consultation_id.in_(ids))
    return {
        row.consultation_id: OurWork(
            State(row.state), row.lead, tuple(row.contributing), row.owner, row.deadline_at
        )
        for row in session.scalars(query)
    }
