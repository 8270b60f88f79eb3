"""Builders for tests of calendars, feeds and figures: matters in memory and in a database."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from consultations.domain.decision import Decision, RoutingText
from consultations.domain.events import Event
from consultations.domain.history import Sighting
from consultations.domain.observation import DeadlineKind, Observation
from consultations.domain.response.acts import Act, State
from consultations.domain.response.case import Case
from consultations.domain.response.plan import Plan
from consultations.domain.response.planned_step import PlannedStep
from consultations.store import consultations, responses
from consultations.store.consultations import Decided, ReadRecord
from consultations.store.database import Database
from consultations.store.followed import Followed
from consultations.store.responses import Laid
from tests.building import at, history, record

SECTION = "oppvekst"


def followed(
    *seen: Observation, acts: Sequence[Act] = (), plans: Sequence[Laid] = (), **given: Any
) -> Followed:
    """A matter that was seen so, and that people did this with."""
    past = history(*seen)
    return Followed(past.latest.key, past, Case.of(acts), tuple(plans), **given)


def laid(number: int, *steps: PlannedStep, laid_at: datetime | None = None) -> Laid:
    plan = Plan(begun_on=date(2026, 7, 4), steps=steps)
    return Laid(1, number, laid_at or at(number), "Planen er lagt.", plan)


def step(state: State, due: str, **given: Any) -> PlannedStep:
    facts = {"deadline": DeadlineKind.WRITTEN_ANSWER, **given}
    return PlannedStep(step=state, due=date.fromisoformat(due), **facts)


def keep(
    database: Database,
    *seen: Observation,
    acts: Sequence[Act] = (),
    plans: Sequence[Laid] = (),
    lead: str = SECTION,
    backfill: bool = False,
    **decided: Any,
) -> int:
    """Keep a matter with KS' response, as the steps do. Returns its number."""
    past = history(*seen, backfill=backfill)
    decision = Decision(lead=lead, score=2.5, rules_hash="5d1c", **decided)
    text = RoutingText.of(past.latest)
    with database.transaction() as session:
        ids = consultations.save_state(session, [past])
        read = [ReadRecord(record(o), Sighting.of(o, backfill=backfill), 1) for o in seen]
        consultations.add_sightings(session, ids, read)
        key, id_ = past.latest.key, ids[past.latest.key]
        consultations.save_decisions(session, [Decided(id_, text.hash, at(0), decision, True)])
        responses.keep_acts(session, [Event.of_act(key, act) for act in acts])
        dossier, case = consultations.find(session, {key})[key], Case.of(acts)
        now = at(0) + timedelta(hours=1)
        responses.show(session, [responses.standing(dossier, case, (), now, None)])
        responses.lay(session, [Laid(id_, *_rest(one)) for one in plans])
    return id_


def _rest(one: Laid) -> tuple[int, datetime, str, Plan]:
    return one.number, one.laid_at, one.because, one.plan
