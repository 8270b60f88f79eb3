"""One consultation: every part of the dossier is there, and what is missing says so."""

from datetime import UTC, datetime

import pytest

from consultations.domain.decision import Decision, Evidence, RoutingText
from consultations.domain.observation import (
    Deadline,
    DeadlineKind,
    FoundIn,
    Kind,
    Meeting,
    Status,
)
from consultations.store.database import Database
from tests.building import deadline, observation
from tests.unit.web.checked_client import CheckedClient, Page, words
from tests.unit.web.seeding import CHILD_WELFARE, HEARING, SEWAGE, quoted, store

CANCELLED = observation(status=Status.CANCELLED, status_text="Avlyst: Saken er trukket.")


def section(page: Page, id_: str) -> str:
    """The words of one section of the page."""
    return words(page.find(f"//section[@aria-labelledby='{id_}']")[0])


def key(page: Page) -> list[str]:
    """The words of each cell in the box on top."""
    return [words(cell) for cell in page.find("//div[@class='key']/div")]


def marks(page: Page) -> list[str]:
    return [words(mark) for mark in page.find("//div[@class='letter']/mark")]


def test_page_then_shows_facts_and_links(seeded: CheckedClient) -> None:
    page = seeded.get(f"/horinger/{CHILD_WELFARE}")
    assert page.h1 == "Høring om endringer i barnevernsloven"
    assert page.links()["Les høringen hos kilden"].endswith("/id3167072/")
    assert page.links()["Send svar"].endswith("?expand=horing")
    facts = section(page, "fakta")
    assert "26/1234" in facts
    assert "Barnevern, Familie" in facts


def test_status_in_the_sources_words_then_not_said_twice(
    database: Database, client: CheckedClient
) -> None:
    store(database, observation(status_text="På høring"))
    assert "På høring –" not in section(client.get(f"/horinger/{CHILD_WELFARE}"), "fakta")


def test_deadline_then_shows_provenance_conflict_and_history(seeded: CheckedClient) -> None:
    text = section(seeded.get(f"/horinger/{CHILD_WELFARE}"), "frister")
    assert "senest 14. august 2026 · om 35 dager" in text
    assert "14. august 2026 står i datofeltet: Høringsfrist: 14.08.2026" in text
    assert "21. august 2026 står i høringsbrevet: Høringsfrist: 21.08.2026 annen dato" in text
    assert "Kilden oppgir ulike datoer." in text
    assert "Vi så den først 6. juli 2026 kl. 10.00." in text
    assert "7. august 2026 sto hos kilden fra 4. juli 2026 kl. 10.00" in text


def test_deadline_taken_away_then_said_so(database: Database, client: CheckedClient) -> None:
    store(database, observation(), observation(1, deadlines=()))
    text = section(client.get(f"/horinger/{CHILD_WELFARE}"), "frister")
    assert "Står ikke lenger hos kilden." in text
    assert "14. august 2026 sto hos kilden" in text


def test_hearing_then_shows_cases_meetings_and_all_deadlines(seeded: CheckedClient) -> None:
    page = seeded.get(f"/horinger/{HEARING}")
    text = section(page, "saker")
    assert "Endringer i kommuneloven (åpne møter) (Prop. 80 L (2025–2026))" in text
    assert "22. juli 2026 kl. 09.00, Høringssal 1" in text
    deadlines = section(page, "frister")
    assert "Fristen for å be om å møte 8. juli 2026 · gikk ut for 2 dager siden" in deadlines
    assert "Høringsdagen 22. juli 2026 · om 12 dager" in deadlines


def test_top_of_page_then_shows_every_deadline_and_first_the_one_still_ahead(
    seeded: CheckedClient,
) -> None:
    assert key(seeded.get(f"/horinger/{HEARING}"))[:2] == [
        "Fristen for å svaresenest 20. juli 2026 · om 10 dager",
        "Fristen for å be om å møte8. juli 2026 · gikk ut for 2 dager siden",
    ]


def test_top_of_page_when_there_is_no_deadline_then_says_so(
    database: Database, client: CheckedClient
) -> None:
    store(database, observation(deadlines=()))
    assert key(client.get(f"/horinger/{CHILD_WELFARE}"))[0] == "Fristikke oppgitt"


def test_cancelled_then_said_on_top_and_counts_down_to_nothing(
    database: Database, client: CheckedClient
) -> None:
    store(database, CANCELLED)
    page = client.get(f"/horinger/{CHILD_WELFARE}")
    assert key(page)[:2] == ["StatusAvlyst", "Fristen for å svarevar satt til 14. august 2026"]
    assert "Fristen for å svare var satt til 14. august 2026 " in section(page, "frister")
    assert " dager" not in page.text


def test_cancelled_in_the_sources_words_then_not_said_twice(
    database: Database, client: CheckedClient
) -> None:
    store(database, CANCELLED)
    facts = section(client.get(f"/horinger/{CHILD_WELFARE}"), "fakta")
    assert "Status hos kildenAvlyst: Saken er trukket." in facts


def test_status_where_the_source_says_more_then_both_said(
    database: Database, client: CheckedClient
) -> None:
    store(database, observation(status_text="Planlagt med forbehold"))
    facts = section(client.get(f"/horinger/{CHILD_WELFARE}"), "fakta")
    assert "På høring – Planlagt med forbehold" in facts


def test_hearing_then_nothing_on_what_its_source_never_has(seeded: CheckedClient) -> None:
    text = seeded.get(f"/horinger/{HEARING}").text
    assert "KS på listen" not in text
    assert "Høringsinstanser" not in text
    assert "Høringssvar" not in text


@pytest.mark.parametrize("kind", [Kind.MINISTRY, Kind.AGENCY])
def test_kind_whose_source_lists_recipients_then_says_what_is_missing(
    database: Database, client: CheckedClient, kind: Kind
) -> None:
    store(database, observation(kind=kind))
    page = client.get(f"/horinger/{CHILD_WELFARE}")
    assert "KS på listenikke oppgitt" in key(page)
    assert "Kilden oppgir ingen høringsinstanser." in section(page, "instanser")


@pytest.mark.parametrize(
    "quote",
    ["2026-08-14T23:59:00", "2026-08-14T23:59:00+02:00", "/Date(1786744740000+0200)/",
     "14.08.2026 23:59:00"],
)  # fmt: skip
def test_deadline_written_for_machines_then_not_quoted(
    database: Database, client: CheckedClient, quote: str
) -> None:
    stated = deadline("2026-08-14").model_copy(update={"quote": quote})
    store(database, observation(deadlines=(stated,)))
    page = client.get(f"/horinger/{CHILD_WELFARE}")
    assert "14. august 2026 står i datofeltet Vi så" in section(page, "frister")
    assert page.find("//q") == []


def test_meeting_known_only_by_day_then_no_time_of_day(
    database: Database, client: CheckedClient
) -> None:
    midnight = datetime(2026, 8, 19, 22, 0, tzinfo=UTC)
    store(database, observation(meetings=(Meeting(at=midnight),)))
    text = section(client.get(f"/horinger/{CHILD_WELFARE}"), "saker")
    assert "20. august 2026 (stedet er ikke oppgitt)" in text


def test_hearing_day_passed_then_not_called_expired(
    database: Database, client: CheckedClient
) -> None:
    day = deadline("2026-07-09", DeadlineKind.HEARING_DAY)
    store(database, observation(deadlines=(day,)))
    assert "gikk ut" not in section(client.get(f"/horinger/{CHILD_WELFARE}"), "frister")


def test_routing_then_shows_why(seeded: CheckedClient) -> None:
    page = seeded.get(f"/horinger/{CHILD_WELFARE}")
    text = section(page, "fordeling")
    assert "Holder pennenOppvekst, barnevern og familie" in text
    assert "Demokrati, styring og kommunelov (1,25)" in text
    decisive = (
        "«barnevernsloven» i tittelen, «fosterhjem» i ingressen, «kommunene ansvar» i teksten"
    )
    assert f"Ord som talte mest{decisive} EU/EØS" in text
    assert page.rows(0)[0] == [
        "«barnevernsloven»", "tittel", "Oppvekst, barnevern og familie", "2,5",
        "keyword:barnevernsloven",
    ]  # fmt: skip
    assert marks(page) == ["barnevernsloven", "fosterhjem", "kommunene ansvar"]


def test_words_that_counted_then_all_of_them_folded_away(seeded: CheckedClient) -> None:
    page = seeded.get(f"/horinger/{CHILD_WELFARE}")
    folded = page.find("//section[@aria-labelledby='fordeling']/details")
    assert [words(d.find("summary")) for d in folded] == ["Vis alle ordene som talte"]
    assert len(folded[0].xpath(".//tbody/tr")) == 3


def test_words_that_counted_when_many_then_the_heaviest_four_once_each_and_only_for_the_lead(
    database: Database, client: CheckedClient
) -> None:
    seen = observation(title="X", senders=(), lead="en to tre fire fem seks En sju")
    text = RoutingText.of(seen)
    counted = [("en", 1), ("to", 2), ("tre", 3), ("fire", 4), ("fem", 5), ("En", 6), ("seks", -7)]
    evidence = [quoted(text, word, "oppvekst", weight) for word, weight in counted]
    evidence.append(quoted(text, "sju", "helse", 9))
    decision = Decision(lead="oppvekst", score=1, evidence=tuple(evidence), rules_hash="x")
    store(database, seen, decision=decision)
    page = client.get(f"/horinger/{CHILD_WELFARE}")
    decisive = page.find("//dt[text()='Ord som talte mest']/following-sibling::dd")[0]
    assert [words(bdi) for bdi in decisive.iter("bdi")] == ["En", "fem", "fire", "tre"]


def test_rule_set_then_short_with_all_of_it_at_hand(
    database: Database, client: CheckedClient
) -> None:
    hash_ = "0123456789abcdef" * 4
    store(database, observation(), decision=Decision(lead="oppvekst", score=1, rules_hash=hash_))
    page = client.get(f"/horinger/{CHILD_WELFARE}")
    assert [words(code) for code in page.find(f"//code[@title='{hash_}']")] == ["0123456789ab"]
    assert "ingen ord i teksten pekte hit" in section(page, "fordeling")


def test_eu_acts_then_linked_by_celex(seeded: CheckedClient) -> None:
    page = seeded.get(f"/horinger/{SEWAGE}")
    assert page.links()["CELEX 32024L3019"] == (
        "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:32024L3019"
    )
    assert "«avløpsdirektivet» (CELEX-nummeret er ikke kjent)" in section(page, "fordeling")
    assert [words(m) for m in page.find("//div[@class='letter']/mark[@class='eu']")] == [
        "Direktiv (EU) 2024/3019"
    ]


def test_evidence_overlapping_then_marks_join(database: Database, client: CheckedClient) -> None:
    seen = observation(lead="kommunalt barnevern i kommunen")
    spans = [(0, 20), (10, 25), (10, 20)]
    evidence = tuple(
        Evidence(field="summary", start=s, end=e, quote=seen.lead[s:e], rule="r",
                 section="oppvekst", weight=-1)
        for s, e in spans if seen.lead
    )  # fmt: skip
    decision = Decision(lead="oppvekst", score=1, evidence=evidence, rules_hash="x")
    store(database, seen, decision=decision)
    page = client.get(f"/horinger/{CHILD_WELFARE}")
    assert marks(page) == ["kommunalt barnevern i kom"]
    assert "−1" in page.rows(0)[0]


def test_text_changed_since_decision_then_said_so(
    database: Database, client: CheckedClient
) -> None:
    first = observation()
    decision = Decision(lead="oppvekst", score=1, rules_hash="x")
    store(database, first, decision=decision)
    store(database, first, observation(1, title="Ny tittel"))
    text = section(client.get(f"/horinger/{CHILD_WELFARE}"), "fordeling")
    assert text.endswith(
        "Teksten er endret etter forrige fordeling. Ny fordeling er ikke klar ennå."
    )


def test_ks_on_the_list_then_marked(seeded: CheckedClient) -> None:
    page = seeded.get(f"/horinger/{CHILD_WELFARE}")
    assert "KS er på listen." in section(page, "instanser")
    assert [words(b) for b in page.find("//ul[@class='names']//strong")] == [
        "KS – Kommunesektorens organisasjon"
    ]


def test_ks_not_on_the_list_then_anyone_can_answer(
    database: Database, client: CheckedClient
) -> None:
    store(database, observation(consultees=("Solvind KS", "NKS", "KS1-gruppen")))
    text = section(client.get(f"/horinger/{CHILD_WELFARE}"), "instanser")
    assert "KS er ikke på listen. Alle kan likevel svare." in text


def test_alerts_then_say_what_happened_to_each(seeded: CheckedClient) -> None:
    text = section(seeded.get(f"/horinger/{CHILD_WELFARE}"), "varsler")
    assert "#horing-oppvekst" in text
    assert "Sendt 10. juli 2026 kl. 10.00" in text
    assert "Prøves igjen 10. juli 2026 kl. 10.05 Slack svarte ikke i tide." in text
    assert "Vi sjekker før vi prøver igjen." in text


def test_alert_refused_then_reason_stands(seeded: CheckedClient) -> None:
    text = section(seeded.get(f"/horinger/{SEWAGE}"), "varsler")
    assert "Avvist: noen må ordne det Slack kjenner ikke kanalen." in text


def test_versions_then_newest_first_with_changes_in_words(seeded: CheckedClient) -> None:
    page = seeded.get(f"/horinger/{CHILD_WELFARE}")
    versions = [words(li) for li in page.find("//ol[@class='versions']/li")]
    moved = "Fristen for å svare er flyttet fra 7. august 2026 til 14. august 2026."
    assert versions[0].endswith(moved)
    assert versions[1].endswith("Først sett.")
    assert "Ukjent felt: «Høringskode»" in section(page, "merknader")


def test_foreign_language_then_marked_on_heading_and_text(
    database: Database, client: CheckedClient
) -> None:
    store(database, observation(language="en", title="Ocean Act", lead="Feedback is open."))
    page = client.get(f"/horinger/{CHILD_WELFARE}")
    assert page.find("//h1/@lang") == ["en"]
    assert page.find("//div[@class='letter']/@lang") == ["en"]


def test_deadline_with_time_of_day_then_machine_readable(
    database: Database, client: CheckedClient
) -> None:
    stated = Deadline(
        kind=DeadlineKind.WRITTEN_ANSWER, at=datetime(2026, 8, 14, 10, tzinfo=UTC),
        precision="datetime", found_in=FoundIn.FIELD, quote="14. august kl. 12.00",
    )  # fmt: skip
    store(database, observation(deadlines=(stated,)))
    times = client.get(f"/horinger/{CHILD_WELFARE}").find("//time/@datetime")
    assert "2026-08-14T12:00+02:00" in times


def test_id_with_slashes_then_found(database: Database, client: CheckedClient) -> None:
    store(database, observation(external_id="a/b/../c?d#e %2F"))
    href = client.get("/").find("//tbody//a/@href")[0]
    assert client.get(href).h1 == "Høring om endringer i barnevernsloven"
