"""Words are found inflected and in compounds, and never inside unrelated words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.routing.matching import Vocabulary, parse_law, parse_phrase


def quotes(text: str, *notations: str) -> list[str]:
    vocabulary = Vocabulary((parse_phrase(notation), notation) for notation in notations)
    return [text[hit.start : hit.end] for hit in vocabulary.find(text)]


@pytest.mark.parametrize(
    ("notation", "text"),
    [
        ("elev", "Elevene"),
        ("elev", "elevar"),
        ("elev", "elevenes"),
        ("barnehage", "barnehager"),
        ("barnehage", "barnehagar"),
        ("barnehage", "barnehagane"),
        ("helse", "helsa"),
        ("lærer", "lærerne"),
        ("flyktning", "flyktningar"),
        ("bustad", "BUSTADENE"),
        ("komite", "komitéen"),
        ("barnevern-", "barnevernsinstitusjon"),
        ("barnevern-", "barnevernet"),
        ("-skole-", "ungdomsskoleelever"),
        ("-skole", "grunnskolen"),
        ("-bibliotek", "folkebibliotek"),
        ("NTP", "NTP"),
        ("EU", "EUs"),
        ("eID", "eID"),
        ("N100", "N100"),
        ("barnevern-", "barne\u00advernet"),
        ("språk", "spra\u030aket"),
        ("plan- og bygningsloven", "plan- og bygningsloven"),
        ("AFP-ordning", "AFP-ordningen"),
        ("økonomisk stønad", "økonomisk\nstønad"),
        ("universell utforming", "Universell utforminga"),
        ("Barne-, ungdoms- og familiedirektoratet", "Barne-, ungdoms- og familiedirektoratet"),
    ],
)
def test_find_when_word_is_inflected_or_compound_then_quotes_the_whole_word(notation, text):
    assert quotes(f"Om {text}.", notation) == [text]


@pytest.mark.parametrize(
    ("notation", "text"),
    [
        ("helse", "helsing"),
        ("rus", "Russland"),
        ("elev", "relevant"),
        ("natur", "naturlig"),
        ("natur", "signatur"),
        ("data", "dato"),
        ("skatt", "skattkiste"),
        ("vei", "veileder"),
        ("kunst", "kunstig"),
        ("NTP", "ntp"),
        ("eID", "Eide"),
        ("AI", "ai"),
        ("ITS", "its"),
        ("barnevern-", "et barn"),
        ("-skole", "skoleelev"),
        ("økonomisk stønad", "økonomisk. Stønad"),
        ("økonomisk stønad", "økonomisk, stønad"),
        ("økonomisk stønad", "økonomisk"),
        ("road", "roadmap"),
    ],
)
def test_find_when_word_only_looks_alike_then_finds_nothing(notation, text):
    assert quotes(text, notation) == []


def test_find_when_phrases_overlap_then_the_longest_wins():
    assert quotes("helsepersonelloven", "helse-", "helsepersonell-") == ["helsepersonelloven"]
    vocabulary = Vocabulary([(parse_phrase("helse-"), "a"), (parse_phrase("helsepersonell-"), "b")])
    assert [hit.found for hit in vocabulary.find("helsepersonelloven")] == [("b",)]


def test_find_when_two_want_the_same_word_then_both_get_it():
    vocabulary = Vocabulary([(parse_phrase("skole"), "a"), (parse_phrase("skole"), "b")])
    assert [hit.found for hit in vocabulary.find("skolen")] == [("a", "b")]


@pytest.mark.parametrize(
    ("law", "text"),
    [
        ("forvaltningsloven", "forvaltningslova"),
        ("forvaltningsloven", "ny forvaltningslov"),
        ("forvaltningsloven", "forvaltningslovutvalget"),
        ("kulturlova", "kulturloven"),
        ("plan- og bygningsloven", "plan- og bygningslova"),
        ("avfallsforskriften", "avfallsforskrifta"),
        ("AFP-loven", "AFP-lova"),
        ("lov om barnehager", "lova om barnehager"),
    ],
)
def test_law_when_written_in_another_way_then_is_found(law, text):
    assert list(Vocabulary([(parse_law(law), law)]).find(text))


@pytest.mark.parametrize(
    ("law", "text"), [("forvaltningsloven", "forvaltningen"), ("barneloven", "barnelotteri")]
)
def test_law_when_only_the_subject_is_named_then_is_not_found(law, text):
    assert not list(Vocabulary([(parse_law(law), law)]).find(text))


def test_parse_phrase_when_no_word_is_left_then_is_refused():
    with pytest.raises(ValueError, match="ingen ord"):
        parse_phrase("--")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_find_when_given_any_text_then_hits_stand_in_order_without_overlap(text):
    vocabulary = Vocabulary((parse_phrase(w), w) for w in ("a-", "-e-", "skole", "å ja", "EU"))
    end = 0
    for hit in vocabulary.find(text):
        assert end <= hit.start < hit.end <= len(text)
        end = hit.end
