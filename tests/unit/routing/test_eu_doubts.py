"""Errors in the source are shown as doubts, never mended; all spellings seen are recognised."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.domain.decision import EuAct, RoutingText
from consultations.routing import decide
from consultations.routing.eea import find_eea_references
from consultations.routing.eu import find_references

FIXTURE = Path(__file__).parents[2] / "fixtures/eea/legal_reference_variants_seen.json"
SEEN = [row["text"] for row in json.loads(FIXTURE.read_text("utf-8"))]

# One row for each text of the fixture: the CELEX numbers in the order of the text, doubts as «?».
READ_AS = [
    ["32023R1115"],
    ["32019L2121"],
    ["32025R2518"],
    ["32005L0036"],
    ["32014L0024"],
    ["32014R0517"],
    ["32013R0099"],
    ["32003L0087"],
    ["31990L0667"],
    ["32008R0362"],
    ["32008L0098"],
    ["?", None],
    [None],
    [None],
    ["32023R1115"],
    ["32020R1121", "32018R1724"],
    ["32019L0882"],
    ["32002R0178"],
    ["52022PC0541"],
    ["?"],
    ["?"],
    ["32016L1148", "32018R0151", "32019R0881"],
    [None],
    ["31991L0271?"],
]


def acts(rules, title: str) -> tuple[EuAct, ...]:
    return decide(RoutingText(title=title), rules).eu_acts


def told(act: EuAct) -> str | None:
    return f"{act.celex or ''}?" if act.doubt else act.celex


@pytest.mark.parametrize(("text", "read_as"), list(zip(SEEN, READ_AS, strict=True)))
def test_decide_when_a_spelling_was_seen_then_each_act_is_read_as_agreed(rules, text, read_as):
    assert [told(act) for act in acts(rules, text)] == read_as


@pytest.mark.parametrize("text", SEEN)
def test_decide_when_a_spelling_was_seen_then_eu_law_is_in_play(rules, text):
    assert decide(RoutingText(title=text), rules).eu_eea


@pytest.mark.parametrize(
    ("text", "celex"),
    [
        ("COM/2022/541", "52022PC0541"),
        ("SWD(2022) 541", "52022SC0541"),
        ("JOIN(2020) 18", "52020JC0018"),
        ("22018D1022", "22018D1022"),
        ("forordning (EU)\u00a02016/\u2009679", "32016R0679"),
        ("for\u00adordning (EU) 2016/679", "32016R0679"),
        ("ra\u030adsdirektiv 90/667/EØF", "31990L0667"),
        ("direktiv 2014/94 (EU)", "32014L0094"),
        ("direktiv (2014/24/EU)", "32014L0024"),
        ("direktiv 91/271", "31991L0271"),
        ("forordning (EØF) 1408/71", "31971R1408"),
        ("rammebeslutning 2008/977/JIS", "32008F0977"),
        ("gjennomføringsforordning (EU) 2020/1121", "32020R1121"),
        ("forordning (EU) nr. 2017/625", "32017R0625"),
        ("AI Act (EU) 2024/1689", "32024R1689"),
        ("KI-forordninga", "32024R1689"),
    ],
)
def test_decide_when_act_is_written_in_a_rarer_way_then_is_normalised(rules, text, celex):
    (act,) = acts(rules, f"🇪🇺 Om {text} – høring")
    assert (act.celex, act.doubt) == (celex, None)
    assert act.quote in f"🇪🇺 Om {text} – høring"


def test_find_when_a_long_list_has_one_kind_then_it_speaks_for_all():
    text = (
        "forordningene (EU) No 99/2013, (EU) No 1287/2013, (EU) No 254/2014, (EU) No 258/2014, "
        "(EU) No 652/2014 og (EU) 2017/826"
    )
    assert [one.celex for one in find_references(text)][-1] == "32017R0826"


def test_find_when_kinds_are_given_respectively_then_none_is_guessed():
    text = "direktiv og forordning, henholdsvis (EU) 2016/680 og (EU) 2016/679"
    assert [one.celex for one in find_references(text)] == [None, None]


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        (
            "direktiv 2006/60/EF (vanndirektivet)",
            "Nummeret passer ikke med navnet: vanndirektivet er 2000/60/EF.",
        ),
        (
            "reg. EU/1684/2024",
            "Året står sist; trolig er det KI-forordningen, (EU) 2024/1689.",
        ),
        (
            "forordning (EU) nr. 679/2016",
            "Året står sist; trolig er det personvernforordningen, (EU) 2016/679.",
        ),
        ("direktiv 24/2014/EU", "Året står sist; direktivet heter trolig 2014/24/EU."),
        (
            "avløpsdirektivet (91/271/EC)",
            "«EC» passer ikke med året 1991; trolig 91/271/EØF.",
        ),
        ("direktiv 2003/87/EU", "«EU» passer ikke med året 2003; trolig 2003/87/EF."),
        (
            "direktiv (EU) 2016/679",
            "(EU) 2016/679 er en forordning, personvernforordningen; her står det direktiv.",
        ),
        ("forordning (EU) 2106/679", "Ingen av tallene kan være årstallet. Sjekk nummeret."),
        (
            "forordning (EU) 2024/573 av 7. februar 2014",
            "Årstallet i nummeret (2024) passer ikke med datoen (2014).",
        ),
        ("EØS-avtalen vedlegg XXIV", "EØS-avtalen har bare 22 vedlegg. Sjekk nummeret."),
        ("protokoll 60 til EØS-avtalen", "EØS-avtalen har bare 49 protokoller. Sjekk nummeret."),
        (
            "EØS-komiteens beslutning nr. 59/2020 av 5. februar 2021",
            "Årstallet i nummeret (2020) passer ikke med datoen (2021).",
        ),
    ],
)
def test_decide_when_the_source_is_likely_wrong_then_the_act_carries_the_doubt(rules, text, doubt):
    assert [act.doubt for act in acts(rules, text) if act.doubt] == [doubt]


def test_decide_when_two_digits_are_wrong_then_the_act_named_in_the_text_is_meant(rules):
    doubts = [act.doubt for act in acts(rules, "AI Act, jf. reg. EU/1648/2024")]
    assert "Året står sist; trolig er det KI-forordningen, (EU) 2024/1689." in doubts


@pytest.mark.parametrize(
    "text",
    [
        "direktiv 2008/98/EC",
        "vedtak nr. 1313/2013/EU",
        "forordning (EF) nr. 2006/2004",
        "delegert forordning (EU) 2023/2485 (taksonomiforordningen)",
        "vanndirektivet, 2008/98/EF",
    ],
)
def test_decide_when_the_number_may_well_be_right_then_nothing_is_doubted(rules, text):
    assert not [act for act in acts(rules, text) if act.doubt]


@pytest.mark.parametrize(
    "text",
    [
        "EØS-avtalens vedlegg XI",
        "vedlegg XX (Miljø) til EØS-avtalen",
        "EØS-avtala vedlegg II og XX",
        "Protokoll 31 til EØS-avtalen",
        "Annex XX to the EEA Agreement",
        "EØS-komiteens beslutning nr. 59/2021 av 5. februar 2021",
        "EØS-komiteens beslutninger nr. 21/2023 og 22/2023",
        "vedtak nr. 72/2019 i EØS-komiteen av 29. mars 2019",
        "Decision of the EEA Joint Committee No 154/2018",
    ],
)
def test_find_eea_when_agreement_or_committee_is_cited_then_quotes_without_celex(text):
    padded = f"Samtykke etter {text}, som gjelder."
    ((quote, celex),) = (
        (padded[one.start : one.end], one.celex) for one in find_eea_references(padded)
    )
    assert (quote, celex) == (text, None)


@pytest.mark.parametrize(
    "text",
    [
        "saksnr. 2019/2162",
        "22/4567-3",
        "Prop. 12 L (2019–2020)",
        "NOU 2023: 26",
        "Dokument 8:12 S",
        "Innst. 411 S (2020–2021)",
        "LOV-2008-06-27-71",
        "FOR-2016-08-12-974",
        "NS-EN 12464/2014",
        "ISO 9001/2015",
        "ILO-konvensjon 155/1981",
        "kap. 567/2020 post 60",
        "§ 3-2/2019",
        "E6/E18 og fv. 12/2016",
        "2022/0345 (COD)",
        "tlf. 22 24 90 90",
        "EU-kontroll av kjøretøy",
        "EU-borgere i Norge",
        "Menneskerettsdomstolen (EMD) og EMK",
        "WTO-avtalen og Nordisk råd",
        "FNs barnekonvensjon",
    ],
)
def test_decide_when_it_only_looks_alike_then_is_not_eu(rules, text):
    decision = decide(RoutingText(title=text), rules)
    assert (decision.eu_eea, decision.eu_acts) == (False, ())


_REFERENCES = ["(EU) 2016/679", "EU/", "1684/2024", "KOM(2022) 5", "32016R0679", "91/", "direktiv "]
_NAMES = ["vanndirektivet ", "EØS-avtalen ", "vedlegg XX ", "EØS-komiteens beslutning nr. 5/2020"]
_REST = [
    " og ",
    ", ",
    "(",
    ")",
    "\n",
    "kommune ",
    "bank ",
    "å",
    "a\u030a",
    "🙂",
    "\u00ad",
    "\u200b",
]
_PIECES = st.sampled_from([*_REFERENCES, *_NAMES, *_REST, "\u00a0"])


@settings(max_examples=60, deadline=None)
@given(st.lists(_PIECES, max_size=30).map("".join))
def test_decide_when_given_any_mixture_then_evidence_quotes_exactly(rules, text):
    decision = decide(RoutingText(title=text), rules)
    for one in decision.eu_evidence:
        assert one.quote == text[one.start : one.end]
    assert all(act.quote in text for act in decision.eu_acts)
    assert decision.brussels == (decision.criterion is not None)


@settings(max_examples=40, deadline=None)
@given(st.lists(_PIECES, max_size=15).map("".join))
def test_decide_when_unrelated_text_is_added_then_no_eu_evidence_is_lost(rules, text):
    before = decide(RoutingText(title=text), rules).eu_evidence
    longer = f"{text}\n\nTakk for maten."
    after = {one.quote for one in decide(RoutingText(title=longer), rules).eu_evidence}
    assert {one.quote for one in before if one.weight} <= after


def calls(text: str) -> int:
    """Count the Python and C functions called, so that no clock is needed."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(counted)
    try:
        list(find_references(text))
        list(find_eea_references(text))
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "piece",
    [
        "(EU) 2016/679, ",
        "EU/1684/2024 ",
        "1/2/3/4/",
        "EØS-avtalen vedlegg ",
        "direktiv ",
        "(((EU) ",
    ],
)
def test_find_when_hostile_text_doubles_then_the_work_at_most_doubles(piece):
    assert calls(piece * 800) <= 2.2 * calls(piece * 400) + 50
