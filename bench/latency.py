"""How long from a record is handed over until its alert stands in the ledger, at a steady rate."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import sqlalchemy as sa
from kafka import KafkaProducer

from bench.figures import percentile, table
from bench.fleet import fleet
from bench.stage import Stage, tracker_on
from consultations.domain.source_record import SourceRecord
from consultations.store.database import Database
from consultations.store.tables import DeliveryRow
from streams.connection import connect
from streams.embedded import EmbeddedEngine
from streams.topics import SOURCE_RECORDS
from tests.traffic import FIRST_DAY, FIRST_NUMBER, Edition, message, small_templates

RATE = 100
"""Records a second."""

LOOK_EVERY_SECONDS = 0.005
WARM_UP = RATE * 5
"""So many of the first are sent, but not counted."""

PATIENCE_SECONDS = 20.0

HandOver = Callable[[SourceRecord], object]


class Watcher(threading.Thread):
    """Notes when each consultation first stands in the ledger (monotonic seconds)."""

    def __init__(self, database: Database) -> None:
        super().__init__(daemon=True)
        self._database = database
        self._done = threading.Event()
        self.seen: dict[str, float] = {}

    def run(self) -> None:
        last = 0
        while not self._done.wait(LOOK_EVERY_SECONDS):
            with self._database.reading() as session:
                found = session.execute(
                    sa.select(DeliveryRow.id, DeliveryRow.key)
                    .where(DeliveryRow.id > last)
                    .order_by(DeliveryRow.id)
                ).all()
            now = time.monotonic()
            for last, key in found:  # noqa: B007 - the last one is where to go on
                self.seen.setdefault(key.partition("|")[0], now)

    def stop(self) -> None:
        self._done.set()
        self.join()


def news(count: int) -> Iterator[SourceRecord]:
    """Yield so many consultations that were published yesterday: each is an alert to somebody."""
    day = FIRST_DAY.date()
    edition = Edition(FIRST_DAY, day - timedelta(days=1), day + timedelta(days=60))
    for number in range(count):
        templates = small_templates()
        yield templates[number % len(templates)](FIRST_NUMBER + number, edition)


def measure(database: Database, hand_over: HandOver, count: int) -> str:
    """Hand records over at a steady rate. Returns the row of the table."""
    watcher, sent = Watcher(database), dict[str, float]()
    watcher.start()
    began = time.monotonic()
    for number, record in enumerate(list(news(count + WARM_UP))):
        time.sleep(max(0.0, began + number / RATE - time.monotonic()))
        sent[record.key] = time.monotonic()
        hand_over(record)
    rate = len(sent) / (time.monotonic() - began)
    _wait_until_nothing_comes(watcher)
    watcher.stop()
    counted = list(sent)[WARM_UP:]
    took = [watcher.seen[key] - sent[key] for key in counted if key in watcher.seen]
    return [f"{rate:.0f}", str(len(took)), *(f"{percentile(took, p) * 1000:.0f}"
                                             for p in (0.5, 0.95, 0.99, 1.0))]  # fmt: skip


def _wait_until_nothing_comes(watcher: Watcher) -> None:
    end, before = time.monotonic() + PATIENCE_SECONDS, -1
    while len(watcher.seen) != before and time.monotonic() < end:
        before = len(watcher.seen)
        time.sleep(2)


def latency(stage: Stage, events: int, _rounds: int) -> None:
    """Both engines, one after the other, at the same rate."""
    rows = [["Kafka and PostgreSQL", *_on_kafka(stage, events)],
            ["embedded, SQLite", *_embedded(stage, events)]]  # fmt: skip
    headings = ["engine", "records/s", "counted", "p50 ms", "p95 ms", "p99 ms", "slowest ms"]
    print(f"\n{table(headings, rows)}\n")


def _on_kafka(stage: Stage, count: int) -> list[str]:
    with fleet(stage) as url:
        producer = connect(KafkaProducer, stage.kafka, 10)
        database = Database(url)
        row = measure(database, partial(_produce, producer), count)
        producer.close()
        database.close()
    return row


def _produce(producer: KafkaProducer, record: SourceRecord) -> None:
    sent = message(record)
    producer.send(SOURCE_RECORDS, sent.value, sent.key)


def _embedded(stage: Stage, count: int) -> list[str]:
    tracker = tracker_on(f"sqlite:///{stage.folder}/latency.db")
    engine = tracker.engine
    assert isinstance(engine, EmbeddedEngine)
    stop = threading.Event()
    running = threading.Thread(target=engine.run, args=(stop,))
    running.start()
    row = measure(tracker.database, lambda record: engine.publish([record]), count)
    stop.set()
    running.join()
    tracker.database.close()
    return row
