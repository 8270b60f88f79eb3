"""Sources, dead letters, errors, and what every answer must carry."""

from datetime import timedelta

import pytest
from starlette.routing import Mount, Route

from consultations.store import bus, dead_letters, sources
from consultations.store.database import Database
from consultations.store.dead_letters import DeadLetter
from consultations.store.sources import PollCounts
from consultations.web import create_app, pages
from tests.building import at
from tests.unit.web.checked_client import CheckedClient, words
from tests.unit.web.seeding import CHANNELS, NOW, SECTIONS, SOURCE_TITLES


def card(client: CheckedClient, source: str) -> str:
    page = client.get("/kilder")
    return words(page.find(f"//section[@aria-labelledby='kilde-{source}']")[0])


def poll(database: Database, hours_ago: float, **ending: object) -> None:
    at = NOW - timedelta(hours=hours_ago)
    with database.transaction() as session:
        sources.begin_poll(session, "regjeringen", at)
        sources.end_poll(session, "regjeringen", at, PollCounts(fetched=1200), **ending)


def test_source_polled_lately_then_in_order_with_counts(seeded: CheckedClient) -> None:
    text = card(seeded, "regjeringen")
    assert "I orden" in text
    assert "24 hentet, 2 nye, 1 endret, 20 uendret, 1 uleselige" in text
    assert "blinde" not in text


def test_source_never_polled_then_never_seen(client: CheckedClient) -> None:
    text = card(client, "stortinget")
    assert "Aldri sett" in text
    assert "Vi kan være blinde" in text


def test_source_silent_for_a_day_then_warns(database: Database, client: CheckedClient) -> None:
    poll(database, 25)
    text = card(client, "regjeringen")
    assert "Taus" in text
    assert "Vi kan være blinde for «Høringer på regjeringen.no»: sist hentet 9. juli 2026" in text
    assert "1 200 hentet" in text


def test_source_failing_then_says_what_is_wrong(database: Database, client: CheckedClient) -> None:
    poll(database, 2)
    poll(database, 1, error="Svarte 500 tre ganger.")
    text = card(client, "regjeringen")
    assert "Feiler" in text
    assert "10. juli 2026 kl. 09.00: Svarte 500 tre ganger." in text


def test_source_stopped_then_says_so_and_warns(database: Database, client: CheckedClient) -> None:
    poll(database, 2)
    poll(database, 1, error="Kjenner ikke siden igjen.", stopped=True)
    text = card(client, "regjeringen")
    assert "Stanset" in text
    assert "Vi kan være blinde" in text


def test_source_mended_then_error_is_past(database: Database, client: CheckedClient) -> None:
    poll(database, 2, error="Svarte 500.")
    poll(database, 1)
    assert "10. juli 2026 kl. 08.00 (rettet siden)" in card(client, "regjeringen")


def test_sources_then_in_order_of_their_titles(seeded: CheckedClient) -> None:
    names = [words(heading) for heading in seeded.get("/kilder").find("//h2")]
    assert names == ["Høringer i Stortinget Aldri sett", "Høringer på regjeringen.no I orden"]


def test_dead_letters_then_listed_with_reason_and_count(seeded: CheckedClient) -> None:
    page = seeded.get("/dode-brev")
    row = page.rows(0)[0]
    assert row[0] == "Brev 1"
    assert row[1:3] == ["Fant ikke overskriften på siden.", "innhenting"]
    assert row[4] == "2 ganger"
    assert row[6] == "63 byte"


def test_refused_alerts_then_stand_with_reason(seeded: CheckedClient) -> None:
    page = seeded.get("/dode-brev")
    assert "Inviter appen til kanalen" in page.rows(1)[0][3]
    assert "consultations alerts retry" in page.text


def test_dead_letters_when_none_then_points_onward(client: CheckedClient) -> None:
    page = client.get("/dode-brev")
    assert "Ingen døde brev." in page.text
    assert "Ingen varsler står." in page.text


def test_dead_letter_then_commands_and_escaped_preview(seeded: CheckedClient) -> None:
    page = seeded.get("/dode-brev/1")
    assert "consultations dead-letters replay 1" in page.text
    assert "consultations dead-letters discard 1" in page.text
    assert "<html><body><p>Vi oppdaterer nettsidene våre</p></body></html>" in page.text


def letter_page(database: Database, client: CheckedClient, body: bytes) -> str:
    letter = DeadLetter("intake", None, "source-records.v1 nr. 7", "Feil", "", body)
    with database.transaction() as session:
        dead_letters.keep(session, letter, NOW)
    return client.get("/dode-brev/1").text


def test_dead_letter_binary_then_not_shown(database: Database, client: CheckedClient) -> None:
    assert "Innholdet er binært" in letter_page(database, client, b"%PDF\0\1\2")


def test_dead_letter_empty_then_said_so(database: Database, client: CheckedClient) -> None:
    assert "Brevet er tomt" in letter_page(database, client, b"")


def test_dead_letter_long_then_only_the_beginning(
    database: Database, client: CheckedClient
) -> None:
    text = letter_page(database, client, "ø".encode() * 300_000)
    assert "Her er begynnelsen." in text
    assert text.count("ø") < 4100


def test_dead_letter_with_controls_then_spelled_out(
    database: Database, client: CheckedClient
) -> None:
    text = letter_page(database, client, "\x1b[2J\u202eabc".encode())
    assert "⟨U+001B⟩[2J⟨U+202E⟩abc" in text


def test_dead_letter_in_old_encoding_then_read(database: Database, client: CheckedClient) -> None:
    assert "Høring" in letter_page(database, client, "Høring".encode("cp1252"))


def test_dead_letters_more_than_a_page_then_paged(
    database: Database, client: CheckedClient
) -> None:
    with database.transaction() as session:
        for number in range(51):
            letter = DeadLetter("intake", None, "x", "Feil", "", str(number).encode())
            dead_letters.keep(session, letter, NOW)
    assert client.get("/dode-brev").links()["Neste side →"] == "/dode-brev?side=2"
    assert len(client.get("/dode-brev?side=2").rows()) == 1
    assert client.get("/dode-brev?side=3", status=400).h1 == "Feil: Side 3 finnes ikke"


def test_accessibility_page_then_dated(client: CheckedClient) -> None:
    assert client.get("/tilgjengelighet").find("//main//time/@datetime")


@pytest.mark.parametrize(
    "path",
    ["/finnes-ikke", "/horinger/regjeringen:0", "/horinger/", "/horinger/%00",
     "/horinger/" + "a" * 999, "/dode-brev/0", "/dode-brev/x", "/dode-brev/%C2%B2",
     "/dode-brev/99999999999999999999",
     "/static/finnes-ikke.css", "/static/../app.py", "/static/%2e%2e/app.py", "/static/%00"],
)  # fmt: skip
def test_unknown_address_then_404_in_norwegian(seeded: CheckedClient, path: str) -> None:
    page = seeded.get(path, status=404)
    assert page.h1 == "Feil: Siden finnes ikke"
    assert page.links()["Se alle høringer"] == "/"


def test_writing_then_refused(seeded: CheckedClient) -> None:
    response = seeded.fetch("/", method="POST")
    assert response.status_code == 405
    assert "GET" in response.headers["allow"]


def test_page_breaks_then_500_in_norwegian_without_details(
    seeded: CheckedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("hemmelig")

    monkeypatch.setattr(pages, "source_cards", fail)
    page = seeded.get("/kilder", status=500)
    assert page.h1 == "Feil: Noe gikk galt hos oss"
    assert "hemmelig" not in page.response.text


def test_database_away_then_503_and_unhealthy(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("borte")
    database = Database(f"sqlite:///{folder}/finnes/ikke/her.db")
    app = create_app(database, clock=lambda: NOW, sections={}, channels=CHANNELS, source_titles={})
    client = CheckedClient(app)
    assert client.get("/", status=503).h1 == "Feil: Databasen svarer ikke"
    assert client.fetch("/healthz").status_code == 503


def test_health_then_ok(client: CheckedClient) -> None:
    assert client.fetch("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000"])
def test_loopback_host_then_answered(client: CheckedClient, host: str) -> None:
    assert client.fetch("/healthz", host=host).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io"])
def test_other_host_then_refused(client: CheckedClient, host: str) -> None:
    response = client.fetch("/", host=host)
    assert response.status_code == 400
    assert response.headers["x-content-type-options"] == "nosniff"


def test_notice_when_given_then_on_every_page(database: Database) -> None:
    app = create_app(
        database, clock=lambda: NOW, sections=SECTIONS, channels=CHANNELS,
        source_titles=SOURCE_TITLES, notice="Klokken står på 10. juli 2026.",
    )  # fmt: skip
    client = CheckedClient(app)
    for path, status in [("/", 200), ("/kilder", 200), ("/finnes-ikke", 404)]:
        assert "Klokken står på 10. juli 2026." in client.get(path, status=status).text


def test_routes_then_are_these_and_read_only(database: Database) -> None:
    app = create_app(database, clock=lambda: NOW, sections={}, channels=CHANNELS, source_titles={})
    routes = [r for r in app.routes if isinstance(r, Route)]
    mounts = [m.path for m in app.routes if isinstance(m, Mount)]
    assert [r.path for r in routes] == [
        "/", "/horinger/{key:path}", "/mine", "/innboks", "/innboks/{section}", "/moter",
        "/forsinket", "/gjennomslag", "/gjennomslag.csv", "/trenger-et-menneske", "/kilder",
        "/dode-brev", "/dode-brev/{id}", "/tilgjengelighet", "/healthz", "/livez", "/readyz",
        "/kalender/{token}.ics", "/strom/{token}.atom", "/avmeld/{token}", "/avmeld/{token}",
    ]  # fmt: skip
    assert mounts == ["/static"]
    writing = [r.path for r in routes if (r.methods or set()) - {"GET", "HEAD"}]
    assert writing == ["/avmeld/{token}"]


def test_stylesheet_then_served_from_here_and_asks_nobody_else(client: CheckedClient) -> None:
    response = client.fetch("/static/style.css")
    assert response.headers["content-type"].startswith("text/css")
    assert "url(" not in response.text
    assert "@import" not in response.text


def test_steps_that_have_handled_anything_then_say_what_waits(
    database: Database, client: CheckedClient
) -> None:
    with database.transaction() as session:
        bus.append(session, "events.v1", [("a", b"1"), ("b", b"2"), ("c", b"3")], at(0))
        bus.advance(session, "routing", bus.read(session, "routing", "events.v1", 1)[-1])
    section = client.get("/kilder").find("//section[@aria-labelledby='behandling']")[0]
    assert "Fordeling 2 venter" in words(section)
