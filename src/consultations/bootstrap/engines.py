"""What carries records and events to the steps, and which of the two it is."""

import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from consultations.clock import Clock
from consultations.domain.source_record import SourceRecord
from consultations.settings import Settings
from consultations.store.database import Database
from streams.admin import TopicAdmin
from streams.embedded import EmbeddedEngine
from streams.event_relay import EventRelay
from streams.kafka_publisher import KafkaPublisher
from streams.producer import Producer
from streams.progress import Progress
from streams.step import Step

if TYPE_CHECKING:
    from streams.faust_settings import StepApp

CLIENT_ID = "consultations"


class Engine(Protocol):
    """What is alike in both: a way for records and messages onto their topics."""

    def publish(self, records: Sequence[SourceRecord]) -> None:
        """Put records on their topic. When this returns they are safe."""
        ...

    def resend(self, topic: str, key: str, value: bytes) -> None:
        """Put one message back on a topic."""
        ...

    def drain(self) -> None:
        """Finish what this process itself is to handle of what is on the topics."""
        ...


class KafkaEngine:
    """Apache Kafka: the topics are there, the steps run in workers of their own.

    Nothing is connected until it is needed.
    """

    def __init__(
        self, servers: str, *, partitions: int, replication: int, session_seconds: int
    ) -> None:
        self._servers = servers
        self._partitions = partitions
        self._session_seconds = session_seconds
        self.topics = TopicAdmin(servers, partitions, replication)

    @cached_property
    def producer(self) -> Producer:
        return Producer(self._servers, CLIENT_ID)

    @cached_property
    def _publisher(self) -> KafkaPublisher:
        return KafkaPublisher(self.producer)

    def publish(self, records: Sequence[SourceRecord]) -> None:
        self._publisher.publish(records)

    def resend(self, topic: str, key: str, value: bytes) -> None:
        self._publisher.resend(topic, key, value)

    def drain(self) -> None:
        """Leave it to the workers."""

    def event_relay(self, database: Database, clock: Clock) -> EventRelay:
        return EventRelay(database, self.producer, clock)

    def worker(self, step: Step, database: Database, clock: Clock, progress: Progress) -> "StepApp":
        """Return the Faust app that carries a step."""
        from streams.worker import create_app  # noqa: PLC0415 - Faust is heavy, workers need it

        return create_app(
            step, database, clock, servers=self._servers, partitions=self._partitions,
            progress=progress, folder=Path(tempfile.gettempdir()),
            session_seconds=self._session_seconds,
        )  # fmt: skip


def kafka_engine(settings: Settings) -> KafkaEngine:
    """Return the engine for the Kafka servers that are set."""
    return KafkaEngine(
        settings.kafka_servers or "",
        partitions=settings.kafka_partitions,
        replication=settings.kafka_replication,
        session_seconds=settings.kafka_session_seconds,
    )


def choose_engine(
    settings: Settings, database: Database, steps: Sequence[Step], clock: Clock
) -> EmbeddedEngine | KafkaEngine:
    """Choose the engine: Kafka when its servers are set, else the one within this process."""
    if settings.kafka_servers:
        return kafka_engine(settings)
    return EmbeddedEngine(database, steps, clock)
