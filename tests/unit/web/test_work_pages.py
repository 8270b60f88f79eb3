"""Mine, the inbox of a section, meetings, and what is late."""

from datetime import date

import pytest

from consultations.domain.decision import Decision
from consultations.domain.response.acts import Choice
from consultations.handlers import planning
from consultations.handlers.response import Assign, Triage
from consultations.store import consultations
from tests.building import deadline, observation
from tests.unit.web.checked_client import words
from tests.unit.web.offices import KARI, OFFICE, OLA, answer, do
from tests.unit.web.seeding import CHILD_WELFARE, NOW, SEWAGE, store


def titles(page):
    return [words(a) for a in page.find("//tbody//th/a")]


def wait(database, *deadlines, section="oppvekst", first=1):
    """Store consultations for a section, each with its deadline, and lay their plans."""
    decision = Decision(lead=section, score=1, rules_hash="x")
    for number, day in enumerate(deadlines, first):
        seen = observation(
            external_id=f"90{number}", title=f"Nr. {number}", deadlines=(deadline(day),)
        )
        store(database, seen, decision=decision)
    keys = [f"regjeringen:90{number}" for number in range(first, first + len(deadlines))]
    with database.transaction() as session:
        planning.keep_up(session, consultations.find(session, keys).values(), OFFICE, NOW)


def test_mine_before_anyone_has_said_who_they_are_then_asks(acting):
    page = acting.get("/mine")
    assert [words(o) for o in page.find("//select[@id='person']/option")] == [
        "Velg navnet ditt", "Kari Eksempel", "Ola Eksempel",
    ]  # fmt: skip
    assert page.find("//table") == []


def test_mine_then_shows_what_they_own_and_the_browser_remembers_them(database, acting):
    answer(database, CHILD_WELFARE)
    response = acting.fetch(f"/mine?person={KARI}")
    cookie = response.headers["set-cookie"]
    assert "samesite=strict" in cookie.lower()
    assert "httponly" in cookie.lower()
    again = acting.fetch("/mine", headers={"cookie": cookie.split(";")[0]})
    assert "Høring om endringer i barnevernsloven" in again.text
    assert titles(acting.get(f"/mine?person={KARI}")) == ["Høring om endringer i barnevernsloven"]
    assert "Ola Eksempel har ingen saker nå." in acting.get(f"/mine?person={OLA}").text


def test_mine_as_deputy_then_shown_too(database, acting):
    do(database, SEWAGE, Triage(Choice.ANSWER))
    do(database, SEWAGE, Assign(KARI, OLA))
    assert titles(acting.get(f"/mine?person={OLA}")) == [
        "Høring om gjennomføring av det reviderte avløpsdirektivet"
    ]


@pytest.mark.parametrize("person", ["ukjent", "<script>", "x" * 5000, "%00", "kari-eksempel%0d%0a"])
def test_mine_for_someone_unknown_then_refused(acting, person):
    page = acting.get(f"/mine?person={person}", 400)
    assert page.h1 == "Feil: Vi kjenner ikke personen"
    assert "set-cookie" not in page.response.headers


@pytest.mark.parametrize("cookie", ["person=ukjent", "person=%3Cscript%3E", "person=", "person"])
def test_mine_with_a_cookie_that_names_nobody_then_asks(acting, cookie):
    response = acting.fetch("/mine", headers={"cookie": cookie})
    assert response.status_code == 200
    assert "set-cookie" not in response.headers


def test_inbox_then_unclaimed_first_and_then_the_nearest_deadline(database, acting):
    wait(database, "2026-08-20", "2026-07-30", "2026-07-25")
    answer(database, "regjeringen:903")
    page = acting.get("/innboks/oppvekst")
    assert titles(page) == ["Nr. 2", "Høring om endringer i barnevernsloven", "Nr. 1", "Nr. 3"]
    rows = page.rows()
    assert rows[0][1:4] == ["Ny", "ingen har tatt saken", "Avgjøre om KS svarer"]
    assert rows[3][2] == "Kari Eksempel"


def test_inbox_where_nothing_waits_then_says_so(acting):
    assert "Ingenting venter på seksjonen nå." in acting.get("/innboks/internasjonalt").text


@pytest.mark.parametrize("section", ["ukjent", "none", "%3Cscript%3E", "x" * 5000, "%00"])
def test_inbox_of_no_section_then_not_found(acting, section):
    acting.get(f"/innboks/{section}", 404)


def test_inboxes_then_lead_to_each_section_and_show_what_nobody_has_taken(acting):
    page = acting.get("/innboks")
    assert page.links()["Klima, miljø, vann og avfall"] == "/innboks/klima-miljo"
    assert "Ikke for KS" not in page.text
    assert len(titles(page)) == 3


def test_list_with_more_than_a_page_then_leads_on(database, acting):
    wait(database, *(date(2026, 8, 1),) * 51)
    page = acting.get("/innboks/oppvekst")
    assert page.links()["Neste side →"] == "/innboks/oppvekst?side=2"
    second = acting.get("/innboks/oppvekst?side=2")
    assert len(second.rows()) == 2
    assert second.links()["← Forrige side"] == "/innboks/oppvekst?side=1"
    assert acting.get("/innboks/oppvekst?side=9", 400).h1 == "Feil: Side 9 finnes ikke"


@pytest.mark.parametrize("path", ["/mine", "/innboks", "/innboks/oppvekst", "/moter", "/forsinket"])
@pytest.mark.parametrize("number", ["0", "-1", "x", "9999999"])
def test_page_number_that_is_none_then_refused(acting, path, number):
    acting.get(f"{path}?side={number}", 400)


def test_meetings_then_each_with_its_papers_day_and_what_goes_there(database, acting):
    answer(database, CHILD_WELFARE)
    sections = acting.get("/moter").find("//main/section")
    told = [words(one) for one in sections]
    assert told[0].startswith(
        "Hovedstyret 5. august 2026 Sakspapirene må være inne senest 3. august"
    )
    assert "Høring om endringer i barnevernsloven" in told[0]
    assert told[1].startswith(
        "KDU 19. august 2026 Sakspapirene må være inne senest 10. august 2026"
    )
    assert told[1].endswith("Ingen saker ennå.")
    assert told[2].startswith("Hovedstyret 2. september 2026")


def test_late_then_says_what_is_behind(database, acting):
    assert "Ingenting er forsinket." in acting.get("/forsinket").text
    wait(database, "2026-07-07")
    answer(database, "regjeringen:901")
    (row,) = acting.get("/forsinket").rows()
    assert row[0].startswith("Nr. 1")
    assert "Fristen er gått ut, og ikke noe svar er sendt" in row[1]


def test_list_with_hostile_title_and_sender_then_only_text(database, acting):
    evil = "<script>alert(1)</script>\u202e"
    seen = observation(external_id="7", title=evil, senders=(evil,))
    store(database, seen, decision=Decision(lead="oppvekst", score=1, rules_hash="x"))
    with database.transaction() as session:
        found = consultations.find(session, ["regjeringen:7"])
        planning.keep_up(session, found.values(), OFFICE, NOW)
    page = acting.get("/innboks/oppvekst")
    assert "<script>" not in page.response.text
    assert "\u202e" not in page.response.text
