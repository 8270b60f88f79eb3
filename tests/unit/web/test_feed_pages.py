"""Calendars, feeds and the way out of the weekly mail, as programs and people reach them."""

import re

import ics
import pytest
import vobject
from lxml import etree

from consultations.store import digests, secret_addresses
from consultations.store.secret_addresses import Purpose
from consultations.web import create_app
from tests.building import observation
from tests.feeds_building import keep
from tests.response_building import KARI, assigned, office, triaged
from tests.unit.web.checked_client import CheckedClient
from tests.unit.web.seeding import CHANNELS, NOW, SECTIONS, SOURCE_TITLES

PAGE_URL = "https://horinger.example.org"
ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def client(database):
    app = create_app(
        database, clock=lambda: NOW, sections=SECTIONS, channels=CHANNELS,
        source_titles=SOURCE_TITLES, office=office(), page_url=PAGE_URL,
    )  # fmt: skip
    return CheckedClient(app)


@pytest.fixture
def address(database):
    def make(purpose, target="oppvekst"):
        with database.transaction() as session:
            return secret_addresses.make(session, purpose, target, "Kari", NOW).path

    return make


@pytest.fixture
def way_out(address):
    return address(Purpose.UNSUBSCRIBE, "kari-eksempel")


@pytest.fixture
def has_said_no(database):
    def has_said_no():
        with database.reading() as session:
            return "kari-eksempel" in digests.unsubscribed(session)

    return has_said_no


@pytest.mark.parametrize(
    ("purpose", "target", "name"),
    [
        (Purpose.CALENDAR_SECTION, "oppvekst", "Høringsfrister: Oppvekst\\, barnevern og familie"),
        (Purpose.CALENDAR_BRUSSELS, "", "Høringsfrister: EU og EØS"),
        (Purpose.CALENDAR_OWNER, KARI, "Høringer og planer: Kari Eksempel"),
    ],
)
def test_calendar_when_asked_for_then_it_is_one_with_its_matters(
    client, database, address, purpose, target, name
):
    keep(database, observation(), acts=[triaged(1), assigned(2)], eu_eea=True)
    answer = client.fetch(address(purpose, target))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert f"X-WR-CALNAME:{name}\r\n" in answer.text.replace("\r\n ", "")
    (event,) = ics.Calendar(answer.text).events
    assert event.url == f"{PAGE_URL}/horinger/regjeringen:3167072"


def test_feed_when_asked_for_then_it_is_atom_with_the_news(client, database, address):
    keep(database, observation())
    path = address(Purpose.FEED_SECTION)
    answer = client.fetch(path)
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    root = etree.fromstring(answer.content)
    links = root.xpath("//*[local-name()='link']/@href")
    assert links == [f"{PAGE_URL}{path}", f"{PAGE_URL}/horinger/regjeringen:3167072"]


@pytest.mark.parametrize("purpose", [Purpose.CALENDAR_SECTION, Purpose.FEED_SECTION])
def test_address_when_withdrawn_then_it_is_answered_as_an_unknown_one(
    client, database, address, purpose
):
    path = address(purpose)
    token = re.split("[/.]", path)[2]
    unknown = client.fetch(path.replace(token, "A" * 32))
    with database.transaction() as session:
        secret_addresses.revoke(session, token, NOW)
    gone = client.fetch(path)
    assert gone.status_code == unknown.status_code == 404
    assert gone.content == unknown.content.replace(b"A" * 32, token.encode())
    assert gone.headers == unknown.headers


def test_address_when_it_leads_to_another_kind_then_it_is_unknown(client, address):
    calendar = address(Purpose.CALENDAR_SECTION)
    token = re.split("[/.]", calendar)[2]
    for path in (f"/strom/{token}.atom", f"/avmeld/{token}", "/kalender/x%00y.ics"):
        assert client.fetch(path).status_code == 404


@pytest.mark.parametrize("purpose", [Purpose.CALENDAR_SECTION, Purpose.FEED_SECTION])
def test_answer_when_the_asker_has_it_already_then_nothing_is_sent_again(
    client, database, address, purpose
):
    keep(database, observation())
    path = address(purpose)
    first = client.fetch(path)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.fetch(path, headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert client.fetch(path, headers={"if-none-match": '"other"'}).status_code == 200
    keep(database, observation(), observation(2, title="Høring om noe annet"))
    assert client.fetch(path, headers={"if-none-match": tag}).status_code == 200


def test_answer_when_only_its_headers_are_asked_for_then_they_are_the_same(client, address):
    path = address(Purpose.CALENDAR_SECTION)
    assert client.fetch(path, "HEAD").headers["etag"] == client.fetch(path).headers["etag"]


def test_way_out_when_looked_at_then_nothing_is_changed(client, way_out, has_said_no):
    page = client.get(way_out)
    assert page.h1 == "Ukesoversikten på e-post"
    assert page.response.headers["cache-control"] == "private, no-cache"
    assert "kari-eksempel" not in page.response.text
    assert not has_said_no()


def test_way_out_when_a_mail_program_says_no_then_it_is_kept_without_a_cookie(
    client, way_out, has_said_no
):
    for _ in range(2):
        answer = client.fetch(way_out, "POST", content=ONE_CLICK, headers=FORM)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    assert has_said_no()


def test_way_out_when_the_no_is_in_several_parts_then_it_is_kept(client, way_out, has_said_no):
    fields = {"List-Unsubscribe": (None, "One-Click")}
    assert client.fetch(way_out, "POST", files=fields).status_code == 200
    assert has_said_no()


def test_way_out_when_a_mail_program_tells_another_origin_then_the_no_is_kept(
    client, way_out, has_said_no
):
    headers = {**FORM, "origin": "https://mail.example.com", "sec-fetch-site": "cross-site"}
    assert client.fetch(way_out, "POST", content=ONE_CLICK, headers=headers).status_code == 200
    assert has_said_no()


def test_way_out_when_pressed_and_taken_back_on_our_page_then_the_last_word_counts(
    client, way_out, has_said_no
):
    fields = {one.get("name"): one.get("value") for one in client.get(way_out).find("//input")}
    out = client.send(way_out, fields)
    assert out.h1 == "Du er meldt av ukesoversikten"
    assert has_said_no()
    fields = {one.get("name"): one.get("value") for one in out.find("//input")}
    client.send(way_out, fields)
    assert not has_said_no()


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 400), (b"noe=annet", 400), (b"x" * 3000, 413)]
)  # fmt: skip
def test_way_out_when_something_else_is_sent_then_nothing_is_changed(
    client, way_out, has_said_no, body, status
):
    assert client.fetch(way_out, "POST", content=body, headers=FORM).status_code == status
    assert not has_said_no()


def test_way_out_when_the_address_is_unknown_then_nothing_is_changed(client, has_said_no):
    path = f"/avmeld/{'A' * 32}"
    assert client.fetch(path, "POST", content=ONE_CLICK, headers=FORM).status_code == 404
    assert not has_said_no()


def test_other_forms_when_sent_from_elsewhere_then_they_are_still_refused(client, way_out):
    answer = client.fetch("/horinger/regjeringen:1", "POST", content=ONE_CLICK, headers=FORM)
    assert answer.status_code in {403, 405}


def test_calendar_when_the_matter_has_a_hostile_title_then_it_is_still_one_event(
    client, database, address
):
    title = "A\r\nEND:VEVENT\r\nBEGIN:VALARM;<script>,\\n\u202e"
    keep(database, observation(title=title))
    answer = client.fetch(address(Purpose.CALENDAR_SECTION))
    event = vobject.readOne(answer.text).vevent  # the other takes \\n for a line break
    assert event.summary.value == "Svarfrist: A END:VEVENT BEGIN:VALARM;<script>,\\n"
