"""The servers a measurement runs on, and the messages and databases it begins with."""

import os
import platform
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from kafka import KafkaAdminClient, KafkaProducer

from consultations import bootstrap
from consultations.bootstrap import Tracker
from consultations.store.bus import Message
from streams.admin import TopicAdmin
from streams.connection import connect
from streams.topics import GROUPS, MAX_MESSAGE_BYTES, TOPICS
from tests.servers import kafka as kafka_server
from tests.servers import postgres as postgres_server
from tests.servers.postgres import Postgres
from tests.traffic import FIRST_DAY

PARTITIONS = 6
UNCONFIRMED = 1000
BATCH = 200
"""What our worker takes at a time; the others are given the same."""


@dataclass
class Stage:
    """One broker, one PostgreSQL and a folder, for as long as a measurement lasts."""

    kafka: str
    postgres: Postgres
    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(10**6)))

    def topic(self, messages: Iterable[Message], name: str | None = None) -> str:
        """Make a topic, in the place of any with that name, and put these messages on it."""
        if name is None:
            name = f"bench-{next(self._numbers)}"
            self._create(name)
        else:
            self.new_topics()
        producer = connect(
            KafkaProducer,
            self.kafka,
            10,
            linger_ms=20,
            max_request_size=MAX_MESSAGE_BYTES,
            compression_type="gzip",  # as our own producer does
        )
        futures = []
        for message in messages:
            futures.append(producer.send(name, message.value, message.key.encode()))
            if len(futures) == UNCONFIRMED:
                _confirm(producer, futures)
        _confirm(producer, futures)
        producer.close()
        return name

    def _create(self, name: str) -> None:
        with connect(KafkaAdminClient, self.kafka, 10) as admin:
            admin.create_topics({name: {"num_partitions": PARTITIONS, "replication_factor": 1}})
            admin.wait_for_topics([name])

    def new_topics(self) -> None:
        """Make our own topics anew, empty, and forget the groups that read them."""
        with connect(KafkaAdminClient, self.kafka, 10) as admin:
            there = {topic.name for topic in TOPICS} & set(admin.list_topics())
            if there:
                admin.delete_topics(sorted(there))
                admin.delete_groups(list(GROUPS))
        topics = TopicAdmin(self.kafka, PARTITIONS, 1)
        for _ in range(100):
            topics.create()
            if not topics.check():
                return
            time.sleep(0.1)
        raise RuntimeError(f"the topics cannot be made: {topics.check()}")

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """Give a migrated database, or a copy of another, for as long as it is needed."""
        if template is None:
            with self.postgres.migrated() as url:
                yield url
            return
        name = f"bench_{next(self._numbers)}"
        original = sa.make_url(template).database or ""
        self.postgres.execute("CREATE DATABASE {} TEMPLATE {}", name, original)
        try:
            yield sa.make_url(template).set(database=name).render_as_string(hide_password=False)
        finally:
            self.postgres.drop(name)


def _confirm(producer: KafkaProducer, futures: list[object]) -> None:
    producer.flush(60)
    for future in futures:
        future.get(60)  # type: ignore[attr-defined]
    futures.clear()


@contextmanager
def stage() -> Iterator[Stage]:
    """Start what is needed, say on what machine, and clear it all away."""
    print(machine(), flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        postgres = stack.enter_context(postgres_server.start())
        kafka = stack.enter_context(kafka_server.start(folder / "kafka"))
        yield Stage(kafka, postgres, folder)


def machine() -> str:
    """Say how large this machine is: figures mean nothing without it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    told = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    models = [line.partition(":")[2].strip() for line in told.splitlines() if "model name" in line]
    return (
        f"{os.cpu_count()} cores ({models[0] if models else platform.machine()}), "
        f"{memory:.0f} GB, Python {platform.python_version()}"
    )


def tracker_on(url: str) -> Tracker:
    """Join our parts on a database, with the clock where the traffic is new."""
    return bootstrap.tracker(database_url=url, kafka_servers=None, clock_starts_at=FIRST_DAY)
