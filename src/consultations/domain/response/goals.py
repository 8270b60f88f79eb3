"""What is awaited of a response: triage, the steps of its plan, and the deadlines others set."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from consultations.domain.calendar import end_of_day
from consultations.domain.history import History
from consultations.domain.observation import Deadline, DeadlineKind, Status
from consultations.domain.response.acts import State
from consultations.domain.response.case import Case
from consultations.domain.response.ladder import Goal, Ladder
from consultations.domain.response.plan import Plan
from consultations.domain.response.planned_step import PlannedStep

T = TypeVar("T")


@dataclass(frozen=True)
class LaidPlan:
    """A plan, and when it was laid (UTC)."""

    at: datetime
    plan: Plan


@dataclass(frozen=True)
class Awaited:
    """A goal with what it is: a step of the plan (triage is one), or a deadline."""

    goal: Goal
    what: PlannedStep | Deadline


class Matter:
    """A response with its past, as far as it says what is awaited of whom.

    ``plans`` are all that were laid, oldest first. ``arrived_at`` (UTC) is when it came here.
    """

    def __init__(
        self, history: History, case: Case, plans: Sequence[LaidPlan], arrived_at: datetime
    ) -> None:
        self._history, self._case, self._plans = history, case, plans
        self._arrived_at = arrived_at
        self._began = plans[0].at if plans else arrived_at
        self._stages = [Case.of(case.acts[:number]) for number in range(len(case.acts) + 1)]

    def awaited(self, ladder: Ladder) -> Iterator[Awaited]:
        """Yield everything that is awaited and not done. Nothing is, once it is cancelled."""
        if self._history.versions[-1].standing is Status.CANCELLED:
            return
        yield from self._deadlines(ladder)
        yield from self._triage(ladder)
        yield from self._steps(ladder)

    def _deadlines(self, ladder: Ladder) -> Iterator[Awaited]:
        for deadline in self._case.deadlines(self._history.latest):
            kind = deadline.kind
            since = self._since(partial(_waits_to_be_sent, kind))
            if since is None:
                continue
            known_at = max(self._began, self._deadline_known_at(kind, ladder))
            yield Awaited(
                Goal(
                    name=kind,
                    due=ladder.last_day(deadline.at),
                    ends=deadline.at,
                    known_at=known_at,
                    since=max(known_at, since.at or known_at),
                    again=since.again,
                    is_deadline=True,
                ),
                deadline,
            )

    def _triage(self, ladder: Ladder) -> Iterator[Awaited]:
        """Yield triage. Where a deadline comes as soon, that one's ladder is enough."""
        deadlines = self._case.deadlines(self._history.latest)
        due = ladder.triaged_by(self._arrived_at)
        if deadlines and due >= ladder.last_day(deadlines[0].at):
            return
        step = PlannedStep(step=State.TRIAGED, due=due, deadline=_ANY)
        until = deadlines[-1].at if deadlines else None
        yield from self._own(step, max(self._began, self._arrived_at), until, _waits_for_triage)

    def _steps(self, ladder: Ladder) -> Iterator[Awaited]:
        """Yield the steps of the plan, save sending on the very day that the deadline names."""
        ends = {one.kind: one.at for one in self._case.deadlines(self._history.latest)}
        for step in self._plans[-1].plan.steps if self._plans else ():
            until = ends.get(step.deadline)
            if step.step is State.SENT and until and step.due >= ladder.last_day(until):
                continue
            known_at = _start_of_last_run(
                [(laid.at, _due(laid.plan, step)) for laid in self._plans]
            )
            yield from self._own(step, known_at, until, partial(_waits_for, step))

    def _own(
        self,
        step: PlannedStep,
        known_at: datetime,
        until: datetime | None,
        is_awaited: Callable[[Case], bool],
    ) -> Iterator[Awaited]:
        since = self._since(is_awaited)
        if since is None:
            return
        goal = Goal(
            name=f"{step.step}-{step.deadline}" if step.step is State.SENT else step.step,
            due=step.due,
            ends=end_of_day(step.due),
            known_at=known_at,
            since=max(known_at, since.at or known_at),
            again=since.again,
            serves_until=until,
        )
        yield Awaited(goal, step)

    def _since(self, is_awaited: Callable[[Case], bool]) -> "_Since | None":
        """Return what set it going, the last time; None where it is not awaited."""
        awaited = [is_awaited(case) for case in self._stages]
        if not awaited[-1]:
            return None
        if all(awaited):
            return _Since(None, 0)
        last_not = max(number for number, one in enumerate(awaited) if not one)
        act = self._case.acts[last_not]
        return _Since(act.at, act.number if any(awaited[:last_not]) else 0)

    def _deadline_known_at(self, kind: DeadlineKind, ladder: Ladder) -> datetime:
        """Return since when this has been its last day, by the source or by agreement."""
        moments = {v.first_seen_at for v in self._history.versions}
        moments |= {act.at for act in self._case.acts}
        return _start_of_last_run(
            [(moment, self._last_day_at(moment, kind, ladder)) for moment in sorted(moments)]
        )

    def _last_day_at(self, moment: datetime, kind: DeadlineKind, ladder: Ladder) -> date | None:
        seen = [v for v in self._history.versions if v.first_seen_at <= moment]
        stated = seen[-1].observation.deadline(kind) if seen else None
        case = self._stages[sum(act.at <= moment for act in self._case.acts)]
        return ladder.last_day(case.effective(stated).at) if stated else None


@dataclass(frozen=True)
class _Since:
    """``at`` (UTC) is None for what has been awaited from the beginning."""

    at: datetime | None
    again: int


_ANY = DeadlineKind.WRITTEN_ANSWER


def _waits_for_triage(case: Case) -> bool:
    return case.state is State.NEW and case.joint_with is None


def _waits_to_be_sent(kind: DeadlineKind, case: Case) -> bool:
    """Tell whether nothing has gone to a deadline; what went to none went to those that came."""
    went_to_none = case.state.rank >= State.SENT.rank and not case.sent
    return not (case.needs_no_answer or went_to_none or kind in case.sent)


def _waits_for(step: PlannedStep, case: Case) -> bool:
    """Tell whether a step is to be done here: KS answers, and not together with another matter."""
    answers = case.state.rank >= State.ANSWERING.rank and not case.needs_no_answer
    return answers and case.joint_with is None and not step.is_done(case)


def _due(plan: Plan, step: PlannedStep) -> date | None:
    return next((one.due for one in plan.steps if one.is_same(step)), None)


def _start_of_last_run(values: Sequence[tuple[datetime, T]]) -> datetime:
    """Return since when the last value has stood."""
    start, last = values[-1]
    for moment, value in reversed(values):
        if value != last:
            break
        start = moment
    return start
