"""The plan of a response, counted backwards from the deadlines it must meet. Days are Oslo days."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date

from consultations.domain.calendar import local_day
from consultations.domain.observation import Deadline, DeadlineKind, Frozen, Kind
from consultations.domain.response import backwards, short_deadline
from consultations.domain.response.acts import State
from consultations.domain.response.case import Case
from consultations.domain.response.plan_templates import PlanTemplates, TemplateStep
from consultations.domain.response.planned_step import PlannedStep
from consultations.domain.response.work_calendar import WorkCalendar


class Target(Frozen):
    """The last day of a deadline that a plan was laid for."""

    kind: DeadlineKind
    on: date


class Plan(Frozen):
    """All steps, the first due first. ``missing_meeting`` is the body that does not meet in time.

    ``short`` says in Norwegian what is unusual about the time given; empty when nothing is.
    ``begun_on`` is the day the plan was laid from, ``behind`` what was done by then, ``targets``
    the deadlines it was laid for, the first one first.
    """

    begun_on: date
    steps: tuple[PlannedStep, ...] = ()
    missing_meeting: str | None = None
    short: tuple[str, ...] = ()
    behind: tuple[State, ...] = ()
    targets: tuple[Target, ...] = ()

    def next_step(self, case: Case) -> PlannedStep | None:
        """Return the first step that is not done; None when nothing more is planned."""
        return next(iter(self.left(case)), None)

    def left(self, case: Case) -> tuple[PlannedStep, ...]:
        """Return the steps that are not done, the first due first."""
        if case.needs_no_answer:
            return ()
        return tuple(one for one in self.steps if not one.is_done(case))

    def followed(self, case: Case) -> Target | None:
        """Return the deadline the work is for: the first to be sent to that had not passed."""
        left = (one for one in self.targets if one.kind not in case.sent)
        return next((one for one in left if one.on >= self.begun_on), None)

    def step(self, same: PlannedStep) -> PlannedStep | None:
        """Return the same work as this plan has it; None where it has not."""
        return next((one for one in self.steps if one.is_same(same)), None)


def lay(
    templates: PlanTemplates,
    calendar: WorkCalendar,
    *,
    kind: Kind,
    deadlines: Sequence[Deadline],
    case: Case,
    begun_on: date,
    published_on: date | None,
    eea: bool,
    last: Plan | None = None,
) -> Plan:
    """Lay the plan of a case from ``begun_on``, for the deadlines it has to keep, first one first.

    Where there is less time than the template asks for, the steps are laid closer together. What
    is done keeps the day it had in the ``last`` plan. A case that shares another's answer has
    only the sending.
    """
    steps = [one for one in templates.steps(kind) if not case.joint_with or _sends(one)]
    behind = _behind(steps, case, begun_on, last)
    targets = tuple(Target(kind=one.kind, on=local_day(one.at)) for one in deadlines)
    ends = {one.kind: templates.office_hours.last_day(one.at) for one in deadlines}
    begun = calendar.on_or_after(begun_on)
    ahead = {deadline: on for deadline, on in ends.items() if on >= begun}
    counted, missing = _counted(calendar, steps, ahead, case, begun, behind)
    passed = {one.kind for one in targets if last and one in last.targets} - ahead.keys()
    laid = [*_as_they_were(counted, case, last), *_kept(counted, case, passed, last)]
    short = _short(calendar, kind, published_on or begun_on, targets, eea=eea)
    return Plan(
        begun_on=begun_on,
        steps=tuple(sorted(laid, key=lambda one: (one.due, one.step.rank, one.deadline))),
        missing_meeting=missing,
        short=short if ahead or not targets else (*short, _NO_DAY_LEFT),
        behind=behind,
        targets=targets,
    )


_NO_DAY_LEFT = "Det er ingen virkedag igjen før fristen."


def _counted(
    calendar: WorkCalendar,
    steps: Sequence[TemplateStep],
    ahead: Mapping[DeadlineKind, date],
    case: Case,
    begun: date,
    behind: Iterable[State],
) -> tuple[list[PlannedStep], str | None]:
    """Count every step for the first deadline that is not sent to, and the sending for the rest.

    ``ahead`` holds the last day to work for each, the first one first.
    """
    first = next((deadline for deadline in ahead if deadline not in case.sent), None)
    counted: list[PlannedStep] = []
    missing = None
    for deadline, on in ahead.items():
        wanted = [one for one in steps if deadline is first or _sends(one)]
        without = {*behind, *_left_out(steps, case)}
        found, absent = backwards.count(
            calendar, wanted, deadline=deadline, on=on, begun=begun, without=without
        )
        counted += found
        missing = missing or _not_met(absent, steps, case)
    return counted, missing


def _sends(step: TemplateStep) -> bool:
    return step.state is State.SENT


def _behind(
    steps: Iterable[TemplateStep], case: Case, begun_on: date, last: Plan | None
) -> tuple[State, ...]:
    """Return what was done when the work began, and still is; each answer is a work of its own."""
    done = tuple(one.state for one in steps if not _sends(one) and case.has_done(one.state))
    began_before = last is not None and last.begun_on == begun_on
    return tuple(one for one in done if not began_before or (last and one in last.behind))


def _not_met(absent: str | None, steps: Iterable[TemplateStep], case: Case) -> str | None:
    """Return the body that does not meet in time, where the case is still to go there."""
    going = {one.meeting for one in steps if not case.has_done(one.state)}
    return absent if absent in going else None


def _left_out(steps: Iterable[TemplateStep], case: Case) -> set[State]:
    """Return the meetings that it was decided to do without."""
    return {one.state for one in steps if one.must_meet and one.meeting} & case.skipped


def _as_they_were(
    counted: Iterable[PlannedStep], case: Case, last: Plan | None
) -> Iterator[PlannedStep]:
    """Yield the steps; those that are done on the day they had."""
    for one in counted:
        before = last.step(one) if last and one.is_done(case) else None
        yield before or one


def _kept(
    counted: Sequence[PlannedStep],
    case: Case,
    passed: Container[DeadlineKind],
    last: Plan | None,
) -> Iterator[PlannedStep]:
    """Yield the steps of the last plan that nothing has taken the place of.

    They are what is done, and what was left undone when the last deadline passed.
    """
    is_working = any(not one.is_done(case) for one in counted)
    for one in last.steps if last else ():
        if any(one.is_same(other) for other in counted):
            continue
        if one.is_done(case) or (one.deadline in passed and not is_working):
            yield one


def _short(
    calendar: WorkCalendar, kind: Kind, first: date, targets: Sequence[Target], *, eea: bool
) -> tuple[str, ...]:
    return tuple(
        words
        for target in targets[:1]
        for words in short_deadline.remarks(calendar, kind, first, target.on, eea=eea)
    )


__all__ = ["Plan", "PlanTemplates", "PlannedStep", "Target", "lay"]
