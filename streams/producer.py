"""Sends messages to Kafka, and returns when every one of them is confirmed."""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from kafka import KafkaProducer
from kafka.errors import (
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    UnknownTopicOrPartitionError,
)
from kafka.producer.future import FutureRecordMetadata

from consultations.domain.errors import BrokerUnavailable, InvalidRecord
from streams.connection import AWAY, connect, milliseconds, unavailable
from streams.topics import MAX_DEAD_LETTER_BYTES, max_message_bytes

OUTSTANDING = 1000
OUTSTANDING_BYTES = 64 * 2**20
"""Unconfirmed messages are held in memory, and the client itself sets no limit to them."""

DELIVERY_SECONDS = 30.0
CONTACT_SECONDS = 10.0
LINGER_MS = 20
CLOSE_SECONDS = 5.0
ENVELOPE_BYTES = 200
"""What a message takes up on the topic beyond its key, value and headers, and some to spare."""


@dataclass(frozen=True)
class Outgoing:
    """A message to be sent. An empty key is none: the message may land in any partition."""

    topic: str
    key: str
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()

    @property
    def size(self) -> int:
        """How many bytes of the topic's limit it takes up, at most."""
        headers = sum(len(name.encode()) + len(value) + 10 for name, value in self.headers)
        return ENVELOPE_BYTES + len(self.key.encode()) + len(self.value) + headers


class Producer:
    """The one producer of a process; any thread may send, one at a time gets to.

    ``seconds`` is how long a message may wait for its confirmation before the sending fails.
    """

    def __init__(
        self, servers: str, client_id: str, *, seconds: float = DELIVERY_SECONDS,
        outstanding: int = OUTSTANDING,
    ) -> None:  # fmt: skip
        self._servers = servers
        self._client_id = client_id
        self._seconds = seconds
        self._contact_seconds = min(CONTACT_SECONDS, seconds)
        self._outstanding = outstanding
        self._turn = threading.Lock()
        self._client: KafkaProducer | None = None
        self._is_closed = False

    @property
    def longest_seconds(self) -> float:
        """How long a sending of at most ``OUTSTANDING`` messages can take."""
        return 2 * self._contact_seconds + self._seconds + 2 * CLOSE_SECONDS

    def send(self, messages: Iterable[Outgoing]) -> None:
        """Return when all the messages are confirmed, in order within each key.

        Raises ``BrokerUnavailable`` when that cannot be: any number of them may have arrived, so
        all are to be sent again. Raises ``InvalidRecord`` when one is too large for its topic;
        then none is sent.
        """
        checked = list(messages)
        for message in checked:
            _check_size(message)
        for part in _parts(checked, self._outstanding):
            with self._our_turn():
                self._deliver(part)

    def close(self) -> None:
        """Give up what is under way, and close."""
        self._is_closed = True
        self._discard()

    @contextmanager
    def _our_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=self._seconds):
            raise unavailable(self._servers, "andre meldinger venter fortsatt på svar")
        try:
            yield
        finally:
            self._turn.release()

    def _deliver(self, messages: Sequence[Outgoing]) -> None:
        """Send, and look at the fate of each. A client that failed once is not used again."""
        topics = ", ".join(sorted({message.topic for message in messages}))
        try:
            client = self._open()
            futures = [self._hand_over(client, message) for message in messages]
            end = time.monotonic() + self._seconds + CLOSE_SECONDS
            for future in futures:
                future.get(max(0.0, end - time.monotonic()))
        except AWAY as problem:
            self._discard()
            raise self._explained(problem, topics) from problem
        except BaseException:
            self._discard()
            raise

    def _hand_over(self, client: KafkaProducer, message: Outgoing) -> FutureRecordMetadata:
        try:
            return client.send(
                message.topic, message.value, message.key.encode() or None, list(message.headers)
            )
        except KafkaTimeoutError as problem:
            raise UnknownTopicOrPartitionError(str(problem)) from problem

    def _explained(self, problem: BaseException, topics: str) -> BrokerUnavailable:
        match problem:
            case UnknownTopicOrPartitionError():
                return BrokerUnavailable(
                    f"Kafka på {self._servers} sier ikke hvor {topics} ligger. Sjekk at den "
                    "kjører, og at emnet finnes: «consultations topics check»."
                )
            case MessageSizeTooLargeError() | RecordListTooLargeError():
                return BrokerUnavailable(
                    f"Kafka på {self._servers} tar ikke imot så store meldinger på {topics}. "
                    "Kjør «consultations topics check», den sier hva som må endres."
                )
            case KafkaTimeoutError():
                return unavailable(self._servers, f"ingen kvittering for meldinger til {topics}")
        return unavailable(self._servers, problem)

    def _open(self) -> KafkaProducer:
        if self._client is None:
            self._client = connect(
                KafkaProducer,
                self._servers,
                self._contact_seconds,
                client_id=self._client_id,
                enable_idempotence=True,
                allow_auto_create_topics=False,
                compression_type="gzip",
                linger_ms=LINGER_MS,
                batch_size=2**17,
                max_block_ms=milliseconds(self._contact_seconds),
                max_request_size=MAX_DEAD_LETTER_BYTES,
                delivery_timeout_ms=milliseconds(self._seconds),
                request_timeout_ms=milliseconds(self._seconds / 3),
            )
        if self._is_closed:
            self._discard()
            raise BrokerUnavailable("Programmet er i ferd med å stoppe.")
        return self._client

    def _discard(self) -> None:
        """Close the client. Nothing in it is worth waiting for: whoever sent it is told so."""
        client, self._client = self._client, None
        if client is not None:
            client._sender.force_close()  # noqa: SLF001 - close() alone would first wait for it
            with suppress(*AWAY):
                client.close(CLOSE_SECONDS)


def _check_size(message: Outgoing) -> None:
    limit = max_message_bytes(message.topic)
    if message.size > limit:
        raise InvalidRecord(
            f"{message.key}: meldingen er på {message.size / 2**20:.1f} MiB, og {message.topic} "
            f"tar imot {limit / 2**20:.0f} MiB"
        )


def _parts(messages: Sequence[Outgoing], outstanding: int) -> Iterator[Sequence[Outgoing]]:
    """Cut what is to be sent into parts that there is room for in memory."""
    part: list[Outgoing] = []
    taken = 0
    for message in messages:
        if part and (len(part) >= outstanding or taken + message.size > OUTSTANDING_BYTES):
            yield part
            part, taken = [], 0
        part.append(message)
        taken += message.size
    if part:
        yield part
