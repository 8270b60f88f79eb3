"""Holds what stands in SQL up against what stood on the topics, during a run and after it.

What a message must come to is worked out here from its own bytes, with the real readers and
rules but none of the steps.
"""

import hashlib
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from consultations.domain.channels import ChannelMap
from consultations.domain.connector import Reader
from consultations.domain.decision import RoutingText
from consultations.domain.errors import BrokerUnavailable
from consultations.domain.events import Event, EventType
from consultations.domain.history import History, Sighting
from consultations.domain.source_record import SourceRecord
from consultations.handlers.step import INTAKE, ROUTING
from consultations.routing import RuleSet, decide
from consultations.store.database import Database, DatabaseUnavailable, Session
from consultations.store.tables import (
    ConsultationRow,
    CorrectionRow,
    DeadLetterRow,
    DecisionRow,
    DeliveryRow,
    SightingRow,
)
from streams.connection import AWAY, connect
from streams.topics import EVENTS, GROUPS, SOURCE_RECORDS
from tests.traffic import Sent

Effect = tuple[object, ...]
"""A row that must be there: its table's name, then what tells it from the others."""


@dataclass(frozen=True)
class Stood:
    """A message as it stands on a topic; a missing key or value is empty."""

    topic: str
    offset: int
    key: bytes
    value: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.value).hexdigest()


class Tail:
    """Reads a topic from its beginning, on and on, outside every group."""

    def __init__(self, servers: str, topic: str, partitions: int) -> None:
        self.places = [TopicPartition(topic, number) for number in range(partitions)]
        self._consumer = connect(
            KafkaConsumer, servers, 30, enable_auto_commit=False, auto_offset_reset="earliest",
            max_partition_fetch_bytes=8 * 2**20,
        )  # fmt: skip
        self._consumer.assign(self.places)
        self._consumer.seek_to_beginning()
        self._read: dict[TopicPartition, list[Stood]] = {place: [] for place in self.places}

    def to_the_end(self) -> list[Stood]:
        """Return what has come since the last time. Raises ``KafkaError`` without the broker."""
        ends, fresh = self._consumer.end_offsets(self.places), list[Stood]()
        while any(len(self._read[place]) < end for place, end in ends.items()):
            found = self._consumer.poll(timeout_ms=5000)
            if not found:
                raise KafkaError("nothing came, and the end is not reached")
            for place, messages in found.items():
                stood = [Stood(m.topic, m.offset, m.key or b"", m.value or b"") for m in messages]
                assert stood[0].offset == len(self._read[place]), "a gap in the topic"
                self._read[place] += stood
                fresh += stood
        return fresh

    def between(self, place: TopicPartition, start: int, end: int) -> Sequence[Stood]:
        """Return what stands in a partition from one offset to before another."""
        return self._read[place][start:end]

    def __iter__(self) -> Iterator[Stood]:
        for place in self.places:
            yield from self._read[place]

    def close(self) -> None:
        self._consumer.close()


class Oracle:
    """Knows what everything on the topics must have come to. One thread uses it at a time."""

    def __init__(
        self, database: Database, servers: str, partitions: int, sent: Iterable[Sent], *,
        readers: Mapping[str, Reader], rules: RuleSet, channels: ChannelMap, news_age: timedelta,
    ) -> None:  # fmt: skip
        self._database = database
        self._servers = servers
        self._readers, self._rules = readers, rules
        self._channels, self._news_age = channels, news_age
        self._dead = {(s.topic, s.key or b"", s.value or b"") for s in sent if s.dead}
        self.records = Tail(servers, SOURCE_RECORDS, partitions)
        self.events = Tail(servers, EVENTS, partitions)
        self.sightings: dict[str, list[Sighting]] = defaultdict(list)
        """Every record that was put on the topic, by consultation, as first put there."""
        self._hearing: dict[str, tuple[str, ...]] = {}
        self._proven: dict[tuple[str, TopicPartition], int] = defaultdict(int)
        self._tracked: dict[str, set[str]] = defaultdict(set)
        self._routed: dict[str, set[str]] = defaultdict(set)
        self._corrected: set[str] = set()
        self._there: set[Effect] = set()

    def close(self) -> None:
        self.records.close()
        self.events.close()

    def look(self) -> tuple[int, list[str]]:
        """Prove everything committed since the last look. Returns how much, and what is missing.

        Commits are read first and SQL last: what was committed by then must be in SQL by now.
        Raises ``BrokerUnavailable``, ``KafkaError`` or ``DatabaseUnavailable`` without a server.
        """
        committed = self._committed()
        self.events.to_the_end()
        self._learn(self.records.to_the_end())
        owed: dict[Effect, str] = {}
        for (group, place), end in committed.items():
            tail = self.records if group == INTAKE else self.events
            for stood in tail.between(place, self._proven[group, place], end):
                where = f"{group} has committed past {place.partition}/{stood.offset} of {end}"
                owed |= dict.fromkeys(self._effects(group, stood), where)
        if owed.keys() - self._there:
            with self._database.reading() as session:
                self._there = set(_rows(session))
        missing = [f"{where}: no {effect}" for effect, where in owed.items()
                   if effect not in self._there]  # fmt: skip
        proven = sum(max(end - self._proven[at], 0) for at, end in committed.items())
        for at, end in committed.items():
            self._proven[at] = max(end, self._proven[at])
        return proven, missing

    def is_dead(self, stood: Stood) -> bool:
        """Tell whether a message was sent to be refused."""
        return (stood.topic, stood.key, stood.value) in self._dead

    def _committed(self) -> dict[tuple[str, TopicPartition], int]:
        places = {g: (self.records if g == INTAKE else self.events).places for g in GROUPS}
        with connect(KafkaAdminClient, self._servers, 3, request_timeout_ms=5000) as admin:
            found = {g: admin.list_group_offsets({g: p})[g] for g, p in places.items()}
        return {
            (group, place): max(told.offset, 0)
            for group, offsets in found.items()
            for place, told in offsets.items()
        }

    def _learn(self, fresh: Iterable[Stood]) -> None:
        for stood in fresh:
            if self.is_dead(stood):
                continue
            record = SourceRecord.model_validate_json(stood.value)
            seen = Sighting.of(self._readers[record.source].parse(record), backfill=record.backfill)
            if seen.identity not in {known.identity for known in self.sightings[record.key]}:
                self.sightings[record.key].append(seen)

    def _effects(self, group: str, stood: Stood) -> Iterator[Effect]:
        """Yield what must be in SQL once a group has handled a message."""
        if self.is_dead(stood):
            yield ("dead letter", group, stood.digest)
        elif group == INTAKE:
            record = SourceRecord.model_validate_json(stood.value)
            seen = next(
                s
                for s in self.sightings[record.key]
                if s.observation.observed_at == record.fetched_at
            )
            yield ("sighting", record.key, *seen.identity)
        elif group == ROUTING:
            event = Event.model_validate_json(stood.value)
            if event.type is EventType.CORRECTED:
                yield ("correction", event.consultation, event.id)
            elif event.type is not EventType.ROUTED:
                text = RoutingText.of(self._sighting_of(event).observation)
                yield ("decision", event.consultation, text.hash)
        else:
            yield from self._debts(Event.model_validate_json(stood.value))

    def _sighting_of(self, event: Event) -> Sighting:
        """Return the record that an event of intake is about."""
        meaning = event.id.split("/")[-2]
        return next(
            seen for seen in self.sightings[event.consultation]
            if seen.meaning_hash.startswith(meaning)
            and seen.observation.observed_at == event.occurred_at
        )  # fmt: skip

    def _debts(self, event: Event) -> Iterator[Effect]:
        """Yield what is owed at least: facts of the versions, to whom the decisions, heard of.

        Who hears of what people have corrected, is for other tests to say.
        """
        key = event.consultation
        if event.type is EventType.CORRECTED:
            self._corrected.add(key)
        if key in self._corrected:
            return
        if event.type is EventType.ROUTED:
            self._routed[key].add(event.id.split("/")[-2])
        else:
            self._tracked[key].add(self._sighting_of(event).meaning_hash)
        seen = [s for s in self.sightings[key] if s.meaning_hash in self._tracked[key]]
        if not seen:
            return
        for text in {RoutingText.of(s.observation) for s in self.sightings[key]}:
            if text.hash[:12] in self._routed[key]:
                for fact in History(seen).facts(self._news_age):
                    for channel in self._who_hears(text):
                        yield ("delivery", f"{key}|{fact.name}|{channel}")

    def _who_hears(self, text: RoutingText) -> tuple[str, ...]:
        digest = text.hash
        if digest not in self._hearing:
            self._hearing[digest] = self._channels.hearing(decide(text, self._rules))
        return self._hearing[digest]

    def owed_at_last(self) -> set[str]:
        """Return every ledger key that there must be, once everything is handled.

        For a run in which nobody corrects anything.
        """
        return {
            f"{key}|{fact.name}|{channel}"
            for key, seen in self.sightings.items()
            for fact in History(seen).facts(self._news_age)
            for channel in {
                c for s in seen for c in self._who_hears(RoutingText.of(s.observation))
            }
        }  # fmt: skip


def _rows(session: Session) -> Iterator[Effect]:
    letters = sa.select(DeadLetterRow.step, DeadLetterRow.body)
    for step, body in session.execute(letters):
        yield ("dead letter", step, hashlib.sha256(body).hexdigest())
    key = ConsultationRow.key
    for row in session.execute(
        sa.select(key, SightingRow.observed_at, SightingRow.meaning_hash).join_from(
            SightingRow, ConsultationRow
        )
    ):
        yield ("sighting", *row)
    for row in session.execute(
        sa.select(key, DecisionRow.text_hash).join_from(DecisionRow, ConsultationRow)
    ):
        yield ("decision", *row)
    for row in session.execute(
        sa.select(key, CorrectionRow.event_id).join_from(CorrectionRow, ConsultationRow)
    ):
        yield ("correction", *row)
    for ledger_key in session.scalars(sa.select(DeliveryRow.key)):
        yield ("delivery", ledger_key)


class Watch(threading.Thread):
    """Looks at random moments, all through a run."""

    def __init__(self, oracle: Oracle, chance: random.Random) -> None:
        super().__init__(name="watch")
        self._oracle, self._chance = oracle, chance
        self._ended = threading.Event()
        self.tally: Counter[str] = Counter()
        self.missing: list[str] = []
        self.bug: Exception | None = None

    def run(self) -> None:
        while not self._ended.wait(self._chance.uniform(0.2, 2)):
            try:
                proven, missing = self._oracle.look()
            except (*DatabaseUnavailable, *AWAY, BrokerUnavailable):
                self.tally["looks in vain, a server away"] += 1
            except Exception as bug:  # noqa: BLE001 - told by the test, which is in another thread
                self.bug = bug
                return
            else:
                self.missing += missing
                self.tally["looks"] += 1
                self.tally["messages proven as committed"] += proven

    def stop(self) -> None:
        self._ended.set()
        self.join()
        if self.bug:
            raise self.bug
