"""KS' responses: what people did with them, the plans, and the columns that lists show."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.domain.calendar import local_day
from consultations.domain.decision import NONE_SECTION
from consultations.domain.events import Event
from consultations.domain.observation import Status
from consultations.domain.response.acts import ACT, Act, Linked
from consultations.domain.response.case import Case
from consultations.domain.response.plan import Plan
from consultations.domain.response.planned_step import PlannedStep
from consultations.store import consultations
from consultations.store.consultations import Dossier
from consultations.store.tables import ActRow, ConsultationRow, PlanRow, ResponseRow
from consultations.store.upsert import insert_new, upsert

LONG_AGO = timedelta(days=180)
"""What was published this long before it was first seen, without a deadline, is history."""


@dataclass(frozen=True)
class Standing:
    """How a response stands, in the columns that lists sort and filter by: ``ResponseRow``.

    ``look_at`` is when the reminders are to look at it, None when never.
    """

    consultation_id: int
    state: str
    version: int
    lead: str | None
    owner: str | None
    deputy: str | None
    contributing: list[str]
    brussels: bool
    deadline_at: datetime | None
    next_step: str | None
    next_due: date | None
    meeting: str | None
    meeting_on: date | None
    arrived_at: datetime
    last_act_at: datetime | None
    sent_at: datetime | None
    look_at: datetime | None


@dataclass(frozen=True)
class Laid:
    """A plan as it was laid, and why: the ``number``-th of its consultation."""

    consultation_id: int
    number: int
    laid_at: datetime
    because: str
    plan: Plan


def acts(session: Session, ids: Collection[int]) -> dict[int, list[Act]]:
    """Return what people did with each response, in order, by the number of its consultation."""
    query = (
        sa.select(ActRow.consultation_id, ActRow.act)
        .where(ActRow.consultation_id.in_(ids))
        .order_by(ActRow.consultation_id, ActRow.number)
    )
    done: dict[int, list[Act]] = defaultdict(list)
    for id_, act in session.execute(query):
        done[id_].append(ACT.validate_json(act))
    return done


def case(session: Session, consultation_id: int) -> Case:
    return cases(session, [consultation_id])[consultation_id]


def cases(session: Session, ids: Collection[int]) -> dict[int, Case]:
    """Fold every case, also one that nobody has done anything with."""
    done = acts(session, ids)
    return {id_: Case.of(done.get(id_, ())) for id_ in ids}


def keep_acts(session: Session, events: Iterable[Event]) -> None:
    """Keep the acts that events tell of, each once. Their consultations must be known.

    Of two under one number the first stays: whatever an event is called, its act decides.
    """
    events = list(events)
    ids = consultations.known(session, {event.consultation for event in events})
    rows = [
        {
            "consultation_id": ids[event.consultation],
            "number": event.act.number,
            "event_id": Event.of_act(event.consultation, event.act).id,
            "made_at": event.act.at,
            "linked_to": event.act.to if isinstance(event.act, Linked) else None,
            "act": event.act.model_dump_json(),
        }
        for event in events
        if event.act
    ]
    insert_new(session, ActRow, rows, unique=["event_id"], order=["consultation_id"])


def joined_to(session: Session, key: str) -> dict[str, int]:
    """Return the consultations whose answer is worked on in ``key``: their numbers by key."""
    linked = sa.select(ActRow.consultation_id).where(ActRow.linked_to == key)
    query = (
        sa.select(ConsultationRow.key, ConsultationRow.id)
        .where(ConsultationRow.id.in_(linked))
        .order_by(ConsultationRow.key)
    )
    found = dict(session.execute(query).all())
    folded = cases(session, found.values()) if found else {}
    return {other: id_ for other, id_ in found.items() if folded[id_].joint_with == key}


def needs_case(dossier: Dossier, case: Case) -> bool:
    """Tell whether somebody has to decide on a consultation, or already has.

    It must be for KS, and have had a deadline ahead when it was first seen; or state none, be
    open, and be no old history. What was cancelled before anybody did anything needs nothing.
    """
    if case.version:
        return True
    decision, history = dossier.latest_decision, dossier.history
    if decision is None or (decision.lead == NONE_SECTION and not decision.abstained):
        return False
    standing, first = history.versions[-1].standing, history.versions[0].first_seen_at
    if standing is Status.CANCELLED:
        return False
    if deadlines := history.latest.deadlines_to_act_on:
        return deadlines[-1].at > first
    published = history.latest.published_on
    is_old = published is None or local_day(first) - published > LONG_AGO
    return not standing.is_closed and not (history.backfill and is_old)


def standing(
    dossier: Dossier,
    case: Case,
    steps: Sequence[PlannedStep],
    now: datetime,
    look_at: datetime | None,
) -> Standing:
    """Say how a response stands at ``now`` (UTC). ``steps`` are those left of its plan."""
    step = next(iter(steps), None)
    meeting = next((one for one in steps if one.meeting), None)
    decision = dossier.latest_decision
    left = case.deadlines_left(dossier.history.latest)
    ahead = [one for one in left if one.at >= now] or left[-1:]
    routed = decision.lead if decision and not decision.abstained else None
    told = bool(decision and decision.brussels)
    return Standing(
        consultation_id=dossier.id,
        state=case.state,
        version=case.version,
        lead=case.lead or (routed if routed != NONE_SECTION else None),
        owner=case.owner,
        deputy=case.deputy,
        contributing=list(case.contributing),
        brussels=told if case.brussels is None else case.brussels,
        deadline_at=ahead[0].at if ahead else None,
        next_step=step.step if step else None,
        next_due=step.due if step else None,
        meeting=meeting.meeting if meeting else None,
        meeting_on=meeting.meeting_on if meeting else None,
        arrived_at=dossier.history.versions[0].first_seen_at,
        last_act_at=case.last_act_at,
        sent_at=_sent_at(case),
        look_at=look_at,
    )


def _sent_at(case: Case) -> datetime | None:
    """When the latest answer was sent: as its receipt says, or else when we were told of it."""
    moments = {kind: act.at for kind, act in case.sent.items()}
    moments |= {kind: receipt.sent_at for kind, receipt in case.receipts.items()}
    return max(moments.values(), default=None)


def show(session: Session, rows: Iterable[Standing]) -> None:
    """Let lists show how these responses stand."""
    upsert(session, ResponseRow, [asdict(row) for row in rows], unique=["consultation_id"])


def drop(session: Session, ids: Collection[int]) -> None:
    """Take away responses that nobody is to decide on any more, and nobody has touched."""
    untouched = sa.and_(ResponseRow.consultation_id.in_(ids), ResponseRow.version == 0)
    if ids:
        session.execute(sa.delete(ResponseRow).where(untouched))


def plans(session: Session, ids: Collection[int]) -> dict[int, list[Laid]]:
    """Return every plan of these consultations, the first one laid first."""
    query = (
        sa.select(PlanRow)
        .where(PlanRow.consultation_id.in_(ids))
        .order_by(PlanRow.consultation_id, PlanRow.number)
    )
    laid: dict[int, list[Laid]] = defaultdict(list)
    for row in session.scalars(query):
        plan = Plan.model_validate_json(row.plan)
        laid[row.consultation_id].append(
            Laid(row.consultation_id, row.number, row.laid_at, row.because, plan)
        )
    return laid


def lay(session: Session, laid: Sequence[Laid]) -> None:
    """Keep plans, each under its number. One that stands there already is left as it is."""
    rows = [{**asdict(one), "plan": one.plan.model_dump_json()} for one in laid]
    insert_new(session, PlanRow, rows, unique=["consultation_id", "number"])
