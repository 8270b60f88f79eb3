"""Kill -9 while the weekly mail is sent: nobody goes without, and what may be double is counted.

Every start sets the clock past the lease of the mail that a kill cut off.
"""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from consultations.digest.sending import LEASE
from consultations.store import digests
from consultations.store.database import Database
from consultations.store.digests import DigestLine, DigestState
from tests.databases import KINDS
from tests.digest_building import MONDAY, keep, see_sources
from tests.servers.mail import MailServer, mail_server

pytestmark = pytest.mark.services

ROOT = Path(__file__).parents[2]
READERS = 20
KILLS = 6


@dataclass
class Office:
    """A database with a week in it, a mail server, and processes that send from one to other."""

    url: str
    server: MailServer

    def start(self, now: datetime, *words: str, readers: int = 1) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.digest_sender", self.url, str(self.server.port),
                   now.isoformat(), str(readers), *words]  # fmt: skip
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def lines(self) -> list[DigestLine]:
        database = Database(self.url)
        with database.reading() as session:
            lines = list(digests.lines(session))
        database.close()
        return lines


@pytest.fixture(params=KINDS)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    url = f"sqlite:///{tmp_path / 'kill.db'}"
    if request.param != "sqlite":
        url = request.getfixturevalue("postgres_url")
    database = Database(url)
    database.migrate()
    see_sources(database)
    keep(database)
    database.close()
    with mail_server() as server:
        yield Office(url, server)


def ended(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=60)
    return process.returncode


def test_sender_when_killed_between_accept_and_record_then_sends_the_same_bytes_once_more(office):
    assert ended(office.start(MONDAY, "die")) == -9
    assert [line.state for line in office.lines()] == [DigestState.SENDING]
    assert ended(office.start(MONDAY + LEASE)) == 0
    assert ended(office.start(MONDAY + 2 * LEASE)) == 0
    first, second = office.server.accepted
    assert first == second
    (line,) = office.lines()
    assert (line.state, line.uncertain, line.attempts) == (DigestState.SENT, True, 2)


def test_sender_when_killed_while_the_answer_is_awaited_then_sends_the_same_bytes_once_more(office):
    office.server.behaviour.never_answer_data.add("leser0@example.org")
    process = office.start(MONDAY)
    assert office.server.arrived.wait(30)
    process.kill()
    ended(process)
    office.server.behaviour.never_answer_data.clear()
    assert ended(office.start(MONDAY + LEASE)) == 0
    assert len(set(office.server.accepted)) == 1
    (line,) = office.lines()
    assert (line.state, line.uncertain) == (DigestState.SENT, True)


def test_senders_when_killed_at_random_then_nobody_goes_without_and_doubles_are_counted(office):
    chance = random.Random(office.server.port)
    now = MONDAY
    for _ in range(KILLS):
        process = office.start(now, readers=READERS)
        assert process.stdout
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.4))
        process.kill()
        ended(process)
        now += LEASE
    assert ended(office.start(now, readers=READERS)) == 0
    lines = office.lines()
    assert {line.state for line in lines} == {DigestState.SENT}
    got = Counter(office.server.recipients)
    assert len(got) == len(lines) == READERS
    counted = sum(line.uncertain for line in lines)
    assert sum(got.values()) - READERS <= counted <= KILLS
    assert len(set(office.server.accepted)) == READERS


def test_two_senders_when_they_run_at_once_then_each_reader_gets_one(office):
    both = [office.start(MONDAY, readers=READERS) for _ in range(2)]
    assert [ended(process) for process in both] == [0, 0]
    assert Counter(office.server.recipients).most_common(1)[0][1] == 1
    assert len(office.server.recipients) == READERS
