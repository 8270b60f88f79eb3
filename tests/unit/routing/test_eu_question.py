"""Whether the Brussels office is told, and by which criterion."""

import pytest

from consultations.domain.decision import Criterion, RoutingText
from consultations.routing import decide


@pytest.mark.parametrize(
    ("title", "criterion"),
    [
        ("Revisjon av avløpsdirektivet", Criterion.DUTIES),
        ("Evaluation of the Urban Mobility Directive for public transport", Criterion.INTEREST),
        ("Gjennomføring av direktiv om barnehage", Criterion.DUTIES),
        ("Endringer i vannforskriften", Criterion.MANAGEMENT),
        ("Interreg og regional utvikling", Criterion.INTEREST),
    ],
)
def test_decide_when_eu_law_concerns_local_government_then_names_the_criterion(
    rules, title, criterion
):
    decision = decide(RoutingText(title=title), rules)
    assert (decision.brussels, decision.criterion) == (True, criterion)


@pytest.mark.parametrize(
    "title",
    [
        "Competitiveness in the single banking market and waste",
        "Conditions for importing recycled materials into the EU",
        "EU rules on data protection in law enforcement",
        "Endringer etter dyrehelseforordningen",
    ],
)
def test_decide_when_the_subject_is_outside_local_government_then_eu_but_not_brussels(rules, title):
    decision = decide(RoutingText(title=title, sender="European Commission"), rules)
    assert (decision.eu_eea, decision.brussels, decision.criterion) == (True, False, None)


def test_decide_when_an_outside_subject_names_municipalities_then_brussels_is_told(rules):
    title = "Conditions for importing waste: costs for municipalities"
    decision = decide(RoutingText(title=title, sender="European Commission"), rules)
    assert decision.brussels


def test_decide_when_the_only_act_is_outside_then_brussels_is_not_told(rules):
    text = RoutingText(
        title="Håndheving av innleie i arbeidsmiljøloven",
        summary="Det bes også om samtykke til innlemmelse av forordning (EU) 2016/1628.",
    )
    decision = decide(text, rules)
    assert (decision.lead, decision.eu_eea, decision.brussels) == ("arbeidsgiver", True, False)


def test_decide_when_a_norwegian_law_carries_out_eu_law_then_eu_is_in_play(rules):
    assert decide(RoutingText(title="Endringer i vannforskriften"), rules).eu_eea


def test_decide_when_two_weak_norwegian_laws_are_named_then_eu_is_not_in_play(rules):
    title = "Endringer i personopplysningsloven og ekomloven"
    assert not decide(RoutingText(title=title), rules).eu_eea


def test_decide_when_an_act_is_often_mentioned_then_summary_alone_is_not_enough(rules):
    text = RoutingText(title="Endringer i barnehageloven", summary="Jf. personvernforordningen.")
    assert not decide(text, rules).brussels


def test_decide_when_only_a_letter_mentions_acts_then_eu_is_not_in_play(rules):
    body = "Kommunen må også kjenne avfallsdirektivet, vanndirektivet og EUs regelverk. " * 30
    assert not decide(RoutingText(title="Ny kommuneplan", body=body), rules).eu_eea


def test_decide_when_a_letter_says_a_directive_is_carried_out_then_eu_is_in_play(rules):
    body = "Forslaget gjennomfører direktiv (EU) 2019/1152 i norsk rett."
    assert decide(RoutingText(title="Endringer i arbeidsmiljøloven", body=body), rules).eu_eea


def test_decide_when_a_word_settles_the_criterion_then_it_is_shown_and_weighs_nothing(rules):
    decision = decide(RoutingText(title="Nye krav etter avfallsrammedirektivet 2.0"), rules)
    shown = [one for one in decision.eu_evidence if one.rule.startswith("eu/kriterium/")]
    assert all(one.weight == 0 for one in shown)


def test_acts_when_listed_then_no_celex_number_belongs_to_two(rules):
    numbers = [celex for act in rules.files.acts.content.acts for celex in act.celex]
    assert len(numbers) == len(set(numbers))
