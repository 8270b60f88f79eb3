"""What lists of responses show: who has what, what goes to which meeting, and what is late."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.domain.calendar import local_day
from consultations.domain.response.acts import State
from consultations.store.listing import PAGE_SIZE
from consultations.store.tables import ConsultationRow, ResponseRow

_BEFORE_SENT = [
    State.NEW, State.TRIAGED,
    *(one for one in State if State.ANSWERING.rank <= one.rank < State.SENT.rank),
]  # fmt: skip
"""The states in which something is expected of somebody before the answer is out."""
_WITH_AN_ANSWER = [one for one in State if State.ANSWERING.rank <= one.rank < State.SENT.rank]


@dataclass(frozen=True)
class ListedResponse:
    """One response in a list. Persons and sections by id; instants UTC, days Oslo days."""

    key: str
    title: str
    senders: tuple[str, ...]
    kind: str
    state: State
    version: int
    lead: str | None
    owner: str | None
    deputy: str | None
    contributing: tuple[str, ...]
    brussels: bool
    deadline_at: datetime | None
    next_step: State | None
    next_due: date | None
    meeting: str | None
    meeting_on: date | None
    arrived_at: datetime
    last_act_at: datetime | None
    sent_at: datetime | None


def mine(session: Session, person: str, now: datetime, number: int = 1) -> list[ListedResponse]:
    """Return page ``number`` (from 1) of what a person owns or is deputy for, and is not closed.

    What is to be sent first comes first; what is sent comes last.
    """
    is_theirs = sa.or_(ResponseRow.owner == person, ResponseRow.deputy == person)
    wanted = sa.and_(is_theirs, ResponseRow.state != State.CLOSED)
    is_out = sa.case((ResponseRow.state.in_(_BEFORE_SENT), 0), else_=1)
    return _page(session, wanted, [is_out, *_nearest_first(now)], number)


def of_section(
    session: Session, section_ids: Collection[str], now: datetime, number: int = 1
) -> list[ListedResponse]:
    """Return page ``number`` of what waits for a section, or is written with its help.

    ``section_ids`` are all the ids it has had. What nobody has claimed comes first, then the
    nearest deadline; a deadline that has passed comes after those ahead.
    """
    leads = sa.select(ResponseRow.consultation_id).where(
        ResponseRow.lead.in_(section_ids), ResponseRow.state.in_(_BEFORE_SENT)
    )
    named = [_says(ResponseRow.contributing, section) for section in section_ids]
    helps = sa.select(ResponseRow.consultation_id).where(
        ResponseRow.state.in_(_WITH_AN_ANSWER), sa.or_(sa.false(), *named)
    )
    wanted = ResponseRow.consultation_id.in_(sa.union(leads, helps))
    unclaimed_first = sa.case((ResponseRow.owner.is_(None), 0), else_=1)
    ahead_first = sa.case((ResponseRow.deadline_at < now, 1), else_=0)
    return _page(session, wanted, [ahead_first, unclaimed_first, *_nearest_first(now)], number)


def to_meetings(session: Session, from_day: date, number: int = 1) -> list[ListedResponse]:
    """Return page ``number`` of what goes to a meeting on an Oslo day or later, meeting by meeting.

    Within a meeting, what has come least far comes first.
    """
    wanted = ResponseRow.meeting_on >= from_day
    order = [ResponseRow.meeting_on, ResponseRow.meeting, ResponseRow.next_due]
    return _page(session, wanted, order, number)


def late(session: Session, now: datetime, number: int = 1) -> list[ListedResponse]:
    """Return page ``number`` of what is not sent, and has a step or a deadline behind it.

    What somebody has begun comes before what nobody has touched, the latest deadline first.
    """
    is_late = sa.or_(ResponseRow.deadline_at < now, ResponseRow.next_due < local_day(now))
    wanted = sa.and_(ResponseRow.state.in_(_BEFORE_SENT), is_late)
    untouched_last = sa.case((ResponseRow.version == 0, 1), else_=0)
    return _page(session, wanted, [untouched_last, ResponseRow.deadline_at.desc()], number)


def unclaimed(session: Session, now: datetime, number: int = 1) -> list[ListedResponse]:
    """Return page ``number`` of what nobody has taken, with time left, the nearest deadline first.

    What has no section yet is among them.
    """
    is_ahead = sa.or_(ResponseRow.deadline_at >= now, ResponseRow.deadline_at.is_(None))
    wanted = sa.and_(ResponseRow.owner.is_(None), ResponseRow.state.in_(_BEFORE_SENT), is_ahead)
    return _page(session, wanted, _nearest_first(now), number)


def _nearest_first(now: datetime) -> list[sa.SQLColumnExpression[Any]]:
    is_ahead = ResponseRow.deadline_at >= now
    rank = sa.case((is_ahead, 0), (ResponseRow.deadline_at.is_(None), 1), else_=2)
    return [rank, sa.case((is_ahead, ResponseRow.deadline_at)), ResponseRow.deadline_at.desc()]


def _says(column: sa.orm.InstrumentedAttribute[list[str]], section: str) -> sa.ColumnElement[bool]:
    return sa.cast(column, sa.Text).contains(f'"{section}"', autoescape=True)


def _page(
    session: Session,
    wanted: sa.ColumnElement[bool],
    order: Sequence[sa.SQLColumnExpression[Any]],
    number: int,
) -> list[ListedResponse]:
    query = (
        sa.select(ResponseRow, ConsultationRow.key, ConsultationRow.title, ConsultationRow.senders,
                  ConsultationRow.kind)
        .join(ConsultationRow, ConsultationRow.id == ResponseRow.consultation_id)
        .where(wanted)
        .order_by(*order, ResponseRow.consultation_id)
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    )  # fmt: skip
    return [_listed(*row) for row in session.execute(query)]


def _listed(
    row: ResponseRow, key: str, title: str, senders: Sequence[str], kind: str
) -> ListedResponse:
    return ListedResponse(
        key=key, title=title, senders=tuple(senders), kind=kind, state=State(row.state),
        version=row.version, lead=row.lead, owner=row.owner, deputy=row.deputy,
        contributing=tuple(row.contributing), brussels=row.brussels, deadline_at=row.deadline_at,
        next_step=State(row.next_step) if row.next_step else None, next_due=row.next_due,
        meeting=row.meeting, meeting_on=row.meeting_on, arrived_at=row.arrived_at,
        last_act_at=row.last_act_at, sent_at=row.sent_at,
    )  # fmt: skip
