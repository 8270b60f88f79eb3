"""What is learned: what the rules leave open, in few words that can be read."""

from dataclasses import replace

import pytest

from consultations.domain.decision import RoutingText
from consultations.routing import decide
from consultations.routing.evaluation import installed
from consultations.routing.labelled import LabelledMatter
from consultations.routing.training import train


def taught(rules, rows):
    bare = replace(rules, model=None)
    matters = [
        LabelledMatter(id=f"m{n}", title=title, sender=sender, primary_section=section)
        for n, (title, sender, section) in enumerate(rows)
    ]
    return train(matters, bare, installed(bare))


BEES = [(f"Bokrøkt og bier {n}x", "Fondet", "kultur") for n in range(8)]
STONES = [(f"Steinrøkt og grus {n}x", "Laget", "jus") for n in range(8)]


def test_words_when_they_tell_sections_apart_then_they_are_learned(rules):
    words = taught(rules, [*BEES, *STONES]).words
    assert "kultur" in words["bokrøkt"]
    assert "jus" in words["steinrøkt"]


def test_matter_when_like_those_learned_from_then_it_goes_where_they_went(rules):
    model = taught(rules, [*BEES, *STONES])
    after = decide(RoutingText(title="Bokrøkt i byen"), replace(rules, model=model))
    assert after.lead == "kultur"


def test_words_when_seen_once_then_they_are_not_learned(rules):
    words = taught(rules, [*BEES, *STONES]).words
    assert not [word for word in words if word.endswith("x")]


def test_words_when_the_rules_know_the_answer_then_they_are_worth_less(rules):
    known = [(f"Endringer i barnehageloven {n}x", None, "utdanning") for n in range(8)]
    model = taught(rules, [*known, *STONES])
    learned = model.words.get("barnehageloven", {}).get("utdanning", 0)
    assert learned < model.words["steinrøkt"]["jus"]


def test_model_when_trained_twice_then_it_is_the_same(rules):
    assert taught(rules, [*BEES, *STONES]) == taught(rules, [*BEES, *STONES])


@pytest.mark.parametrize("rows", [BEES[:1], [("", None, "none")] * 3, [("?", None, "jus")]])
def test_model_when_there_is_nothing_to_learn_from_then_it_is_empty(rules, rows):
    assert taught(rules, rows).words == {}
