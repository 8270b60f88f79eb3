"""The processes of one installation on Kafka and PostgreSQL, and everything that befalls them."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec

from consultations.domain.errors import BrokerUnavailable
from consultations.store import sources
from consultations.store.database import DatabaseUnavailable
from consultations.store.ledger import DeliveryState
from consultations.store.tables import DeliveryRow, OutboxRow, PublishedRow, SourceRow
from streams.admin import TopicAdmin
from streams.connection import connect
from streams.topics import GROUPS
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres
from tests.service import Processes, Service, World, wait_until

WORKERS = tuple(f"worker {step}" for step in GROUPS)
RELAY, SCHEDULER = "relay", "scheduler"
ROLES = (*WORKERS, RELAY, SCHEDULER)

PARTITIONS = 3
SESSION_SECONDS = 6
"""How long a killed worker's partitions stay with it: shorter than in earnest, to get on."""

SECONDS_AS_MANY = 6.0

PAST_EVERY_LEASE = timedelta(minutes=5)


@dataclass
class Fleet:
    """One process of each role to begin with, replaced whenever it ends."""

    world: World
    processes: Processes
    kafka: Kafka
    postgres: Postgres
    chance: random.Random
    members: dict[str, list[Service]] = field(default_factory=lambda: {r: [] for r in ROLES})
    tally: Counter[str] = field(default_factory=Counter)

    def start(self, role: str) -> Service:
        """Start one more. A relay begins past the leases of the last one, when it is alone."""
        if role == RELAY and not self.members[RELAY]:
            self.world.clock.forward(PAST_EVERY_LEASE)
        service = self.processes.start(role, clock_starts_at=self.world.clock.now().isoformat())
        self.members[role].append(service)
        self.tally["starts"] += 1
        return service

    def tend(self) -> None:
        """Be the supervisor: start again what has ended by itself, and note its last words."""
        for role, members in self.members.items():
            for service in [each for each in members if not each.is_running()]:
                self._lose(role, service)
                code = service.process.returncode
                assert code in {0, 1}, f"{role} ended with {code}:\n{service.err}"
                self.tally[f"{role} ended by itself: {_last_line(service.err)}"] += 1
            if not self.members[role]:
                self.start(role)

    def calm_down(self, at_rest: Callable[[], bool], seconds: float) -> bool:
        """Wait for all work to be done, as a supervisor. Returns False when the time is up."""

        def done() -> bool:
            self.tend()
            time.sleep(0.3)
            return at_rest()

        return wait_until(done, seconds)

    def kill(self, role: str) -> None:
        """Kill -9 one of them in the middle of what it does, and start another in its place."""
        service = self._any(role)
        if role in WORKERS and self.chance.random() < 0.7:
            wait_until(lambda: self._is_in_a_transaction(service), seconds=2)
        os.killpg(service.process.pid, signal.SIGSTOP)  # so that what it is doing stays true
        doing = self._doing(role, service)
        service.kill()
        self._replace(role, service)
        self.tally[f"kill -9 of {role}: {doing}"] += 1

    def terminate(self, role: str) -> None:
        """SIGTERM one of them in the middle of a transaction, if one comes, and replace it."""
        service = self._any(role)
        in_time = wait_until(lambda: self._is_in_a_transaction(service), seconds=3)
        self._stop(role, service)
        self.start(role)
        self.tally[f"SIGTERM of {role}: {'in a transaction' if in_time else 'between two'}"] += 1

    def scale(self, role: str) -> None:
        """From one to three and a spare, and back."""
        for _ in range(PARTITIONS):
            self.start(role)
        time.sleep(SECONDS_AS_MANY)
        for service in self.chance.sample(self.members[role], len(self.members[role]) - 1):
            self._stop(role, service)
        self.tally[f"{role} from 1 to {PARTITIONS} and a spare, and back"] += 1

    def roll(self) -> None:
        """Put a new process in the place of every one, one at a time."""
        for role in ROLES:
            for service in list(self.members[role]):
                self._stop(role, service)
                self.start(role)
        self.tally["rolling restart of all"] += 1

    def restart_broker(self) -> None:
        self.kafka.stop(kill=True)
        time.sleep(self.chance.uniform(0.5, 3))
        self.kafka.start()
        self.tally["broker killed and started again"] += 1

    def restart_database(self) -> None:
        self.postgres.stop(immediate=True)
        time.sleep(self.chance.uniform(0.2, 2))
        self.postgres.start()
        self.tally["PostgreSQL stopped at once and started again"] += 1

    def read_all_again(self, role: str) -> None:
        """Set a group back to the beginning of its topic while nobody is in it."""
        step = role.removeprefix("worker ")
        for service in list(self.members[role]):
            self._stop(role, service)
        self._wait_until_empty(step)
        places = [TopicPartition(GROUPS[step], number) for number in range(PARTITIONS)]
        with connect(KafkaAdminClient, self.kafka.address, 10) as admin:
            admin.reset_group_offsets(step, dict.fromkeys(places, OffsetSpec.EARLIEST))
        self.start(role)
        self.tally[f"{step} set back to the beginning"] += 1

    def leave_the_group_empty(self, role: str) -> None:
        """Kill all of a group, let the broker forget them, and come back under the same id."""
        for service in list(self.members[role]):
            service.kill()
            self._lose(role, service)
        self._wait_until_empty(role.removeprefix("worker "))
        self.start(role)
        self.tally[f"{role}: all killed, group left empty, joined again"] += 1

    def poll_all_anew(self) -> None:
        """Let the scheduler forget the sources, start again, and be in the middle of publishing."""
        for service in list(self.members[SCHEDULER]):
            self._stop(SCHEDULER, service)
        with self.world.database.transaction() as session:
            session.execute(sa.delete(PublishedRow))
            session.execute(sa.update(SourceRow).values(cursor={}))
        self.start(SCHEDULER)
        wait_until(self._has_published, seconds=15)
        time.sleep(self.chance.uniform(0, 0.5))

    def _has_published(self) -> bool:
        with self.world.database.reading() as session:
            return session.scalar(sa.select(PublishedRow.source).limit(1)) is not None

    @property
    def topics(self) -> TopicAdmin:
        return TopicAdmin(self.kafka.address, PARTITIONS, 1)

    def _any(self, role: str) -> Service:
        self.tend()
        return self.chance.choice(self.members[role])

    def _lose(self, role: str, service: Service) -> None:
        self.members[role].remove(service)

    def _replace(self, role: str, service: Service) -> None:
        self._lose(role, service)
        self.start(role)

    def _stop(self, role: str, service: Service) -> None:
        """Ask one to stop. Only one that was still starting may be ended by the signal itself."""
        listens = _catches(service.process.pid, signal.SIGTERM)
        ended = service.stop()
        self._lose(role, service)
        allowed = {0} if listens else {0, -signal.SIGTERM}
        assert ended.code in allowed, f"{role} ended with {ended.code}, asked to:\n{ended.err}"

    def _wait_until_empty(self, group: str) -> None:
        assert wait_until(lambda: not self.topics.members(group)), f"{group} is never empty"

    def _doing(self, role: str, service: Service) -> str:
        """Tell what a stopped process is in the middle of."""
        try:
            if self._is_in_a_transaction(service):
                return "in a transaction"
            return "with work waiting" if self._has_work(role) else "idle, or starting"
        except (*DatabaseUnavailable, BrokerUnavailable):
            return "with a server away"

    def _is_in_a_transaction(self, service: Service) -> bool:
        ports = set(_ports_of(service.process.pid))
        query = sa.text("SELECT client_port FROM pg_stat_activity WHERE xact_start IS NOT NULL")
        with self.world.database.reading() as session:
            return not ports.isdisjoint(session.scalars(query))

    def _has_work(self, role: str) -> bool:
        if role in WORKERS:
            return bool(self.lag(role.removeprefix("worker ")))
        with self.world.database.reading() as session:
            if role == SCHEDULER:
                return not all(map(sources.has_ended, sources.all_sources(session)))
            waits = (
                sa.select(OutboxRow.id).where(OutboxRow.published_at.is_(None)),
                sa.select(DeliveryRow.id).where(DeliveryRow.state != DeliveryState.SENT),
            )
            return any(session.scalar(query.limit(1)) is not None for query in waits)

    def lag(self, step: str) -> int:
        """Count what a group has yet to commit."""
        return self.topics.lag()[step]


def _ports_of(pid: int) -> Iterator[int]:
    """Yield the local TCP ports a process holds, from what Linux tells of it."""
    told = Path("/proc") / str(pid)
    held = set()
    for handle in (told / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            held.add(str(handle.readlink()))
    for line in (told / "net" / "tcp").read_text("ascii").splitlines()[1:]:
        words = line.split()
        if f"socket:[{words[9]}]" in held:
            yield int(words[1].rpartition(":")[2], 16)


def _catches(pid: int, number: signal.Signals) -> bool:
    """Tell whether a process has come so far that it handles a signal itself."""
    status = (Path("/proc") / str(pid) / "status").read_text("ascii")
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:160] if lines else "without a word"
