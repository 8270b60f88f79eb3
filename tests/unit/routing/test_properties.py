"""What holds for routing as a whole, whatever the rules say and whatever the text is."""

import random
import shutil
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consultations.domain.decision import Decision, RoutingText
from consultations.routing import RuleSet, decide, load_rules
from tests.unit.routing.conftest import CONFIG

FIELDS = ("title", "sender", "summary", "body", "topics")
UNRELATED = "Zzyx qwvb, xyzzq. "
"""Words that no rule knows, ended so that no phrase runs on from them."""


def phrases(rules: RuleSet) -> list[str]:
    sections = rules.sections.values()
    words = [p for s in sections for p in (*s.laws, *s.keywords, *s.hints, *s.examples)]
    names = [name for sender in rules.settings.senders for name in sender.names]
    acts = [name for act in rules.acts.values() for name in act.names]
    return sorted({phrase.strip("-") for phrase in (*words, *names, *acts)})


WORDS = phrases(load_rules(CONFIG))
OTHERS = (
    "EU",
    "EØS",
    "direktiv (EU) 2019/882",
    "forordning (EF) nr. 362/2008",
    "💧",
    "26/2371",
    ".",
)
pieces = st.lists(st.sampled_from([*WORDS, *OTHERS]), max_size=12).map(" ".join)
matters = st.builds(RoutingText, **dict.fromkeys(FIELDS, pieces))


def shuffled(content: Any, chance: random.Random, key: str = "") -> Any:
    """Shuffle every list and every mapping, save the lists whose order people see."""
    if isinstance(content, dict):
        keys = chance.sample(list(content), len(content))
        return {name: shuffled(content[name], chance, name) for name in keys}
    if isinstance(content, list):
        inside = [shuffled(one, chance) for one in content]
        return inside if key == "names" else chance.sample(inside, len(inside))
    return content


@pytest.fixture(scope="module", params=range(3))
def reordered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    """The real rules with everything in another order."""
    folder = Path(shutil.copytree(CONFIG, tmp_path_factory.mktemp("shuffled") / "config"))
    chance = random.Random(request.param)
    for path in folder.glob("*.yaml"):
        content = shuffled(yaml.safe_load(path.read_text("utf-8")), chance)
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    return load_rules(folder)


@pytest.fixture(scope="module")
def read_anew() -> RuleSet:
    return load_rules(CONFIG)


def quoted(decision: Decision) -> set[tuple[str, str, str]]:
    found = (*decision.evidence, *decision.eu_evidence)
    return {(one.field, one.rule, one.quote) for one in found}


@settings(max_examples=60, deadline=None)
@given(matters)
def test_decide_when_the_files_stand_in_another_order_then_decides_the_same(rules, reordered, text):
    one, other = decide(text, rules), decide(text, reordered)
    assert other.model_copy(update={"rules_hash": one.rules_hash}) == one


@settings(max_examples=60, deadline=None)
@given(matters)
def test_decide_when_rules_and_text_are_read_anew_then_gives_the_same_hash(rules, read_anew, text):
    again = RoutingText.model_validate_json(text.model_dump_json())
    assert decide(again, read_anew).hash == decide(text, rules).hash


@settings(max_examples=80, deadline=None)
@given(matters, st.sampled_from(FIELDS), st.booleans())
def test_decide_when_unrelated_text_is_added_then_no_evidence_is_lost(rules, text, field, before):
    old = getattr(text, field)
    new = f"{UNRELATED}{old}" if before else f"{old}. {UNRELATED}"
    more = decide(text.model_copy(update={field: new}), rules)
    assert quoted(decide(text, rules)) <= quoted(more)


def split(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word)) if len(word) > 1 else 0
    return f"{word[:at]}\u00ad{word[at:]}" if at else word


DISGUISES: dict[str, Callable[[str, random.Random], str]] = {
    "soft hyphens": lambda text, chance: " ".join(split(word, chance) for word in text.split(" ")),
    "combining characters": lambda text, _: unicodedata.normalize("NFD", text),
    "non-breaking spaces": lambda text, _: text.replace(" ", "\u00a0"),
    "mixed forms": lambda text, chance: "".join(
        unicodedata.normalize(chance.choice(("NFC", "NFD")), letter) for letter in text
    ),
}
PLAIN_WORDS = [word for word in WORDS if word.islower() and word.replace(" ", "").isalpha()]


@pytest.mark.parametrize("disguise", DISGUISES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PLAIN_WORDS), min_size=1, max_size=6), st.integers())
def test_decide_when_words_are_written_with_other_characters_then_found_and_quoted_exactly(
    rules, disguise, words, seed
):
    chance = random.Random(seed)
    plain = " 💧👩‍👩‍👧 – ".join(words)
    dressed = " 💧👩‍👩‍👧 – ".join(DISGUISES[disguise](word, chance) for word in words)
    expected, found = (decide(RoutingText(title=one), rules) for one in (plain, dressed))
    assert {e.rule for e in found.evidence} == {e.rule for e in expected.evidence}
    for one in (*found.evidence, *found.eu_evidence):
        assert dressed[one.start : one.end] == one.quote


HOSTILE = (
    "a", "a ", "EU ", "1/1 ", "(EU) 2019/", "direktiv-", "lov om ", "plan- og ", "«(", "\u0301",
    "\u00ad", "\u00a0", "🧒\x00", "forordning (EU) nr. 1/2 og ", f"gjennomføring av {'x' * 29} ",
    "barnevern" * 9 + " ", "-", "artikkel ", "vedlegg I nr. ", "KOM(2022) ", "\ud800",
)  # fmt: skip


def work(text: RoutingText, rules: RuleSet) -> int:
    """Count the calls a decision takes: the same on any machine, however fast."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        decide(text, rules)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("field", ["title", "sender", "body"])
@pytest.mark.parametrize("piece", HOSTILE)
def test_decide_when_hostile_text_is_twice_as_long_then_takes_twice_the_work(rules, piece, field):
    once, twice = (
        RoutingText(**{"title": "", field: (piece * size)[:size]}) for size in (6_000, 12_000)
    )
    decide(twice, rules)  # what is remembered of words is remembered for both
    assert work(twice, rules) < 2.2 * work(once, rules) + 500


@pytest.mark.services  # a megabyte takes seconds: not in the quick run
@pytest.mark.parametrize("piece", ["a", "EU ", "1/1 ", "lov om ", "\u0301", "barnevern" * 9 + " "])
def test_decide_when_hostile_text_is_a_megabyte_then_answers(rules, piece):
    size = 1_000_000 // len(piece)
    decision = decide(RoutingText(title="Høring", body=piece * size), rules)
    assert decision.lead in rules.sections
