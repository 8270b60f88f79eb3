"""The polite client against a real server on this machine that behaves as badly as servers do."""

import gzip
import ipaddress
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from connectors import addresses
from connectors.addresses import GuardedTransport
from connectors.http import PageGone, PoliteClient, Publisher
from consultations.domain.errors import FetchRefused, SourceChanged, SourceUnavailable

pytestmark = pytest.mark.services

MEGABYTE = 1_000_000
NOW = datetime(2026, 7, 4, 8, 0, tzinfo=UTC)


class Visit(BaseHTTPRequestHandler):
    """One request. What happens is decided by the function that ``server.pages`` has for it."""

    protocol_version = "HTTP/1.1"
    server: "BadServer"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.visits.append((path, self.headers["Host"]))
        self.close_connection = True
        with suppress(BrokenPipeError, ConnectionResetError):  # the client had enough
            self.server.pages.get(path, gone)(self)

    def log_message(self, *args) -> None:
        pass

    def reply(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class BadServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.pages: dict[str, Callable[[Visit], None]] = {}
        self.visits: list[tuple[str, str]] = []

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_port}{path}"

    def times_asked(self, path: str) -> int:
        return [visited for visited, _ in self.visits].count(path)


def gone(visit: Visit) -> None:
    visit.reply(404)


def in_order(*steps: Callable[[Visit], None]) -> Callable[[Visit], None]:
    left = list(steps)

    def next_step(visit: Visit) -> None:
        step = left.pop(0) if len(left) > 1 else left[0]
        step(visit)

    return next_step


def page(body: bytes = b"hei", **headers: str) -> Callable[[Visit], None]:
    return lambda visit: visit.reply(200, body, **headers)


def status(code: int, **headers: str) -> Callable[[Visit], None]:
    return lambda visit: visit.reply(code, **headers)


def drop(visit: Visit) -> None:
    """Hang up without a word, the rude way (RST)."""
    linger = struct.pack("ii", 1, 0)
    visit.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    visit.connection.close()


def cut_short(visit: Visit) -> None:
    visit.send_response(200)
    visit.send_header("Content-Length", "1000")
    visit.end_headers()
    visit.wfile.write(b"bare halve")


def drip(visit: Visit) -> None:
    visit.send_response(200)
    visit.end_headers()
    for _ in range(200):
        visit.wfile.write(b"x")
        time.sleep(0.05)


def silent(visit: Visit) -> None:
    time.sleep(1)


def flood(visit: Visit) -> None:
    visit.send_response(200)
    visit.send_header("Content-Type", "text/html")
    visit.end_headers()
    for _ in range(50):
        visit.wfile.write(b"x" * MEGABYTE)


def babble(visit: Visit) -> None:
    visit.wfile.write(b"\x00\x01 dette er ikke HTTP\r\n\r\n")


@pytest.fixture
def server() -> Iterator[BadServer]:
    with BadServer() as bad:
        thread = threading.Thread(target=bad.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield bad
        bad.shutdown()
        thread.join()


@pytest.fixture
def client() -> PoliteClient:
    return polite(httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=0)))


def polite(
    transport: httpx.BaseTransport | None, hosts: tuple[str, ...] = ("127.0.0.1",), **options
) -> PoliteClient:
    return PoliteClient(
        Publisher(frozenset(hosts), timedelta(0)),
        user_agent="KS-konsultasjoner/0.1 (+https://www.ks.no)",
        clock=lambda: NOW,
        transport=transport,
        sleep=lambda _: None,
        allow_http=True,
        **{"timeout_seconds": 0.4, **options},
    )


def test_get_when_server_is_well_then_answers(server, client):
    server.pages["/side"] = page("høring".encode(), Content_Type="text/html; charset=utf-8")
    answer = client.get(server.url("/side"))
    assert (answer.media_type, answer.charset, answer.body.decode()) == (
        "text/html",
        "utf-8",
        "høring",
    )
    assert server.visits[0][0] == "/robots.txt"


def test_get_when_content_type_is_wrong_then_tells_what_was_said(server, client):
    server.pages["/rss"] = page(b"<html>", Content_Type="application/octet-stream")
    assert client.get(server.url("/rss")).media_type == "application/octet-stream"


@pytest.mark.parametrize("trouble", [drop, cut_short, babble, status(500), status(503)])
def test_get_when_trouble_comes_once_then_answers_the_second_time(server, client, trouble):
    server.pages["/side"] = in_order(trouble, page())
    assert client.get(server.url("/side")).body == b"hei"


@pytest.mark.parametrize("trouble", [drop, cut_short, babble, silent, drip, status(500)])
def test_get_when_trouble_stays_then_unavailable_after_three(server, client, trouble):
    server.pages["/side"] = trouble
    began = time.monotonic()
    with pytest.raises(SourceUnavailable):
        client.get(server.url("/side"))
    assert server.times_asked("/side") == 3
    assert time.monotonic() - began < 5


def test_get_when_told_to_come_back_in_an_hour_then_raises_at_once(server, client):
    server.pages["/side"] = status(429, Retry_After="3600")
    with pytest.raises(SourceUnavailable) as unavailable:
        client.get(server.url("/side"))
    assert unavailable.value.retry_after == timedelta(hours=1)
    assert server.times_asked("/side") == 1


def test_get_when_page_is_gone_then_the_next_page_still_comes(server, client):
    server.pages["/side"] = page()
    with pytest.raises(PageGone):
        client.get(server.url("/borte"))
    assert client.get(server.url("/side")).body == b"hei"


def test_get_when_nobody_listens_then_unavailable(client):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    with pytest.raises(SourceUnavailable):
        client.get(f"http://127.0.0.1:{port}/")


def peak_memory_of(act: Callable[[], None]) -> int:
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("packed", [False, True])
def test_get_when_body_is_huge_then_source_changed_within_small_memory(server, packed):
    bomb = gzip.compress(b"\0" * (50 * MEGABYTE), compresslevel=9)
    server.pages["/side"] = page(bomb, Content_Encoding="gzip") if packed else flood
    client = polite(httpx.HTTPTransport(), max_bytes=2 * MEGABYTE, timeout_seconds=10)

    def fetch() -> None:
        with pytest.raises(SourceChanged, match="større enn"):
            client.get(server.url("/side"))

    assert peak_memory_of(fetch) < 8 * MEGABYTE
    assert server.times_asked("/side") == 1


def test_get_when_redirected_in_a_circle_then_refuses(server, client):
    server.pages["/a"] = status(302, Location="/b")
    server.pages["/b"] = status(301, Location="/a")
    with pytest.raises(FetchRefused, match="omdirigeringer"):
        client.get(server.url("/a"))


@pytest.mark.parametrize(
    "to", ["http://169.254.169.254/latest/meta-data/", "http://localhost/", "https://annen.no/"]
)
def test_get_when_redirected_to_another_host_then_refuses(server, client, to):
    server.pages["/side"] = status(302, Location=to)
    with pytest.raises(FetchRefused, match="hører ikke til utgiveren"):
        client.get(server.url("/side"))


def test_guarded_get_when_host_is_this_machine_then_refuses_unasked(server):
    with pytest.raises(FetchRefused, match="åpen adresse"):
        polite(None).get(server.url("/side"))
    assert server.visits == []


def test_guarded_get_when_name_leads_to_this_machine_then_refuses_unasked(server):
    with pytest.raises(FetchRefused, match="åpen adresse"):
        polite(None, hosts=("localhost",)).get(server.url("/side", host="localhost"))
    assert server.visits == []


def test_guarded_get_when_address_is_checked_then_server_sees_the_name(server, monkeypatch):
    monkeypatch.setattr(addresses, "is_public", lambda _: True)
    here = [ipaddress.ip_address("127.0.0.2"), ipaddress.ip_address("127.0.0.1")]
    guard = GuardedTransport(look_up=lambda _host, _port: here)
    server.pages["/side"] = page()
    answer = polite(guard, hosts=("kilde.no",)).get(server.url("/side", host="kilde.no"))
    assert answer.url == server.url("/side", host="kilde.no")
    assert ("/side", f"kilde.no:{server.server_port}") in server.visits
