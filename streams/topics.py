"""The topics, declared once."""

from dataclasses import dataclass
from datetime import timedelta

SOURCE_RECORDS = "source-records.v1"
"""Raw records from the sources, keyed ``source:external_id``; read by intake."""

EVENTS = "events.v1"
"""What happened to consultations, keyed the same way; read by routing and tracking."""

DEAD_LETTERS = "dead-letters.v1"
"""What could not be read or handled, with its bytes as they were; read when asked for."""


@dataclass(frozen=True)
class Topic:
    """A topic as the broker shall hold it. ``partitions`` None means the configured number."""

    name: str
    retention: timedelta | None
    """None keeps everything: the topic is the log that the state can be rebuilt from."""
    partitions: int | None = None


TOPICS = (
    Topic(SOURCE_RECORDS, retention=None),
    Topic(EVENTS, retention=None),
    Topic(DEAD_LETTERS, retention=timedelta(days=365), partitions=1),
)

MAX_MESSAGE_BYTES = 32 * 2**20
"""Room for the largest page that is fetched (20 MB) as base64."""
