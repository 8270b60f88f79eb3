"""Numbered messages for a real Kafka, and what came of them."""

from collections.abc import Iterable
from contextlib import closing

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from streams.producer import Outgoing
from streams.topics import EVENTS
from tests.servers.kafka import Kafka


def held(kafka: Kafka, topic: str) -> list[ConsumerRecord]:
    """Return all that a topic holds, each partition in order."""
    with closing(
        KafkaConsumer(bootstrap_servers=kafka.address, max_partition_fetch_bytes=2**26)
    ) as consumer:
        places = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic)]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        found = []
        while any(consumer.position(place) < ends[place] for place in places):
            for messages in consumer.poll(timeout_ms=200).values():
                found += messages
    return found


def numbered(first: int, count: int, keys: int = 7) -> list[Outgoing]:
    return [Outgoing(EVENTS, f"å:{n % keys}", b"%d" % n) for n in range(first, first + count)]


def in_order(messages: Iterable[ConsumerRecord]) -> bool:
    """Tell whether each key's numbers came in order; one that came again does not count."""
    by_key: dict[bytes, list[int]] = {}
    for message in messages:
        numbers = by_key.setdefault(message.key, [])
        if int(message.value) not in numbers:
            numbers.append(int(message.value))
    return all(numbers == sorted(numbers) for numbers in by_key.values())
