"""The figures: each counted by hand on a handful of matters."""

import math
import string
from dataclasses import replace

import pytest

from consultations.domain.decision import Decision, Score
from consultations.routing.evaluation import (
    Scorecard,
    Share,
    cross_validated,
    held_out,
    keyword_baseline,
    scorecard,
    shortcomings,
)
from consultations.routing.labelled import LabelledMatter


def matter(id_, section, *seconds, title="Høring", brussels=False):
    return LabelledMatter(
        id=id_, title=title, primary_section=section, secondary_sections=seconds, brussels=brussels
    )


def decided(lead, *, score=5.0, behind=1.0, abstained=False, brussels=False):
    return Decision(
        lead=lead, score=score, abstained=abstained, brussels=brussels, rules_hash="x",
        runner_up=Score(section="jus", score=behind),
    )  # fmt: skip


def card(*pairs) -> Scorecard:
    answers = {one.id: decision for one, decision in pairs}
    return scorecard([one for one, _ in pairs], lambda one: answers[one.id])


FIVE = card(
    (matter("a", "kultur"), decided("kultur", score=9)),
    (matter("b", "kultur", "jus"), decided("jus", score=3)),
    (matter("c", "jus", brussels=True), decided("none", brussels=True)),
    (matter("d", "jus"), decided("none", abstained=True, score=1)),
    (matter("e", "none"), decided("none", brussels=True, score=8)),
)


@pytest.mark.parametrize(
    ("figure", "hits", "total"),
    [
        ("lead", 2, 5),
        ("lead_or_second", 3, 5),
        ("lead_of_real", 1, 4),
        ("abstained", 1, 5),
        ("lead_when_sure", 2, 4),
        ("real_lost", 1, 4),
        ("none_precision", 1, 2),
        ("brussels_precision", 1, 2),
        ("brussels_recall", 1, 1),
    ],
)
def test_figure_when_counted_by_hand_then_it_agrees(figure, hits, total):
    assert getattr(FIVE, figure) == Share(hits, total)


def test_section_when_counted_by_hand_then_precision_and_recall_agree():
    assert FIVE.precision("jus") == Share(0, 1)
    assert FIVE.recall("kultur") == Share(1, 2)


def test_confusion_when_a_matter_went_wrong_then_it_is_counted_once():
    assert FIVE.confusion == {"kultur": {"jus": 1}, "jus": {"none": 2}}


def test_lead_when_the_least_sure_are_left_to_people_then_the_surest_count():
    assert FIVE.lead_at(0.6) == Share(2, 2)
    assert FIVE.lead_at(0.0) == FIVE.lead


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(0, 10, 0.0, 0.28), (10, 10, 0.72, 1.0), (50, 100, 0.40, 0.60)],
)
def test_interval_when_compared_with_published_tables_then_it_agrees(hits, total, low, high):
    assert Share(hits, total).interval == pytest.approx((low, high), abs=0.005)


def test_share_when_there_is_nothing_to_count_then_it_says_so():
    assert math.isnan(Share(0, 0).value)
    assert Share(0, 0).interval == (0.0, 1.0)


def test_new_model_when_worse_then_each_shortcoming_is_told():
    better = card((matter("a", "kultur"), decided("kultur")))
    worse = card((matter("a", "kultur"), decided("none")))
    assert len(shortcomings(worse, better)) == 3
    assert shortcomings(better, worse) == []
    assert shortcomings(better, better) == []


def test_matters_held_out_when_alike_then_they_stand_on_one_side():
    matters = [matter(str(n), "jus", title=f"Samme sak igjen {n // 20}") for n in range(100)]
    learned, tested = held_out(matters)
    assert {m.title for m in learned}.isdisjoint(m.title for m in tested)
    assert len(learned) + len(tested) == 100


def test_cross_validation_when_a_word_stands_only_in_one_group_then_it_teaches_itself_nothing(
    rules,
):
    alike = [matter(f"x{n}", "pensjon", title="Bokrøkt blant steinrøkt") for n in range(10)]
    other = [matter(f"y{n}", "kultur", title=f"Kåseri{n} om mangt{n}") for n in range(20)]
    result = cross_validated([*alike, *other], rules)
    assert result.recall("pensjon") == Share(0, 10)
    assert len(result.judged) == 30


def test_cross_validation_when_a_word_is_shared_by_many_matters_then_it_is_learned(rules):
    def rows(name, section, word):
        letters = string.ascii_lowercase
        return [
            matter(f"{name}{n}", section, title=f"{word} {letters[n] * 6} {letters[n + 1] * 7}")
            for n in range(12)
        ]

    bees, stones = rows("x", "pensjon", "bokrøkt"), rows("y", "kultur", "steinrøkt")
    result = cross_validated([*bees, *stones], rules)
    assert result.recall("pensjon").value > 0.8


def test_baseline_when_it_counts_keywords_then_the_most_wins_and_none_means_none(rules):
    judge = keyword_baseline(replace(rules, model=None))
    assert judge(matter("a", "utdanning", title="Barnehage og skole")).lead == "utdanning"
    assert judge(matter("b", "none", title="Orientering")).lead == "none"
