"""What the runner-up lacked and why a person must choose, told from the evidence alone."""

import pytest

from consultations.domain.decision import Decision, Evidence, RoutingText, Score
from consultations.routing import decide
from consultations.routing.explanation import Hesitation, hesitation, shortfall, speaking_for


def evidence(start: int, end: int, section: str, weight: float, field: str = "title") -> Evidence:
    return Evidence(
        field=field, start=start, end=end, quote="x" * (end - start), rule=f"{section}/ord/x",
        section=section, weight=weight,
    )  # fmt: skip


def decision(*found: Evidence) -> Decision:
    return Decision(
        lead="jus", score=8, runner_up=Score(section="kultur", score=3), rules_hash="x",
        scores=(Score(section="jus", score=8), Score(section="kultur", score=3)), evidence=found,
    )  # fmt: skip


def test_shortfall_when_another_came_second_then_counts_points_and_unanswered_words():
    alone, met = evidence(0, 4, "jus", 5), evidence(5, 9, "jus", 3)
    lacking = shortfall(decision(met, alone, evidence(5, 9, "kultur", 3)))
    assert lacking
    assert (lacking.section, lacking.score, lacking.behind) == ("kultur", 3, 5)
    assert lacking.unanswered == (alone,)


def test_shortfall_when_the_answer_stands_in_another_field_then_it_is_no_answer():
    word = evidence(0, 4, "jus", 5)
    lacking = shortfall(decision(word, evidence(0, 4, "kultur", 3, "summary")))
    assert lacking
    assert lacking.unanswered == (word,)


def test_shortfall_when_words_spoke_against_the_lead_then_they_need_no_answer():
    lacking = shortfall(decision(evidence(0, 4, "jus", -2)))
    assert lacking
    assert lacking.unanswered == ()


def test_shortfall_when_nothing_else_was_in_question_then_there_is_none(rules):
    assert shortfall(decide(RoutingText(title="Orientering"), rules)) is None


def test_speaking_for_when_asked_then_the_heaviest_stands_first():
    found = [evidence(0, 4, "jus", 1), evidence(5, 9, "jus", -3), evidence(10, 12, "kultur", 9)]
    assert [one.weight for one in speaking_for("jus", found)] == [-3, 1]


@pytest.mark.parametrize(
    ("title", "sender", "why"),
    [
        ("Orientering", "", Hesitation.NOTHING),
        ("Høring", "Kommunal- og distriktsdepartementet", Hesitation.FEW_POINTS),
        ("Barnehage og ferje", "", Hesitation.TOO_CLOSE),
        ("Endringer i barnehageloven", "", None),
    ],
)
def test_hesitation_when_a_person_must_choose_then_says_why(rules, title, sender, why):
    made = decide(RoutingText(title=title, sender=sender), rules)
    assert hesitation(made, rules.settings.thresholds) == why
