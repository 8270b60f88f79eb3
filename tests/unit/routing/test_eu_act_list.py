"""The list of EU acts agrees with itself: kind, year and one place for each number."""

import re
from collections import Counter

import pytest
import yaml

from tests.unit.routing.conftest import CONFIG

ACTS = yaml.safe_load((CONFIG / "eu-acts.yaml").read_text("utf-8"))["acts"]
NUMBERED = [one for one in ACTS if one.get("celex")]
WORDS = {
    "L": re.compile(r"direktiv|\bdirective", re.IGNORECASE),
    "R": re.compile(r"forordning|\bregulation", re.IGNORECASE),
}
_LAST_YEAR = 2026


@pytest.mark.parametrize("act", NUMBERED, ids=lambda one: one["names"][0])
def test_act_when_its_names_say_directive_or_regulation_then_its_numbers_do_too(act):
    said = {
        letter for letter, word in WORDS.items() if any(word.search(name) for name in act["names"])
    }
    kinds = {celex[5] for celex in act["celex"]}
    assert not said or kinds == said


def test_acts_when_listed_then_years_and_numbers_are_possible():
    wrong = [
        celex
        for act in NUMBERED
        for celex in act["celex"]
        if not 1957 < int(celex[1:5]) <= _LAST_YEAR or not int(celex[6:])
    ]
    assert wrong == []


def test_acts_when_listed_then_no_number_or_name_stands_twice():
    counted = Counter(
        word for act in ACTS for word in (*act.get("celex", []), *map(str.casefold, act["names"]))
    )
    assert [word for word, count in counted.items() if count > 1] == []
