"""The topics, and who reads them, declared once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from consultations.handlers.step import INTAKE, ROUTING, TRACKING

SOURCE_RECORDS = "source-records.v1"
"""Raw records from the sources, keyed ``source:external_id``; read by intake."""

EVENTS = "events.v1"
"""What happened to consultations, keyed the same way; read by routing and tracking."""

DEAD_LETTERS = "dead-letters.v1"
"""What could not be read or handled, with its bytes as they were; read when asked for."""

GROUPS: Mapping[str, str] = {INTAKE: SOURCE_RECORDS, ROUTING: EVENTS, TRACKING: EVENTS}
"""The consumer groups, named as their steps, and the topic each of them reads."""

MAX_MESSAGE_BYTES = 32 * 2**20
"""Room for the largest page that is fetched (20 MB) as base64."""

MAX_DEAD_LETTER_BYTES = MAX_MESSAGE_BYTES + 2**20
"""Room for the largest message, and for the headers that say what was wrong with it."""


@dataclass(frozen=True)
class Topic:
    """A topic as the broker shall hold it. ``partitions`` None means the configured number."""

    name: str
    retention: timedelta | None
    """None keeps everything: the topic is the log that the state can be rebuilt from."""
    partitions: int | None = None
    max_message_bytes: int = MAX_MESSAGE_BYTES

    def settings(self, replication: int) -> Mapping[str, str]:
        """Return the broker's settings for the topic, by their names there.

        A message is confirmed when all its copies but one are written, so one server may be away.
        """
        kept = -1 if self.retention is None else self.retention // timedelta(milliseconds=1)
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(kept),
            "retention.bytes": "-1",
            "max.message.bytes": str(self.max_message_bytes),
            "min.insync.replicas": str(max(1, replication - 1)),
        }


TOPICS = (
    Topic(SOURCE_RECORDS, retention=None),
    Topic(EVENTS, retention=None),
    Topic(DEAD_LETTERS, timedelta(days=365), 1, MAX_DEAD_LETTER_BYTES),
)


def max_message_bytes(topic: str) -> int:
    """Return how large a message on a topic may be, with its key and headers."""
    sizes = {declared.name: declared.max_message_bytes for declared in TOPICS}
    return sizes.get(topic, MAX_MESSAGE_BYTES)
