"""What is urgent, by mail: to a real SMTP server, and killed between its yes and our record."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from consultations.alerts.channel import Passing, Refused
from consultations.alerts.mail_carrier import MailCarrier
from consultations.alerts.message import Message, Part
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.mail import Mailbox, Mailer
from consultations.store import ledger
from consultations.store.database import Database
from consultations.store.ledger import Debt
from tests.alert_cases import climate, deliveries, states, take_in
from tests.alert_sender import ADDRESS, OLA
from tests.building import DAY_ONE
from tests.servers.mail import mail_server

pytestmark = pytest.mark.services

ROOT = Path(__file__).parents[2]
REMINDED = Fact(
    EventType.REMINDER, "reminder/draft/2026-07-09/1", DAY_ONE, "Utkastet skal være ferdig."
)
MESSAGE = Message(
    "Påminnelse", "Høring om vær og føre", "https://x.no/1", (Part("", ("Utkastet haster.",)),)
)


@pytest.fixture
def server():
    with mail_server() as one:
        yield one


def carrier(server) -> MailCarrier:
    mailer = Mailer("127.0.0.1", server.port, "none", timeout=2)
    return MailCarrier(mailer, Mailbox("horinger@example.org"), lambda: DAY_ONE)


def test_mail_says_what_the_message_says(server):
    carrier(server).post(ADDRESS, MESSAGE, ["a|b|c"], None)
    (mail,) = server.mails
    assert mail["Subject"] == "Påminnelse: Høring om vær og føre"
    assert mail["To"] == ADDRESS
    assert "Utkastet haster." in mail.get_content()
    assert "https://x.no/1" in mail.get_content()


def test_mail_of_the_same_fact_has_the_same_message_id(server):
    for key in ("a|b|c", "a|b|c", "a|b|d"):
        carrier(server).post(ADDRESS, MESSAGE, [key], None)
    first, again, other = (mail["Message-ID"] for mail in server.mails)
    assert first == again != other


def test_mail_when_a_title_holds_a_header_then_it_stays_a_title(server):
    hostile = Message("Påminnelse", "Høring\r\nBcc: alle@example.org\u202e", None, ())
    carrier(server).post(ADDRESS, hostile, ["a|b|c"], None)
    (mail,) = server.mails
    assert mail["Bcc"] is None
    assert server.recipients == [ADDRESS]
    assert "\u202e" not in mail["Subject"]


def test_mail_when_the_address_is_refused_then_a_person_is_told_what_to_do(server):
    server.behaviour.to_recipients[ADDRESS] = "550 5.1.1 Ukjent"
    with pytest.raises(Refused, match=ADDRESS):
        carrier(server).post(ADDRESS, MESSAGE, ["a|b|c"], None)


def test_mail_when_the_line_falls_after_it_was_given_then_it_may_have_arrived(server):
    server.behaviour.drop_after_data.add(ADDRESS)
    with pytest.raises(Passing) as problem:
        carrier(server).post(ADDRESS, MESSAGE, ["a|b|c"], None)
    assert problem.value.uncertain


def deliver(url, port, now, *how) -> int:
    command = [sys.executable, "-m", "tests.alert_sender", url, str(port), now.isoformat(), *how]
    return subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode


def test_killed_between_the_servers_yes_and_the_record_then_sent_again_as_the_same_and_counted(
    server, tmp_path
):
    url = f"sqlite:///{tmp_path}/killed.db"
    database = Database(url)
    database.migrate()
    id_ = take_in(database, climate())
    debt = Debt(id_, "regjeringen:3167072", OLA, REMINDED, urgent=True)
    with database.transaction() as session:
        ledger.owe(session, [debt], DAY_ONE)
    assert deliver(url, server.port, DAY_ONE, "die") < 0
    assert states(database) == ["sending"]
    later = DAY_ONE + timedelta(hours=1)
    assert deliver(url, server.port, later) == 0
    assert deliver(url, server.port, later + timedelta(hours=1)) == 0
    assert len({mail["Message-ID"] for mail in server.mails}) == 1
    assert len(server.mails) == 2
    assert states(database) == ["sent"]
    with database.reading() as session:
        assert ledger.count_perhaps_twice(session) == 1
    assert deliveries(database)[0].carrier == "mail"
    database.close()
