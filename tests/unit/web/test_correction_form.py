"""The form that moves a matter: what it does, what it refuses, and who it listens to."""

import pytest
import sqlalchemy as sa

from consultations.store.database import Database, DatabaseUnavailable
from consultations.store.tables import CorrectionRow, OutboxRow
from tests.unit.web.checked_client import Page, words
from tests.unit.web.seeding import CHILD_WELFARE, HEARING, SEWAGE

PAGE = f"/horinger/{CHILD_WELFARE}"
FIELDS = {
    "seksjon": "klima-miljo", "eu": "", "grunn": "Gjelder avfall", "navn": "Kari Nordmann",
}  # fmt: skip


def kept(database: Database) -> list[CorrectionRow]:
    with database.reading() as session:
        return list(session.scalars(sa.select(CorrectionRow).order_by(CorrectionRow.id)))


def facts(page: Page) -> dict[str, str]:
    terms = page.find("//section[@aria-labelledby='fordeling']//dl/div")
    return {words(one.find("dt")): words(one.find("dd")) for one in terms}


def test_page_where_people_may_correct_then_has_the_form_with_every_section(teaching):
    page = teaching.get(PAGE)
    (form,) = page.find("//section[@aria-labelledby='flytt']//form")
    assert (form.get("method"), form.get("action")) == ("post", PAGE)
    options = [words(o) for o in form.xpath(".//select[@id='seksjon']/option")]
    assert options[0] == "Ikke endre seksjonen"
    assert options[-1] == "Ikke for KS"
    assert form.xpath("string(.//select[@id='eu']/option[@selected])") == "Ikke endre"
    assert "Sporeren sender aldri noe til noen." in page.text


def test_page_where_nobody_may_then_says_how_it_is_done(seeded):
    page = seeded.get(PAGE)
    assert page.find("//form[@method='post']") == []
    assert f'consultations route correct {CHILD_WELFARE} --section ID --by "NAVN"' in page.text
    assert "Sidene er bare til å lese." in page.text


def test_form_where_nobody_may_then_not_listened_to(database, seeded):
    assert "Her kan du bare lese" in seeded.send(PAGE, FIELDS, 405).text
    assert kept(database) == []


def test_form_when_sent_then_kept_and_the_reader_is_sent_back(database, teaching):
    response = teaching.post(PAGE, FIELDS)
    assert response.status_code == 303
    assert response.headers["location"] == f"{PAGE}?rettet=1#fordeling"
    (row,) = kept(database)
    assert (row.lead, row.brussels) == ("klima-miljo", None)
    assert (row.made_by, row.reason) == ("Kari Nordmann", "Gjelder avfall")
    with database.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(OutboxRow)) == 1


def test_page_when_corrected_then_says_who_when_why_and_what_the_tracker_said(teaching):
    teaching.post(PAGE, FIELDS)
    page = teaching.get(f"{PAGE}?rettet=1")
    assert "Rettelsen er lagret." in words(page.find("//*[@role='status']")[0])
    told = facts(page)
    assert told["Holder pennen"] == "Klima, miljø, vann og avfall"
    assert told["Seksjonen er valgt av"] == (
        "Kari Nordmann, 10. juli 2026 kl. 10.00: «Gjelder avfall» "
        "Sporeren selv sa: Oppvekst, barnevern og familie."
    )
    assert "barnevernsloven" in told["Ord som talte mest for sporeren"]
    assert {"Nummer to for sporeren", "Poeng for sporerens valg"} <= told.keys()
    assert page.find("//mark")


def test_page_when_the_eu_mark_is_overruled_then_says_so(teaching):
    teaching.post(f"/horinger/{SEWAGE}", {**FIELDS, "seksjon": "", "eu": "nei"})
    page = teaching.get(f"/horinger/{SEWAGE}")
    told = facts(page)
    assert told["EU/EØS"] == "nei"
    assert told["EU/EØS er avgjort av"].endswith("Sporeren selv sa: ja.")
    assert not page.find("//*[@class='tag eu']")


def test_page_when_corrected_more_than_once_then_shows_them_all_the_newest_first(teaching):
    teaching.post(PAGE, FIELDS)
    teaching.post(PAGE, {**FIELDS, "seksjon": "oppvekst", "eu": "ja", "navn": "Ola", "grunn": ""})
    listed = teaching.get(PAGE).find("//h3[text()='Alle rettelser']/following-sibling::ul[1]/li")
    when = "10. juli 2026 kl. 10.00"
    assert [words(one) for one in listed] == [
        f"{when}, Ola: Seksjon: Oppvekst, barnevern og familie. EU/EØS: ja.",
        f"{when}, Kari Nordmann: Seksjon: Klima, miljø, vann og avfall. «Gjelder avfall»",
    ]


def test_form_when_abstained_then_the_matter_leaves_those_that_wait(teaching):
    assert "Trenger et menneske" in facts(teaching.get(f"/horinger/{HEARING}"))["Holder pennen"]
    teaching.post(f"/horinger/{HEARING}", {**FIELDS, "seksjon": "demokrati-styring"})
    page = teaching.get(f"/horinger/{HEARING}")
    assert facts(page)["Holder pennen"] == "Demokrati, styring og kommunelov"
    assert "Reglene fant ikke nok" not in page.text


@pytest.mark.parametrize(
    ("given", "place", "said"),
    [
        ({"navn": " "}, "navn", "Skriv navnet ditt"),
        ({"navn": "x" * 121}, "navn", "høyst 120 tegn"),
        ({"seksjon": ""}, "seksjon", "Velg en seksjon"),
        ({"seksjon": "finnes-ikke"}, "seksjon", "Ukjent seksjon"),
        ({"eu": "kanskje"}, "eu", "Svar ja eller nei"),
        ({"grunn": "x" * 2001}, "grunn", "høyst 2000 tegn"),
    ],
)
def test_form_when_something_is_wrong_then_says_what_and_keeps_what_was_written(
    database, teaching, given, place, said
):
    sent = {**FIELDS, **given}
    page = teaching.send(PAGE, sent, 422)
    (link,) = page.find("//div[@role='alert']//a")
    assert said in words(link)
    assert link.get("href") == f"#{place}"
    (field,) = page.find(f"//*[@id='{place}']")
    assert field.get("aria-invalid") == "true"
    assert f"{place}-feil" in field.get("aria-describedby").split()
    assert page.find("//textarea[@id='grunn']")[0].text.strip() == sent["grunn"]
    assert page.find("//input[@id='navn']")[0].get("value") == sent["navn"]
    assert page.tree.findtext(".//title").startswith("Feil: ")
    assert kept(database) == []


def test_form_when_sent_twice_then_kept_once(database, teaching):
    for _ in range(2):
        assert teaching.post(PAGE, FIELDS).status_code == 303
    assert len(kept(database)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
def test_form_when_sent_from_another_page_then_refused(database, teaching, headers):
    assert "kom ikke herfra" in teaching.send(PAGE, FIELDS, 403, **headers).text
    assert kept(database) == []


def test_form_when_the_sender_says_nothing_of_itself_then_refused(database, teaching):
    assert teaching.fetch(PAGE, "POST", data=FIELDS).status_code == 403
    assert kept(database) == []


def test_form_when_an_old_browser_gives_the_origin_alone_then_taken(database, teaching):
    ours = {"origin": "http://127.0.0.1:8000"}
    assert teaching.fetch(PAGE, "POST", data=FIELDS, headers=ours).status_code == 303
    assert len(kept(database)) == 1


def test_form_when_sent_to_another_host_name_then_refused(database, teaching):
    response = teaching.fetch(PAGE, "POST", host="evil.example", data=FIELDS,
                              headers={"origin": "http://evil.example"})  # fmt: skip
    assert response.status_code == 400
    assert kept(database) == []


@pytest.mark.parametrize("size", [64_001, 10_000_000])
def test_form_when_enormous_then_refused(database, teaching, size):
    page = teaching.send(PAGE, {**FIELDS, "grunn": "x" * size}, 413)
    assert "kortere grunn" in page.text
    assert kept(database) == []


def test_form_when_the_longest_reason_there_may_be_then_taken(database, teaching):
    reason = "\N{SNOWMAN WITHOUT SNOW}" * 2000
    assert teaching.post(PAGE, {**FIELDS, "grunn": reason}).status_code == 303
    assert kept(database)[0].reason == reason


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data", ""])
def test_form_when_it_is_of_another_kind_then_refused(teaching, kind):
    assert teaching.send(PAGE, FIELDS, 415, **{"content-type": kind}).status == 415


def test_form_when_it_has_too_many_fields_then_refused(teaching):
    assert teaching.send(PAGE, {str(n): "x" for n in range(101)}, 400).status == 400


def test_form_when_a_half_filled_one_comes_then_asks_for_the_rest(teaching):
    assert "Skriv navnet ditt" in teaching.send(PAGE, {"seksjon": "oppvekst"}, 422).text


@pytest.mark.parametrize("key", ["regjeringen:404", "x", "a" * 301, "%00"])
def test_form_when_there_is_no_such_consultation_then_not_found(teaching, key):
    assert teaching.send(f"/horinger/{key}", FIELDS, 404).status == 404


def test_form_on_other_pages_then_they_only_show(teaching):
    for path in ("/", "/kilder", "/trenger-et-menneske", "/dode-brev"):
        assert "Her kan du bare lese" in teaching.send(path, FIELDS, 405).text


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7 * 7 }} {% raw %}",
        "a\u202eb\u2066c\u200bd",
        "a\x00b\x1b[31m",
    ],
)
def test_names_and_reasons_when_hostile_then_shown_as_words(teaching, hostile):
    teaching.post(PAGE, {**FIELDS, "navn": hostile, "grunn": hostile})
    page = teaching.get(PAGE)
    shown = "".join(c for c in hostile if c.isprintable())
    assert shown in facts(page)["Seksjonen er valgt av"]
    page = teaching.send(PAGE, {**FIELDS, "seksjon": "", "navn": hostile, "grunn": hostile}, 422)
    assert page.find("//script") == []


def test_name_when_given_then_remembered_in_this_browser_alone(teaching):
    cookie = teaching.post(PAGE, {**FIELDS, "navn": "Kåri; Ødegård"}).headers["set-cookie"]
    assert cookie.startswith("navn=K%C3%A5ri%3B%20%C3%98deg%C3%A5rd;")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    again = teaching.fetch(PAGE, headers={"cookie": cookie.partition(";")[0]})
    assert 'value="Kåri; Ødegård"' in again.text


def test_cookie_when_somebody_else_wrote_it_then_only_a_short_name_on_one_line(teaching):
    again = teaching.fetch(PAGE, headers={"cookie": f"navn=%22%3E%0A{'x' * 500}"})
    assert f'value="&#34;&gt; {"x" * 117}"' in again.text


def test_form_when_the_database_is_away_then_says_so(teaching, monkeypatch):
    def away(*_: object, **__: object) -> None:
        raise DatabaseUnavailable[0]("SELECT 1", {}, Exception("away"))

    monkeypatch.setattr("consultations.web.correcting.correct", away)
    assert "Databasen svarer ikke" in teaching.send(PAGE, FIELDS, 503).text
