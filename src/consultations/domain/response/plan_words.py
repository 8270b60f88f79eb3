"""How people are told of a plan: its steps, what moved in it, and what to do where it fails."""

from collections.abc import Iterator

from consultations.domain.calendar import format_day
from consultations.domain.change import DEADLINE_NAMES
from consultations.domain.response.acts import State
from consultations.domain.response.case import Case
from consultations.domain.response.plan import Plan, PlannedStep, Target
from consultations.domain.response.work_calendar import WorkCalendar

STEP_WORDS = {
    State.MEMBER_INPUT: "Innspill fra medlemmer",
    State.DRAFT: "Utkast",
    State.LEGAL_CHECK: "Juridisk kontroll",
    State.BOARD: "Politisk behandling",
    State.APPROVED: "Godkjenning",
    State.SENT: "Sending",
}
"""What each step is called in a plan."""


def because(before: Plan | None, after: Plan, case: Case, calendar: WorkCalendar) -> str:
    """Say why a plan was laid anew, one short sentence for each thing that moved."""
    if before is None:
        return "Planen er lagt."
    said = [*_targets(before, after, case), *_meetings(before, after, calendar)]
    said += _decided(before, after, case)
    return " ".join(said) or "Kalenderen eller malen for planer er endret."


def next_in_words(plan: Plan, case: Case) -> str:
    """``Neste steg er utkast, senest 3. november 2026.``; empty when nothing is left."""
    step = plan.next_step(case)
    if step is None:
        return ""
    return f"Neste steg er {STEP_WORDS[step.step].lower()}, senest {format_day(step.due)}."


def missing_in_words(plan: Plan, calendar: WorkCalendar) -> str:
    """Say that a body does not meet in time, and the two ways out; empty when it does."""
    if plan.missing_meeting is None:
        return ""
    body = calendar.body_name(plan.missing_meeting)
    return (
        f"{body} har ikke noe møte som rekkes før fristen. Be avsenderen om utsatt frist, eller "
        "svar administrativt."
    )


def squeezed_in_words(plan: Plan) -> str:
    """Say that there is less time than usual; empty when there is not."""
    if not any(one.squeezed for one in plan.steps):
        return ""
    return "Det er kortere tid enn vanlig, så stegene ligger tettere."


def _targets(before: Plan, after: Plan, case: Case) -> Iterator[str]:
    old = {one.kind: one for one in before.targets}
    new = {one.kind: one for one in after.targets}
    for kind, name in DEADLINE_NAMES.items():
        was, is_ = old.get(kind), new.get(kind)
        if was == is_:
            continue
        if was and is_:
            yield _moved(name, was, is_, agreed=kind in case.agreed)
        elif is_:
            yield f"{name} er satt til {format_day(is_.on)}."
        elif was:
            yield f"{name} {format_day(was.on)} er fjernet."
    yield from _another_is_followed(before, after, case)


def _moved(name: str, was: Target, now: Target, *, agreed: bool) -> str:
    by_whom = ", etter avtale med avsenderen" if agreed and now.on > was.on else ""
    return f"{name} er flyttet fra {format_day(was.on)} til {format_day(now.on)}{by_whom}."


def _another_is_followed(before: Plan, after: Plan, case: Case) -> Iterator[str]:
    was, now = before.followed(case), after.followed(case)
    if was and now and was.kind is not now.kind and was in after.targets:
        yield f"{DEADLINE_NAMES[was.kind]} er gått ut; planen følger neste frist."


def _meetings(before: Plan, after: Plan, calendar: WorkCalendar) -> Iterator[str]:
    for step in after.steps:
        old = before.step(step)
        if step.meeting and step.meeting_on and _has_moved(old, step):
            yield f"{calendar.body_name(step.meeting)} møtes {format_day(step.meeting_on)}."
    if after.missing_meeting and after.missing_meeting != before.missing_meeting:
        body = calendar.body_name(after.missing_meeting)
        yield f"{body} har ikke lenger noe møte som rekkes før fristen."


def _has_moved(old: PlannedStep | None, new: PlannedStep) -> bool:
    return old is None or (old.meeting, old.meeting_on) != (new.meeting, new.meeting_on)


def _decided(before: Plan, after: Plan, case: Case) -> Iterator[str]:
    """Yield what people did that moved the plan."""
    for state in before.behind:
        if state not in after.behind:
            yield f"{STEP_WORDS[state]} er tatt opp igjen."
    if before.missing_meeting and after.missing_meeting is None and case.has_done(State.BOARD):
        skipped = State.BOARD in case.skipped
        yield "Saken behandles uten møte." if skipped else "Den politiske behandlingen er gjort."
    if case.joint_with and len(before.steps) > len(after.steps):
        yield "Svaret skrives sammen med svaret på en annen høring."
    if before.short != after.short and before.targets == after.targets:
        yield "Vurderingen av høringstiden er endret."
