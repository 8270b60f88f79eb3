"""What lists show: consultations filtered, sorted and paged; dead letters; refused deliveries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import reduce
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.domain.observation import DeadlineKind, Status
from consultations.store.columns import as_text
from consultations.store.dead_letters import LetterState
from consultations.store.ledger import DeliveryState
from consultations.store.tables import (
    ConsultationRow,
    DeadLetterRow,
    DeliveryRow,
    SectionLinkRow,
)

PAGE_SIZE = 50

_CLOSED = [status for status in Status if status.is_closed]
_NON_ASCII = "ÆØÅÄÖÉÁČĐŊŠŦŽ"
"""The Norwegian and Sami capitals: SQLite's own ``lower`` knows A to Z only."""


class Order(StrEnum):
    NEWEST = "newest"
    DEADLINE = "deadline"
    WAITING = "waiting"
    """The nearest deadline first, and what has waited longest first where there is none ahead."""


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to. ``words`` must all stand in the title.

    ``section`` matches lead and second sections; ``filed_under`` are all the ids it has had, if it
    has had several. ``open_only`` leaves out what the source says
    is closed; a status we do not understand counts as open.
    """

    section: str | None = None
    filed_under: tuple[str, ...] = ()
    eu_eea: bool = False
    open_only: bool = False
    needs_human: bool = False
    words: str = ""


@dataclass(frozen=True)
class Listed:
    """One consultation in a list. ``lead`` is None until a decision is made.

    The deadline is the first one can still make, or else the last there was.
    """

    key: str
    title: str
    senders: tuple[str, ...]
    kind: str
    status: Status
    language: str | None
    published_on: date | None
    deadline_at: datetime | None
    deadline_kind: DeadlineKind | None
    eu_eea: bool
    abstained: bool
    lead: str | None
    seconds: tuple[str, ...]


@dataclass(frozen=True)
class ListedLetter:
    """An open dead letter without its bytes; ``size`` counts them."""

    id: int
    step: str
    source: str | None
    place: str
    reason: str
    first_at: datetime
    last_at: datetime
    times: int
    size: int


@dataclass(frozen=True)
class StandingDelivery:
    """A delivery that was refused and waits for a person, with the consultation it is about."""

    consultation: str
    title: str
    language: str | None
    channel: str
    words: str
    reason: str | None
    occurred_at: datetime


def count(session: Session, filters: Filters) -> int:
    query = sa.select(sa.func.count()).select_from(ConsultationRow).where(*_conditions(filters))
    return session.scalar(query) or 0


def page(
    session: Session, filters: Filters, order: Order, number: int, now: datetime
) -> Sequence[Listed]:
    """Return page ``number`` (from 1). By deadline: those ahead first, then passed, then none.

    Nobody can make the deadline of what is cancelled: it counts as passed.
    """
    query = (
        sa.select(ConsultationRow, *_deadline(now))
        .where(*_conditions(filters))
        .order_by(*_order(order, now), ConsultationRow.id.desc())
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    )
    rows = session.execute(query).all()
    links = _sections(session, [row.id for row, _, _ in rows])
    return [
        _listed(row, at, kind, [li for li in links if li.consultation_id == row.id])
        for row, at, kind in rows
    ]


def open_letters(session: Session, number: int) -> Sequence[ListedLetter]:
    """Return page ``number`` (from 1) of the open dead letters, the newest first."""
    row = DeadLetterRow
    query = (
        sa.select(row.id, row.step, row.source, row.place, row.reason, row.first_at, row.last_at,
                  row.times, sa.func.length(row.body))
        .where(row.state == LetterState.OPEN)
        .order_by(row.last_at.desc(), row.id)
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    )  # fmt: skip
    return [ListedLetter(*columns) for columns in session.execute(query)]


def standing_deliveries(session: Session, limit: int = PAGE_SIZE) -> Sequence[StandingDelivery]:
    """Return the refused deliveries, the newest first."""
    query = (
        sa.select(ConsultationRow.key, ConsultationRow.title, ConsultationRow.language,
                  DeliveryRow.channel, DeliveryRow.words, DeliveryRow.reason,
                  DeliveryRow.occurred_at)
        .join(ConsultationRow, ConsultationRow.id == DeliveryRow.consultation_id)
        .where(DeliveryRow.state == DeliveryState.REFUSED)
        .order_by(DeliveryRow.occurred_at.desc(), DeliveryRow.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [StandingDelivery(*columns) for columns in session.execute(query)]


def _conditions(filters: Filters) -> list[sa.ColumnElement[bool]]:
    row = ConsultationRow
    title = _lower(row.title)
    words = as_text(filters.words).lower().split()
    conditions = [title.contains(word, autoescape=True) for word in words]
    if filters.section is not None:
        routed = sa.select(SectionLinkRow.consultation_id).where(
            SectionLinkRow.section.in_(filters.filed_under or (filters.section,))
        )
        conditions.append(row.id.in_(routed))
    if filters.eu_eea:
        conditions.append(row.eu_eea.is_(True))
    if filters.open_only:
        conditions.append(row.status.not_in(_CLOSED))
    if filters.needs_human:
        conditions.append(row.abstained.is_(True))
    return conditions


def _lower(column: sa.ColumnElement[str] | sa.orm.InstrumentedAttribute[str]) -> sa.Function[str]:
    return reduce(
        lambda text, letter: sa.func.replace(text, letter, letter.lower()),
        _NON_ASCII,
        sa.func.lower(column),
    )


def _order(order: Order, now: datetime) -> tuple[sa.ColumnElement[Any], ...]:
    if order is Order.NEWEST:
        return (ConsultationRow.news_on.desc().nulls_last(),)
    deadline, _ = _deadline(now)
    ahead = sa.and_(deadline >= now, ConsultationRow.status != Status.CANCELLED)
    rank = sa.case((ahead, 0), (deadline.is_not(None), 1), else_=2)
    nearest_first = (rank, sa.case((ahead, deadline)))
    if order is Order.WAITING:
        return *nearest_first, ConsultationRow.first_seen_at.asc()
    return *nearest_first, deadline.desc()


def _deadline(
    now: datetime,
) -> tuple[sa.ColumnElement[datetime | None], sa.ColumnElement[str | None]]:
    """Compute ``Observation.next_deadline`` in SQL, which knows only the first and the last."""
    row = ConsultationRow
    ahead = row.first_deadline_at >= now
    return (
        sa.case((ahead, row.first_deadline_at), else_=row.last_deadline_at),
        sa.case((ahead, row.first_deadline_kind), else_=row.last_deadline_kind),
    )


def _sections(session: Session, ids: Collection[int]) -> Sequence[SectionLinkRow]:
    query = sa.select(SectionLinkRow).where(SectionLinkRow.consultation_id.in_(ids))
    return sorted(session.scalars(query), key=lambda link: link.section)


def _listed(
    row: ConsultationRow,
    deadline_at: datetime | None,
    deadline_kind: str | None,
    links: Sequence[SectionLinkRow],
) -> Listed:
    return Listed(
        key=row.key,
        title=row.title,
        senders=tuple(row.senders),
        kind=row.kind,
        status=Status(row.status),
        language=row.language,
        published_on=row.published_on,
        deadline_at=deadline_at,
        deadline_kind=DeadlineKind(deadline_kind) if deadline_kind else None,
        eu_eea=row.eu_eea,
        abstained=row.abstained,
        lead=next((link.section for link in links if link.is_lead), None),
        seconds=tuple(link.section for link in links if not link.is_lead),
    )
