"""No form of a private address gets past the guard, and the checked address is the one used."""

import ipaddress
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.addresses import GuardedTransport, IpAddress, is_public, resolve
from connectors.http import PoliteClient, Publisher
from consultations.domain.errors import FetchRefused, SourceUnavailable

PRIVATE_V4 = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
]
PRIVATE_V6 = [
    "::/8",
    "64:ff9b::/96",
    "100::/64",
    "2001:db8::/32",
    "2002::/16",
    "2001::/32",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
]


def within(networks: list[str]) -> st.SearchStrategy[IpAddress]:
    return st.sampled_from(networks).flatmap(lambda n: st.ip_addresses(network=n))


def mapped(address: ipaddress.IPv4Address) -> ipaddress.IPv6Address:
    return ipaddress.IPv6Address(f"::ffff:{address}")


private = within(PRIVATE_V4) | within(PRIVATE_V6) | within(PRIVATE_V4).map(mapped)
public = st.sampled_from(
    [
        ipaddress.ip_address(a)
        for a in ("104.18.9.1", "193.71.1.1", "2606:4700::1", "::ffff:8.8.8.8")
    ]
)


class Wire(httpx.BaseTransport):
    """Notes what would have gone out; hosts in ``dead`` cannot be reached."""

    def __init__(self, *dead: str) -> None:
        self.sent: list[httpx.Request] = []
        self.dead = dead

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if request.url.host in self.dead:
            raise httpx.ConnectError("ingen der")
        return httpx.Response(200)


def fetch(wire: Wire, addresses: list[IpAddress], url: str = "https://kilde.no/side"):
    guard = GuardedTransport(wire, look_up=lambda _host, _port: addresses)
    with httpx.Client(transport=guard) as client:
        return client.get(url)


@given(private)
@settings(max_examples=300)
def test_is_public_when_address_is_private_in_any_form_then_false(address):
    assert not is_public(address)


@given(public)
def test_is_public_when_address_is_on_the_open_internet_then_true(address):
    assert is_public(address)


@given(st.lists(public), private, st.lists(public))
@settings(max_examples=60)
def test_guard_when_one_of_the_names_addresses_is_private_then_refuses_unsent(before, bad, after):
    wire = Wire()
    with pytest.raises(FetchRefused, match="ikke er en åpen adresse"):
        fetch(wire, [*before, bad, *after])
    assert wire.sent == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:7f00:1]",
     "[fe80::1]", "0", "localhost", "169.254.169.254", "0xa9fea9fe"],
)  # fmt: skip
def test_guard_when_host_is_a_private_address_in_disguise_then_refuses(host):
    wire = Wire()
    with httpx.Client(transport=GuardedTransport(wire)) as client, pytest.raises(FetchRefused):
        client.get(f"https://{host}/")
    assert wire.sent == []


def test_guard_when_address_is_checked_then_connects_to_it_under_the_same_name():
    wire = Wire()
    fetch(wire, [ipaddress.ip_address("104.18.9.1")])
    (sent,) = wire.sent
    assert str(sent.url) == "https://104.18.9.1/side"
    assert sent.headers["host"] == "kilde.no"
    assert sent.extensions["sni_hostname"] == "kilde.no"


def test_guard_when_address_is_v6_then_writes_it_in_brackets():
    wire = Wire()
    fetch(wire, [ipaddress.ip_address("2606:4700::1")])
    assert str(wire.sent[0].url) == "https://[2606:4700::1]/side"


def test_guard_when_first_address_is_dead_then_tries_the_next():
    wire = Wire("2606:4700::1")
    alive = [ipaddress.ip_address("2606:4700::1"), ipaddress.ip_address("104.18.9.1")]
    assert fetch(wire, alive).status_code == 200


def test_guard_when_every_address_is_dead_then_connection_error():
    with pytest.raises(httpx.ConnectError):
        fetch(Wire("104.18.9.1"), [ipaddress.ip_address("104.18.9.1")])


def test_guard_when_name_changes_address_between_look_ups_then_each_request_is_checked():
    wire = Wire()
    answers = [[ipaddress.ip_address("104.18.9.1")], [ipaddress.ip_address("127.0.0.1")]]
    guard = GuardedTransport(wire, look_up=lambda _host, _port: answers.pop(0))
    with httpx.Client(transport=guard) as client:
        client.get("https://kilde.no/")
        with pytest.raises(FetchRefused):
            client.get("https://kilde.no/")
    assert len(wire.sent) == 1


@pytest.mark.parametrize("host", ["a" * 70 + ".no", "..", "finnes-ikke.invalid"])
def test_resolve_when_name_is_unknown_or_impossible_then_connection_error(host, monkeypatch):
    def look_up(host, *_args, **_kwargs):
        host.encode("idna")
        raise OSError("ukjent navn")

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    with pytest.raises(httpx.ConnectError, match="navneoppslag"):
        resolve(host, 443)


def test_client_when_no_transport_is_given_then_private_addresses_are_refused():
    client = PoliteClient(
        Publisher(frozenset({"localhost"}), timedelta(0)),
        user_agent="KS-konsultasjoner/0.1 (+https://www.ks.no)",
        clock=lambda: datetime(2026, 7, 4, tzinfo=UTC),
    )
    with pytest.raises(FetchRefused, match="ikke er en åpen adresse"):
        client.get("https://localhost/")


def test_client_when_name_cannot_be_looked_up_then_unavailable(monkeypatch):
    def fail(*_args, **_kwargs):
        raise OSError("ukjent navn")

    monkeypatch.setattr("socket.getaddrinfo", fail)
    client = PoliteClient(
        Publisher(frozenset({"kilde.no"}), timedelta(0)),
        user_agent="KS-konsultasjoner/0.1 (+https://www.ks.no)",
        clock=lambda: datetime(2026, 7, 4, tzinfo=UTC),
        sleep=lambda _: None,
    )
    with pytest.raises(SourceUnavailable, match="navneoppslag"):
        client.get("https://kilde.no/")
