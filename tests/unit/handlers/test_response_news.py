"""Who hears what people did: as the matter lay when it was done, whenever it is worked out."""

import pytest

from consultations.domain.correction import Correction
from consultations.domain.decision import Decision, RoutingText
from consultations.domain.response.case import Case
from consultations.handlers.response_news import news
from tests.building import at, history, observation
from tests.pipeline import names, one_channel_each
from tests.response_building import (
    KARI,
    OLA,
    assigned,
    dossier_with,
    moment,
    noted,
    office,
    triaged,
    undone,
)

SEEN = observation()


@pytest.fixture
def owed(rules):
    """The channels and persons that are owed each act, by its number."""

    def owed(*acts, corrections=(), lead="oppvekst", people=None):
        text = RoutingText.of(history(SEEN).latest).hash
        decision = Decision(lead=lead, score=3, text_hash=text, rules_hash="r")
        dossier = dossier_with(SEEN, decided={text: decision}, corrections=tuple(corrections))
        desk = office(people=people) if people else office()
        debts = news(dossier, Case.of(acts), desk, one_channel_each(rules), names(rules))
        found = {}
        for debt in debts:
            found.setdefault(debt.fact.name, []).append(debt.channel)
        return found

    return owed


def moved(to, when):
    return Correction(at=when, seen_at=at(0), by="Ola", lead=to)


def test_news_then_to_the_channels_that_hear_of_the_matter(owed):
    assert owed(triaged(1), noted(2)) == {"response/1": ["oppvekst"], "response/2": ["oppvekst"]}


def test_news_when_the_matter_was_moved_between_then_each_goes_where_it_lay(owed):
    found = owed(triaged(1), noted(3), corrections=[moved("kultur", moment(2))])
    assert found == {"response/1": ["oppvekst"], "response/3": ["kultur"]}


def test_news_when_triage_gave_it_to_a_section_then_that_hears_too(owed):
    found = owed(triaged(1, lead="kultur"), noted(2))
    assert found["response/2"] == ["kultur", "oppvekst"]


def test_news_when_for_none_of_us_then_nobody_hears_until_it_has_a_section(owed):
    found = owed(noted(1), triaged(2, lead="kultur"), lead="none")
    assert found == {"response/2": ["kultur"]}


def test_news_when_someone_takes_it_themselves_then_is_not_told_so(owed):
    assert owed(triaged(1), assigned(2, KARI))["response/2"] == ["oppvekst"]


def test_news_when_owner_and_deputy_are_named_by_another_then_both_are_told(owed):
    acts = [triaged(1), assigned(2, KARI, deputy=OLA, by="Siri")]
    assert owed(*acts)["response/2"] == ["oppvekst", f"person:{KARI}", f"person:{OLA}"]


def test_news_when_they_swap_then_each_is_told_of_the_new_part_once(owed):
    acts = [triaged(1), assigned(2, KARI, deputy=OLA, by="Siri"),
            assigned(3, OLA, deputy=KARI, by="Siri")]  # fmt: skip
    assert owed(*acts)["response/3"] == ["oppvekst", f"person:{OLA}", f"person:{KARI}"]


def test_news_when_undone_then_who_lost_it_is_told(owed):
    acts = [triaged(1), assigned(2, KARI, by="Siri"), undone(3, 2, by="Siri")]
    assert owed(*acts)["response/3"] == ["oppvekst", f"person:{KARI}"]


def test_news_when_a_person_is_no_longer_listed_then_is_not_owed(owed):
    found = owed(triaged(1), assigned(2, "sluttet-eksempel", by="Siri"))
    assert found["response/2"] == ["oppvekst"]
