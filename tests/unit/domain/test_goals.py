from datetime import date

from consultations.domain.calendar import end_of_day, local_day
from consultations.domain.observation import DeadlineKind, Status
from consultations.domain.response.acts import (
    Advanced,
    Assigned,
    Choice,
    Extended,
    Linked,
    Noted,
    Relation,
    State,
    Triaged,
    Undone,
)
from consultations.domain.response.case import Case
from consultations.domain.response.goals import LaidPlan, Matter
from consultations.domain.response.ladder import Ladder
from consultations.domain.response.plan import Plan, PlannedStep
from consultations.domain.response.plan_templates import OfficeHours
from consultations.domain.response.reminders import Reminders
from consultations.domain.response.work_calendar import WorkCalendar
from tests.building import DAY_ONE, at, deadline, history, observation

LADDER = Ladder(Reminders(), OfficeHours(), WorkCalendar())
WRITTEN, APPEAR = DeadlineKind.WRITTEN_ANSWER, DeadlineKind.REQUEST_TO_APPEAR
ARRIVED = DAY_ONE


def step(state, due, kind=WRITTEN):
    return PlannedStep(step=state, due=date.fromisoformat(due), deadline=kind)


DRAFT = step(State.DRAFT, "2026-08-03")
APPROVED = step(State.APPROVED, "2026-08-10")


def laid(day, *steps):
    return LaidPlan(at(day), Plan(begun_on=local_day(at(day)), steps=steps))


def case(*acts):
    """Fold acts given as (class, day, fields), numbered in order."""
    numbered = enumerate(acts, 1)
    return Case.of(
        kind(number=number, at=at(day), by="Kari", **given)
        for number, (kind, day, given) in numbered
    )


ANSWER = (Triaged, 1, {"choice": Choice.ANSWER})
OWNED = (Assigned, 2, {"owner": "kari"})
SENT = (Advanced, 5, {"to": State.SENT, "deadlines": (WRITTEN,)})


def goals(case=Case(), plans=(laid(0, DRAFT, APPROVED),), seen=None):  # noqa: B008
    matter = Matter(seen or history(observation()), case, plans, ARRIVED)
    return {one.goal.name: one.goal for one in matter.awaited(LADDER)}


def test_awaited_when_nobody_has_decided_then_triage_and_the_deadline_alone():
    found = goals()
    assert set(found) == {"triaged", "written_answer"}
    assert found["triaged"].due == date(2026, 7, 10)  # it came on a Saturday
    assert found["written_answer"].ends == end_of_day(date(2026, 8, 14))


def test_awaited_when_decided_to_answer_then_the_steps_from_the_moment_it_was():
    found = goals(case(ANSWER))
    assert set(found) == {"draft", "approved", "written_answer"}
    assert found["draft"].since == at(1)
    assert (found["draft"].known_at, found["draft"].again) == (at(0), 0)


def test_awaited_when_a_step_is_done_then_it_is_not():
    done = (Advanced, 3, {"to": State.LEGAL_CHECK})
    assert set(goals(case(ANSWER, OWNED, done))) == {"approved", "written_answer"}


def test_awaited_when_a_step_is_skipped_then_it_is_not():
    approved = (Advanced, 3, {"to": State.APPROVED, "skipped": (State.DRAFT,)})
    assert set(goals(case(ANSWER, OWNED, approved))) == {"written_answer"}


def test_awaited_when_a_step_is_undone_then_it_is_from_then_and_says_so():
    done = (Advanced, 3, {"to": State.LEGAL_CHECK})
    undone = (Undone, 4, {"undoes": 3})
    found = goals(case(ANSWER, OWNED, done, undone))["draft"]
    assert (found.since, found.again) == (at(4), 4)
    assert found.name_of("3") == "reminder/draft/2026-08-03/3.4"


def test_awaited_when_another_act_is_undone_then_the_step_goes_on_as_before():
    noted, undone = (Noted, 3, {"note": "ringt"}), (Undone, 4, {"undoes": 3})
    found = goals(case(ANSWER, OWNED, noted, undone))["draft"]
    assert (found.since, found.again) == (at(1), 0)


def test_awaited_when_ks_does_not_answer_then_nothing_is():
    for choice in (Choice.NOT_ANSWER, Choice.FOLLOW):
        assert not goals(case((Triaged, 1, {"choice": choice, "note": "ikke vår sak"})))


def test_awaited_when_it_is_answered_after_all_then_the_deadline_is_again():
    no = (Triaged, 1, {"choice": Choice.NOT_ANSWER, "note": "nei"})
    found = goals(case(no, (Triaged, 6, {"choice": Choice.ANSWER})))
    assert (found["written_answer"].since, found["written_answer"].again) == (at(6), 2)
    assert (found["draft"].since, found["draft"].again) == (at(6), 0)


def test_awaited_when_sent_to_one_of_two_deadlines_then_the_other_is():
    both = observation(deadlines=(deadline("2026-08-14"), deadline("2026-08-01", APPEAR)))
    found = goals(case(ANSWER, OWNED, SENT), seen=history(both))
    assert set(found) == {"request_to_appear"}


def test_awaited_when_sending_is_undone_then_the_deadline_is_again():
    found = goals(case(ANSWER, OWNED, SENT, (Undone, 6, {"undoes": 3})))["written_answer"]
    assert (found.since, found.again) == (at(6), 4)
    assert found.known_at == at(0)


def test_awaited_when_the_deadline_moves_then_it_is_known_from_when_it_was_seen():
    moved = history(
        observation(), observation(3, title="Ny tittel"),
        observation(8, deadlines=(deadline("2026-08-28"),)), observation(9, title="Enda en"),
    )  # fmt: skip
    later = history(*[s.observation for s in moved.sightings[:3]])
    found = goals(seen=later)["written_answer"]
    assert (found.due, found.known_at) == (date(2026, 8, 28), at(8))
    back = goals(seen=moved)["written_answer"]
    assert (back.due, back.known_at) == (date(2026, 8, 14), at(9))


def test_awaited_when_more_time_is_agreed_then_it_is_known_from_that_and_until_it_is_undone():
    more = (Extended, 7, {"deadline": WRITTEN, "until": date(2026, 8, 21), "agreed_with": "BFD"})
    found = goals(case(ANSWER, OWNED, more))["written_answer"]
    assert (found.due, found.known_at) == (date(2026, 8, 21), at(7))
    back = goals(case(ANSWER, OWNED, more, (Undone, 9, {"undoes": 3})))["written_answer"]
    assert (back.due, back.known_at) == (date(2026, 8, 14), at(9))


def test_awaited_when_the_plan_is_laid_anew_then_a_step_is_known_from_when_its_day_was():
    moved = step(State.DRAFT, "2026-08-05")
    plans = (laid(0, DRAFT, APPROVED), laid(4, moved, APPROVED), laid(6, moved, APPROVED))
    found = goals(case(ANSWER), plans)
    assert (found["draft"].known_at, found["approved"].known_at) == (at(4), at(0))


def test_awaited_when_first_followed_long_after_it_came_then_it_is_known_from_the_first_plan():
    found = goals(plans=(laid(30, DRAFT),))
    assert found["written_answer"].known_at == at(30)
    assert found["triaged"].known_at == at(30)


def test_awaited_when_sending_is_planned_for_the_deadline_itself_then_it_is_told_once():
    on_the_day, before = step(State.SENT, "2026-08-14"), step(State.SENT, "2026-08-13")
    assert set(goals(case(ANSWER), (laid(0, on_the_day),))) == {"written_answer"}
    assert "sent-written_answer" in goals(case(ANSWER), (laid(0, before),))


def test_awaited_when_triage_would_be_due_after_the_deadline_then_the_deadline_alone():
    soon = history(observation(deadlines=(deadline("2026-07-10"),)))
    assert set(goals(seen=soon)) == {"written_answer"}


def test_awaited_when_cancelled_then_nothing_is():
    cancelled = history(observation(), observation(3, status=Status.CANCELLED))
    assert not goals(case(ANSWER, OWNED), seen=cancelled)


def test_awaited_when_the_source_has_closed_it_but_more_time_is_agreed_then_it_still_is():
    closed = history(observation(), observation(45, status=Status.UNDER_REVIEW))
    more = (Extended, 7, {"deadline": WRITTEN, "until": date(2026, 8, 28), "agreed_with": "BFD"})
    assert "written_answer" in goals(case(ANSWER, OWNED, more), seen=closed)


def test_awaited_when_answered_together_with_another_then_its_own_deadline_alone():
    joint = (Linked, 2, {"relation": Relation.JOINT, "to": "regjeringen:1"})
    assert set(goals(case(ANSWER, joint))) == {"written_answer"}
    assert set(goals(case(joint))) == {"written_answer"}


def test_awaited_steps_end_when_the_deadline_they_serve_has_passed():
    assert goals(case(ANSWER))["draft"].serves_until == end_of_day(date(2026, 8, 14))


def test_awaited_without_plan_or_deadline_then_triage_alone():
    found = goals(plans=(), seen=history(observation(deadlines=())))
    assert set(found) == {"triaged"}
    assert found["triaged"].serves_until is None
