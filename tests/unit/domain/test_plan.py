"""Plans counted backwards: what is due when, and what happens when time is short."""

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.domain.calendar import OSLO
from consultations.domain.observation import DeadlineKind, Kind
from consultations.domain.response.acts import State
from consultations.domain.response.case import Case
from tests.building import deadline
from tests.planning_building import (
    STEPS,
    TO_APPEAR,
    WITHOUT_MEETING,
    WRITTEN,
    calendar,
    day,
    dues,
    laid,
    the,
)
from tests.response_building import advanced, assigned, linked, sent, triaged

OCTOBER = "2026-10-15"


def test_plan_when_there_is_time_then_each_step_has_what_the_template_asks():
    plan = laid(OCTOBER, using=calendar("2026-09-23"))
    assert dues(plan) == {
        "member_input": "2026-08-20",
        "draft": "2026-09-03",
        "legal_check": "2026-09-10",
        "board": "2026-09-23",
        "approved": "2026-10-13",
        "sent": "2026-10-14",
    }
    board = the(plan, "board")
    assert (board.meeting, board.meeting_on) == ("board", day("2026-09-23"))
    assert board.papers_on == day("2026-09-11")
    assert plan.missing_meeting is None
    assert not any(one.squeezed for one in plan.steps)


def test_plan_when_several_meetings_fit_then_goes_to_the_last():
    plan = laid(OCTOBER, using=calendar("2026-08-26", "2026-09-23", "2026-10-14", "2026-10-21"))
    assert the(plan, "board").meeting_on == day("2026-09-23")


def test_plan_when_only_a_late_meeting_fits_then_what_follows_is_squeezed():
    plan = laid(OCTOBER, using=calendar("2026-10-14"))
    assert the(plan, "board").meeting_on == day("2026-10-14")
    assert the(plan, "approved").due == day("2026-10-14")
    assert the(plan, "approved").squeezed
    assert plan.missing_meeting is None


def test_plan_when_the_calendar_says_when_papers_are_due_then_it_is_believed():
    body = calendar("2026-09-23").bodies["board"]
    meeting = body.meetings[0].__class__(day("2026-09-23"), papers=day("2026-09-02"))
    days = calendar(bodies={"board": body.__class__("Hovedstyret", (meeting,))})
    plan = laid(OCTOBER, using=days)
    assert the(plan, "board").papers_on == day("2026-09-02")
    assert the(plan, "legal_check").due == day("2026-09-01")


def test_plan_when_no_meeting_is_before_the_deadline_then_says_so_and_plans_the_rest():
    plan = laid(OCTOBER, using=calendar("2026-10-15", "2026-11-25"))
    assert plan.missing_meeting == "board"
    assert "board" not in dues(plan)
    assert the(plan, "legal_check").due == day("2026-10-12")


def test_plan_when_papers_were_due_before_it_began_then_the_meeting_is_missed():
    plan = laid(OCTOBER, begun="2026-09-14", using=calendar("2026-09-23"))
    assert plan.missing_meeting == "board"


def test_plan_when_a_meeting_may_be_left_out_then_its_step_counts_as_any_other():
    steps = [{**one, "must_meet": False} if one["step"] == "board" else one for one in STEPS]
    plan = laid(OCTOBER, steps=steps)
    assert plan.missing_meeting is None
    assert the(plan, "board").due == day("2026-10-12")
    assert the(plan, "board").meeting is None


def test_plan_when_the_board_was_passed_over_then_it_is_not_missed():
    case = Case.of(
        [triaged(1), advanced(2, State.DRAFT, skipped=(State.MEMBER_INPUT, State.BOARD))]
    )
    assert laid(OCTOBER, case=case).missing_meeting is None


def test_plan_when_time_is_short_then_the_steps_lie_closer():
    plan = laid("2026-08-17", steps=WITHOUT_MEETING)
    assert dues(plan) == {
        "member_input": "2026-08-03",
        "draft": "2026-08-11",
        "legal_check": "2026-08-14",
        "approved": "2026-08-14",
        "sent": "2026-08-17",
    }
    assert all(one.squeezed for one in plan.steps)


def test_plan_when_it_arrives_on_the_last_day_then_everything_is_due_that_day():
    plan = laid("2026-08-03", steps=WITHOUT_MEETING)
    assert {*dues(plan).values()} == {"2026-08-03"}


@pytest.mark.parametrize(("time", "due"), [("08:00", "2026-08-05"), ("12:00", "2026-08-06")])
def test_plan_when_the_deadline_is_before_the_office_opens_then_the_day_before_is_the_last(
    time, due
):
    moment = datetime.fromisoformat(f"2026-08-06T{time}").replace(tzinfo=OSLO)
    early = deadline("2026-08-06").model_copy(update={"at": moment, "precision": "datetime"})
    steps = [{"step": "sent", "before": "deadline"}]
    plan = laid(early, steps=steps)
    assert dues(plan) == {"sent": due}
    assert plan.targets[0].on == day("2026-08-06")


def test_plan_when_no_working_day_is_left_then_has_no_steps_and_says_so():
    plan = laid("2026-08-02", begun="2026-08-01")
    assert plan.steps == ()
    assert "Det er ingen virkedag igjen før fristen." in plan.short


def test_plan_when_there_are_two_deadlines_then_the_work_follows_the_first():
    plan = laid(deadline("2026-09-15", TO_APPEAR), OCTOBER, steps=WITHOUT_MEETING)
    assert the(plan, "draft").deadline is TO_APPEAR
    assert [(one.deadline, one.due) for one in plan.steps if one.step is State.SENT] == [
        (TO_APPEAR, day("2026-09-14")),
        (WRITTEN, day("2026-10-14")),
    ]


def test_plan_when_the_first_deadline_is_sent_to_then_only_the_second_is_left():
    case = Case.of([triaged(1), assigned(2), sent(3, TO_APPEAR)])
    deadlines = deadline("2026-09-15", TO_APPEAR), deadline(OCTOBER)
    plan = laid(*deadlines, steps=WITHOUT_MEETING, case=case)
    assert [(one.step, one.deadline) for one in plan.left(case)] == [(State.SENT, WRITTEN)]


def test_plan_when_the_first_deadline_had_passed_then_the_work_follows_the_second():
    deadlines = deadline("2026-08-02", TO_APPEAR), deadline(OCTOBER)
    plan = laid(*deadlines, steps=WITHOUT_MEETING)
    assert {one.deadline for one in plan.steps} == {WRITTEN}


def test_plan_when_another_case_holds_the_answer_then_only_the_sending_is_planned():
    case = Case.of([linked(1, "regjeringen:1")])
    assert [one.step for one in laid(OCTOBER, case=case).steps] == [State.SENT]


def test_plan_when_moved_then_what_is_done_keeps_its_day():
    case = Case.of([triaged(1), advanced(2, State.MEMBER_INPUT), advanced(3, State.DRAFT)])
    before = laid(OCTOBER, steps=WITHOUT_MEETING)
    after = laid("2026-11-12", steps=WITHOUT_MEETING, case=case, begun="2026-10-01", last=before)
    assert the(after, "member_input") == the(before, "member_input")
    assert the(after, "draft").due == day("2026-11-02")


def test_plan_when_work_goes_on_then_it_stays_as_it_was():
    before = laid("2026-08-17", steps=WITHOUT_MEETING)
    case = Case.of([triaged(1), advanced(2, State.LEGAL_CHECK, skipped=(State.MEMBER_INPUT,))])
    assert laid("2026-08-17", steps=WITHOUT_MEETING, case=case, last=before) == before


def test_plan_when_every_deadline_has_passed_then_what_is_undone_stays_late():
    before = laid("2026-08-17", steps=WITHOUT_MEETING)
    after = laid("2026-08-17", steps=WITHOUT_MEETING, begun="2026-08-20", last=before)
    assert after.steps == before.steps


def test_plan_when_the_deadline_is_taken_away_then_nothing_is_planned():
    before = laid(OCTOBER, steps=WITHOUT_MEETING)
    assert laid(steps=WITHOUT_MEETING, last=before).steps == ()


def test_next_step_when_some_are_done_then_the_first_that_is_not():
    plan = laid(OCTOBER, using=calendar("2026-09-23"))
    case = Case.of([triaged(1), advanced(2, State.LEGAL_CHECK, skipped=(State.MEMBER_INPUT,))])
    assert plan.next_step(case).step is State.LEGAL_CHECK
    assert plan.next_step(Case()).step is State.MEMBER_INPUT


def test_next_step_when_ks_does_not_answer_then_none():
    plan = laid(OCTOBER)
    assert plan.next_step(Case.of([triaged(1, "not_answer")])) is None


# Whatever the calendar and the deadline.

DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
CALENDARS = st.builds(
    lambda meetings, closed: calendar(*meetings, closed=closed),
    st.sets(DAYS, max_size=8),
    st.sets(DAYS, max_size=40),
)


def plan_of(days, begun, on, steps=STEPS):
    return laid(deadline(on), begun=begun.isoformat(), using=days, steps=steps)


@settings(max_examples=150)
@given(CALENDARS, DAYS, DAYS)
def test_plan_whatever_the_days_then_no_step_is_due_when_nobody_works(days, begun, on):
    assert all(days.is_working_day(one.due) for one in plan_of(days, begun, on).steps)


@settings(max_examples=150)
@given(CALENDARS, DAYS, DAYS)
def test_plan_whatever_the_days_then_nothing_is_due_before_it_began_or_after_the_deadline(
    days, begun, on
):
    assert all(begun <= one.due <= on for one in plan_of(days, begun, on).steps)


@settings(max_examples=150)
@given(CALENDARS, DAYS, DAYS)
def test_plan_whatever_the_days_then_the_order_of_the_steps_holds(days, begun, on):
    steps = plan_of(days, begun, on).steps
    assert [one.step.rank for one in steps] == sorted(one.step.rank for one in steps)
    for one in steps:
        before = [other.due for other in steps if one.papers_on and other.step.rank < one.step.rank]
        assert all(due <= one.papers_on for due in before)


@settings(max_examples=150)
@given(CALENDARS, DAYS, DAYS, DAYS)
def test_plan_when_the_deadline_moves_later_then_no_step_comes_earlier(days, begun, one, other):
    """Without meetings, or with the same one or a later one: see the next test."""
    early, late = (plan_of(days, begun, on) for on in sorted([one, other]))
    if early.missing_meeting and late.missing_meeting is None:
        return
    for step in early.steps:
        after = late.step(step)
        assert after is None or after.due >= step.due


def test_plan_when_a_later_deadline_brings_a_meeting_in_reach_then_its_papers_come_first():
    """The only way a later deadline asks for anything earlier."""
    days = calendar("2026-10-14")
    early, late = laid("2026-10-14", using=days), laid("2026-10-22", using=days)
    assert early.missing_meeting == "board"
    assert the(late, "board").meeting_on == day("2026-10-14")
    assert the(late, "legal_check").due < the(early, "legal_check").due


@settings(max_examples=100)
@given(CALENDARS, DAYS, DAYS, DAYS)
def test_plan_when_laid_twice_then_is_the_same(days, begun, on, later):
    first = plan_of(days, begun, on)
    moved = laid(deadline(later), begun=begun.isoformat(), using=days, last=first)
    again = laid(deadline(later), begun=begun.isoformat(), using=days, last=moved)
    assert again == moved


def test_plan_when_the_clock_changes_then_days_are_still_days():
    """The last Sundays of March and October 2026 have 23 and 25 hours."""
    for on, expected in (("2026-03-30", "2026-03-27"), ("2026-10-26", "2026-10-23")):
        plan = laid(on, begun="2026-01-05", steps=WITHOUT_MEETING)
        assert the(plan, "sent").due == day(expected)
        assert plan.targets[0].on == day(on)


def test_plan_when_an_eu_deadline_comes_too_then_it_has_its_own_sending():
    plan = laid(OCTOBER, deadline("2026-11-20", DeadlineKind.EU_FEEDBACK), kind=Kind.EU_INITIATIVE)
    sendings = [one.deadline for one in plan.steps if one.step is State.SENT]
    assert sendings == [WRITTEN, DeadlineKind.EU_FEEDBACK]
