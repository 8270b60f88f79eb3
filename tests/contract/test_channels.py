"""What every carrier must do, run against each of them. A new channel adds one case here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from consultations.alerts.channel import Carrier, Found
from consultations.alerts.console import ConsoleCarrier
from consultations.alerts.mail_carrier import MailCarrier
from consultations.alerts.message import compose, compose_personal, compose_reply
from consultations.alerts.slack import SlackCarrier
from consultations.domain.people import Person
from consultations.mail import Mailbox, Mailer
from consultations.store.ledger import Posted
from tests.alert_cases import (
    CHANNELS,
    MOVED,
    OPENED,
    SECTIONS,
    SLACK_CHANNELS,
    claim,
    climate,
    dossier,
)
from tests.building import DAY_ONE
from tests.fake_slack import TOKEN, FakeSlack, serving
from tests.servers.mail import mail_server

CHANNEL = CHANNELS.channels["klima-miljo"]
KEYS = ["regjeringen:3167072|opened|klima-miljo"]
KARI = Person(name="Kari Eksempel", slack_id="U0KARI001", email="kari.eksempel@example.org")


@dataclass(frozen=True)
class Case:
    """A carrier, and what people have seen of it, message by message."""

    carrier: Carrier
    seen: Callable[[], list[str]]
    looks_back: bool

    @property
    def address(self) -> str:
        return self.carrier.address(CHANNEL)

    def post_to_kari(self, key: str = "a|b|person:kari") -> Posted:
        about, told = dossier(climate(title="Høring om klima")), claim(OPENED)
        message = compose_personal(about, told, DAY_ONE, None, ())
        return self.carrier.post(self.carrier.direct_address(KARI), message, [key], None)

    def post(self, *facts, thread=None, title="Høring om klima", keys=KEYS):
        about, told = dossier(climate(title=title)), claim(*facts)
        whole = compose(about, told, DAY_ONE, SECTIONS, CHANNEL, None)
        message = compose_reply(about, told, DAY_ONE) if thread else whole
        return self.carrier.post(self.address, message, keys, thread)


def on_console() -> Iterator[Case]:
    written: list[str] = []
    yield Case(ConsoleCarrier(written.append, width=80), lambda: written, looks_back=False)


def on_slack() -> Iterator[Case]:
    slack = FakeSlack(SLACK_CHANNELS)
    slack.people.add("U0KARI001")
    with serving(slack) as url:
        carrier = SlackCarrier(TOKEN, base_url=url)
        yield Case(carrier, lambda: [m.text for m in slack.messages], looks_back=True)


def by_mail() -> Iterator[Case]:
    with mail_server() as server:
        mailer = Mailer("127.0.0.1", server.port, "none")
        carrier = MailCarrier(mailer, Mailbox("horinger@example.org"), lambda: DAY_ONE)

        def seen() -> list[str]:
            return [f"{one['Subject']}\n{one.get_content()}" for one in server.mails]

        yield Case(carrier, seen, looks_back=False)


@pytest.fixture(
    params=[
        on_console,
        *(pytest.param(one, marks=pytest.mark.services) for one in (on_slack, by_mail)),
    ]
)
def to_persons(request) -> Iterator[Case]:
    """A carrier that reaches persons."""
    yield from request.param()


@pytest.fixture(params=[on_console, pytest.param(on_slack, marks=pytest.mark.services)])
def case(request) -> Iterator[Case]:
    yield from request.param()


def test_post_tells_what_happened_to_what_and_when_it_is_due(case):
    case.post(OPENED)
    (told,) = case.seen()
    for words in ("Ny høring", "Høring om klima", "Klima- og miljødepartementet", "14. august"):
        assert words in told


def test_post_says_where_the_message_went(case):
    posted = case.post(OPENED)
    assert (posted.carrier, posted.address) == (case.carrier.name, case.address)
    assert posted.message_id


def test_post_when_the_title_is_hostile_shows_it_harmless(case):
    case.post(OPENED, title="<!channel>\x1b[31m\u202e\nrød")
    (told,) = case.seen()
    assert not {"\x1b", "\u202e"} & set(told)
    assert "channel" in told
    assert "rød" in told


def test_reply_is_a_message_of_its_own_that_tells_what_changed(case):
    parent = case.post(OPENED)
    reply = case.post(MOVED, thread=parent, keys=["another|key"])
    assert reply.message_id != parent.message_id
    assert len(case.seen()) == 2
    assert MOVED.words in " ".join(case.seen()[1].split())


def test_update_adds_no_message(case):
    parent = case.post(OPENED)
    message = compose(dossier(), claim(MOVED), DAY_ONE, SECTIONS, CHANNEL, None)
    case.carrier.update(parent, message)
    case.carrier.update(parent, message)
    assert len(case.seen()) == 1


def test_find_when_the_keys_were_never_posted_finds_nothing(case):
    case.post(OPENED)
    assert case.carrier.find(case.address, ["no|such|key"], DAY_ONE, None) == ()


def test_find_when_posted_finds_the_message_if_the_carrier_can_look_back(case):
    parent = case.post(OPENED)
    reply = case.post(MOVED, thread=parent, keys=["another|key"])
    found = case.carrier.find(case.address, [*KEYS, "another|key"], DAY_ONE, parent)
    expected = (
        Found(parent, None, frozenset(KEYS)),
        Found(reply, parent.message_id, frozenset(["another|key"])),
    )
    assert found == (expected if case.looks_back else ())


def test_person_is_told_alone_of_what_and_when_it_is_due(to_persons):
    posted = to_persons.post_to_kari()
    (told,) = to_persons.seen()
    for words in ("Ny høring", "Høring om klima", "14. august"):
        assert words in told
    assert (posted.carrier, bool(posted.address)) == (to_persons.carrier.name, True)


def test_person_when_told_is_found_if_the_carrier_can_look_back(to_persons):
    posted = to_persons.post_to_kari()
    found = to_persons.carrier.find(posted.address, ["a|b|person:kari"], DAY_ONE, None)
    expected = (Found(posted, None, frozenset(["a|b|person:kari"])),)
    assert found == (expected if to_persons.looks_back else ())
