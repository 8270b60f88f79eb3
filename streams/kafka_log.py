"""The log that the state can be rebuilt from, as Kafka keeps it. It does not go through Faust."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from consultations.domain.errors import ConfigError
from consultations.store.bus import Message
from streams.connection import AWAY, connect, unavailable
from streams.topics import TOPICS

BATCH = 500
POLL_MS = 1000
SILENT_SECONDS = 30.0
CONNECT_SECONDS = 10.0


class KafkaLog:
    """The topics on a broker, read without a group: nobody's place is moved.

    Raises ``BrokerUnavailable``, and ``ConfigError`` when a topic is missing. Close it after use.
    """

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._consumer = self._connect()
        try:
            self._look_over()
        except BaseException:
            self.close()
            raise

    def _connect(self) -> KafkaConsumer:
        return connect(
            KafkaConsumer,
            self._servers,
            CONNECT_SECONDS,
            client_id="consultations-replay",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            allow_auto_create_topics=False,
        )

    def _look_over(self) -> None:
        """Note where every topic begins and ends just now."""
        with self._asking():
            self._partitions = {topic.name: self._find(topic.name) for topic in TOPICS}
            every = [place for places in self._partitions.values() for place in places]
            self._begins = self._consumer.beginning_offsets(every)
            self._ends = self._consumer.end_offsets(every)

    def close(self) -> None:
        self._consumer.close()

    def count(self, topic: str, since: datetime | None, until: datetime | None) -> int:
        spans = self._spans(topic, since, until).values()
        return sum(max(stop - start, 0) for start, stop in spans)

    def read(
        self, topic: str, since: datetime | None, until: datetime | None
    ) -> Iterator[Sequence[Message]]:
        for records in self.records(topic, since, until):
            yield [_message(record) for record in records]

    def records(
        self, topic: str, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[Sequence[Any]]:
        """Yield kafka-python's own records, with their headers, in batches.

        Each reading has a consumer of its own: one that has paused a partition and is given it
        anew gets nothing more from it (kafka-python 3.0.12).
        """
        spans = self._spans(topic, since, until)
        left = {place: stop for place, (start, stop) in spans.items() if start < stop}
        with closing(self._connect()) as consumer:
            consumer.assign(list(left))
            for place in left:
                consumer.seek(place, spans[place][0])
            yield from self._read(consumer, left)

    def _read(
        self, consumer: KafkaConsumer, left: dict[TopicPartition, int]
    ) -> Iterator[Sequence[Any]]:
        """Read each partition up to where it is to end."""
        heard = time.monotonic()
        while left:
            with self._asking():
                polled = consumer.poll(POLL_MS, max_records=BATCH)
            batch = [
                record
                for place, records in polled.items()
                for record in records
                if place in left and record.offset < left[place]
            ]
            if batch:
                yield batch
            heard = self._check_silence(heard, is_silent=not polled)
            ended = [place for place, stop in left.items() if consumer.position(place) >= stop]
            consumer.pause(*ended)
            left = {place: stop for place, stop in left.items() if place not in ended}

    def lost(self, topic: str) -> int:
        return sum(self._begins[place] for place in self._partitions[topic])

    def _find(self, topic: str) -> list[TopicPartition]:
        numbers = self._consumer.partitions_for_topic(topic)
        if not numbers:
            raise ConfigError(
                f"Emnet {topic} finnes ikke i Kafka. Lag emnene med «consultations topics create»."
            )
        return [TopicPartition(topic, number) for number in sorted(numbers)]

    def _spans(
        self, topic: str, since: datetime | None, until: datetime | None
    ) -> dict[TopicPartition, tuple[int, int]]:
        """Return from where to where each partition is read. The end is the one at opening."""
        places = self._partitions[topic]
        starts = self._offsets_at(places, since, self._begins)
        stops = self._offsets_at(places, until, self._ends)
        return {place: (starts[place], min(stops[place], self._ends[place])) for place in places}

    def _offsets_at(
        self,
        places: Sequence[TopicPartition],
        moment: datetime | None,
        otherwise: dict[TopicPartition, int],
    ) -> dict[TopicPartition, int]:
        """Return the first offsets put there at a moment or later; the end where there is none."""
        if moment is None:
            return otherwise
        milliseconds = max(int(moment.timestamp() * 1000), 0)
        with self._asking():
            found = self._consumer.offsets_for_times(dict.fromkeys(places, milliseconds))
        return {
            place: found[place].offset if found.get(place) else self._ends[place]
            for place in places
        }

    def _check_silence(self, heard: float, *, is_silent: bool) -> float:
        """Return when the broker was last heard. Raises ``BrokerUnavailable`` after too long."""
        now = time.monotonic()
        if not is_silent:
            return now
        if now - heard > SILENT_SECONDS:
            silence = f"ingen flere meldinger på {SILENT_SECONDS:.0f} sekunder"
            raise unavailable(self._servers, silence)
        return heard

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except AWAY as problem:
            raise unavailable(self._servers, problem) from problem


def _message(record: Any) -> Message:
    key = (record.key or b"").decode(errors="replace")
    return Message(record.topic, record.offset, key, record.value or b"", record.partition)
