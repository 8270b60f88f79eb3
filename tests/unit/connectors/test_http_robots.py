"""robots.txt is asked first, kept for a day, and never guessed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from connectors.http import PoliteClient, Publisher
from consultations.domain.errors import FetchRefused, SourceUnavailable

NOW = datetime(2026, 7, 4, 8, 0, tzinfo=UTC)
RECORDED = Path(__file__).parents[2] / "fixtures/regjeringen/robots-2026-07-04.txt"
HOST = "https://www.regjeringen.no"


class Publishing:
    """A publisher with this robots.txt, whose every page says the same."""

    def __init__(self, robots: httpx.Response | Exception) -> None:
        self.robots = robots
        self.now = NOW
        self.asked: list[str] = []
        self.client = PoliteClient(
            Publisher(frozenset({"www.regjeringen.no", "regjeringen.no"}), timedelta(0)),
            user_agent="KS-konsultasjoner/0.1 (+https://www.ks.no)",
            clock=lambda: self.now,
            transport=httpx.MockTransport(self._answer),
            sleep=lambda _: None,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if request.url.path != "/robots.txt":
            return httpx.Response(200, text="side")
        if isinstance(self.robots, Exception):
            raise self.robots
        return self.robots


def publishing(robots: str, status: int = 200) -> Publishing:
    return Publishing(httpx.Response(status, text=robots))


@pytest.mark.parametrize(
    "path",
    [
        "/no/rss/Rss/2581966/?documentType=dokumenter/h%C3%B8ringer",
        "/no/rss/Rss/2581966/?documentType=dokumenter/høringer",
        "/no/dokument/hoyringar/id1763/?page=2",
        "/no/dokumenter/horing/id3167072/",
        "/globalassets/sitemap/sitemap.xml",
    ],
)
def test_get_when_the_recorded_robots_allow_it_then_fetches(path):
    assert publishing(RECORDED.read_text()).client.get(HOST + path).body == b"side"


@pytest.mark.parametrize(
    "path",
    [
        "/no/dokument/hoyringar/id1763/?topic=1123",
        "/no/dokumenter/horing/id3167072/?uid=5f1c",
        "/no/dokument/hoyringar/id1763/?documenttype=x",
        "/contentassets/x.xml",
        "/contentassets/0a1b/x.xml",
        "/api/søk",
        "/no/dokumentarkiv/regjeringen-solberg/id1/",
    ],
)
def test_get_when_the_recorded_robots_forbid_it_then_refuses_unasked(path):
    regjeringen = publishing(RECORDED.read_text())
    with pytest.raises(FetchRefused, match=r"robots\.txt"):
        regjeringen.client.get(HOST + path)
    assert regjeringen.asked == [HOST + "/robots.txt"]


def test_get_when_robots_name_us_then_our_own_rules_count():
    robots = "User-agent: *\nAllow: /\n\nUser-agent: KS-konsultasjoner\nDisallow: /"
    with pytest.raises(FetchRefused):
        publishing(robots).client.get(HOST + "/no/")


def test_get_when_there_is_no_robots_then_all_is_allowed():
    assert publishing("", status=404).client.get(HOST + "/api/x").status == 200


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_get_when_robots_cannot_be_read_then_unavailable_and_page_unasked(status):
    regjeringen = publishing("", status=status)
    with pytest.raises(SourceUnavailable):
        regjeringen.client.get(HOST + "/no/")
    assert set(regjeringen.asked) == {HOST + "/robots.txt"}


def test_get_when_robots_cannot_be_reached_then_unavailable_and_page_unasked():
    regjeringen = Publishing(httpx.ConnectError("borte"))
    with pytest.raises(SourceUnavailable):
        regjeringen.client.get(HOST + "/no/")
    assert set(regjeringen.asked) == {HOST + "/robots.txt"}


def test_get_when_asked_many_times_a_day_then_robots_are_asked_once():
    regjeringen = publishing("")
    for hours in (0, 1, 23):
        regjeringen.now = NOW + timedelta(hours=hours)
        regjeringen.client.get(HOST + "/no/")
    assert regjeringen.asked.count(HOST + "/robots.txt") == 1


def test_get_when_a_day_has_passed_then_robots_are_asked_again():
    regjeringen = publishing("")
    regjeringen.client.get(HOST + "/no/")
    regjeringen.now = NOW + timedelta(days=1)
    regjeringen.robots = httpx.Response(200, text="User-agent: *\nDisallow: /")
    with pytest.raises(FetchRefused):
        regjeringen.client.get(HOST + "/no/")


def test_get_when_the_publisher_has_two_hosts_then_each_has_its_own_robots():
    regjeringen = publishing("")
    regjeringen.client.get(HOST + "/no/")
    regjeringen.client.get("https://regjeringen.no/no/")
    assert "https://regjeringen.no/robots.txt" in regjeringen.asked


def test_get_when_a_redirect_leads_to_a_forbidden_page_then_refuses():
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/robots.txt":
            return httpx.Response(200, text="User-agent: *\nDisallow: /lukket")
        return httpx.Response(302, headers={"Location": "/lukket/side"})

    client = PoliteClient(
        Publisher(frozenset({"www.regjeringen.no"}), timedelta(0)),
        user_agent="KS-konsultasjoner/0.1 (+https://www.ks.no)",
        clock=lambda: NOW,
        transport=httpx.MockTransport(answer),
    )
    with pytest.raises(FetchRefused, match=r"robots\.txt"):
        client.get(HOST + "/no/")
