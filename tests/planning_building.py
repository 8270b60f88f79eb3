"""Builders for tests of plans: calendars, templates, and plans laid with them."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from consultations.domain.observation import Deadline, DeadlineKind, Kind
from consultations.domain.response.case import Case
from consultations.domain.response.plan import Plan, PlannedStep, PlanTemplates, lay
from consultations.domain.response.work_calendar import Body, BodyMeeting, WorkCalendar
from tests.building import deadline

WRITTEN = DeadlineKind.WRITTEN_ANSWER
TO_APPEAR = DeadlineKind.REQUEST_TO_APPEAR

STEPS = (
    {"step": "member_input", "days": 10, "before": "draft"},
    {"step": "draft", "days": 5, "before": "legal_check"},
    {"step": "legal_check", "days": 1, "before": "board"},
    {"step": "board", "days": 1, "before": "approved", "meeting": "board", "papers": 8},
    {"step": "approved", "days": 1, "before": "sent"},
    {"step": "sent", "days": 1, "before": "deadline"},
)
"""As many steps as there can be."""

WITHOUT_MEETING = tuple(
    {**one, "before": "approved"} if one["step"] == "legal_check" else one
    for one in STEPS
    if one["step"] != "board"
)


def day(text: str) -> date:
    return date.fromisoformat(text)


def calendar(*meetings: date | str, closed: Iterable[date] = (), **given: Any) -> WorkCalendar:
    """A calendar in which the body «board» meets on these days."""
    days = [day(one) if isinstance(one, str) else one for one in meetings]
    board = Body("Hovedstyret", tuple(BodyMeeting(one) for one in sorted(days)))
    return WorkCalendar(**{"closed": frozenset(closed), "bodies": {"board": board}, **given})


def templates(steps: Sequence[dict[str, Any]] = STEPS) -> PlanTemplates:
    return PlanTemplates.model_validate({"templates": dict.fromkeys(Kind, steps)})


def laid(
    *deadlines: Deadline | str,
    begun: str = "2026-08-03",
    using: WorkCalendar | None = None,
    steps: Sequence[dict[str, Any]] = STEPS,
    **given: Any,
) -> Plan:
    """A plan for written answers due on these days, or for these deadlines."""
    facts: dict[str, Any] = {
        "kind": Kind.MINISTRY,
        "case": Case(),
        "published_on": day("2026-01-01"),
        "eea": False,
    }
    return lay(
        templates(steps),
        using or calendar(),
        deadlines=[deadline(one) if isinstance(one, str) else one for one in deadlines],
        begun_on=day(begun),
        **{**facts, **given},
    )


def dues(plan: Plan) -> dict[str, str]:
    return {one.step.value: one.due.isoformat() for one in plan.steps}


def the(plan: Plan, step: str) -> PlannedStep:
    return next(one for one in plan.steps if one.step == step)
