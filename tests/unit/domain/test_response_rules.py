"""What a case allows: no impossible sequence, nothing skipped or refused without words."""

from datetime import date, timedelta

import pytest

from consultations.domain.observation import DeadlineKind
from consultations.domain.response.acts import PHASES, Choice, Relation, State, Verdict
from consultations.domain.response.case import Case
from consultations.domain.response.rules import (
    LINE,
    NotAllowed,
    check,
    earlier_states,
    next_states,
    passed_over,
)
from tests.building import at
from tests.response_building import (
    KARI,
    advanced,
    assigned,
    case_in,
    demanded,
    extended,
    in_state,
    judged,
    linked,
    noted,
    receipt,
    sent,
    triaged,
    undone,
)

AFTER_TRIAGE = [state for state in LINE if state is not State.ANSWERING]

ALL_THE_WAY = (*PHASES, State.APPROVED)


def following(case):
    return case.version + 1


def refused(case, act):
    with pytest.raises(NotAllowed) as problem:
        check(case, act)
    return str(problem.value)


def folded(acts):
    """Fold acts one by one, each allowed where it stands."""
    case = Case()
    for act in acts:
        check(case, act)
        case = Case.of((*case.acts, act))
    return case


@pytest.mark.parametrize("state", list(State))
def test_every_state_when_reached_step_by_step_then_allowed(state):
    assert folded(in_state(state)).state is state


def test_check_when_the_number_is_taken_then_refused():
    assert "nummer 1" in refused(case_in(State.ANSWERING), triaged(1))


def test_check_when_older_than_the_last_act_then_refused():
    case = case_in(State.DRAFT)
    late = noted(following(case)).model_copy(update={"at": at(0)})
    assert "eldre" in refused(case, late)


def test_check_when_not_answering_without_a_reason_then_refused():
    assert "trenger en grunn" in refused(Case(), triaged(1, Choice.NOT_ANSWER, note=""))


def test_check_when_not_answering_with_a_reason_then_first_class():
    case = folded([triaged(1, Choice.NOT_ANSWER, note="Gjelder bare fylket.")])
    assert (case.state, case.reason) == (State.NOT_ANSWERING, "Gjelder bare fylket.")
    assert next_states(case) == (State.CLOSED,)


def test_check_when_decided_anew_then_the_work_goes_on_where_it_was():
    case = folded([*in_state(State.DRAFT), triaged(5, headings=("velferd",))])
    assert (case.state, case.headings) == (State.DRAFT, ("velferd",))


def test_check_when_given_up_and_taken_up_again_then_still_has_its_owner():
    acts = [*in_state(State.DRAFT), triaged(5, Choice.NOT_ANSWER), triaged(6)]
    case = folded(acts)
    assert (case.state, case.owner) == (State.ASSIGNED, KARI)


def test_check_when_sent_then_cannot_be_given_up():
    assert "alt sendt" in refused(case_in(State.SENT), triaged(9, Choice.NOT_ANSWER))


def test_check_when_decided_then_not_left_open_again():
    assert "alt avgjort" in refused(case_in(State.ANSWERING), triaged(2, Choice.LATER))


def test_assigned_when_not_decided_then_somebody_has_it_and_it_is_still_to_be_decided():
    case = folded([triaged(1, Choice.LATER), assigned(2)])
    assert (case.state, case.owner) == (State.TRIAGED, KARI)
    assert folded([*case.acts, triaged(3)]).state is State.ASSIGNED


def test_assigned_when_only_followed_then_stays_so():
    assert folded([triaged(1, Choice.FOLLOW), assigned(2)]).state is State.FOLLOW


def test_assigned_when_not_answering_then_refused():
    assert "svarer ikke" in refused(case_in(State.NOT_ANSWERING), assigned(2))


def test_assigned_when_the_deputy_is_the_owner_then_refused():
    assert "samme person" in refused(case_in(State.ANSWERING), assigned(2, deputy=KARI))


@pytest.mark.parametrize("start", AFTER_TRIAGE)
@pytest.mark.parametrize("to", list(State))
def test_advanced_when_states_are_passed_over_then_each_must_be_named(start, to):
    case = case_in(start)
    over = passed_over(case, to)
    if to in next_states(case):
        kinds = (DeadlineKind.WRITTEN_ANSWER,) if to is State.SENT else ()
        act = advanced(following(case), to, skipped=over, deadlines=kinds)
        check(case, act)
        assert Case.of((*case.acts, act)).skipped == {*over}
        if over:
            silent = act.model_copy(update={"skipped": over[1:]})
            assert "hoppes over" in refused(case, silent)
    elif to not in earlier_states(case):
        assert refused(case, advanced(following(case), to, skipped=over))


def test_advanced_when_not_decided_then_says_so_first():
    assert "ikke avgjort" in refused(Case(), advanced(1, State.DRAFT))


def test_advanced_when_past_sending_then_sending_cannot_be_skipped():
    case = case_in(State.APPROVED)
    assert "ikke meldt sendt" in refused(case, advanced(following(case), State.PUBLISHED))


def test_advanced_when_sent_back_then_a_reason_is_needed():
    case = case_in(State.BOARD)
    back = advanced(following(case), State.DRAFT)
    assert "trenger en grunn" in refused(case, back)
    again = folded([*case.acts, back.model_copy(update={"note": "Styret vil ha mer."})])
    assert again.state is State.DRAFT
    assert not again.has_done(State.LEGAL_CHECK)


def test_advanced_when_sent_back_then_what_was_skipped_later_must_be_done_or_skipped_again():
    acts = [*in_state(State.DRAFT),
            advanced(5, State.BOARD, skipped=(State.LEGAL_CHECK,)),
            advanced(6, State.DRAFT, note="Tilbake.")]  # fmt: skip
    assert State.LEGAL_CHECK not in folded(acts).skipped


def test_sent_when_to_one_of_two_deadlines_then_the_other_can_be_answered_later():
    acts = [*in_state(State.RECEIPT_FILED)]
    number = len(acts) + 1
    case = folded([*acts, sent(number, DeadlineKind.EU_FEEDBACK)])
    assert set(case.sent) == {DeadlineKind.WRITTEN_ANSWER, DeadlineKind.EU_FEEDBACK}
    assert case.state is State.RECEIPT_FILED
    assert "alt meldt sendt" in refused(case, sent(number + 1, DeadlineKind.EU_FEEDBACK))


def test_receipt_when_nothing_is_sent_then_refused():
    assert "ikke meldt sendt" in refused(case_in(State.APPROVED), receipt(8))


def test_receipt_when_for_another_deadline_then_refused():
    case = case_in(State.SENT)
    wrong = receipt(following(case), DeadlineKind.EU_FEEDBACK)
    assert "frister" in refused(case, wrong)


def test_receipt_when_empty_then_refused():
    case = case_in(State.SENT)
    assert "er tom" in refused(case, receipt(following(case), reference=""))


def test_receipt_when_one_of_two_answers_has_it_then_not_all_is_filed():
    acts = [*in_state(State.APPROVED)]
    kinds = (DeadlineKind.WRITTEN_ANSWER, DeadlineKind.EU_FEEDBACK)
    acts.append(sent(len(acts) + 1, *kinds))
    acts.append(receipt(len(acts) + 1, kinds[0]))
    assert folded(acts).state is State.SENT
    acts.append(receipt(len(acts) + 1, kinds[1]))
    assert folded(acts).state is State.RECEIPT_FILED


def test_receipt_when_sent_in_the_future_then_refused():
    case = case_in(State.SENT)
    act = receipt(following(case))
    future = act.model_copy(update={"sent_at": act.at + timedelta(minutes=1)})
    assert "framtiden" in refused(case, future)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//evil", "ftp://x"])
def test_link_when_no_web_address_then_refused(link):
    case = case_in(State.SENT)
    assert "https://" in refused(case, receipt(following(case), link=link))


def test_extension_when_the_answer_is_sent_then_refused():
    case = case_in(State.SENT)
    assert "alt sendt" in refused(case, extended(following(case), date(2026, 10, 1)))


def test_judged_when_no_such_demand_then_names_those_there_are():
    acts = [*in_state(State.ASSIGNED), demanded(3), sent(4, skipped=ALL_THE_WAY)]
    assert "Numrene er: 3." in refused(folded(acts), judged(5, 1))


def test_judged_without_quote_or_link_then_refused_unless_not_mentioned():
    acts = [*in_state(State.ASSIGNED), demanded(3), sent(4, skipped=ALL_THE_WAY)]
    case = folded(acts)
    assert "sitat" in refused(case, judged(5, 3, quote=""))
    assert "sitat" in refused(case, judged(5, 3, link=None))
    silent = judged(5, 3, verdict=Verdict.NOT_MENTIONED, quote="", link=None)
    assert folded([*acts, silent]).demands[0].verdict is Verdict.NOT_MENTIONED


def test_outcome_when_a_demand_is_not_judged_then_not_known():
    acts = [*in_state(State.ASSIGNED), demanded(3), sent(4, skipped=ALL_THE_WAY)]
    acts += [receipt(5), advanced(6, State.PUBLISHED)]
    assert "hvert krav" in refused(folded(acts), advanced(7, State.OUTCOME_KNOWN))
    assert folded([*acts, judged(7, 3), advanced(8, State.OUTCOME_KNOWN)]).state is (
        State.OUTCOME_KNOWN
    )


def test_joint_when_not_answering_then_refused():
    link = linked(1, "regjeringen:2")
    assert "Avgjør først" in refused(Case(), link)


def test_second_round_when_new_then_allowed():
    case = folded([linked(1, "regjeringen:2", Relation.SECOND_ROUND)])
    assert case.second_round_of == "regjeringen:2"


def test_closed_when_anything_but_a_note_or_an_undo_then_refused():
    case = case_in(State.CLOSED)
    number = following(case)
    for act in (triaged(number), assigned(number), demanded(number), linked(number, "a:b"),
                sent(number, DeadlineKind.EU_FEEDBACK)):  # fmt: skip
        assert "avsluttet" in refused(case, act)
    check(case, noted(number))
    check(case, undone(number, number - 1))


def test_undone_when_not_the_last_then_refused():
    case = case_in(State.DRAFT)
    assert "Bare det siste" in refused(case, undone(5, 3))


def test_undone_when_nothing_is_done_then_refused():
    assert "ingenting å angre" in refused(Case(), undone(1, 1))


def test_undone_again_and_again_then_back_to_the_beginning():
    acts = in_state(State.CLOSED)
    for number in range(len(acts), 0, -1):
        acts.append(undone(len(acts) + 1, number))
    case = folded(acts)
    assert (case.state, case.owner, case.sent) == (State.NEW, None, {})


def test_noted_when_empty_then_refused():
    assert "tom" in refused(Case(), noted(1, ""))
