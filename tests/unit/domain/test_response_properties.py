"""What holds for every case there can be, however people go about it."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.domain.events import Event
from consultations.domain.observation import DeadlineKind
from consultations.domain.response.act_words import in_words
from consultations.domain.response.acts import ACT, Act, Choice, Relation, State, Undone, Verdict
from consultations.domain.response.case import Case
from consultations.domain.response.rules import (
    LINE,
    NotAllowed,
    check,
    is_sent,
    last_standing,
    next_states,
    passed_over,
)
from tests.building import at
from tests.response_building import KARI, OLA

KINDS = [kind for kind in DeadlineKind if kind is not DeadlineKind.HEARING_DAY]
MINUTE = timedelta(minutes=1)
EXAMPLES = settings(max_examples=150, deadline=None)


def some(strategy):
    return st.lists(strategy, max_size=3, unique=True).map(tuple)


TEXT = st.text(max_size=30)
LINKS = st.sampled_from([None, "https://example.org/svar", "javascript:alert(1)"])
SECTIONS = st.sampled_from(["oppvekst", "kultur"])
WISHES = st.one_of(
    st.fixed_dictionaries({
        "kind": st.just("triaged"), "choice": st.sampled_from(Choice), "headings": some(TEXT),
        "lead": st.none() | SECTIONS, "brussels": st.none() | st.booleans(),
    }),
    st.fixed_dictionaries({
        "kind": st.just("assigned"), "owner": st.sampled_from([KARI, OLA]),
        "deputy": st.sampled_from([None, KARI, OLA]), "contributing": some(SECTIONS),
    }),
    st.fixed_dictionaries({
        "kind": st.just("advanced"), "to": st.sampled_from(State), "link": LINKS,
        "skipped": some(st.sampled_from(State)), "deadlines": some(st.sampled_from(KINDS)),
    }),
    st.fixed_dictionaries({
        "kind": st.just("extended"), "deadline": st.sampled_from(KINDS),
        "until": st.dates(date(2026, 7, 1), date(2027, 7, 1)), "agreed_with": TEXT,
    }),
    st.fixed_dictionaries({
        "kind": st.just("receipt_filed"), "deadlines": some(st.sampled_from(KINDS)),
        "reference": TEXT, "sent_at": st.sampled_from([at(0), at(5)]), "link": LINKS,
        "sha256": st.sampled_from([None, "a" * 64]),
    }),
    st.fixed_dictionaries({"kind": st.just("demanded"), "text": st.text(min_size=1, max_size=30)}),
    st.fixed_dictionaries({
        "kind": st.just("judged"), "demand": st.integers(1, 8),
        "verdict": st.sampled_from(Verdict), "quote": TEXT, "link": LINKS,
    }),
    st.fixed_dictionaries({
        "kind": st.just("linked"), "relation": st.sampled_from(Relation),
        "to": st.sampled_from(["", "regjeringen:1"]),
    }),
    st.fixed_dictionaries({"kind": st.just("noted")}),
    st.fixed_dictionaries({"kind": st.just("undone"), "undoes": st.integers(1, 8)}),
    st.just({"kind": "helped onward"}),
    st.just({"kind": "undone"}),
)  # fmt: skip
NOTES = st.sampled_from(["", "Fordi.", "<b>&\u202e*_~`"])


@st.composite
def tries(draw):
    """Acts that somebody tried one after the other, allowed or not."""
    return draw(st.lists(st.tuples(WISHES, NOTES), max_size=25))


def act_of(case: Case, wish: dict, note: str) -> Act:
    number = case.version + 1
    onward = next_states(case)
    if wish["kind"] == "helped onward":
        to = onward[0] if onward else State.DRAFT
        sends = to is State.SENT
        kinds = (KINDS[0],) if sends else ()
        wish = {"kind": "advanced", "to": to, "skipped": passed_over(case, to), "deadlines": kinds}
        if case.state is State.NEW:
            wish = {"kind": "triaged", "choice": Choice.ANSWER}
    if wish == {"kind": "undone"}:
        last = last_standing(case)
        wish = {"kind": "undone", "undoes": last.number if last else 1}
    who = {"number": number, "at": at(1) + number * MINUTE, "by": "Kari", "note": note}
    return ACT.validate_python({**wish, **who})


def played(tried) -> Case:
    """Do what is allowed of what was tried, and leave the rest."""
    case = Case()
    for wish, note in tried:
        act = act_of(case, wish, note)
        try:
            check(case, act)
        except NotAllowed:
            continue
        case = Case.of((*case.acts, act))
    return case


def without_log(case: Case) -> Case:
    return replace(case, acts=())


@EXAMPLES
@given(tries(), st.randoms(use_true_random=False))
def test_fold_in_any_order_gives_the_same_case(tried, chance):
    case = played(tried)
    shuffled = list(case.acts)
    chance.shuffle(shuffled)
    assert Case.of(shuffled) == case


@EXAMPLES
@given(tries())
def test_undo_then_the_case_is_as_before(tried):
    case = played(tried)
    last = last_standing(case)
    if last is None:
        return
    back = act_of(case, {"kind": "undone"}, "")
    check(case, back)
    before = Case.of(act for act in case.acts if act.number != last.number)
    assert without_log(Case.of((*case.acts, back))) == without_log(before)


@EXAMPLES
@given(tries())
def test_what_is_allowed_then_no_case_is_impossible(tried):
    case = played(tried)
    assert [act.number for act in case.acts] == list(range(1, case.version + 1))
    if case.state is State.NOT_ANSWERING:
        assert case.reason
        assert not case.sent
    if is_sent(case):
        assert case.state in LINE
        assert case.choice is Choice.ANSWER
    if State.SENT.rank <= case.state.rank < State.CLOSED.rank:
        assert is_sent(case)
    assert case.receipts.keys() <= case.sent.keys()
    assert State.SENT not in case.skipped
    assert all(one.verdict in {None, Verdict.NOT_MENTIONED} or (one.quote and one.link)
               for one in case.demands)  # fmt: skip
    assert "javascript:" not in str([case.published_at, case.receipts, case.demands])


@EXAMPLES
@given(tries())
def test_way_to_a_state_then_every_step_was_taken_or_skipped_on_purpose(tried):
    case = played(tried)
    if case.state not in LINE or case.state is State.CLOSED:
        return
    reached = {State.ANSWERING}
    for number in range(1, case.version + 1):
        reached.add(Case.of(case.acts[:number]).state)
    if case.owner:
        reached.add(State.ASSIGNED)
    for state in LINE:
        if state.rank < case.state.rank:
            assert state in reached | case.skipped, state


@EXAMPLES
@given(tries())
def test_every_act_goes_through_its_event_and_back(tried):
    for act in played(tried).acts:
        sent = Event.of_act("regjeringen:1", act)
        read = Event.model_validate_json(sent.model_dump_json(exclude_none=True))
        assert read == sent
        assert read.act == act


@EXAMPLES
@given(tries())
def test_every_act_can_be_said_in_words(tried):
    case = played(tried)
    for number, act in enumerate(case.acts):
        words = in_words(act, Case.of(case.acts[:number]), {KARI: "Kari Eksempel"})
        assert words.startswith(words[0].upper())
        assert "Kari " in words
        assert isinstance(act, Undone) == words.startswith("Angret")
