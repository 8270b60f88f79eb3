"""The learned words: exact evidence, a file a person can read, and no trust in broken ones."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultations.domain.decision import RoutingText
from consultations.domain.errors import ConfigError
from consultations.routing import decide, load_rules
from consultations.routing.model import LEARNED, Model, load_model, words_of

PIECES = ("skole", "Skole", "é", "e\u0301", "bar\u00adnehage", "\u00a0", "🧒", "1", ";", "\x00")
TEXTS = st.text(max_size=80) | st.lists(
    st.sampled_from(PIECES),
    max_size=12,
).map(" ".join)  # fmt: skip


def model(**words):
    return Model(trained_on="x", matters=2, rules_hash="y", words=words)


def with_model(rules, **words):
    return replace(rules, model=model(**words))


@given(TEXTS, TEXTS, TEXTS)
def test_words_when_found_in_any_text_then_they_stand_where_it_says(title, sender, summary):
    text = RoutingText(title=title, sender=sender, summary=summary)
    for name, start, end, loudness in words_of(text).values():
        assert getattr(text, name)[start:end]
        assert 0 < loudness <= 1


@given(TEXTS, TEXTS)
def test_words_when_text_is_added_then_none_is_lost(title, summary):
    bare = words_of(RoutingText(title=title))
    assert bare.keys() <= words_of(RoutingText(title=title, summary=summary)).keys()


def test_decision_when_a_learned_word_is_there_then_it_is_quoted_and_counted(rules):
    decision = decide(RoutingText(title="Bokrøkt"), with_model(rules, bokrøkt={"kultur": 9.0}))
    (found,) = decision.evidence
    assert (found.quote, found.section, found.weight) == ("Bokrøkt", "kultur", 9.0)
    assert found.rule == LEARNED + "bokrøkt"
    assert decision.lead == "kultur"


def test_decision_when_a_model_is_used_then_it_is_named(rules):
    taught = with_model(rules, bokrøkt={"kultur": 9.0})
    assert decide(RoutingText(title="x"), taught).model_version == taught.model.version


def test_word_when_it_stands_in_a_long_text_then_it_says_less_than_alone(rules):
    taught = model(bokrøkt={"kultur": 9.0})
    alone = next(taught.weigh(RoutingText(title="Bokrøkt")))
    among = next(taught.weigh(RoutingText(title="Bokrøkt og mange andre ord")))
    assert among.weight < alone.weight


def test_sender_when_it_was_learned_then_the_whole_name_counts_wherever_it_stands():
    taught = model(**{"avsender: fondet": {"none": 4.0}})
    text = RoutingText(title="Høring", sender="Tilsynet; Fondet ")
    (found,) = taught.weigh(text)
    assert (found.field, found.quote) == ("sender", "Fondet")


def test_file_when_written_and_read_then_it_is_the_same_model(tmp_path):
    taught = model(**{'a"b': {"jus": 1.5, "none": 0.2}, "skole": {"utdanning": 2.0}})
    path = tmp_path / "model.json"
    path.write_text(taught.as_file(), encoding="utf-8")
    assert load_model(path) == taught
    assert load_model(path).version == taught.version
    assert '  "skole": {"utdanning": 2.0}' in path.read_text("utf-8").splitlines()


def test_file_when_it_is_not_there_then_there_is_no_model(tmp_path):
    assert load_model(tmp_path / "model.json") is None


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"\xff", b"[]", json.dumps({"words": {}}).encode(),
        model(a={"jus": 1.0}).as_file().replace("1.0", "-1.0").encode(),
        model(a={"jus": 1.0}).as_file().replace("1.0", "NaN").encode(),
        model(a={"jus": 1.0}).as_file().replace("1.0", "1e9").encode(),
    ],
)  # fmt: skip
def test_file_when_it_is_no_model_then_it_says_what_to_do(tmp_path, content):
    path = tmp_path / "model.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="route train"):
        load_model(path)


def test_section_when_it_is_merged_or_retired_then_its_words_follow_or_fall_silent(changed):
    folder = changed(
        "sections.yaml", "  - id: kultur\n", "  - id: kultur\n    formerly: {fest: Fest}\n"
    )
    taught = model(dans={"fest": 1.0, "kultur": 2.0}, ball={"borte": 3.0})
    (folder / "model.json").write_text(taught.as_file(), encoding="utf-8")
    assert load_rules(folder).model.words == {"dans": {"kultur": 3.0}}


def test_version_when_words_follow_their_section_then_it_names_what_is_used(rules):
    taught = model(dans={"borte": 1.0, "kultur": 2.0})
    before = taught.version
    assert taught.of_today(rules.life).version != before
