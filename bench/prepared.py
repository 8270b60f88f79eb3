"""What each step begins with: the messages it reads, and the state that was there before them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from bench.stage import BATCH, Stage, tracker_on
from consultations.bootstrap import Tracker
from consultations.handlers.step import INTAKE, ROUTING, TRACKING
from consultations.store.bus import Message
from consultations.store.tables import OutboxRow
from streams.step import StepRunner
from streams.topics import EVENTS
from tests.traffic import Sent, small_templates, traffic, whole_templates

RECORDS_FOR_EACH_CONSULTATION = 2.1
"""How many records the traffic holds of each, on average."""


@dataclass(frozen=True)
class Prepared:
    """A topic full of messages for a step, and the database to copy for each run."""

    step: str
    topic: str
    template: str
    messages: int


def records(count: int, *, seed: int = 1, whole_pages: bool = False) -> Sequence[Sent]:
    """Return about so many records. ``whole_pages``: ministries' pages as large as they are."""
    consultations = max(1, round(count / RECORDS_FOR_EACH_CONSULTATION))
    templates = whole_templates() if whole_pages else small_templates()
    return traffic(seed, consultations, spoilt=0, templates=templates)


def as_messages(sent: Sequence[Sent]) -> list[Message]:
    return [
        Message(each.topic, place, (each.key or b"").decode(), each.value or b"")
        for place, each in enumerate(sent)
    ]


def take(tracker: Tracker, step: str, messages: Sequence[Message]) -> None:
    """Take messages through a step in this process."""
    found = next(each for each in tracker.steps() if each.name == step)
    runner = StepRunner(tracker.database, found, tracker.clock)
    for start in range(0, len(messages), BATCH):
        runner.take(messages[start : start + BATCH])


def events(tracker: Tracker, *, after: int = 0) -> list[Message]:
    """Return the events in the outbox after a number, in order, as they stand on their topic."""
    query = sa.select(OutboxRow.key, OutboxRow.value).where(OutboxRow.id > after)
    with tracker.database.reading() as session:
        rows = session.execute(query.order_by(OutboxRow.id)).all()
    return [Message(EVENTS, place, key, value) for place, (key, value) in enumerate(rows)]


@contextmanager
def prepared(
    stage: Stage, step: str, count: int, *, whole_pages: bool, name: str | None = None
) -> Iterator[Prepared]:
    """Give a topic with about so many messages for a step, and the state before it took them.

    ``name`` is the topic's; without it the topic has a name of its own.
    """
    with stage.database() as template:
        tracker = tracker_on(template)
        messages = as_messages(records(_records_for(step, count), whole_pages=whole_pages))
        if step in {ROUTING, TRACKING}:
            take(tracker, INTAKE, messages)
            messages = events(tracker)
        if step == TRACKING:
            take(tracker, ROUTING, messages)
            messages = events(tracker)
        tracker.database.close()
        yield Prepared(step, stage.topic(messages, name), template, len(messages))


def _records_for(step: str, count: int) -> int:
    """How many records come to so many messages for a step: a record is an event, or nearly two."""
    return round(count / {INTAKE: 1.0, ROUTING: 1.0, TRACKING: 1.7}[step])
