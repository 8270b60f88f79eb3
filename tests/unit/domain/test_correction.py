"""A person's word on a decision, and how it is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from consultations.domain.correction import Correction
from consultations.domain.correction_words import signed, to_a_channel
from consultations.domain.decision import Decision
from consultations.domain.events import Event, EventType
from tests.building import at

NAMES = {"oppvekst": "Oppvekst, barnevern og familie"}


def correction(day: int = 0, **given: object) -> Correction:
    facts = {"at": at(day), "seen_at": at(0), "by": "Kari Nordmann", **given}
    facts.setdefault("reason", "Gjelder fosterhjem")
    return Correction.model_validate(facts)


def decision(**given: object) -> Decision:
    return Decision.model_validate({"lead": "kultur", "score": 3, "rules_hash": "x", **given})


sides = st.tuples(
    st.sampled_from([None, "oppvekst", "kultur", "helse-omsorg", "none"]),
    st.sampled_from([None, True, False]),
).filter(lambda one: one != (None, None))
decisions = st.builds(
    decision,
    lead=st.sampled_from(["kultur", "oppvekst", "none"]),
    seconds=st.sampled_from([(), ("oppvekst",), ("helse-omsorg", "oppvekst")]),
    abstained=st.booleans(),
    eu_eea=st.booleans(),
    brussels=st.booleans(),
)


@given(decisions, st.lists(sides, max_size=8))
def test_decision_when_corrected_any_number_of_times_then_the_last_word_on_each_side_stands(
    own, said
):
    corrections = [correction(n, lead=lead, brussels=eu) for n, (lead, eu) in enumerate(said)]
    standing = own.corrected(corrections)
    leads = [lead for lead, _ in said if lead is not None]
    told = [eu for _, eu in said if eu is not None]
    assert standing.lead == (leads[-1] if leads else own.lead)
    assert standing.abstained == (own.abstained and not leads)
    assert standing.lead not in standing.seconds or not leads
    if leads and leads[-1] == "none":
        assert standing.seconds == ()
    if told:
        assert (standing.brussels, standing.eu_eea) == (told[-1], told[-1])
    elif not leads:
        assert (standing.brussels, standing.eu_eea) == (own.brussels, own.eu_eea)
    in_force = [one for one in standing.corrections if one.lead is not None]
    assert [one.lead for one in in_force][:1] == leads[-1:]


@given(decisions, st.lists(sides, max_size=5))
def test_decision_when_corrected_then_what_the_tracker_weighed_is_as_it_was(own, said):
    corrections = [correction(n, lead=lead, brussels=eu) for n, (lead, eu) in enumerate(said)]
    kept = ("score", "scores", "evidence", "eu_evidence", "eu_acts", "rules_hash", "text_hash")
    standing = own.corrected(corrections)
    assert standing.model_dump(include=set(kept)) == own.model_dump(include=set(kept))


def test_decision_when_moved_between_sections_then_brussels_hears_as_before():
    moved = [correction(lead="oppvekst")]
    assert not decision(eu_eea=True).corrected(moved).brussels
    assert decision(eu_eea=True, brussels=True).corrected(moved).brussels


def test_decision_when_it_is_ours_after_all_then_brussels_hears_of_its_eu_law():
    not_ours = decision(lead="none", eu_eea=True)
    assert not_ours.corrected([correction(lead="oppvekst")]).brussels
    ours = decision(eu_eea=True, brussels=True)
    assert not ours.corrected([correction(lead="none")]).brussels


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ([{"lead": "oppvekst"}], "duties"),
        ([{"lead": "none"}], None),
        ([{"brussels": False}], None),
        ([{"brussels": False}, {"brussels": True}], "duties"),
    ],
)
def test_decision_when_brussels_is_not_told_then_there_is_no_criterion(said, stands):
    own = decision(eu_eea=True, brussels=True, criterion="duties")
    corrections = [correction(n, **one) for n, one in enumerate(said)]
    assert own.corrected(corrections).criterion == stands


def test_correction_when_it_says_nothing_then_refused():
    with pytest.raises(ValidationError, match="hvilken seksjon"):
        correction()


@pytest.mark.parametrize("other", [{"by": "Ola"}, {"reason": ""}, {"lead": "kultur"}, {"day": 1}])
def test_name_when_anything_differs_then_another_one(other):
    assert correction(lead="oppvekst").name == correction(lead="oppvekst").name
    assert correction(**{"lead": "oppvekst", **other}).name != correction(lead="oppvekst").name


def test_event_when_of_a_correction_then_read_back_as_it_was():
    event = Event.of_correction("x:1", correction(lead="oppvekst"))
    assert Event.model_validate_json(event.model_dump_json()) == event
    assert event.id == f"x:1/{event.correction.name}/corrected"


@pytest.mark.parametrize(
    ("type_", "said"), [(EventType.CORRECTED, None), (EventType.OPENED, correction(lead="kultur"))]
)
def test_event_when_correction_and_type_do_not_go_together_then_refused(type_, said):
    with pytest.raises(ValidationError, match="corrected"):
        Event(id="1", type=type_, consultation="x:1", occurred_at=at(0), correction=said)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("Gjelder fosterhjem", "Kari Nordmann 4. juli 2026: Gjelder fosterhjem."),
        ("Feil!", "Kari Nordmann 4. juli 2026: Feil!"),
        ("", "Kari Nordmann 4. juli 2026."),
    ],
)
def test_signed_then_says_who_when_and_why(reason, words):
    assert signed(correction(lead="kultur", reason=reason)) == words


@pytest.mark.parametrize(
    ("said", "here", "begins"),
    [
        ({"lead": "oppvekst"}, ("oppvekst",), "Flyttet hit av Kari"),
        ({"lead": "oppvekst"}, ("kultur",), "Flyttet til Oppvekst, barnevern og familie av Kari"),
        ({"lead": "none"}, ("kultur",), "Satt til «ikke for KS» av Kari"),
        ({"lead": "gammel"}, (), "Flyttet til gammel av Kari"),
        ({"brussels": True}, ("internasjonalt",), "Merket som EU/EØS-sak av Kari"),
        ({"brussels": False}, ("internasjonalt",), "EU/EØS-merket er tatt bort av Kari"),
        ({"lead": "oppvekst", "brussels": False}, ("internasjonalt",), "EU/EØS-merket er tatt"),
        ({"lead": "oppvekst", "brussels": True}, ("kultur",), "Flyttet til Oppvekst"),
    ],
)
def test_words_then_say_what_it_means_for_the_channel(said, here, begins):
    assert to_a_channel(correction(**said), here, NAMES).startswith(begins)
