"""Every spelling of an EU act seen in real text, and everything that only looks like one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.domain.decision import RoutingText
from consultations.routing import decide
from consultations.routing.eu import find_references


def found(text: str) -> list[tuple[str, str | None]]:
    return [(text[one.start : one.end], one.celex) for one in find_references(text)]


@pytest.mark.parametrize(
    ("text", "celex"),
    [
        ("forordning (EU) 2023/1115", "32023R1115"),
        ("direktiv (EU) 2019/2121", "32019L2121"),
        ("direktiv 2005/36/EF", "32005L0036"),
        ("direktiv 2014/24/EU", "32014L0024"),
        ("forordning (EU) nr. 517/2014", "32014R0517"),
        ("forordningene (EU) No 99/2013", "32013R0099"),
        ("kvotedirektivet (2003/87/EF)", "32003L0087"),
        ("rådsdirektiv 90/667/EØF", "31990L0667"),
        ("Kommisjonsforordning (EF) nr. 362/2008", "32008R0362"),
        ("32008 R 0362", "32008R0362"),
        ("32016R0679", "32016R0679"),
        ("direktiv 2008/98/EC", "32008L0098"),
        ("forordning 2018/1724", "32018R1724"),
        ("forordning nr 178/2002", "32002R0178"),
        ("Regulation (EU) No 305/2011", "32011R0305"),
        ("Directive 92/43/EEC", "31992L0043"),
        ("rådsforordning (EØF) nr. 1408/71", "31971R1408"),
        ("forordning (EF) nr. 1370/2007", "32007R1370"),
        ("forordning (EF) 1370/2007", "32007R1370"),
        ("KOM(2022) 541", "52022PC0541"),
        ("COM(2022) 541", "52022PC0541"),
        ("C(2021) 3447", None),
        ("beslutning (EU) 2019/1", "32019D0001"),
        ("avløpsdirektivet (91/271/EC)", "31991L0271"),
        ("reg. EU/1684/2024", None),
        ("reg. EU/1648/2024", None),
        ("2014/55/EU", None),
        ("(EU, Euratom) 2018/1046", None),
    ],
)
def test_find_when_act_is_written_in_a_known_way_then_quotes_and_normalises(text, celex):
    assert found(f"Viser til {text}, som gjelder.") == [(text, celex)]


def test_find_when_one_word_governs_several_numbers_then_each_is_found():
    text = "direktiv (EU) 2016/1148 og forordningene (EU) 2018/151 og (EU) 2019/881"
    assert [celex for _, celex in found(text)] == ["32016L1148", "32018R0151", "32019R0881"]


def test_find_when_later_numbers_lack_the_community_then_they_follow_the_first():
    text = "forordningene (EU) nr. 1303/2013, 1304/2013 og 1305/2013"
    assert [celex for _, celex in found(text)] == ["32013R1303", "32013R1304", "32013R1305"]


@pytest.mark.parametrize(
    "text",
    [
        "direktivene 2014/23/EU, 24 og 25 om anskaffelser",
        "direktivene 2014/23/EU, 24/EU og 25/EU",
        "direktivene 2014/23, 24 og 25/EU.",
        "direktiv 2014/23, 24 og 25/EU",
    ],
)
def test_find_when_later_numbers_lack_the_year_then_they_follow_the_first(text):
    assert [celex for _, celex in found(text)] == ["32014L0023", "32014L0024", "32014L0025"]


@pytest.mark.parametrize(
    "text",
    [
        "direktiv 2014/24/EU, 24 kommuner og 25 fylker",
        "direktiv 2014/24/EU og 25 andre",
        "direktivene 2014/24/EU og 30 prosent av dem",
        "direktiv 2014/24/EU, 2. ledd",
    ],
)
def test_find_when_other_numbers_follow_then_they_are_not_acts(text):
    assert [celex for _, celex in found(text)] == ["32014L0024"]


def test_find_when_second_act_has_no_community_then_is_found():
    text = "Gjennomføringsforordning (EU) 2020/1121 til forordning 2018/1724"
    assert [celex for _, celex in found(text)] == ["32020R1121", "32018R1724"]


def test_find_when_com_document_is_not_a_proposal_then_gives_no_celex():
    assert found("Kommisjonens meddelelse KOM(2020) 380") == [("KOM(2020) 380", None)]


@pytest.mark.parametrize(
    "text",
    [
        "Vår ref.: 26/2371",
        "sak 20/02036-2",
        "saksnr. 2024/1234",
        "Prop. 45 L (2024–2025)",
        "NOU 2024: 14",
        "Dokument 8:307 S (2025-2026)",
        "Innst. 15 S",
        "Meld. St. 21 (2023–2024)",
        "LOV-2011-06-24-30",
        "FOR-2016-08-12-974",
        "EØS-komiteens beslutning nr. 21/2023",
        "EØS-komiteens beslutninger nr. 21/2023 og 22/2023",
        "frist 1/10/2026",
        "EU 24/2371",
        "forordning 12/34",
        "lov 24. juni 2011 nr. 30",
        "tlf. 22 24 90 90",
    ],
)
def test_find_when_it_only_looks_like_an_act_then_finds_nothing(text):
    assert found(text) == []


@pytest.mark.parametrize(
    "title",
    [
        "EØS-avtalen vedlegg XX",
        "EDIP-forordningen",
        "avskogingsforordningen og av EØS-avtalen",
        "EØS-komiteens beslutning nr. 59 av 5. februar 2021",
        "Gjennomføring av nytt direktiv om avfall",
        "EUs forordning om kunstig intelligens",
        "Forslag til europaparlaments- og rådsdirektiv",
        "Endringer etter emballasjedirektivet",
        "Kvotedirektivet (2003/87/EF)",
    ],
)
def test_decide_when_eu_law_is_in_play_then_says_so(rules, title):
    assert decide(RoutingText(title=title), rules).eu_eea


@pytest.mark.parametrize(
    "title",
    [
        "Samarbeid i EU om klima",
        "Et direktiv fra ledelsen",
        "Forordning av 1739 om skoler på landet",
        "Europarådets konvensjon om vold mot kvinner",
        "OECD-rapport om digitalisering",
        "NOU 2024: 14 Med lov skal data deles",
        "Dokument 8:307 S om ferje",
        "Prop. 45 L (2024–2025), sak 26/2371",
    ],
)
def test_decide_when_eu_is_only_mentioned_or_looks_alike_then_does_not(rules, title):
    assert not decide(RoutingText(title=title), rules).eu_eea


def test_decide_when_sender_is_the_commission_then_eu_is_in_play(rules):
    text = RoutingText(title="Rules on waste", sender="European Commission")
    decision = decide(text, rules)
    assert (decision.lead, decision.eu_eea, decision.brussels) == ("klima-miljo", True, True)


def test_decide_when_outside_ks_then_eu_but_not_brussels(rules):
    text = RoutingText(title="Endringer i finansforetaksloven – forordning (EU) 2017/2402")
    decision = decide(text, rules)
    assert (decision.lead, decision.eu_eea, decision.brussels) == ("none", True, False)


def test_decide_when_name_stands_beside_its_number_then_is_one_act(rules):
    acts = decide(RoutingText(title="Revisjon av avløpsdirektivet (91/271/EØF)"), rules).eu_acts
    assert [(act.celex, act.name) for act in acts] == [("31991L0271", "avløpsdirektivet")]


def test_decide_when_name_and_number_disagree_then_keeps_both_without_celex(rules):
    acts = decide(RoutingText(title="direktiv 2006/60/EF (vanndirektivet)"), rules).eu_acts
    assert [(act.quote, act.celex) for act in acts] == [
        ("direktiv 2006/60/EF", None),
        ("vanndirektivet", None),
    ]


def test_decide_when_name_has_had_several_acts_then_gives_no_celex(rules):
    acts = decide(RoutingText(title="Evaluering av avløpsdirektivet"), rules).eu_acts
    assert [(act.celex, act.name) for act in acts] == [(None, "avløpsdirektivet")]


def test_decide_when_only_the_number_is_known_then_names_the_act_and_its_section(rules):
    decision = decide(RoutingText(title="Forordning (EU) 2016/679"), rules)
    assert (decision.lead, decision.eu_acts[0].name) == ("digitalisering", "personvernforordningen")


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="(EUFØ) nr.0123456789/,og direktivforordningKOM", max_size=120))
def test_find_when_given_act_like_noise_then_places_are_right_and_in_order(text):
    end = 0
    for one in find_references(text):
        assert end <= one.end <= len(text)
        assert one.start < one.end
        end = one.end
