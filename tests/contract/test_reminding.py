"""Reminders are entered once each, to those they concern, the same on every kind of database."""

from dataclasses import replace
from datetime import date, datetime

import pytest
import sqlalchemy as sa

from consultations.domain.calendar import OSLO
from consultations.domain.channels import Channel, ChannelMap
from consultations.domain.decision import Decision, RoutingText
from consultations.domain.history import History, Sighting
from consultations.domain.observation import DeadlineKind, Status
from consultations.domain.people import People, Person
from consultations.domain.response.acts import Choice, State
from consultations.domain.response.plan import PlanTemplates
from consultations.handlers import planning, reminding
from consultations.handlers.reminding import remind, remind_all
from consultations.handlers.response import Advance, Assign, Extend, Note, Triage, Undo, Wish, act
from consultations.store import consultations, reminders
from consultations.store.consultations import Decided, ReadRecord
from consultations.store.tables import DeliveryRow, ResponseRow
from tests.building import at, observation, record
from tests.databases import on_each_kind
from tests.response_building import office

pytest_generate_tests = on_each_kind

KEY = observation().key
KARI, OLA, PER = "kari", "ola", "per"
SECTIONS = {"oppvekst": "Oppvekst, barnevern og familie"}
CHANNELS = ChannelMap(
    channels={
        "oppvekst": Channel(name="#oppvekst", sections=("oppvekst",)),
        "triage": Channel(name="#triage"),
    },
    triage="triage",
)
PEOPLE = People(
    people={
        KARI: Person(name="Kari"),
        OLA: Person(name="Ola"),
        PER: Person(name="Per", head_of=("oppvekst",)),
    }
)
STEPS = [
    {"step": "draft", "days": 10, "before": "sent"},
    {"step": "sent", "before": "deadline"},
]
OFFICE = office(
    people=PEOPLE, templates=PlanTemplates.model_validate({"templates": {"ministry": STEPS}})
)
OWNED = (Triage(Choice.ANSWER), Assign(KARI, OLA))
DRAFTED = Advance(State.APPROVED, (State.MEMBER_INPUT, State.DRAFT, State.LEGAL_CHECK, State.BOARD))
SEND = Advance(
    State.SENT,
    (State.MEMBER_INPUT, State.DRAFT, State.LEGAL_CHECK, State.BOARD, State.APPROVED),
)


def oslo(words):
    return datetime.fromisoformat(words).replace(tzinfo=OSLO)


class Desk:
    """One consultation in a database, and what is done with it at given times in Oslo."""

    def __init__(self, database):
        self.database, self.office = database, OFFICE

    def see(self, *seen, lead="oppvekst"):
        """Take in what the source was seen to say: the last of it now."""
        history = History(Sighting.of(one, backfill=False) for one in seen)
        last = history.latest
        with self.database.transaction() as session:
            ids = consultations.save_state(session, [history])
            read = [ReadRecord(record(o), Sighting.of(o, backfill=False), 1) for o in seen]
            consultations.add_sightings(session, ids, read)
            text = RoutingText.of(last).hash
            decision = Decision(lead=lead, score=5, rules_hash="x", text_hash=text)
            decided = Decided(ids[last.key], text, last.observed_at, decision, current=True)
            consultations.save_decisions(session, [decided])
            dossiers = consultations.find(session, {last.key}).values()
            planning.keep_up(session, dossiers, self.office, last.observed_at)
        return self

    def do(self, what, when, note=""):
        with self.database.transaction() as session:
            wish = Wish("Kari", what, note)
            moment = oslo(when) if isinstance(when, str) else when
            act(session, KEY, wish, self.office, CHANNELS, SECTIONS, lambda: moment)
        return self

    def owned(self):
        for what in OWNED:
            self.do(what, at(0))
        return self

    def remind(self, *moments):
        for when in moments:
            with self.database.transaction() as session:
                remind(session, self.office, CHANNELS, SECTIONS, oslo(when))
        return self

    def deliver(self):
        with self.database.transaction() as session:
            waiting = sa.update(DeliveryRow).where(DeliveryRow.state == "pending")
            session.execute(waiting.values(state="sent"))
        return self

    def rows(self, state=None):
        with self.database.reading() as session:
            query = sa.select(DeliveryRow).where(DeliveryRow.fact == "reminder")
            found = session.scalars(query.order_by(DeliveryRow.id)).all()
        return [row for row in found if state in {None, row.state}]

    def told(self, state=None, name=""):
        """Who was told of which rung: ``draft 3 person:kari``."""
        split = (row.key.split("|") for row in self.rows(state))
        parts = ((fact.split("/"), channel) for _, fact, channel in split)
        return sorted(f"{f[1]} {f[3]} {channel}" for f, channel in parts if f[1].startswith(name))

    def words(self, ending):
        (row,) = (row for row in self.rows() if row.key.endswith(ending))
        return row.words

    def look_at(self):
        with self.database.reading() as session:
            return session.scalar(sa.select(ResponseRow.look_at))


@pytest.fixture
def desk(database):
    return Desk(database).see(observation())


def test_remind_when_nobody_has_triaged_then_the_channel_and_then_the_head_too(desk):
    desk.remind("2026-07-07T08:00", "2026-07-07T08:01", "2026-07-09T08:00", "2026-07-13T08:00")
    assert desk.told(name="triaged") == [
        "triaged 1 oppvekst",
        "triaged 1 person:per",
        "triaged 3 oppvekst",
        "triaged missed oppvekst",
        "triaged missed person:per",
    ]
    assert desk.words("triaged/2026-07-10/3|oppvekst") == (
        "Saken skal være vurdert senest fredag 10. juli 2026. "
        "Kanalen får vite det fordi saken mangler saksansvarlig."
    )
    assert desk.words("triaged/2026-07-10/missed|person:per") == (
        "Saken skulle vært vurdert senest fredag 10. juli 2026, men det er ikke merket som gjort. "
        "Du får vite det fordi du leder seksjonen Oppvekst, barnevern og familie, og saken "
        "mangler saksansvarlig."
    )


def test_remind_when_the_owner_acts_in_time_then_the_owner_alone_is_told(desk):
    desk.owned().remind("2026-07-22T08:00")
    desk.do(Note(), "2026-07-29T09:00", note="snart ferdig").remind("2026-07-30T08:00")
    assert desk.told(name="draft") == ["draft 1 person:kari", "draft 7 person:kari"]
    assert desk.words("draft/2026-07-31/1|person:kari") == (
        "Utkastet skal være ferdig senest fredag 31. juli 2026. "
        "Du får vite det fordi du er saksansvarlig."
    )


def test_remind_when_nobody_acts_then_deputy_and_head_are_told_and_the_channel_once(desk):
    desk.owned().remind("2026-07-28T08:00", "2026-07-30T08:00", "2026-07-31T08:00")
    assert desk.told(name="draft") == [
        "draft 0 person:kari",
        "draft 0 person:ola",
        "draft 0 person:per",
        "draft 1 person:kari",
        "draft 1 person:ola",
        "draft 1 person:per",
        "draft 3 person:kari",
        "draft 3 person:ola",
        "draft escalated oppvekst",
    ]
    assert desk.words("draft/2026-07-31/1|person:per") == (
        "Utkastet skal være ferdig senest fredag 31. juli 2026. Du får vite det fordi du leder "
        "seksjonen Oppvekst, barnevern og familie, og ingen har gjort noe i saken siden "
        "tirsdag 28. juli 2026."
    )
    urgent = {row.key.split("|")[1].split("/")[3] for row in desk.rows() if row.urgent}
    assert urgent == {"1", "0", "escalated"}


def test_remind_when_the_deadline_passes_unsent_then_owner_deputy_and_head_once(desk):
    desk.owned().remind("2026-08-14T08:00", "2026-08-15T09:00", "2026-08-17T08:00")
    desk.remind("2026-08-18T08:00", "2026-09-18T08:00")
    assert [one for one in desk.told(name="written") if "missed" in one] == [
        "written_answer missed person:kari",
        "written_answer missed person:ola",
        "written_answer missed person:per",
    ]
    assert desk.words("missed|person:ola") == (
        "Fristen for å svare gikk ut fredag 14. august 2026, og det er ikke registrert at noe er "
        "sendt. Du får vite det fordi du er stedfortreder, og fristen er gått ut."
    )
    assert desk.look_at() is None


def test_remind_when_one_person_has_several_roles_then_is_told_once_as_the_closest(desk):
    desk.do(Triage(Choice.ANSWER), at(0)).do(Assign(PER, OLA), at(0))
    desk.remind("2026-07-30T08:00")
    assert desk.told(name="draft 1") == []
    assert desk.told(name="draft") == [
        "draft 1 person:ola", "draft 1 person:per", "draft escalated oppvekst",
    ]  # fmt: skip
    assert "saksansvarlig" in desk.words("draft/2026-07-31/1|person:per")


def test_remind_however_often_and_by_however_many_then_each_rung_once(desk):
    desk.owned().remind(*["2026-07-22T08:00"] * 3)
    other = Desk(desk.database)
    other.remind("2026-07-22T08:01", "2026-07-22T12:00")
    assert desk.told(name="draft") == ["draft 7 person:kari"]


def test_remind_when_the_step_is_done_before_it_is_told_then_it_is_withdrawn_at_once(desk):
    desk.owned().remind("2026-07-22T08:00")
    desk.do(DRAFTED, "2026-07-25T20:00")
    assert desk.told("withdrawn") == ["draft 7 person:kari"]
    assert desk.told("pending", "draft") == []
    desk.remind("2026-07-30T08:00", "2026-07-31T08:00", "2026-08-03T08:00")
    assert desk.told("pending", "draft") == []


def test_remind_when_told_already_then_what_is_done_later_takes_nothing_back(desk):
    desk.owned().remind("2026-07-22T08:00").deliver().do(DRAFTED, "2026-07-25T20:00")
    assert desk.told("sent", "draft") == ["draft 7 person:kari"]


def test_remind_when_sending_is_undone_then_it_starts_again_and_withdrawn_holds_nothing(desk):
    desk.owned().remind("2026-08-17T08:00")
    desk.do(SEND, "2026-08-17T08:05")
    assert desk.told("pending") == []
    desk.do(Undo(), "2026-08-17T09:00").remind("2026-08-17T09:01", "2026-08-17T09:02")
    assert desk.told("pending") == [
        "written_answer missed.4 person:kari",
        "written_answer missed.4 person:ola",
        "written_answer missed.4 person:per",
    ]


def test_remind_when_sending_is_undone_after_it_was_told_then_it_is_not_told_again(desk):
    desk.owned().remind("2026-08-17T08:00").deliver()
    desk.do(SEND, "2026-08-17T08:05").do(Undo(), "2026-08-17T09:00").remind("2026-08-17T09:01")
    assert desk.told("pending") == []


def test_remind_when_slack_was_away_then_a_later_rung_takes_the_place_of_what_waits(desk):
    desk.owned().remind("2026-07-22T08:00", "2026-07-28T08:00")
    assert desk.told("withdrawn", "draft") == ["draft 7 person:kari"]
    assert desk.told("pending", "draft") == ["draft 3 person:kari", "draft 3 person:ola"]


def test_remind_when_another_becomes_owner_then_gets_what_the_first_was_not_told(desk):
    desk.owned().remind("2026-07-22T08:00")
    desk.do(Assign(OLA), "2026-07-22T08:30").remind("2026-07-22T08:31")
    assert desk.told("withdrawn", "draft") == ["draft 7 person:kari"]
    assert desk.told("pending", "draft") == ["draft 7 person:ola"]


def test_remind_when_the_case_is_handed_on_and_back_untold_then_the_first_owner_is_told(desk):
    desk.owned().remind("2026-07-22T08:00")
    desk.do(Assign(OLA), "2026-07-22T08:10").remind("2026-07-22T08:11")
    desk.do(Assign(KARI), "2026-07-22T08:20").remind("2026-07-22T08:21")
    assert desk.told("pending", "draft") == ["draft 7 person:kari"]
    assert desk.told("withdrawn", "draft") == ["draft 7 person:ola"]


def test_remind_when_the_owner_is_no_longer_listed_then_the_matter_counts_as_unclaimed(desk):
    desk.owned()
    left = {id_: one for id_, one in PEOPLE.people.items() if id_ != KARI}
    desk.office = replace(OFFICE, people=People(people=left))
    desk.remind("2026-07-22T08:00")
    assert desk.told(name="draft") == ["draft 7 oppvekst", "draft 7 person:per"]


def test_remind_when_a_person_must_choose_the_section_then_triage_hears(database):
    desk = Desk(database).see(observation(), lead="none")
    assert desk.look_at() is None
    unplaced = Desk(database)
    unplaced.see(observation(external_id="2"), lead="velferd-bolig")
    unplaced.remind("2026-07-07T08:00")
    assert unplaced.told() == ["triaged 3 triage"]


def test_remind_when_more_time_is_agreed_then_what_waits_of_the_old_day_is_withdrawn(desk):
    desk.owned().remind("2026-08-05T08:00")
    waiting = [one for one in desk.told("pending") if one.startswith("written")]
    assert waiting == ["written_answer 7 person:kari"]
    more = Extend(date(2026, 8, 28), "departementet", DeadlineKind.WRITTEN_ANSWER)
    desk.do(more, "2026-08-05T09:00").remind("2026-08-05T09:01", "2026-08-19T08:00")
    assert desk.told("pending", "written") == ["written_answer 7 person:kari"]
    assert desk.words("written_answer/2026-08-28/7|person:kari").startswith(
        "Fristen for å svare er fredag 28. august 2026, og det er ikke registrert at noe er sendt."
    )


def test_remind_when_ks_does_not_answer_then_nothing_more_is_told(desk):
    desk.remind("2026-07-07T08:00")
    desk.do(Triage(Choice.NOT_ANSWER), "2026-07-07T08:05", note="gjelder ikke kommunene")
    assert desk.told("withdrawn") == ["triaged 3 oppvekst"]
    desk.remind("2026-07-07T08:06", "2026-08-14T08:00", "2026-08-17T08:00")
    assert desk.told("pending") == []
    assert desk.look_at() is None


def test_remind_when_it_is_cancelled_before_anybody_did_anything_then_what_waits_is_withdrawn(
    desk,
):
    desk.remind("2026-07-07T08:00")
    desk.see(observation(), observation(4, status=Status.CANCELLED))
    assert desk.told("withdrawn") == ["triaged 3 oppvekst"]
    assert desk.look_at() is None


def test_remind_when_nothing_is_due_then_it_is_not_looked_at_before_its_time(desk):
    desk.remind("2026-07-06T12:00")
    assert desk.look_at() == oslo("2026-07-07T08:00")
    with desk.database.reading() as session:
        assert reminders.to_look_at(session, oslo("2026-07-07T07:59"), 10) == []
        assert reminders.to_look_at(session, oslo("2026-07-07T08:00"), 10) == [KEY]


def test_remind_when_the_clock_was_far_ahead_then_what_is_ahead_is_still_told_in_its_time(desk):
    desk.owned().remind("2026-10-01T09:00")
    assert desk.look_at() is None
    desk.deliver().remind("2026-07-22T08:00")
    assert desk.told("pending", "draft") == ["draft 7 person:kari"]
    desk.remind("2026-08-13T08:00")
    assert "written_answer 1 person:kari" in desk.told("pending")


def test_remind_when_the_clock_is_set_back_some_minutes_then_nothing_is_told_twice(desk):
    desk.owned().remind("2026-07-28T08:00", "2026-07-28T07:55", "2026-07-28T08:02")
    assert desk.told(name="draft") == ["draft 3 person:kari", "draft 3 person:ola"]


def test_remind_all_when_there_are_many_then_all_are_looked_at_some_at_a_time(
    database, monkeypatch
):
    monkeypatch.setattr(reminding, "AT_A_TIME", 2)
    desk = Desk(database)
    for number in range(5):
        desk.see(observation(external_id=str(number)))
    moment = oslo("2026-07-07T08:00")
    remind_all(database, OFFICE, CHANNELS, SECTIONS, lambda: moment)
    assert len(desk.told("pending")) == 5
