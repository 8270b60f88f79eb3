"""The tracker never sends anything to a ministry: there is no code that could.

What leaves the machine leaves through a few modules, each known: they fetch with GET, post to
Slack, or mail to those who stand in ``config/people.yaml`` and ``config/readers.yaml``. Every check
here is also run on code that breaks it, so that it is seen to fail.
"""

import ast
from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import httpx
import pytest

from connectors.http import PoliteClient, Publisher
from consultations.alerts.channel import Refused
from consultations.alerts.mail_carrier import MailCarrier
from consultations.alerts.recipients import Recipients
from consultations.domain.channels import Channel, ChannelMap
from consultations.domain.people import PERSON_CHANNEL
from consultations.mail import Mailbox
from tests.building import at
from tests.response_building import KARI, PEOPLE

CHANNELS = ChannelMap(
    channels={"oppvekst": Channel(name="#oppvekst", sections=("oppvekst",))}, triage="oppvekst"
)

ROOT = Path(__file__).parents[2]
OURS = ("src/consultations", "connectors", "streams")

NOT_USED = ("aiohttp", "ftplib", "imaplib", "requests", "telnetlib", "urllib.request", "urllib3",
            "webbrowser", "websockets", "xmlrpc")  # fmt: skip

WAYS_OUT: dict[str, list[str]] = {
    "httpx": ["connectors/*.py"],
    "http.client": ["src/consultations/alerts/slack_answers.py", "src/consultations/cli/checks.py"],
    "slack_sdk": ["src/consultations/alerts/slack*.py"],
    "smtplib": ["src/consultations/mail/smtp.py"],
    "socket": ["connectors/addresses.py", "src/consultations/alerts/slack_answers.py",
               "src/consultations/process.py", "streams/connection.py"],
    "subprocess": ["src/consultations/digest/picture.py"],
    "asyncio": ["streams/*.py"],
    "kafka": ["streams/*.py"],
    "faust": ["streams/*.py"],
}  # fmt: skip
"""The modules that can reach another machine, and where each may be used."""

FETCHING = ("connectors/*", "src/consultations/cli/checks.py")
"""Who asks others over HTTP."""

SENDING_VERBS = {"post", "put", "patch", "delete", "urlopen"}
NAMED_VERBS = {"request", "stream", "build_request", "putrequest"}
"""Calls whose first argument is the method."""

ADDRESS_READERS = [
    "src/consultations/web/views/consultation.py",
]
"""Who reads the address where a ministry takes answers: the page that shows it."""

MAIL_WRITERS = {
    "src/consultations/alerts/mail_carrier.py": "Mailbox(address)",
    "src/consultations/digest/composing.py": "Mailbox(reader.email, reader.name)",
}
"""Who writes mails, and to whom."""


tree = cache(ast.parse)


@cache
def modules() -> list[tuple[str, str]]:
    """Return the path and the text of every module of ours."""
    return [
        (path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
        for folder in OURS
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def unknown_ways_out(path: str, source: str) -> list[str]:
    ways = {**{way: [] for way in NOT_USED}, **WAYS_OUT}
    return [
        way
        for way, allowed in ways.items()
        if any(name == way or name.startswith(f"{way}.") for name in imported(source))
        and not any(fnmatch(path, pattern) for pattern in allowed)
    ]


def sending_calls(source: str) -> list[str]:
    """Return the calls that would send something over HTTP."""
    return [
        ast.unparse(call)
        for call in ast.walk(tree(source))
        if isinstance(call, ast.Call) and _sends(call)
    ]


def _sends(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name in SENDING_VERBS:
        return True
    if name == "Request":
        return ast.unparse(call.args[0]) not in {"'GET'", "request.method"}
    if name not in NAMED_VERBS:
        return False
    method = call.args[0] if call.args else None
    return not (isinstance(method, ast.Constant) and method.value == "GET")


def reads(source: str, attribute: str) -> bool:
    return any(
        (isinstance(node, ast.Attribute) and node.attr == attribute)
        or (isinstance(node, ast.Call) and _by_name(node, attribute))
        for node in ast.walk(tree(source))
    )


def _by_name(call: ast.Call, attribute: str) -> bool:
    is_getattr = isinstance(call.func, ast.Name) and call.func.id == "getattr"
    return is_getattr and any(
        isinstance(one, ast.Constant) and one.value == attribute for one in call.args
    )


def mailed_to(source: str) -> list[str]:
    """Return whom each mail that a module writes is to, as it stands in the code."""
    return [
        ast.unparse(keyword.value)
        for call in ast.walk(tree(source))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in {"compose", "mail.compose"}
        for keyword in call.keywords
        if keyword.arg == "to"
    ]


def test_there_is_something_to_look_at():
    paths = [path for path, _ in modules()]
    assert len(paths) > 100
    for patterns in (*WAYS_OUT.values(), FETCHING, ADDRESS_READERS, MAIL_WRITERS):
        for pattern in patterns:
            assert any(fnmatch(path, pattern) for path in paths), pattern


def test_every_way_out_of_the_machine_is_one_that_is_known():
    found = {path: ways for path, source in modules() if (ways := unknown_ways_out(path, source))}
    assert found == {}


def test_nothing_that_is_asked_of_others_over_http_sends_anything():
    fetching = [(p, s) for p, s in modules() if any(fnmatch(p, one) for one in FETCHING)]
    assert {path: calls for path, source in fetching if (calls := sending_calls(source))} == {}


def test_address_where_a_ministry_takes_answers_is_only_shown():
    reading = [path for path, source in modules() if reads(source, "submit_url")]
    assert reading == ADDRESS_READERS


def test_mail_is_written_in_two_places_and_to_colleagues_and_readers_only():
    found = {path: to for path, source in modules() if (to := mailed_to(source))}
    assert found == {path: [to] for path, to in MAIL_WRITERS.items()}


@pytest.mark.parametrize("code", [
    "import requests", "from urllib.request import urlopen", "from urllib import request",
    "import smtplib", "import httpx as h", "def f():\n    from http.client import HTTPSConnection",
])  # fmt: skip
def test_way_out_when_a_new_one_is_opened_then_it_is_found(code):
    assert unknown_ways_out("src/consultations/handlers/response.py", code)


@pytest.mark.parametrize("code", [
    "self._http.post(url, json=answer)", "client.stream('POST', url)", "client.request(verb, url)",
    "httpx.Request('PUT', url)", "urllib.request.urlopen(url, answer)",
    "client.build_request(method='POST', url=url)", "http.putrequest('POST', '/')",
])  # fmt: skip
def test_call_when_it_would_send_then_it_is_found(code):
    assert sending_calls(code)


@pytest.mark.parametrize("code", ["send(latest.submit_url)", "getattr(seen, 'submit_url')"])
def test_address_when_it_is_read_elsewhere_then_it_is_found(code):
    assert reads(code, "submit_url")


def test_mail_when_it_goes_to_a_sender_then_it_is_found():
    assert mailed_to("mail.compose(to=Mailbox(seen.senders[0]))") == ["Mailbox(seen.senders[0])"]


def test_connectors_when_they_fetch_then_with_get_and_without_a_body():
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.read()))
        return httpx.Response(200, text="User-agent: *\nAllow: /", request=request)

    publisher = Publisher(frozenset({"ministry.example.org"}), timedelta(0))
    client = PoliteClient(
        publisher, user_agent="tests (tests@example.org)", clock=lambda: at(0),
        transport=httpx.MockTransport(answer),
    )  # fmt: skip
    client.get("https://ministry.example.org/horinger")
    assert set(asked) == {("GET", b"")}
    assert not [name for name in dir(client) if name in SENDING_VERBS | {"request", "send"}]


def test_alerts_by_mail_when_someone_is_not_among_the_people_then_reach_nobody():
    class Server:
        def send(self, letter):
            raise AssertionError(letter)

    mail = MailCarrier(Server(), Mailbox("sporeren@example.org"), lambda: at(0))
    found = Recipients(CHANNELS, PEOPLE, mail, mail)
    emails = {person.email for person in PEOPLE.people.values()}
    assert found.find(f"{PERSON_CHANNEL}{KARI}").address in emails
    assert {one.address for one in found.by_mail("oppvekst", KARI, ())} <= emails
    for stranger in ("postmottak", "postmottak@departement.example"):
        with pytest.raises(Refused):
            found.find(f"{PERSON_CHANNEL}{stranger}")
        assert not list(found.by_mail(f"{PERSON_CHANNEL}{stranger}", stranger, ()))
    with pytest.raises(Refused, match="bare personer"):
        found.find("oppvekst")
