"""Planning: the plan of a response is laid anew when what it rests on has moved."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, partial

from consultations.domain.calendar import local_day
from consultations.domain.channels import ChannelMap
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.domain.observation import Status
from consultations.domain.people import PERSON_CHANNEL
from consultations.domain.response import plan_words
from consultations.domain.response.acts import State
from consultations.domain.response.case import Case
from consultations.domain.response.office import Office
from consultations.domain.response.plan import Plan, lay
from consultations.handlers import reminding
from consultations.store import consultations, responses
from consultations.store.consultations import Dossier
from consultations.store.database import Session
from consultations.store.ledger import Debt
from consultations.store.plans import open_after, shown
from consultations.store.responses import Laid, Standing

AT_A_TIME = 100
"""Responses looked at in one transaction: others wait for it."""


@dataclass(frozen=True)
class Moved:
    """A plan that moved what is still to be done. ``owner`` is None where nobody has the case."""

    dossier: Dossier
    owner: str | None
    fact: Fact


@dataclass(frozen=True)
class Batch:
    """Some of all responses, ``last`` being the number of the last one; None when none is left."""

    moved: list[Moved]
    last: int | None


def keep_up(
    session: Session, dossiers: Iterable[Dossier], office: Office, now: datetime
) -> list[Moved]:
    """Lay the plans that are not as they should be, show the responses, and return what moved.

    Consultations that nobody has to decide on are no longer shown. A plan laid the first time
    moves nothing.
    """
    every = {one.id: one for one in dossiers}
    cases, plans = responses.cases(session, every), responses.plans(session, every)
    plannings = [
        _Planning(dossier, cases[id_], next(reversed(plans.get(id_, ())), None), office, now)
        for id_, dossier in sorted(every.items())
        if responses.needs_case(dossier, cases[id_])
    ]
    undecided = every.keys() - {one.dossier.id for one in plannings}
    before = shown(session, every)
    changed = list(_changed(plannings, before, now))
    responses.drop(session, undecided)
    responses.lay(session, [one.new for one in plannings if one.new])
    responses.show(session, changed)
    touched = {row.consultation_id for row in changed} | (undecided & before.keys())
    reminding.withdraw_done(session, [every[id_] for id_ in sorted(touched)], office)
    return [moved for one in plannings for moved in one.moved()]


def keep_up_all(session: Session, office: Office, now: datetime, after: int = 0) -> Batch:
    """Do as ``keep_up`` for the next consultations with a deadline ahead, by number, after one."""
    found = open_after(session, after, now, AT_A_TIME)
    if not found:
        return Batch([], None)
    consultations.hold(session, found.values())
    dossiers = consultations.find(session, found.values()).values()
    return Batch(keep_up(session, dossiers, office, now), max(found))


def moved_facts(moved: Iterable[Moved], channels: ChannelMap) -> Iterator[Debt]:
    """Yield what is owed when plans moved: to the owner, or where nobody is, in the thread."""
    for one in moved:
        decision = one.dossier.latest_decision
        heard = channels.hearing(decision)[:1] if decision else ()
        for channel in (f"{PERSON_CHANNEL}{one.owner}",) if one.owner else heard:
            yield Debt(one.dossier.id, one.dossier.key, channel, one.fact)


def _changed(
    plannings: Iterable["_Planning"], before: Mapping[int, Standing], now: datetime
) -> Iterator[Standing]:
    """Yield what lists are to show otherwise than before; the reminders look at it anew."""
    for one in plannings:
        shown_now = before.get(one.dossier.id)
        wanted = one.standing(shown_now.look_at if shown_now else now)
        if one.new or wanted != shown_now:
            yield replace(wanted, look_at=now)


@dataclass(frozen=True)
class _Planning:
    """One response, and the plan that was laid for it last."""

    dossier: Dossier
    case: Case
    last: Laid | None
    office: Office
    now: datetime

    @cached_property
    def new(self) -> Laid | None:
        """A plan that differs from the last; None where that one still holds."""
        before = self.last.plan if self.last else None
        plan = before if self._rests else self._laid(before)
        if plan is None or plan == before or not (before or plan.targets):
            return None
        number = self.last.number + 1 if self.last else 1
        because = plan_words.because(before, plan, self.case, self.office.calendar)
        return Laid(self.dossier.id, number, self.now, because, plan)

    def standing(self, look_at: datetime | None) -> Standing:
        laid = self.new or self.last
        steps = laid.plan.left(self.case) if laid and not self._rests else ()
        return responses.standing(self.dossier, self.case, steps, self.now, look_at)

    def moved(self) -> Iterator[Moved]:
        """Yield the news in a new plan, if what is left to do has moved and somebody is to do it.

        Nobody goes by the plan of a matter that KS has not decided to answer.
        """
        new, answers = self.new, self.case.state.rank >= State.ANSWERING.rank
        if new is None or self.last is None or not answers:
            return
        if not self._differs(self.last.plan, new.plan):
            return
        words = (
            "Planen er lagt på nytt.",
            new.because,
            plan_words.next_in_words(new.plan, self.case),
            plan_words.squeezed_in_words(new.plan),
            plan_words.missing_in_words(new.plan, self.office.calendar),
        )
        owner = self.case.owner if self.case.owner in self.office.people.people else None
        name = f"{EventType.PLAN_MOVED}/{new.number}"
        told = " ".join(filter(None, words))
        yield Moved(self.dossier, owner, Fact(EventType.PLAN_MOVED, name, self.now, told))

    @property
    def _rests(self) -> bool:
        """Tell whether there is nothing to plan for, or nobody to ask for an answer any more."""
        standing = self.dossier.history.versions[-1].standing
        return self.case.needs_no_answer or standing is Status.CANCELLED

    def _laid(self, before: Plan | None) -> Plan:
        """Lay it from the day the last one was laid from; from today when that is not the same."""
        seen = self.dossier.history.latest
        arrived_on = local_day(self.dossier.history.versions[0].first_seen_at)
        decision = self.dossier.latest_decision
        begun = partial(
            lay,
            self.office.templates,
            self.office.calendar,
            kind=seen.kind,
            deadlines=self.case.deadlines(seen),
            case=self.case,
            published_on=seen.published_on or arrived_on,
            eea=decision.eu_eea if decision else False,
            last=before,
        )
        today = max(local_day(self.now), arrived_on)
        if before is None:
            return begun(begun_on=today)
        same = begun(begun_on=before.begun_on)
        stands = (same.steps, same.missing_meeting) == (before.steps, before.missing_meeting)
        if stands and not self._follows_a_passed_one(before, today):
            return same
        return begun(begun_on=max(today, before.begun_on))

    def _follows_a_passed_one(self, plan: Plan, today: date) -> bool:
        followed = plan.followed(self.case)
        ahead = (one for one in plan.targets if one.kind not in self.case.sent)
        return bool(followed and followed.on < today and any(one.on >= today for one in ahead))

    def _differs(self, before: Plan, after: Plan) -> bool:
        missing = before.missing_meeting, after.missing_meeting
        todo = [
            {(one.step, one.deadline, one.due, one.meeting_on) for one in plan.left(self.case)}
            for plan in (before, after)
        ]
        return todo[0] != todo[1] or (missing[1] is not None and missing[0] != missing[1])
