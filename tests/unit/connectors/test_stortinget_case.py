"""A case leaves the connector without persons, and says the same as the whole case."""

from pathlib import Path

import pytest

from connectors.stortinget.case import read_case, strip_case
from connectors.strict import parse_xml
from consultations.domain.errors import InvalidRecord

RAW = (Path(__file__).parents[2] / "fixtures/stortinget/eksport-detaljert_sak.xml").read_bytes()
SHORT = "Representantforslag om å utrede etablering av en transportetat"


def stripped() -> str:
    return strip_case(parse_xml(RAW), "47163")


def test_real_case_when_stripped_then_no_personal_data_is_left_but_its_official_title() -> None:
    xml = stripped()
    for word in ("representant>", "Bjørnflaten", "1963-11-19", "kjoenn", "saksgang", "versjon"):
        assert word not in xml
    assert xml.count("Hareide") == 1  # in the title, as the Storting itself names the case


def test_real_case_when_stripped_then_reads_the_same_as_before() -> None:
    assert read_case(parse_xml(stripped().encode())) == read_case(parse_xml(RAW))


def test_real_case_when_read_then_topics_are_its_own_and_nothing_is_unknown() -> None:
    case, notes = read_case(parse_xml(RAW))
    assert case.topics == ("SAMFERDSEL", "SJØFART")
    assert case.short_title == SHORT
    assert case.reference == "Dokument 8:175 S (2009-2010), Innst. 109 S (2010-2011)"
    assert notes == []


def test_topics_when_they_hold_sub_topics_then_only_direct_children_count() -> None:
    branch = b"<underemne_liste><emne><navn>HAVN</navn></emne></underemne_liste>"
    case, _ = read_case(parse_xml(RAW.replace(b"<underemne_liste />", branch)))
    assert case.topics == ("SAMFERDSEL", "SJØFART")


def test_unknown_field_when_stripped_then_its_name_is_told_and_its_content_gone() -> None:
    odd = b"<kontakt><navn>Kari Nordmann</navn></kontakt></detaljert_sak>"
    xml = strip_case(parse_xml(RAW.replace(b"</detaljert_sak>", odd)), "47163")
    assert "Nordmann" not in xml
    assert read_case(parse_xml(xml.encode()))[1] == ["Ukjent felt: detaljert_sak/kontakt"]


def test_stripping_when_done_twice_then_changes_nothing() -> None:
    assert strip_case(parse_xml(stripped().encode()), "47163") == stripped()


def test_case_when_it_is_not_the_one_asked_for_then_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="spurte etter sak 1, men fikk sak 47163"):
        strip_case(parse_xml(RAW), "1")
