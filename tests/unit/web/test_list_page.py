"""The list: order, filters, search, paging, and addresses that ask for what is not there."""

from datetime import date, timedelta
from urllib.parse import quote

import pytest

from consultations.domain.observation import DeadlineKind, Status
from consultations.store.database import Database
from tests.building import deadline, observation
from tests.unit.web.checked_client import CheckedClient, Page
from tests.unit.web.seeding import store

CHILD = "Høring om endringer i barnevernsloven"
SEWAGE = "Høring om gjennomføring av det reviderte avløpsdirektivet EU/EØS"
HEARING = "Endringer i kommuneloven (åpne møter)"
NYNORSK = "Høyring om endring i kommunelova"


def titles(page: Page) -> list[str]:
    return [row[0] for row in page.rows()]


def test_list_without_choices_then_newest_first(seeded: CheckedClient) -> None:
    # the hearing has no publishing date: it is as new as its deadline
    assert titles(seeded.get("/")) == [SEWAGE, HEARING, CHILD, NYNORSK]


def test_list_by_deadline_then_the_first_still_ahead_leads_and_none_comes_last(
    seeded: CheckedClient,
) -> None:
    assert titles(seeded.get("/?sorter=frist")) == [SEWAGE, HEARING, CHILD, NYNORSK]


def test_row_then_says_everything_a_reader_sorts_by(seeded: CheckedClient) -> None:
    row = seeded.get("/").rows()[2]
    assert row[1:] == [
        "Barne- og familiedepartementet",
        "Oppvekst, barnevern og familie også Demokrati, styring og kommunelov",
        "3. juli 2026",
        "senest 14. august 2026 · om 35 dager",
        "På høring",
    ]


def test_row_without_deadline_then_says_not_stated(seeded: CheckedClient) -> None:
    assert seeded.get("/").rows()[3][4] == "ikke oppgitt"


def test_row_abstained_then_asks_for_a_person_and_gives_the_guess(seeded: CheckedClient) -> None:
    guess = "Trenger et menneske kanskje Demokrati, styring og kommunelov"
    assert seeded.get("/").rows()[1][2] == guess


def test_row_with_a_later_deadline_still_ahead_then_shows_that(seeded: CheckedClient) -> None:
    assert seeded.get("/").rows()[1][4] == "senest 20. juli 2026 · om 10 dager"


def test_row_whose_deadline_is_not_for_answering_then_says_what_it_is_for(
    database: Database, client: CheckedClient
) -> None:
    ask = deadline("2026-08-07", DeadlineKind.REQUEST_TO_APPEAR)
    store(database, observation(deadlines=(ask, deadline("2026-08-14"))))
    assert client.get("/").rows()[0][4] == "senest 7. august 2026 · om 28 dager (be om å møte)"


def test_row_cancelled_then_counts_down_to_nothing(
    database: Database, client: CheckedClient
) -> None:
    store(database, observation(status=Status.CANCELLED))
    assert client.get("/").rows()[0][4:] == ["var satt til 14. august 2026", "Avlyst"]


def test_row_in_nynorsk_then_marked_so(seeded: CheckedClient) -> None:
    marked = seeded.get("/").find("//tbody//bdi[@lang='nn']")
    assert [bdi.text for bdi in marked] == [NYNORSK]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("seksjon=oppvekst", [CHILD]),
        ("seksjon=demokrati-styring", [HEARING, CHILD]),
        ("seksjon=none", []),
        ("eu=1", [SEWAGE]),
        ("apne=1", [SEWAGE, HEARING, CHILD]),
        ("menneske=1", [HEARING]),
        ("sok=BARNEVERN", [CHILD]),
        ("sok=avl%C3%98psdirektivet", [SEWAGE]),
        ("sok=lov+endringer", [HEARING, CHILD]),
        ("sok=%25", []),
        ("sok=h_ring", []),
        ("sok=&seksjon=&eu=&side=", [SEWAGE, HEARING, CHILD, NYNORSK]),
        ("eu=1&sok=avl%C3%B8p&apne=1", [SEWAGE]),
    ],
)
def test_list_when_narrowed_then_only_what_fits(
    seeded: CheckedClient, query: str, expected: list[str]
) -> None:
    page = seeded.get(f"/?{query}")
    assert (titles(page) if expected else page.find("//table")) == expected


def test_choices_when_made_then_kept_in_form_and_sort_links(seeded: CheckedClient) -> None:
    page = seeded.get("/?sok=lov&seksjon=oppvekst&apne=1&sorter=frist")
    assert page.find("//input[@id='sok']")[0].get("value") == "lov"
    assert page.find("//option[@selected]")[0].get("value") == "oppvekst"
    assert [box.get("id") for box in page.find("//input[@checked]")] == ["apne"]
    assert page.find("//input[@type='hidden']")[0].get("value") == "frist"
    newest = page.find("//th[@aria-sort='none']/a")[0].get("href")
    assert newest == "/?sok=lov&seksjon=oppvekst&apne=1"


def test_sorted_column_then_told_to_screen_readers(seeded: CheckedClient) -> None:
    by_deadline = seeded.get("/?sorter=frist").find("//th[@aria-sort]/@aria-sort")
    assert by_deadline == ["none", "ascending"]


def test_list_when_nothing_fits_then_points_onward(seeded: CheckedClient) -> None:
    page = seeded.get("/?sok=finnes+ikke")
    assert "Ingen høringer passer med valgene dine" in page.text
    assert page.links()["se alle høringer"] == "/"


def test_list_when_empty_then_points_to_sources(client: CheckedClient) -> None:
    page = client.get("/")
    assert "Ingen høringer er tatt inn ennå" in page.text
    assert page.links()["siden om kildene"] == "/kilder"


def test_list_when_a_source_is_silent_then_warns(seeded: CheckedClient) -> None:
    text = seeded.get("/").text
    assert "Vi kan være blinde for «Høringer i Stortinget»: kilden er aldri sett." in text
    assert "blinde for «Høringer på regjeringen.no»" not in text


@pytest.fixture
def many(database: Database, client: CheckedClient) -> CheckedClient:
    """A client over 101 consultations, numbered from the newest."""
    for number in range(101):
        published = date(2026, 7, 1) - timedelta(days=number)
        store(database, observation(external_id=f"n{number}", title=f"Høring nr. {number}",
                                    published_on=published))  # fmt: skip
    return client


def test_second_page_of_three_then_has_both_neighbours(many: CheckedClient) -> None:
    page = many.get("/?apne=1&side=2")
    assert titles(page) == [f"Høring nr. {number}" for number in range(50, 100)]
    assert "51–100 av 101 høringer" in page.text
    assert page.links()["← Forrige side"] == "/?apne=1"
    assert page.links()["Neste side →"] == "/?apne=1&side=3"


def test_last_page_then_has_the_rest_and_no_next(many: CheckedClient) -> None:
    page = many.get("/?side=3")
    assert titles(page) == ["Høring nr. 100"]
    assert "Neste side →" not in page.links()


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("side=0", "Feil: Sidetallet er ikke gyldig"),
        ("side=-1", "Feil: Sidetallet er ikke gyldig"),
        ("side=to", "Feil: Sidetallet er ikke gyldig"),
        ("side=%C2%B2", "Feil: Sidetallet er ikke gyldig"),
        ("side=99999999999999999999", "Feil: Sidetallet er ikke gyldig"),
        ("side=2", "Feil: Side 2 finnes ikke"),
        ("seksjon=finnes-ikke", "Feil: Vi kjenner ikke seksjonen"),
        ("sorter=tittel", "Feil: Vi kan ikke sortere slik"),
        ("eu=ja", "Feil: Et valg i adressen er ikke gyldig"),
        ("sok=" + "a" * 201, "Feil: Søket er for langt"),
    ],
)
def test_bad_query_then_friendly_400(seeded: CheckedClient, query: str, title: str) -> None:
    page = seeded.get(f"/?{query}", status=400)
    assert page.h1 == title
    assert page.links()["Se alle høringer"] == "/"


@pytest.mark.parametrize("odd", ["\0", "😀", "'--", "\\", "%00"])
def test_odd_search_then_still_a_page(seeded: CheckedClient, odd: str) -> None:
    seeded.get(f"/?sok={quote(odd)}")


def test_broken_encoding_in_search_then_still_a_page(seeded: CheckedClient) -> None:
    seeded.get("/?sok=%FF%FE")


def test_unknown_status_then_counts_as_open(database: Database, client: CheckedClient) -> None:
    store(database, observation(status=Status.UNKNOWN))
    assert client.get("/?apne=1").rows()[0][5] == "Ukjent"


def test_deadline_with_time_of_day_then_shown(database: Database, client: CheckedClient) -> None:
    stated = deadline("2026-08-14").model_copy(
        update={"precision": "datetime", "at": deadline("2026-08-14").at.replace(hour=10, minute=0,
                                                                                second=0)}
    )  # fmt: skip
    store(database, observation(deadlines=(stated,)))
    assert client.get("/").rows()[0][4].startswith("senest 14. august 2026 kl. 12.00")


def test_hearing_day_alone_then_no_deadline(database: Database, client: CheckedClient) -> None:
    store(database, observation(deadlines=(deadline("2026-08-14", DeadlineKind.HEARING_DAY),)))
    assert client.get("/").rows()[0][4] == "ikke oppgitt"
