"""Puts source records on their topic, and messages back on theirs, in Kafka."""

from collections.abc import Sequence

from consultations.domain.source_record import SourceRecord
from streams.producer import Outgoing, Producer
from streams.topics import SOURCE_RECORDS


class KafkaPublisher:
    """What the embedded engine does for the poller and for dead letters, with Kafka."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    def publish(self, records: Sequence[SourceRecord]) -> None:
        """Put records on the topic. When this returns they are safe.

        Raises ``BrokerUnavailable``, and ``InvalidRecord`` when one is too large.
        """
        self._producer.send(
            Outgoing(SOURCE_RECORDS, record.key, record.model_dump_json().encode())
            for record in records
        )

    def resend(self, topic: str, key: str, value: bytes) -> None:
        """Put one message back on its topic. Raises as ``publish`` does."""
        self._producer.send([Outgoing(topic, key, value)])
