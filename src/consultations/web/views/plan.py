"""The plan of a response as a time line, and what to do where no meeting lies before the deadline.

Every state is said in words; the look only repeats it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from consultations.domain.calendar import days_left_in_words, end_of_day, local_day
from consultations.domain.change import DEADLINE_NAMES
from consultations.domain.observation import Observation
from consultations.domain.response.acts import Choice
from consultations.domain.response.case import Case
from consultations.domain.response.extension_letter import later_meeting, letter
from consultations.domain.response.office import Office
from consultations.domain.response.plan import Plan, PlannedStep
from consultations.domain.response.plan_words import (
    STEP_WORDS,
    missing_in_words,
    squeezed_in_words,
)
from consultations.store.responses import Laid
from consultations.web import wording
from consultations.web.wording import When


@dataclass(frozen=True)
class PlanLine:
    """One step. ``state`` is said in words, ``tone`` is how it looks; ``left`` counts the days."""

    words: str
    state: str
    tone: str
    due: When
    left: str
    meeting: str | None
    meeting_on: When | None
    papers_on: When | None
    squeezed: bool
    deadline: str | None


@dataclass(frozen=True)
class PlanView:
    """``missing`` says which body does not meet in time; ``letter`` then asks for more time."""

    lines: tuple[PlanLine, ...]
    short: tuple[str, ...]
    squeezed: str
    missing: str
    letter: str | None
    laid: When
    because: str | None


def plan_view(
    office: Office, observation: Observation, case: Case, laid: Laid, now: datetime
) -> PlanView:
    plan = laid.plan
    return PlanView(
        lines=tuple(_lines(office, plan, case, now)),
        short=plan.short,
        squeezed=squeezed_in_words(plan),
        missing=missing_in_words(plan, office.calendar),
        letter=_letter(office, observation, case, plan, now),
        laid=wording.instant(laid.laid_at),
        because=laid.because if laid.number > 1 else None,
    )


def _lines(office: Office, plan: Plan, case: Case, now: datetime) -> Iterator[PlanLine]:
    next_step = plan.next_step(case)
    several = len(plan.targets) > 1
    for step in plan.steps:
        state, tone = _state(step, case, next_step, now)
        waits = state not in {"gjort", "hoppet over"}
        yield PlanLine(
            words=STEP_WORDS[step.step],
            state=state,
            tone=tone,
            due=wording.day(step.due),
            left=days_left_in_words(end_of_day(step.due), now) if waits else "",
            meeting=office.calendar.body_name(step.meeting) if step.meeting else None,
            meeting_on=wording.day(step.meeting_on) if step.meeting_on else None,
            papers_on=_papers_on(step),
            squeezed=step.squeezed and waits and not all(one.squeezed for one in plan.steps),
            deadline=DEADLINE_NAMES[step.deadline].lower() if several else None,
        )


def _papers_on(step: PlannedStep) -> When | None:
    """Return the day papers must be in; not where the meeting's own day is all that is known."""
    if step.papers_on is None or step.papers_on == step.meeting_on:
        return None
    return wording.day(step.papers_on)


def _state(
    step: PlannedStep, case: Case, next_step: PlannedStep | None, now: datetime
) -> tuple[str, str]:
    if step.step in case.skipped:
        return "hoppet over", "plain"
    if step.is_done(case):
        return "gjort", "good"
    if step.due < local_day(now):
        return "for sent", "danger"
    if step.step is case.state:
        return "pågår", "warning"
    is_next = step is next_step and case.choice not in {None, Choice.LATER}
    return ("neste", "warning") if is_next else ("senere", "plain")


def _letter(
    office: Office, observation: Observation, case: Case, plan: Plan, now: datetime
) -> str | None:
    """Draft the letter that asks for time until the body meets; None where it meets in time."""
    body, target = plan.missing_meeting, plan.followed(case)
    if body is None or target is None:
        return None
    steps = office.templates.steps(observation.kind)
    goes_there = any(one.meeting == body for one in steps)  # the template may have changed since
    today = local_day(now)
    later = later_meeting(office.calendar, steps, body, target.on, today) if goes_there else None
    return letter(
        title=observation.title,
        reference=observation.reference,
        sender="; ".join(observation.senders) or "avsenderen",
        deadline=target.on,
        body=office.calendar.body_name(body),
        later=later,
    )
