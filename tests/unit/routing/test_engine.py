"""A decision is total, repeatable, and every quote in it stands in the text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.domain.decision import Decision, RoutingText
from consultations.routing import decide

WORDS = (
    "barnehage", "skolen", "avløp", "EU", "direktiv (EU) 2019/882", "plan- og bygningsloven",
    "fiskekvoter", "helse", "Kommunal- og distriktsdepartementet", "personvernforordningen", "💧",
    "\x00", "barne\u00advern", "e\u0301n", "\u00a0", ".", "26/2371", "İ", "ß", "forvaltningsloven",
)  # fmt: skip
texts = st.one_of(
    st.text(max_size=200), st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)
)
matters = st.builds(RoutingText, title=texts, sender=texts, summary=texts, body=texts, topics=texts)


def check(decision: Decision, text: RoutingText) -> None:
    for one in (*decision.evidence, *decision.eu_evidence):
        assert getattr(text, one.field)[one.start : one.end] == one.quote
        assert one.quote
    for act in decision.eu_acts:
        assert any(
            act.quote in getattr(text, name) for name in ("title", "summary", "body", "topics")
        )
    scores = [one.score for one in decision.scores]
    assert scores == sorted(scores, reverse=True)


@settings(max_examples=150, deadline=None)
@given(matters)
def test_decide_when_given_any_text_then_quotes_exactly_and_orders_scores(rules, text):
    check(decide(text, rules), text)


@settings(max_examples=60, deadline=None)
@given(matters)
def test_decide_when_asked_twice_then_answers_the_same(rules, text):
    assert decide(text, rules) == decide(text, rules)


@settings(max_examples=60, deadline=None)
@given(matters)
def test_decide_when_scores_are_summed_from_evidence_then_they_agree(rules, text):
    decision = decide(text, rules)
    for score in decision.scores:
        weights = [one.weight for one in decision.evidence if one.section == score.section]
        assert score.score == pytest.approx(sum(weights), abs=1e-3)


@pytest.mark.parametrize(
    "piece", ["barnehage ", "(EU) 2019/", "1/1 ", "a", "EU ", "direktiv-", "🧒\x00"]
)
def test_decide_when_body_is_50_kb_then_answers_and_quotes_exactly(rules, piece):
    text = RoutingText(title="Høring", body=(piece * 50_000)[:50_000])
    check(decide(text, rules), text)


@pytest.mark.parametrize(
    ("title", "section"),
    [
        ("Forskrift om barnevernsinstitusjoner", "oppvekst"),
        ("Endringar i barnehagelova", "utdanning"),
        ("Ny forvaltningslov", "jus"),
        ("Endringer i forvaltningslova", "jus"),
        ("Ny vegtrafikklov", "samferdsel"),
        ("Rusreform", "helse-omsorg"),
        ("Tiltak mot rus", "helse-omsorg"),
        ("Eigedomsskatt på verk og bruk", "okonomi"),
        ("Naturmangfald i kommunane", "klima-miljo"),
        ("Særaldersgrenser i offentlig sektor", "pensjon"),
        ("Bosetting av flyktninger", "integrering"),
        ("Bustøtte til unge", "velferd-bolig"),
        ("Ny folkebiblioteklov", "kultur"),
        ("Brann- og redningsvesen", "beredskap"),
        ("Endringer i kommuneloven", "demokrati-styring"),
        ("Arbeidstid og innleie", "arbeidsgiver"),
        ("Akvakultur langs kysten", "naering-regional"),
        ("Langtidsplan for forskning", "innovasjon-forskning"),
        ("Fiskekvoter for makrell", "none"),
        ("Endringer i straffeprosessloven", "none"),
    ],
)
def test_decide_when_title_names_the_subject_then_its_section_leads(rules, title, section):
    assert decide(RoutingText(title=title), rules).lead == section


@pytest.mark.parametrize(
    ("word", "section"),
    [
        ("helsing", "helse-omsorg"),
        ("Russland", "helse-omsorg"),
        ("relevant", "utdanning"),
        ("naturlig", "klima-miljo"),
        ("signatur", "klima-miljo"),
        ("dato", "digitalisering"),
        ("Roadmap", "samferdsel"),
        ("forsvarlig", "beredskap"),
        ("Eide", "digitalisering"),
        ("trer i kraft", "klima-miljo"),
    ],
)
def test_decide_when_word_only_looks_alike_then_section_gets_nothing(rules, word, section):
    decision = decide(RoutingText(title=f"Om {word} her"), rules)
    assert section not in {one.section for one in decision.evidence}


def test_decide_when_sender_has_an_old_name_then_it_still_counts(rules):
    old = decide(RoutingText(title="Høring", sender="Kommunal- og regionaldepartementet"), rules)
    new = decide(RoutingText(title="Høring", sender="Kommunal- og distriktsdepartementet"), rules)
    assert old.scores == new.scores
    assert old.scores


def test_decide_when_only_the_sender_speaks_then_abstains(rules):
    decision = decide(RoutingText(title="Høring", sender="Helse- og omsorgsdepartementet"), rules)
    assert decision.lead == "helse-omsorg"
    assert decide(RoutingText(title="Høring", sender="Finansdepartementet"), rules).abstained


def test_decide_when_nothing_points_anywhere_then_abstains(rules):
    decision = decide(RoutingText(title="Orientering"), rules)
    assert (decision.lead, decision.abstained, decision.score) == ("none", True, 0)


def test_decide_when_ministry_is_named_in_text_then_its_words_do_not_count(rules):
    decision = decide(RoutingText(title="Brev fra Klima- og miljødepartementet"), rules)
    assert decision.evidence == ()


def test_decide_when_word_moves_from_body_to_title_then_it_weighs_more(rules):
    by_field = [
        decide(RoutingText(**{"title": "", field: "avløp"}), rules).score
        for field in ("body", "summary", "title")
    ]
    assert by_field == sorted(by_field)
    assert len(set(by_field)) == 3


def test_decide_when_body_is_long_then_title_still_decides(rules):
    body = "helse pasient fastlege legevakt sykehjem demens smittevern folkehelse rus vaksine " * 50
    text = RoutingText(title="Endringer i barnehageloven", body=body)
    assert decide(text, rules).lead == "utdanning"


def test_decide_when_second_section_is_strong_then_it_reads_along(rules):
    decision = decide(RoutingText(title="Drikkevann og vannforsyning"), rules)
    assert (decision.lead, decision.seconds) == ("klima-miljo", ("helse-omsorg",))


def test_decide_when_two_sections_are_equal_then_abstains(rules):
    decision = decide(RoutingText(title="Barnehage og ferje"), rules)
    assert decision.abstained
    assert decision.runner_up


def test_decide_when_none_is_barely_ahead_then_real_section_leads(rules):
    decision = decide(RoutingText(title="Barnehage og fiskekvoter"), rules)
    assert decision.lead == "utdanning"
    assert decision.abstained


def test_decide_when_decided_then_carries_the_rule_sets_hash(rules):
    assert decide(RoutingText(title="x"), rules).rules_hash == rules.hash
