"""What is kept of corrections, and what can be learned from them."""

import pytest

from consultations.domain.correction import Correction
from consultations.domain.decision import RoutingText
from consultations.domain.events import Event
from consultations.store import consultations, corrections
from consultations.store.checksums import checksums
from tests.alert_cases import climate, take_in
from tests.building import at

KEY = climate().key


def word(day=1, key=KEY, **given):
    facts = {
        "at": at(day),
        "seen_at": at(0),
        "by": "Kari",
        "lead": "samferdsel",
        "reason": "Veier",
        **given,
    }
    return Event.of_correction(key, Correction.model_validate(facts))


def keep(database, *said):
    with database.transaction() as session:
        consultations.keep_corrections(session, said)


def sums(database):
    with database.reading() as session:
        return {one.table: one for one in checksums(session)}["corrections"]


def examples(database):
    with database.reading() as session:
        return list(corrections.examples(session))


@pytest.fixture
def known(database):
    take_in(database, climate())
    take_in(database, climate(external_id="2"))
    return database


def test_kept_when_the_same_event_comes_twice_then_once(known):
    keep(known, word(), word())
    before = sums(known)
    keep(known, word())
    assert sums(known) == before
    assert before.rows == 1


def test_kept_in_any_order_then_read_oldest_first(known):
    keep(known, word(3, by="Ola"), word(1))
    with known.reading() as session:
        (dossier,) = consultations.find(session, [KEY]).values()
    assert [one.by for one in dossier.corrections] == ["Kari", "Ola"]


def test_kept_then_as_it_was_said(known):
    event = word(brussels=False)
    keep(known, event)
    with known.reading() as session:
        (found,) = corrections.made(session)
    assert (found.consultation, found.correction) == (KEY, event.correction)


def test_made_then_the_newest_first(known):
    keep(known, word(1), word(2, key="regjeringen:2"), word(3))
    with known.reading() as session:
        assert [one.correction.at for one in corrections.made(session)] == [at(3), at(2), at(1)]


def test_examples_then_every_corrected_matter_once_with_its_text_and_what_stands(known):
    keep(known, word(1), word(2, lead="oppvekst"))
    ((key, text, decision),) = examples(known)
    assert (key, text) == (KEY, RoutingText.of(climate()))
    assert (decision.lead, [one.lead for one in decision.corrections]) == ("oppvekst", ["oppvekst"])


def test_examples_when_only_brussels_was_said_then_that_can_be_told(known):
    keep(known, word(lead=None, brussels=True))
    (example,) = examples(known)
    assert example.decision.brussels
    assert [one.lead for one in example.decision.corrections] == [None]


def test_examples_when_the_text_has_changed_then_the_new_text(known):
    keep(known, word())
    take_in(known, climate(2, title="Ny tittel"))
    (example,) = examples(known)
    assert example.text.title == "Ny tittel"
    assert example.decision.lead == "samferdsel"


def test_examples_when_there_are_many_then_all_of_them(database, monkeypatch):
    monkeypatch.setattr(corrections, "AT_A_TIME", 2)
    for number in range(5):
        take_in(database, climate(external_id=str(number)))
        keep(database, word(key=f"regjeringen:{number}"))
    assert [one.consultation for one in examples(database)] == [
        f"regjeringen:{number}" for number in range(5)
    ]


def test_examples_when_nobody_has_corrected_then_none(known):
    assert examples(known) == []
