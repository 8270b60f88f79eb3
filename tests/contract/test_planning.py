"""Plans in the database: laid, laid anew with a reason, told of once, and never rewritten."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from consultations.domain.calendar import format_day
from consultations.domain.observation import Status
from consultations.domain.response.acts import Choice, State
from consultations.handlers import planning, response
from consultations.handlers.response_wishes import Advance, Assign, Extend, Triage, Undo
from consultations.store import consultations, responses
from consultations.store.tables import DeliveryRow, PlanRow, ResponseRow
from streams.embedded import EmbeddedEngine
from streams.step import Step
from tests.building import at, deadline, observation
from tests.databases import on_each_kind
from tests.pipeline import KEY, names, one_channel_each, steps, take_in
from tests.planning_building import TO_APPEAR, WITHOUT_MEETING, calendar, day, templates
from tests.response_building import KARI, office

MEETINGS = calendar("2026-08-26", "2026-09-23", "2026-10-28")
OFFICE = office(templates=templates(), calendar=MEETINGS)
LONG = deadline("2026-10-15")
BOARD = "2026-09-23"


def pytest_generate_tests(metafunc):
    on_each_kind(metafunc)


class Tracked:
    """The tracker with a plan for everything, and a clock that is set by hand."""

    def __init__(self, database, rules):
        self.database, self.rules, self.now, self.office = database, rules, at(0), OFFICE

    def see(self, *observations):
        """Take in what the source says, each when it says it."""
        for one in observations:
            self.now = max(self.now, one.observed_at)
            made = steps(self.rules, lambda: self.now)
            tracking = Step(
                made[2].name, made[2].topic, partial(made[2].handle, office=self.office)
            )
            take_in(EmbeddedEngine(self.database, [*made[:2], tracking], lambda: self.now), [one])

    def act(self, what, **given):
        wish = response.Wish("Kari Eksempel", what=what, **given)
        channels, sections = one_channel_each(self.rules), names(self.rules)
        with self.database.transaction() as session:
            response.act(session, KEY, wish, self.office, channels, sections, lambda: self.now)

    def keep_up_all(self):
        with self.database.transaction() as session:
            batch = planning.keep_up_all(session, self.office, self.now)
            assert (
                planning.keep_up_all(session, self.office, self.now, batch.last or 0).last is None
            )
            return [one.fact.words for one in batch.moved]

    def rows(self, table=PlanRow):
        with self.database.reading() as session:
            key = table.number if table is PlanRow else sa.literal(1)
            return list(session.scalars(sa.select(table).order_by(key)))

    def plans(self):
        with self.database.reading() as session:
            dossier = consultations.find(session, [KEY])[KEY]
            return [one.plan for one in responses.plans(session, [dossier.id])[dossier.id]]

    def because(self):
        return [row.because for row in self.rows()]

    def shown(self):
        (row,) = self.rows(ResponseRow)
        return row

    def told(self):
        with self.database.reading() as session:
            query = sa.select(DeliveryRow).where(DeliveryRow.fact == "plan_moved")
            return [(row.channel, row.words) for row in session.scalars(query)]


@pytest.fixture
def tracked(database, rules):
    return Tracked(database, rules)


def seen(number=0, *deadlines, **given):
    return observation(number, deadlines=deadlines or (LONG,), **given)


def test_plan_when_a_matter_arrives_then_is_laid_and_shown_and_not_news(tracked):
    tracked.see(seen())
    assert tracked.because() == ["Planen er lagt."]
    row = tracked.shown()
    assert (row.next_step, row.next_due) == ("member_input", day("2026-08-20"))
    assert (row.meeting, row.meeting_on) == ("board", day(BOARD))
    assert row.look_at == at(0)
    assert tracked.told() == []


def test_plan_when_nothing_moves_then_there_is_no_new_one(tracked):
    tracked.see(seen(), seen(3), seen(5, title="Høring om endringer i barnevernloven"))
    tracked.now = at(30)
    assert tracked.keep_up_all() == []
    assert len(tracked.rows()) == 1


def test_plan_when_the_deadline_moves_then_is_laid_anew_with_the_reason(tracked):
    tracked.see(seen(), seen(2, deadline("2026-11-12")))
    assert tracked.because()[1] == (
        "Fristen for å svare er flyttet fra 15. oktober 2026 til 12. november 2026. "
        "Hovedstyret møtes 28. oktober 2026."
    )
    assert tracked.shown().meeting_on == day("2026-10-28")
    first, second = tracked.plans()
    assert (first.begun_on, second.begun_on) == (day("2026-07-04"), day("2026-07-06"))


def test_plan_when_it_moves_and_nobody_has_the_case_then_the_thread_is_told_once(tracked):
    tracked.see(seen())
    tracked.act(Triage(Choice.ANSWER))
    tracked.see(seen(2, deadline("2026-11-12")), seen(3, deadline("2026-11-12")))
    ((channel, words),) = tracked.told()
    assert channel == "oppvekst"
    assert words.startswith("Planen er lagt på nytt. Fristen for å svare er flyttet fra ")
    assert words.endswith(
        f"Neste steg er innspill fra medlemmer, senest {format_day(day('2026-09-24'))}."
    )


def test_plan_when_it_moves_and_nobody_has_decided_to_answer_then_nobody_is_told(tracked):
    tracked.see(seen(), seen(2, deadline("2026-11-12")))
    assert len(tracked.rows()) == 2
    assert tracked.told() == []


def test_plan_when_it_moves_then_the_owner_is_told_and_nobody_else(tracked):
    tracked.see(seen())
    tracked.act(Triage(Choice.ANSWER))
    tracked.act(Assign(KARI))
    tracked.see(seen(2, deadline("2026-11-12")))
    assert [channel for channel, _ in tracked.told()] == [f"person:{KARI}"]


def test_plan_when_the_sender_agrees_to_more_time_then_follows_the_agreed_day(tracked):
    tracked.see(seen())
    tracked.act(Triage(Choice.ANSWER))
    tracked.act(Extend(day("2026-11-12"), "departementet"))
    assert "til 12. november 2026, etter avtale med avsenderen." in tracked.because()[1]
    assert tracked.shown().next_due == day("2026-09-24")


def test_plan_when_the_calendar_is_edited_then_every_open_case_is_looked_at(tracked):
    tracked.see(seen())
    tracked.act(Triage(Choice.ANSWER))
    tracked.office = replace(OFFICE, calendar=calendar("2026-09-16"))
    tracked.now = at(10)
    (words,) = tracked.keep_up_all()
    assert "Hovedstyret møtes 16. september 2026." in words
    assert tracked.because()[1:] == ["Hovedstyret møtes 16. september 2026."]
    assert tracked.shown().meeting_on == day("2026-09-16")
    assert tracked.keep_up_all() == []


def test_plan_when_the_board_no_longer_meets_in_time_then_says_the_two_ways_out(tracked):
    tracked.see(seen())
    tracked.act(Triage(Choice.ANSWER))
    tracked.office = replace(OFFICE, calendar=calendar("2026-10-28"))
    (words,) = tracked.keep_up_all()
    assert tracked.because()[1:] == ["Hovedstyret har ikke lenger noe møte som rekkes før fristen."]
    assert words.endswith("Be avsenderen om utsatt frist, eller svar administrativt.")
    assert tracked.shown().meeting is None


def test_plan_when_a_step_is_done_then_it_keeps_its_day_and_the_next_one_is_shown(tracked):
    tracked.see(seen())
    tracked.act(Triage(Choice.ANSWER))
    tracked.act(Assign(KARI))
    tracked.act(Advance(State.DRAFT, skipped=(State.MEMBER_INPUT,)))
    assert tracked.shown().next_step == "draft"
    assert len(tracked.rows()) == 1
    tracked.see(seen(20, deadline("2026-11-12")))
    before, after = tracked.plans()
    assert after.steps[0] == before.steps[0]
    assert tracked.shown().next_due == day("2026-10-08")


def test_plan_when_the_first_of_two_deadlines_passes_then_follows_the_next(tracked):
    tracked.office = office(templates=templates(WITHOUT_MEETING))
    tracked.see(seen(0, deadline("2026-09-15", TO_APPEAR), LONG))
    tracked.act(Triage(Choice.ANSWER))
    tracked.now = datetime.fromisoformat("2026-09-16T06:00:00+00:00")
    (words,) = tracked.keep_up_all()
    assert "Fristen for å be om å møte er gått ut; planen følger neste frist." in words
    assert tracked.shown().next_due >= date(2026, 9, 16)
    assert tracked.keep_up_all() == []


def test_plan_when_what_was_done_is_taken_up_again_then_says_so(tracked):
    tracked.see(seen())
    tracked.act(Triage(Choice.ANSWER))
    tracked.act(Assign(KARI))
    tracked.act(Advance(State.LEGAL_CHECK, skipped=(State.MEMBER_INPUT, State.DRAFT)))
    tracked.see(seen(2, deadline("2026-11-12")))
    tracked.act(Undo())
    assert (
        tracked.because()[2]
        == "Innspill fra medlemmer er tatt opp igjen. Utkast er tatt opp igjen."
    )


def test_plan_when_the_board_is_passed_over_then_no_meeting_is_missed(tracked):
    tracked.office = replace(OFFICE, calendar=calendar())
    tracked.see(seen())
    tracked.act(Triage(Choice.ANSWER))
    tracked.act(Assign(KARI))
    passed = (State.MEMBER_INPUT, State.DRAFT, State.LEGAL_CHECK, State.BOARD)
    tracked.act(Advance(State.APPROVED, skipped=passed))
    first, second = tracked.plans()
    assert (first.missing_meeting, second.missing_meeting) == ("board", None)
    assert tracked.because()[1:] == ["Saken behandles uten møte."]
    assert tracked.told() == []


def test_plan_when_ks_does_not_answer_then_nothing_is_awaited_and_nothing_is_laid(tracked):
    tracked.see(seen())
    tracked.act(Triage(Choice.NOT_ANSWER), note="Gjelder ikke kommunene.")
    tracked.see(seen(2, deadline("2026-11-12")))
    assert len(tracked.rows()) == 1
    assert tracked.shown().next_step is None


def test_plan_when_the_consultation_is_cancelled_then_nothing_is_awaited(tracked):
    tracked.see(seen())
    tracked.act(Triage(Choice.ANSWER))
    tracked.see(seen(2, status=Status.CANCELLED))
    assert tracked.shown().next_step is None
    assert len(tracked.rows()) == 1


def test_plan_when_there_is_no_deadline_then_there_is_no_plan_until_there_is(tracked):
    tracked.see(observation(deadlines=()))
    assert tracked.rows() == []
    tracked.see(seen(2))
    assert tracked.because() == ["Planen er lagt."]
    assert tracked.told() == []


def test_plan_when_the_deadline_is_withdrawn_then_nothing_is_planned_and_it_is_told(tracked):
    tracked.see(seen())
    tracked.act(Triage(Choice.ANSWER))
    tracked.see(observation(2, deadlines=()))
    assert tracked.because()[1:] == ["Fristen for å svare 15. oktober 2026 er fjernet."]
    assert tracked.shown().next_step is None
    assert len(tracked.told()) == 1


def test_plan_when_it_is_first_laid_long_after_the_matter_came_then_counts_from_today(tracked):
    tracked.office = office()
    tracked.see(observation(deadlines=()))
    tracked.office = OFFICE
    tracked.now = at(60)
    tracked.see(seen(60))
    assert tracked.plans()[0].begun_on == day("2026-09-02")


def test_keep_up_all_when_there_are_many_then_takes_them_in_turn(tracked, monkeypatch):
    monkeypatch.setattr(planning, "AT_A_TIME", 2)
    tracked.see(*(seen(0, external_id=str(number)) for number in range(5)))
    after, turns = 0, 0
    with tracked.database.transaction() as session:
        while after is not None:
            after = planning.keep_up_all(session, OFFICE, at(1), after).last
            turns += 1
    assert turns == 4


def test_plan_when_the_clock_was_behind_then_is_not_laid_before_the_matter_came(tracked):
    tracked.see(seen())
    tracked.now = at(0) - timedelta(days=3)
    assert tracked.keep_up_all() == []


def test_keep_up_all_when_a_matter_came_before_responses_were_kept_then_it_gets_its_plan(tracked):
    tracked.see(seen())
    with tracked.database.transaction() as session:
        session.execute(sa.delete(ResponseRow))
        session.execute(sa.delete(PlanRow))
    assert tracked.keep_up_all() == []
    assert tracked.because() == ["Planen er lagt."]
    assert tracked.shown().next_step == "member_input"
