"""The topics in Kafka: made, checked against what we need, and described with what waits."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import (
    InvalidReplicationFactorError,
    KafkaError,
    TopicAlreadyExistsError,
    for_code,
)

from consultations.domain.errors import ConfigError
from streams.connection import AWAY, connect, milliseconds, unavailable
from streams.topic_facts import (
    Found,
    behind,
    find,
    held_in,
    replication_of,
    settings_of,
    values_of,
)
from streams.topics import GROUPS, TOPICS, Topic

ANSWER_SECONDS = 10.0
RETRY_SECONDS = 0.1

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class TopicState:
    """A topic as it is. ``lag`` counts, for each group that reads it, what it has yet to handle."""

    name: str
    partitions: int
    replication: int
    retention: timedelta | None
    messages: int
    lag: Mapping[str, int]


class TopicAdmin:
    """Looks after the topics. Every call ends within a few times ``seconds``.

    ``partitions`` and ``replication`` are the configured ones. All methods raise
    ``BrokerUnavailable``.
    """

    def __init__(
        self, servers: str, partitions: int, replication: int, *, seconds: float = ANSWER_SECONDS
    ) -> None:
        self._servers = servers
        self._partitions = partitions
        self._replication = replication
        self._seconds = seconds

    def create(self) -> Sequence[str]:
        """Make the topics that are missing, and say of each what was done. The others are left.

        Raises ``ConfigError`` when there are fewer servers than copies.
        """
        return self._ask(self._create)

    def check(self) -> Sequence[str]:
        """Return what is wrong, each with what to do about it; nothing when all is well."""
        return self._ask(lambda admin: [*self._topic_problems(admin), *_server_problems(admin)])

    def require(self, name: str) -> None:
        """Raise ``ConfigError`` unless the topic of a step has the shape that is configured."""
        topic = Topic(name, retention=None)
        found = self._ask(lambda admin: find(admin, name))
        for problem in self._shape_problems(topic, found):
            raise ConfigError(problem)

    def describe(self) -> Sequence[TopicState]:
        """Describe the topics that are there."""
        return self._ask(_describe)

    def lag(self) -> Mapping[str, int]:
        """Count the messages each group has yet to handle: all of them if it never handled any."""
        return {group: count for topic in self.describe() for group, count in topic.lag.items()}

    def members(self, group: str) -> int:
        """Count the workers that are in a group at this moment."""
        return self._ask(lambda admin: len(admin.describe_groups([group])[group]["members"]))

    def reach(self) -> None:
        """Return once the broker has answered."""
        self._ask(lambda admin: admin.describe_cluster())

    def _ask(self, question: Callable[[KafkaAdminClient], Answer]) -> Answer:
        """Put a question, again and again while the broker says that it will soon know."""
        end = time.monotonic() + self._seconds
        limit = milliseconds(self._seconds)
        admin = connect(KafkaAdminClient, self._servers, self._seconds, request_timeout_ms=limit)
        with closing(admin):
            while True:
                try:
                    return question(admin)
                except AWAY as problem:
                    if not getattr(problem, "retriable", False) or time.monotonic() > end:
                        raise unavailable(self._servers, problem) from problem
                    time.sleep(RETRY_SECONDS)

    def _create(self, admin: KafkaAdminClient) -> Sequence[str]:
        wanted = {
            topic.name: {
                "num_partitions": self._partitions_of(topic),
                "replication_factor": self._replication,
                "configs": topic.settings(self._replication),
            }
            for topic in TOPICS
        }
        limit = milliseconds(self._seconds)
        answer = admin.create_topics(wanted, timeout_ms=limit, raise_errors=False)
        done = [self._created(topic) for topic in answer["topics"]]
        admin.wait_for_topics(list(wanted), timeout_ms=limit)
        return done

    def _created(self, answer: Found) -> str:
        name, error = answer["name"], for_code(answer["error_code"])
        if error is TopicAlreadyExistsError:
            return f"{name} fantes fra før, og er ikke endret."
        if error is InvalidReplicationFactorError:
            raise ConfigError(
                f"{name} kan ikke ha {self._replication} kopier: så mange Kafka-tjenere er ikke "
                "oppe. Start dem, eller sett CONSULTATIONS_KAFKA_REPLICATION lavere."
            )
        if answer["error_code"]:
            raise error(answer["error_message"])
        return f"{name} er laget."

    def _topic_problems(self, admin: KafkaAdminClient) -> Iterator[str]:
        for topic in TOPICS:
            found = find(admin, topic.name)
            yield from self._shape_problems(topic, found)
            if found:
                yield from self._setting_problems(topic, settings_of(admin, topic.name))

    def _shape_problems(self, topic: Topic, found: Found | None) -> Iterator[str]:
        if not found:
            yield f"{topic.name} finnes ikke. Kjør «consultations topics create»."
            return
        partitions, wanted = len(found["partitions"]), self._partitions_of(topic)
        if partitions != wanted:
            what = f"{topic.name} har {partitions} partisjoner, ikke {wanted}."
            if topic.partitions is None:
                yield (
                    f"{what} Sett CONSULTATIONS_KAFKA_PARTITIONS={partitions}: i et emne med "
                    "nøkler endres ikke tallet."
                )
            else:
                yield f"{what} Slett emnet, og kjør «consultations topics create»."
        copies = replication_of(found)
        if copies < self._replication:
            yield (
                f"{topic.name} har bare {copies} av {self._replication} kopier av hver melding. "
                "Flytt emnet med «kafka-reassign-partitions», eller sett "
                f"CONSULTATIONS_KAFKA_REPLICATION={copies}."
            )

    def _setting_problems(self, topic: Topic, found: Mapping[str, str]) -> Iterator[str]:
        for name, wanted in topic.settings(self._replication).items():
            if found.get(name) != wanted:
                yield (
                    f"{topic.name} har {name}={found.get(name)}, ikke {wanted}. Rett det med "
                    f"«kafka-configs --alter --entity-type topics --entity-name {topic.name} "
                    f"--add-config {name}={wanted}»."
                )

    def _partitions_of(self, topic: Topic) -> int:
        return topic.partitions or self._partitions


def _server_problems(admin: KafkaAdminClient) -> Iterator[str]:
    for server in admin.describe_cluster()["brokers"]:
        resource = ConfigResource(
            ConfigResourceType.BROKER, str(server["broker_id"]), ["auto.create.topics.enable"]
        )
        try:
            settings = values_of(admin, resource)
        except KafkaError as problem:
            yield (
                f"Kafka-tjener {server['broker_id']} svarer ikke ({type(problem).__name__}). "
                "Resten virker så lenge emnene har flere kopier; få den opp igjen."
            )
            continue
        if settings.get("auto.create.topics.enable") == "true":
            yield (
                f"Kafka-tjener {server['broker_id']} lager emner av seg selv, med feil antall "
                "partisjoner. Sett auto.create.topics.enable=false på den."
            )


def _describe(admin: KafkaAdminClient) -> Sequence[TopicState]:
    states = []
    for topic in TOPICS:
        found = find(admin, topic.name)
        if found:
            retention = int(settings_of(admin, topic.name)["retention.ms"])
            held = held_in(admin, found)
            lag = {
                group: behind(admin, group, held) for group, read in GROUPS.items()
                if read == topic.name
            }  # fmt: skip
            states.append(
                TopicState(
                    name=topic.name,
                    partitions=len(found["partitions"]),
                    replication=replication_of(found),
                    retention=None if retention < 0 else timedelta(milliseconds=retention),
                    messages=sum(map(len, held.values())),
                    lag=lag,
                )
            )
    return states
