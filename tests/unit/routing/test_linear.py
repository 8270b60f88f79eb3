"""The work of finding words grows with the text, never faster: counted, not timed."""

import pytest

from consultations.domain.decision import RoutingText
from consultations.routing import RuleSet, decide
from consultations.routing.matching import Vocabulary, Word, parse_phrase

PHRASES = ("lov", "lov om skole", "lov om barnehage", "-skole-", "barne-", "om lov", "a a a a b")
MEGABYTE = 1_000_000
TEXTS = {
    "phrases begun and not ended": "lov om ",
    "one word in another": "skoleskole barneskolebarn ",
    "steps of a phrase": "a ",
    "hyphens": "a-",
    "combining marks": "e\u0301\u0301 ",
    "soft hyphens": "sko\u00adle ",
}
HOSTILE = {
    "one letter": "a" * MEGABYTE,
    "hyphens": "a-" * (MEGABYTE // 2),
    "digits and slashes": "2016/679/" * (MEGABYTE // 9),
    "numbers in brackets": "(EU) 2016/679 " * (MEGABYTE // 14),
    "names and numbers": "GDPR (EU) 2016/679, " * (MEGABYTE // 20),
    "combining marks": "e" + "\u0301" * MEGABYTE,
    "EU and nothing more": "EU " * (MEGABYTE // 3),
    "directive and nothing more": "gjennomføring av direktiv" * (MEGABYTE // 25),
    "words never seen": " ".join(f"skole{i}" for i in range(MEGABYTE // 12)),
    "beginnings of names": "lov om " * (MEGABYTE // 7),
}


class CountedWord(Word):
    """A word that counts how often it is compared with a token."""

    compared = 0

    def fits(self, token: str, key: str, at: int = 0) -> bool:
        CountedWord.compared += 1
        return super().fits(token, key, at)


def comparisons(text: str) -> int:
    phrases = (
        (tuple(CountedWord(**vars(word)) for word in parse_phrase(phrase)), phrase)
        for phrase in PHRASES
    )
    vocabulary = Vocabulary(phrases)
    CountedWord.compared = 0
    for _ in vocabulary.find(text):
        pass
    return CountedWord.compared


@pytest.mark.parametrize("piece", TEXTS.values(), ids=TEXTS)
def test_find_when_text_is_ten_times_as_long_then_compares_at_most_ten_times_as_often(piece):
    assert comparisons(piece * 2000) <= 10 * comparisons(piece * 200) + len(PHRASES) * 10


def test_find_when_every_token_is_new_then_compares_a_bounded_number_of_words_with_each():
    count = 2000
    assert comparisons(" ".join(f"skole{i}barn" for i in range(count))) <= 4 * count


def test_find_when_a_token_was_seen_before_then_compares_nothing_again():
    assert comparisons("ungdomsskolen " * 1000) == comparisons("ungdomsskolen")


def test_find_when_more_tokens_are_met_than_it_remembers_then_forgets_the_oldest(monkeypatch):
    monkeypatch.setattr("consultations.routing.matching._REMEMBERED_TOKENS", 10)
    vocabulary = Vocabulary([(parse_phrase("-skole-"), "skole")])
    text = " ".join(f"skole{i % 40}" for i in range(400))
    assert len(list(vocabulary.find(text))) == 400
    assert len(vocabulary._beginnings) <= 10


@pytest.mark.services  # a megabyte takes seconds: not in the quick run
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_decide_when_a_megabyte_is_hostile_then_the_evidence_stays_small(body, rules: RuleSet):
    decision = decide(RoutingText(title="Høring", body=body), rules)
    shown = (*decision.evidence, *decision.eu_evidence)
    assert len(shown) < 100
    assert max((len(one.quote) for one in shown), default=0) < 500


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_decide_when_a_part_of_it_is_hostile_then_the_evidence_stays_small(body, rules: RuleSet):
    decision = decide(RoutingText(title="Høring", body=body[:20_000]), rules)
    assert len((*decision.evidence, *decision.eu_evidence)) < 100


def test_decide_when_a_letter_lists_acts_without_end_then_two_hundred_count(rules: RuleSet):
    body = ", ".join(f"(EU) 2019/{number}" for number in range(1000, 1400))
    decision = decide(RoutingText(title="Høring", body=body), rules)
    assert len(decision.eu_acts) == 200
    assert sum(one.rule == "eu/akt" for one in decision.eu_evidence) == 200
