"""Kill -9 while people are told, together, alone and by mail: nothing lost, doubles counted.

Every start sets the clock past the lease of what a kill cut off.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from consultations.alerts.relay import LEASE, PATIENCE
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.store import ledger
from consultations.store.database import Database
from consultations.store.ledger import Debt
from tests import fake_slack
from tests.alert_cases import OPENED, SLACK_CHANNELS, climate, states, take_in
from tests.building import DAY_ONE
from tests.databases import KINDS
from tests.fake_slack import FakeSlack, serving
from tests.servers.mail import MailServer, mail_server
from tests.telling_sender import KARI, SLACK_ID

pytestmark = pytest.mark.services

ROOT = Path(__file__).parents[2]
NOBODY = "http://127.0.0.1:9/api/"
REMINDED = Fact(EventType.REMINDER, "reminder/sent/2026-07-09/0", DAY_ONE, "Svaret skal sendes.")


@dataclass
class Office:
    url: str
    database: Database
    slack: FakeSlack
    slack_url: str
    mail: MailServer
    now: datetime = field(default=DAY_ONE)

    def owe(self, number: int, channel: str, fact: Fact, **given: bool) -> None:
        seen = climate(external_id=f"n{number}", title=f"Høring nummer {number}")
        id_ = take_in(self.database, seen)
        with self.database.transaction() as session:
            ledger.owe(session, [Debt(id_, seen.key, channel, fact, **given)], DAY_ONE)

    def run(self, *how: str, slack_url: str | None = None) -> int:
        """Run a process to its end, a while after the last one, and return how it ended."""
        command = [sys.executable, "-m", "tests.telling_sender", self.url,
                   slack_url or self.slack_url, str(self.mail.port), self.now.isoformat(),
                   *how]  # fmt: skip
        ended = subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode
        self.now += LEASE + timedelta(minutes=20)
        return ended

    @property
    def told(self) -> Counter[str]:
        return Counter(key for message in self.slack.messages for key in message.keys)

    @property
    def counted(self) -> int:
        with self.database.reading() as session:
            return ledger.count_perhaps_twice(session)


@pytest.fixture(params=KINDS)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    url = f"sqlite:///{tmp_path / 'kill.db'}"
    if request.param != "sqlite":
        url = request.getfixturevalue("postgres_url")
    database = Database(url)
    database.migrate()
    slack = FakeSlack(SLACK_CHANNELS)
    slack.people.add(SLACK_ID)
    with serving(slack) as slack_url, mail_server() as mail:
        office = Office(url, database, slack, slack_url, mail)
        slack.now = lambda: office.now.timestamp()  # noqa: PLW0108 - it moves
        yield office
    database.close()


def test_bundle_and_person_when_killed_after_each_was_accepted_then_each_is_told_once(office):
    for number in range(3):
        office.owe(number, "klima-miljo", OPENED, bundle=True)
    office.owe(3, KARI, REMINDED)
    assert office.run("die-slack") == -9
    assert office.run("die-slack") == -9
    assert office.run("die-slack") == 0
    assert set(office.told.values()) == {1}
    assert len(office.told) == 4
    assert [len(message.keys) for message in office.slack.messages] == [1, 3]
    assert set(states(office.database)) == {"sent"}


def test_urgent_when_slack_goes_and_the_mail_is_cut_off_then_mailed_as_one_and_not_posted(office):
    office.owe(0, KARI, REMINDED, urgent=True)
    office.now += PATIENCE
    assert office.run("die-mail", slack_url=NOBODY) == -9
    assert office.run(slack_url=NOBODY) == 0
    assert office.run() == 0
    assert len(office.mail.mails) == 2
    assert len({mail["Message-ID"] for mail in office.mail.mails}) == 1
    assert (office.slack.messages, states(office.database)) == ([], ["sent"])


def test_urgent_when_slack_had_it_after_all_then_told_by_both_and_counted(office):
    office.owe(0, KARI, REMINDED, urgent=True)
    office.now += PATIENCE
    assert office.run("die-slack") == -9
    assert office.run(slack_url=NOBODY) == 0
    assert (len(office.mail.mails), office.counted) == (1, 1)
    assert office.run() == 0
    assert (len(office.slack.messages), len(office.mail.mails), office.counted) == (1, 1, 1)


def test_urgent_when_slack_never_had_it_then_one_mail_and_nothing_counted(office):
    office.owe(0, KARI, REMINDED, urgent=True)
    office.now += PATIENCE
    office.slack.script("chat.postMessage", fake_slack.cut_before_accepting)
    assert office.run() == 0
    assert (len(office.mail.mails), office.counted) == (1, 0)
    assert office.slack.messages == []
