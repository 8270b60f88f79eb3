"""The page of what waits for a person."""

from consultations.domain.decision import Decision, Score
from consultations.domain.observation import Status
from tests.building import deadline, observation
from tests.unit.web.checked_client import words
from tests.unit.web.seeding import store

PAGE = "/trenger-et-menneske"


def unsure(lead="oppvekst", **given):
    facts = {"lead": lead, "abstained": True, "score": 1, "rules_hash": "x", **given}
    return Decision.model_validate(facts)


def wait(database, number, title, decision=None, **given):
    seen = observation(external_id=str(number), title=title, **given)
    store(database, seen, decision=decision or unsure())


def titles(page):
    return [words(a) for a in page.find("//tbody//th/a")]


def test_empty_then_says_so_in_plain_words(client):
    page = client.get(PAGE)
    assert "Ingen høringer venter på et menneske nå." in page.text
    assert page.find("//table") == []


def test_waiting_then_each_with_the_guess_and_what_came_next(database, client):
    second = Score(section="klima-miljo", score=0.5)
    wait(database, 1, "A", unsure(runner_up=second))
    wait(database, 2, "B", unsure("none"), senders=(), deadlines=())
    first, last = client.get(PAGE).rows()
    assert first[1:3] == ["Oppvekst, barnevern og familie", "Klima, miljø, vann og avfall"]
    assert last[0] == "Bavsender ikke oppgitt"
    assert last[1:4] == ["Ikke for KS", "ingen", "ikke oppgitt"]


def test_waiting_then_the_nearest_deadline_first_then_what_has_waited_longest(database, client):
    wait(database, 1, "uten frist, ny", deadlines=(), seen=3)
    wait(database, 2, "uten frist, gammel", deadlines=())
    wait(database, 3, "sen frist", deadlines=(deadline("2026-09-01"),))
    wait(database, 4, "nær frist", deadlines=(deadline("2026-07-12"),))
    wait(database, 5, "gått ut", deadlines=(deadline("2026-07-07"),))
    assert titles(client.get(PAGE)) == [
        "nær frist", "sen frist", "gått ut", "uten frist, gammel", "uten frist, ny",
    ]  # fmt: skip


def test_waiting_when_closed_then_shown_only_when_asked_for(database, client):
    wait(database, 1, "Åpen")
    wait(database, 2, "Ferdig", status=Status.CONCLUDED)
    page = client.get(PAGE)
    assert titles(page) == ["Åpen"]
    everything = client.get(page.links()["Vis også 1 avsluttet"])
    assert set(titles(everything)) == {"Åpen", "Ferdig"}
    assert everything.links()["Vis bare de åpne"] == PAGE


def test_waiting_when_there_are_many_then_paged(database, client):
    for number in range(51):
        wait(database, number, f"Nr. {number}")
    page = client.get(PAGE)
    assert "51 høringer" in page.text
    assert page.links()["Neste side →"] == f"{PAGE}?side=2"
    assert len(client.get(f"{PAGE}?side=2").rows()) == 1
    assert "Side 3 finnes ikke" in client.get(f"{PAGE}?side=3", 400).text


def test_waiting_then_leads_to_the_form(database, client):
    wait(database, 1, "A")
    assert client.get(PAGE).links()["A"] == "/horinger/regjeringen:1#flytt"


def test_list_when_something_waits_then_says_how_many(database, client):
    assert "trenger et menneske" not in client.get("/").text
    wait(database, 1, "A")
    wait(database, 2, "Ferdig", status=Status.CONCLUDED)
    assert client.get("/").links()["1 høring trenger et menneske"] == PAGE


def test_choice_when_it_makes_no_sense_then_refused(client):
    assert "ikke gyldig" in client.get(f"{PAGE}?avsluttede=ja", 400).text
