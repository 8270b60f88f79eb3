"""What calendars and feeds show: chosen in the database first, so only that is loaded."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.domain.calendar import local_day
from consultations.domain.history import History
from consultations.domain.response.acts import State
from consultations.domain.response.case import Case
from consultations.store import consultations, responses
from consultations.store.responses import Laid
from consultations.store.tables import (
    ConsultationRow,
    HushedFactRow,
    ResponseRow,
    SectionLinkRow,
    SightingRow,
)

MOST = 2000
"""Consultations in one calendar or feed: more is nothing anyone reads, and would take memory."""

Chosen = sa.Select[int]


@dataclass(frozen=True)
class Followed:
    """A consultation with KS' response to it. ``hushed`` names the facts nobody is told."""

    key: str
    history: History
    case: Case
    plans: tuple[Laid, ...] = ()
    hushed: frozenset[str] = frozenset()


def of_section(session: Session, section_ids: Collection[str], since: datetime) -> list[Followed]:
    """Return what a section leads or reads, with a deadline or a change at ``since`` or later.

    ``section_ids`` are all the ids it has had.
    """
    return _loaded(session, _in_time(_filed_under(section_ids), since))


def of_brussels(session: Session, since: datetime) -> list[Followed]:
    """Return what concerns Brussels: EU or EEA law is in it, or people have said that it does."""
    said = sa.select(ResponseRow.consultation_id).where(ResponseRow.brussels)
    theirs = sa.select(ConsultationRow.id).where(ConsultationRow.eu_eea).union(said)
    return _loaded(session, _in_time(theirs, since))


def of_owner(session: Session, person: str, since: datetime) -> list[Followed]:
    """Return what a person owns and is not closed, or was touched at ``since`` or later."""
    row = ResponseRow
    theirs = sa.select(row.consultation_id).where(
        row.owner == person, sa.or_(row.state != State.CLOSED, row.last_act_at >= since)
    )
    return _loaded(session, theirs.order_by(row.consultation_id.desc()).limit(MOST))


def seen_of_section(
    session: Session, section_ids: Collection[str], since: datetime, news_age: timedelta
) -> list[Followed]:
    """Return what a section leads or reads, and of which there may be news since.

    The first run of a source sees very much that was old already: ``news_age`` is how old
    something may be and still be news.
    """
    row, seen = ConsultationRow, SightingRow
    is_news = sa.or_(
        sa.not_(seen.backfill),
        _is_later_sighting(),
        row.published_on >= local_day(since) - news_age,
    )
    mine = _filed_under(section_ids).subquery()
    wanted = (
        sa.select(seen.consultation_id)
        .join(row, row.id == seen.consultation_id)
        .where(seen.observed_at >= since, seen.consultation_id.in_(sa.select(mine)), is_news)
        .group_by(seen.consultation_id)
        .order_by(sa.func.max(seen.observed_at).desc())
        .limit(MOST)
    )
    return _loaded(session, wanted)


def _filed_under(section_ids: Collection[str]) -> sa.CompoundSelect[int]:
    routed = sa.select(SectionLinkRow.consultation_id).where(
        SectionLinkRow.section.in_(section_ids)
    )
    given = sa.select(ResponseRow.consultation_id).where(ResponseRow.lead.in_(section_ids))
    return routed.union(given)


def _in_time(theirs: sa.CompoundSelect[int], since: datetime) -> Chosen:
    """Leave out what is over: no deadline, the source's or one agreed with it, and no change.

    If there is too much, the nearest deadlines stay.
    """
    row, response, seen = ConsultationRow, ResponseRow, SightingRow
    changed = (
        sa.select(seen.consultation_id)
        .join(row, row.id == seen.consultation_id)
        .where(seen.observed_at >= since, _is_later_sighting())
    )
    put_off = sa.select(response.consultation_id).where(
        sa.or_(response.deadline_at >= since, response.last_act_at >= since)
    )
    stated = sa.select(row.id).where(row.last_deadline_at >= since)
    alive = stated.union(put_off, changed).subquery()
    is_stated = sa.case((row.last_deadline_at >= since, 0), else_=1)
    return (
        sa.select(row.id)
        .where(row.id.in_(sa.select(theirs.subquery())), row.id.in_(sa.select(alive)))
        .order_by(is_stated, row.last_deadline_at, row.id)
        .limit(MOST)
    )


def _is_later_sighting() -> sa.ColumnElement[bool]:
    """Tell changes from what a source first said."""
    return SightingRow.observed_at > ConsultationRow.first_seen_at


def _loaded(session: Session, chosen: Chosen) -> list[Followed]:
    ids = session.scalars(chosen).all()
    keys: dict[int, str] = dict(
        session.execute(
            sa.select(ConsultationRow.id, ConsultationRow.key).where(ConsultationRow.id.in_(ids))
        ).all()
    )
    histories = consultations.histories(session, list(keys.values()))
    cases, plans = responses.cases(session, ids), responses.plans(session, ids)
    hushed = _hushed(session, ids)
    return [
        Followed(
            keys[id_], histories[keys[id_]], cases[id_], tuple(plans.get(id_, ())),
            frozenset(hushed.get(id_, ())),
        )
        for id_ in sorted(ids)
        if keys[id_] in histories
    ]  # fmt: skip


def _hushed(session: Session, ids: Collection[int]) -> Mapping[int, list[str]]:
    hushed: dict[int, list[str]] = defaultdict(list)
    query = sa.select(HushedFactRow).where(HushedFactRow.consultation_id.in_(ids))
    for row in session.scalars(query):
        hushed[row.consultation_id].append(row.fact)
    return hushed
