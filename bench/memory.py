"""How much memory each process holds, at first and after many events."""

import time
from collections.abc import Iterator

from kafka import KafkaProducer

from bench.figures import table
from bench.fleet import processes, resident_megabytes
from bench.latency import news
from bench.stage import PARTITIONS, Stage
from consultations.domain.events import Event, EventType
from streams.admin import TopicAdmin
from streams.connection import connect
from streams.topics import EVENTS, SOURCE_RECORDS
from tests.fleet import ROLES
from tests.traffic import FIRST_DAY, message

CONSULTATIONS = 500
"""So many are stored, and the many events are about them by turns."""

SAMPLES = 10
UNCONFIRMED = 1000


def memory(stage: Stage, count: int, _rounds: int) -> None:
    """Every process of ours; then so many events through routing and tracking."""
    topics = TopicAdmin(stage.kafka, PARTITIONS, 1)
    with processes(stage, (*ROLES, "web")) as (_, found):
        producer = connect(KafkaProducer, stage.kafka, 10, linger_ms=20)
        rows = [[role, f"{resident_megabytes(service):.0f}"] for role, service in found.items()]
        for record in news(CONSULTATIONS):
            sent = message(record)
            producer.send(SOURCE_RECORDS, sent.value, sent.key)
        producer.flush()
        for part in range(1, SAMPLES + 1):
            _produce(producer, part, count // SAMPLES)
            while any(topics.lag().values()):
                time.sleep(1)
            held = {role: resident_megabytes(service) for role, service in found.items()}
            told = ", ".join(f"{role} {megabytes:.0f}" for role, megabytes in held.items())
            print(f"  {time.strftime('%H.%M.%S')} {part * count // SAMPLES:,}: {told}", flush=True)
            for row in rows:
                if part in {1, SAMPLES}:
                    row.append(f"{held[row[0]]:.0f}")
        producer.close()
    headings = ["process", "MB at start", f"after {count // SAMPLES:,}", f"after {count:,} events"]
    print(f"\n{table(headings, rows)}\n")


def _produce(producer: KafkaProducer, part: int, count: int) -> None:
    for number, event in enumerate(_events(part, count), start=1):
        producer.send(EVENTS, event.model_dump_json().encode(), event.consultation.encode())
        if number % UNCONFIRMED == 0:
            producer.flush()
    producer.flush()


def _events(part: int, count: int) -> Iterator[Event]:
    """Events that routing and tracking have heard of before, in other words."""
    keys = [record.key for record in news(CONSULTATIONS)]
    for number in range(count):
        key = keys[number % len(keys)]
        yield Event(
            id=f"{key}/{part}/{number}/routed", type=EventType.ROUTED, consultation=key,
            occurred_at=FIRST_DAY,
        )  # fmt: skip
