"""Text from outside never acts on a page, however it is made."""

import pytest

from consultations.domain.decision import Decision, EuAct, Evidence
from consultations.domain.observation import Document, Kind, Observation, StortingCase
from consultations.store import dead_letters
from consultations.store.database import Database
from consultations.store.dead_letters import DeadLetter
from tests.building import at, observation
from tests.unit.web.checked_client import CheckedClient
from tests.unit.web.seeding import CHILD_WELFARE, NOW, owe, store

SCRIPT = "<script>alert(1)</script>"
BREAKOUT = "\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


def test_hostile_everywhere_then_only_text(database: Database, client: CheckedClient) -> None:
    evil = SCRIPT + BREAKOUT
    seen = observation(
        title=evil, lead=evil, letter=evil, senders=(evil,), reference=evil, status_text=evil,
        topics=(evil,), consultees=(evil, f"KS, {evil}"), notes=(evil,),
        documents=(Document(title=evil, url=f"https://x.no/{BREAKOUT}"),),
        cases=(StortingCase(id="1", title=evil, reference=evil),),
    )  # fmt: skip
    quote = Evidence(field="title", start=0, end=len(evil), quote=evil, rule=evil,
                     section=evil, weight=1)  # fmt: skip
    decision = Decision(
        lead=evil, score=1, rules_hash=evil, evidence=(quote,), eu_evidence=(quote,),
        eu_acts=(EuAct(quote=evil, celex=evil, name=evil),), eu_eea=True,
    )  # fmt: skip
    later = seen.model_copy(update={"observed_at": at(-1), "title": SCRIPT + "2"})
    id_ = store(database, later, seen, decision=decision)
    owe(database, id_, CHILD_WELFARE, evil, "opened", evil)
    for path in ("/", f"/horinger/{CHILD_WELFARE}", "/dode-brev"):
        page = client.get(path)
        assert SCRIPT not in page.response.text
        assert "49" not in page.text
    assert SCRIPT in client.get("/").text


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "data:text/html,x",
     "//evil.example/", "java\nscript:alert(1)", "https://", "http://[", "vbscript:x", "", "/etc",
     "https://x.no/\u202egnp.exe", "file:///etc/passwd"],
)  # fmt: skip
def test_address_not_of_the_web_then_never_a_link(
    database: Database, client: CheckedClient, url: str
) -> None:
    seen = observation(url=url, submit_url=url, documents=(Document(title="Notat", url=url),))
    store(database, seen)
    page = client.get(f"/horinger/{CHILD_WELFARE}")
    outside = [a for a in page.find("//main//a/@href") if not a.startswith(("#", "/"))]
    assert outside == []
    assert "Notat" in page.text


def test_dead_letter_place_hostile_then_no_link(database: Database, client: CheckedClient) -> None:
    letter = DeadLetter("poll", "x", "javascript:alert(1)", SCRIPT, SCRIPT, SCRIPT.encode())
    with database.transaction() as session:
        dead_letters.keep(session, letter, NOW)
    for path in ("/dode-brev", "/dode-brev/1"):
        page = client.get(path)
        assert SCRIPT not in page.response.text
        assert SCRIPT in page.text


def test_direction_marks_in_title_then_taken_out(database: Database, client: CheckedClient) -> None:
    store(database, observation(title="Høring \u202egnp.exe\u2066 om\nlov"))
    page = client.get(f"/horinger/{CHILD_WELFARE}")
    assert page.h1 == "Høring gnp.exe om lov"


@pytest.mark.parametrize("title", ["\u202e", " ", "\n", "\u200f\u200f"])
def test_title_without_words_then_the_number_stands_in(
    database: Database, client: CheckedClient, title: str
) -> None:
    store(database, observation(title=title))
    assert client.get(f"/horinger/{CHILD_WELFARE}").h1 == CHILD_WELFARE
    assert client.get("/").links()[CHILD_WELFARE] == f"/horinger/{CHILD_WELFARE}"


def test_ten_thousand_recipients_then_one_page(database: Database, client: CheckedClient) -> None:
    names = tuple(f"Kommune nr. {number}" for number in range(10_000))
    store(database, observation(consultees=names))
    page = client.get(f"/horinger/{CHILD_WELFARE}")
    assert "Vis alle 10 000 på listen" in page.text
    assert len(page.find("//ul[@class='names']/li")) == 10_000


def test_everything_missing_then_said_to_be_missing(
    database: Database, client: CheckedClient
) -> None:
    bare = Observation(source="x", external_id="1", observed_at=at(0), kind=Kind.AGENCY, url="",
                       title="Uten alt")  # fmt: skip
    store(database, bare)
    text = client.get("/horinger/x:1").text
    for words in ("Kilden oppgir ingen frist", "Høringen er ikke fordelt ennå",
                  "Kilden lenker ikke til noen dokumenter", "Kilden oppgir ingen høringsinstanser",
                  "Kilden har ingen tekst", "Ingen er varslet"):  # fmt: skip
        assert words in text
    assert client.get("/").rows()[0][1] == "ikke oppgitt"


def test_long_word_in_title_then_whole(database: Database, client: CheckedClient) -> None:
    store(database, observation(title="a" * 20_000))
    assert client.get(f"/horinger/{CHILD_WELFARE}").h1 == "a" * 20_000


def test_evidence_that_does_not_quote_then_left_unmarked(
    database: Database, client: CheckedClient
) -> None:
    seen = observation(lead="Kort tekst")
    wrong = Evidence(field="summary", start=3, end=900, quote="noe annet", rule="r",
                     section="oppvekst", weight=1)  # fmt: skip
    store(database, seen, decision=Decision(lead="oppvekst", score=1, evidence=(wrong,),
                                            rules_hash="x"))  # fmt: skip
    page = client.get(f"/horinger/{CHILD_WELFARE}")
    assert page.find("//div[@class='letter']/mark") == []
