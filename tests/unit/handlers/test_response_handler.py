"""What becomes of what people do with a response: kept once, shown at once, refused in words."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from consultations.domain.errors import NotFound
from consultations.domain.events import Event, EventType
from consultations.domain.observation import DeadlineKind, Kind, Status
from consultations.domain.response.acts import Choice, Relation, State, Verdict
from consultations.handlers import response
from consultations.handlers.response import (
    Advance,
    Assign,
    Conflict,
    Demand,
    Extend,
    FileReceipt,
    Judge,
    Link,
    Note,
    Refused,
    Triage,
    Wish,
)
from consultations.handlers.response_wishes import Undo
from consultations.store import consultations, dead_letters, responses
from consultations.store.tables import ActRow, OutboxRow, ResponseRow
from tests.building import at, deadline, observation
from tests.pipeline import KEY, do, engine, ledger_keys, names, one_channel_each, take_in
from tests.response_building import KARI, OLA, noted, office

OTHER, THIRD = "regjeringen:2", "regjeringen:3"
ANSWER = Triage(Choice.ANSWER)
STRAIGHT = (State.ASSIGNED, State.MEMBER_INPUT, State.DRAFT, State.LEGAL_CHECK, State.BOARD,
            State.APPROVED)  # fmt: skip
SEND = Advance(State.SENT, STRAIGHT)


@pytest.fixture
def carrier(database, rules):
    carrier = engine(database, rules, clock=lambda: at(9))
    take_in(carrier, [observation()])
    return carrier


@pytest.fixture
def tell(database, rules, carrier):
    def tell(what, by="Kari Eksempel", *, key=KEY, day=1, note="", expects=None):
        wish = Wish(by, what, note, expects)
        return do(database, rules, wish, at=at(day), key=key)

    return tell


def kept(database, key=KEY):
    with database.reading() as session:
        id_ = consultations.known(session, {key})[key]
        return responses.case(session, id_)


def row(database, key=KEY):
    with database.reading() as session:
        return session.get(ResponseRow, consultations.known(session, {key})[key])


def events(database):
    with database.reading() as session:
        values = session.scalars(sa.select(OutboxRow.value).order_by(OutboxRow.id)).all()
    read = [Event.model_validate_json(value) for value in values]
    return [(one.consultation, one.act) for one in read if one.type is EventType.RESPONSE]


def refusal(tell, *given, **more):
    with pytest.raises(Refused) as problem:
        tell(*given, **more)
    return problem.value


def test_act_then_kept_with_its_event_and_shown_at_once(database, tell):
    case = tell(ANSWER)
    assert kept(database) == case
    assert events(database) == [(KEY, case.acts[0])]
    shown = row(database)
    assert (shown.state, shown.version, shown.last_act_at) == ("answering", 1, at(1))


def test_case_when_it_needs_a_decision_then_there_before_anybody_did_anything(database, carrier):
    shown = row(database)
    assert (shown.state, shown.version, shown.lead) == ("new", 0, "oppvekst")
    assert shown.deadline_at == observation().deadlines[0].at
    assert shown.arrived_at == at(0)


@pytest.mark.parametrize(
    "given",
    [
        {"deadlines": (deadline("2026-07-01"),)},
        {"status": Status.CANCELLED},
        {"title": "Vakttårn", "deadlines": (), "status": Status.CONCLUDED},
    ],
)
def test_case_when_there_is_nothing_to_decide_then_none(database, rules, given):
    take_in(engine(database, rules, clock=lambda: at(9)), [observation(**given)])
    assert row(database) is None


def test_case_when_old_history_without_a_deadline_then_none_until_somebody_acts(
    database, rules, tell
):
    carrier = engine(database, rules, clock=lambda: at(9))
    old = observation(external_id="2", deadlines=(), published_on=date(2020, 1, 1))
    take_in(carrier, [old], backfill=True)
    assert row(database, OTHER) is None
    tell(ANSWER, key=OTHER)
    assert row(database, OTHER).state == "answering"


def test_case_when_history_that_can_still_be_answered_then_there_is_one(database, rules):
    take_in(engine(database, rules, clock=lambda: at(9)), [observation()], backfill=True)
    assert row(database).state == "new"


def test_case_when_cancelled_before_anybody_acted_then_gone(database, carrier):
    take_in(carrier, [observation(2, status=Status.CANCELLED)])
    assert row(database) is None


def test_case_when_cancelled_after_somebody_acted_then_stays(database, carrier, tell):
    tell(ANSWER)
    take_in(carrier, [observation(2, status=Status.CANCELLED)])
    assert row(database).version == 1


def test_act_when_the_event_comes_back_then_kept_and_told_once(database, tell, carrier):
    tell(ANSWER)
    carrier.drain()
    told = ledger_keys(database)
    with database.reading() as session:
        (value,) = session.scalars(
            sa.select(OutboxRow.value).where(OutboxRow.event_id.contains("/response/"))
        )
    for _ in range(2):
        carrier.resend("events.v1", KEY, value)
        carrier.drain()
    assert kept(database).version == 1
    assert ledger_keys(database) == told


def test_act_when_the_log_has_lost_one_before_it_then_the_next_still_gets_a_number_of_its_own(
    database, tell, carrier
):
    lost = Event.of_act(KEY, noted(2, "Den før er borte."))
    for id_ in (lost.id, "et annet navn"):
        renamed = lost.model_copy(update={"id": id_})
        carrier.resend("events.v1", KEY, renamed.model_dump_json(exclude_none=True).encode())
    carrier.drain()
    assert [act.number for act in tell(ANSWER, day=3).acts] == [2, 3]
    with database.reading() as session:
        assert not dead_letters.listed(session)


def test_act_when_of_an_unknown_matter_on_the_log_then_a_dead_letter(database, tell, carrier):
    tell(ANSWER)
    with database.reading() as session:
        value = session.scalars(sa.select(OutboxRow.value).order_by(OutboxRow.id.desc())).first()
    carrier.resend("events.v1", OTHER, value.replace(KEY.encode(), OTHER.encode()))
    carrier.drain()
    with database.reading() as session:
        reasons = [letter.reason for letter in dead_letters.listed(session)]
    assert any("handlingen gjelder «regjeringen:2», som ikke er tatt inn" in r for r in reasons)


def test_act_when_told_then_the_channel_and_the_owner_hear_once(database, tell, carrier):
    tell(ANSWER)
    tell(Assign(KARI, OLA), by="Ola Eksempel")
    carrier.drain()
    news = [key for key in ledger_keys(database) if "|response/" in key]
    assert news == [
        f"{KEY}|response/1|oppvekst",
        f"{KEY}|response/2|oppvekst",
        f"{KEY}|response/2|person:{KARI}",
    ]


def test_act_when_another_gets_the_case_then_both_hear(database, tell, carrier):
    tell(ANSWER)
    tell(Assign(KARI), by="Siri")
    tell(Assign(OLA), by="Siri", day=2)
    tell(Undo(), by="Siri", day=3)
    carrier.drain()
    told = [key.partition("|")[2] for key in ledger_keys(database) if "person:" in key]
    assert told == [
        f"response/2|person:{KARI}",
        f"response/3|person:{KARI}", f"response/3|person:{OLA}",
        f"response/4|person:{KARI}", f"response/4|person:{OLA}",
    ]  # fmt: skip


def test_act_when_a_section_contributes_then_its_channel_hears(database, tell, carrier):
    tell(ANSWER)
    tell(Assign(KARI, contributing=("kultur",)))
    carrier.drain()
    assert f"{KEY}|response/2|kultur" in ledger_keys(database)
    assert f"{KEY}|response/1|kultur" not in ledger_keys(database)


def test_act_when_the_clock_of_another_was_ahead_then_still_comes_after(tell):
    tell(ANSWER, day=2)
    case = tell(Note(), note="Etterpå.", day=1)
    assert case.acts[1].at == at(2) + timedelta(microseconds=1)


def test_act_when_others_came_first_then_told_what_they_did_and_nothing_is_kept(database, tell):
    tell(ANSWER)
    tell(Assign(KARI), by="Ola Eksempel")
    with pytest.raises(Conflict) as problem:
        tell(Triage(Choice.FOLLOW), by="Siri", expects=1)
    assert "Saksansvarlig er Kari Eksempel (Ola Eksempel 5. juli 2026)" in str(problem.value)
    assert [act.number for act in problem.value.since] == [2]
    assert kept(database).version == 2


def test_act_when_nobody_came_first_then_kept(tell):
    tell(ANSWER, expects=0)
    assert tell(Assign(KARI), expects=1).version == 2


def test_undo_then_the_row_is_as_before_and_the_log_has_both(database, tell):
    tell(ANSWER)
    tell(Undo(), note="Feil sak.")
    case = kept(database)
    assert (case.state, case.version) == (State.NEW, 2)
    assert (row(database).state, row(database).version) == ("new", 2)
    assert case.acts[1].note == "Feil sak."


def test_undo_function_then_takes_back_the_last(database, tell, rules):
    tell(ANSWER)
    with database.transaction() as session:
        case = response.undo(
            session, KEY, Wish("Kari"), office(), one_channel_each(rules), names(rules),
            lambda: at(3),
        )  # fmt: skip
    assert case.state is State.NEW


def test_undo_when_nothing_is_done_then_refused(tell):
    assert "ingenting å angre" in str(refusal(tell, Undo()))


def test_act_when_not_found_then_says_where_the_number_stands(tell):
    with pytest.raises(NotFound, match="står på høringens side"):
        tell(ANSWER, key="regjeringen:9")


@pytest.mark.parametrize(
    ("what", "note", "by", "field", "words"),
    [
        (ANSWER, "", "\u202e\x00 ", "by", "Navnet mangler"),
        (ANSWER, "", "K" * 121, "by", "høyst 120 tegn"),
        (ANSWER, "x" * 1_000_000, "Kari", "note", "høyst 2000 tegn"),
        (Demand("x" * 301), "", "Kari", "text", "høyst 300 tegn"),
        (Demand("\x00"), "", "Kari", "text", "Kravet mangler"),
        (Assign("ukjent"), "", "Kari", "owner", "config/people.yaml"),
        (Assign(KARI, "ukjent"), "", "Kari", "deputy", KARI),
        (Assign(KARI, contributing=("tull",)), "", "Kari", "contributing", "config/sections.yaml"),
        (Triage(Choice.ANSWER, lead="tull"), "", "Kari", "lead", "config/sections.yaml"),
        (Triage(Choice.ANSWER, ("tull",)), "", "Kari", "headings", "config/priorities.yaml"),
        (Link(Relation.JOINT, KEY), "", "Kari", "to", "seg selv"),
        (Link(Relation.SECOND_ROUND, "regjeringen:9"), "", "Kari", "to", "ingen høring"),
        (FileReceipt("1", sha256="x"), "", "Kari", "sha256", "ikke gyldig"),
    ],
)
def test_act_when_it_cannot_be_followed_then_says_which_field_and_what_to_do(
    database, tell, what, note, by, field, words
):
    problem = refusal(tell, what, by, note=note)
    assert words in str(problem)
    assert problem.field == field
    assert len(str(problem)) < 2000
    assert kept(database).version == 0


def test_act_when_the_words_are_hostile_then_kept_without_what_nobody_sees(database, tell):
    case = tell(
        ANSWER, "<b>Kari</b> & *co*\u202e", note="=1+1 \x00\ud800<script>\nalert(1)\u200b</script>"
    )
    (act,) = case.acts
    assert act.by == "<b>Kari</b> & *co*"
    assert act.note == "=1+1 <script> alert(1)</script>"
    assert kept(database) == case


def test_advance_when_a_reason_is_missing_then_refused_by_the_rules(tell):
    assert "trenger en grunn" in str(refusal(tell, Triage(Choice.NOT_ANSWER)))


def test_sent_when_there_is_one_deadline_then_it_is_that_one(tell):
    tell(ANSWER)
    case = tell(SEND)
    assert list(case.sent) == [DeadlineKind.WRITTEN_ANSWER]


@pytest.fixture
def two_deadlines(carrier):
    take_in(
        carrier,
        [
            observation(
                1,
                kind=Kind.MINISTRY,
                deadlines=(
                    deadline("2026-08-14"),
                    deadline("2026-08-01", DeadlineKind.EU_FEEDBACK),
                ),
            )
        ],
    )


def test_sent_when_there_are_two_deadlines_then_one_must_be_chosen(tell, two_deadlines, database):
    tell(ANSWER)
    assert "flere frister" in str(refusal(tell, SEND))
    tell(Advance(State.SENT, STRAIGHT, (DeadlineKind.EU_FEEDBACK,)), day=2)
    with database.reading() as session:
        seen = consultations.find(session, {KEY})[KEY].history.latest
    left = kept(database).deadlines_left(seen)
    assert [one.kind for one in left] == [DeadlineKind.WRITTEN_ANSWER]
    assert row(database).deadline_at == left[0].at
    case = tell(Advance(State.SENT), day=3)
    assert set(case.sent) == {DeadlineKind.EU_FEEDBACK, DeadlineKind.WRITTEN_ANSWER}
    assert row(database).deadline_at is None


def test_sent_when_to_a_deadline_there_is_not_then_refused(tell):
    tell(ANSWER)
    wrong = Advance(State.SENT, STRAIGHT, (DeadlineKind.EU_FEEDBACK,))
    assert "ingen frist for innspill til EU" in str(refusal(tell, wrong))


def test_receipt_when_nothing_is_said_then_of_what_was_sent_and_when(tell):
    tell(ANSWER)
    tell(SEND, day=2)
    case = tell(FileReceipt("26/1", sha256="a" * 64, link="https://example.org/svar"), day=3)
    receipt = case.receipts[DeadlineKind.WRITTEN_ANSWER]
    assert (receipt.sent_at, receipt.sha256) == (at(2), "a" * 64)
    assert case.state is State.RECEIPT_FILED


def test_receipt_when_the_matter_has_no_deadline_then_still_filed(tell, carrier):
    take_in(carrier, [observation(external_id="2", deadlines=())])
    tell(ANSWER, key=OTHER)
    tell(SEND, key=OTHER, day=2)
    case = tell(FileReceipt("26/1"), key=OTHER, day=3)
    assert case.state is State.RECEIPT_FILED


def test_extension_when_agreed_then_the_deadline_to_keep_is_the_later_one(database, tell):
    tell(ANSWER)
    tell(Extend(date(2026, 8, 21), "departementet"))
    assert row(database).deadline_at == deadline("2026-08-21").at


@pytest.mark.parametrize("day", [date(2026, 8, 14), date(2026, 8, 1), date(2020, 1, 1)])
def test_extension_when_not_later_then_refused(tell, day):
    tell(ANSWER)
    assert "ikke senere" in str(refusal(tell, Extend(day, "departementet")))


def test_outcome_then_the_demand_has_its_verdict(tell):
    tell(ANSWER)
    tell(Demand("Full finansiering"))
    tell(SEND)
    judged = Judge(2, Verdict.PARTLY, "Delvis enig.", "https://example.org/prop")
    (demand,) = tell(judged).demands
    assert (demand.verdict, demand.quote) == (Verdict.PARTLY, "Delvis enig.")


@pytest.fixture
def joint(carrier, tell):
    """Two other consultations whose answer is worked on in the first."""
    take_in(carrier, [observation(external_id="2"), observation(external_id="3")])
    for key in (KEY, OTHER, THIRD):
        tell(ANSWER, key=key)
    for key in (OTHER, THIRD):
        tell(Link(Relation.JOINT, KEY), key=key, day=2)


def test_joint_when_sent_and_filed_then_the_others_follow(database, tell, joint):
    tell(SEND, day=3)
    tell(FileReceipt("26/1"), day=4)
    for key in (OTHER, THIRD):
        case = kept(database, key)
        assert case.state is State.RECEIPT_FILED
        assert case.receipts[DeadlineKind.WRITTEN_ANSWER].reference == "26/1"
        assert case.acts[-1].note == f"Felles svar i {KEY}."
        assert row(database, key).state == "receipt_filed"
    assert [key for key, _ in events(database)].count(OTHER) == 4


def test_joint_when_undone_then_taken_back_in_the_others_too(database, tell, joint):
    tell(SEND, day=3)
    tell(Undo(), day=4)
    assert {kept(database, key).state for key in (KEY, OTHER, THIRD)} == {State.ANSWERING}


def test_joint_when_another_has_gone_on_then_undone_there_first(database, tell, joint):
    tell(SEND, day=3)
    tell(Note(), key=OTHER, note="Hei.", day=4)
    assert OTHER in str(refusal(tell, Undo(), day=5))
    assert kept(database).state is State.SENT


def test_joint_when_worked_on_in_the_other_then_refused(tell, joint):
    assert f"felles med {KEY}" in str(refusal(tell, SEND, key=OTHER, day=3))


def test_joint_when_given_up_in_the_other_then_left_alone(database, tell, joint):
    tell(Triage(Choice.FOLLOW), key=OTHER, day=3)
    tell(SEND, day=4)
    assert kept(database, OTHER).state is State.FOLLOW
    assert kept(database, THIRD).state is State.SENT


def test_joint_when_a_chain_would_come_of_it_then_refused(tell, joint, carrier):
    take_in(carrier, [observation(external_id="4")])
    tell(ANSWER, key="regjeringen:4")
    assert f"Knytt saken til {KEY}" in str(
        refusal(tell, Link(Relation.JOINT, OTHER), key="regjeringen:4", day=3)
    )
    assert "knyttet hit" in str(refusal(tell, Link(Relation.JOINT, "regjeringen:4"), day=3))


def test_second_round_then_linked_to_the_first(database, tell, carrier):
    take_in(carrier, [observation(external_id="2")])
    assert tell(Link(Relation.SECOND_ROUND, OTHER)).second_round_of == OTHER


def test_act_then_every_act_is_a_row_of_its_own(database, tell):
    tell(ANSWER)
    tell(Assign(KARI))
    with database.reading() as session:
        rows = session.scalars(sa.select(ActRow).order_by(ActRow.number)).all()
    assert [one.event_id for one in rows] == [f"{KEY}/response/1", f"{KEY}/response/2"]
