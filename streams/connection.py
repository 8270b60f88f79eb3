"""Clients of the broker: opened within a time limit, and cleared away if they never got through."""

import logging
import socket
from collections.abc import Callable
from typing import Any, TypeVar

from kafka.errors import KafkaError, KafkaTimeoutError
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket

from consultations.domain.errors import BrokerUnavailable

log = logging.getLogger(__name__)

Client = TypeVar("Client")

AWAY = (KafkaError, OSError)
"""What a client raises when the broker, or the way to it, is to blame."""

RECONNECT_MS = 1000
"""The longest pause between two tries to get through."""

DIRECT = "direct://"
"""Has the library connect through the class below."""


class _Direct(KafkaNetSocket):  # type: ignore[misc]
    """Connects as the library does without a proxy, and closes a socket that did not get through.

    The library leaves it to the garbage collector, a new one for each try.
    """

    SCHEMES = ("direct",)

    async def sock_connect(
        self, net: Any, sock: socket.socket, sockaddr: Any, timeout_at: float | None = None
    ) -> socket.socket:
        try:
            await super().sock_connect(net, sock, sockaddr, timeout_at=timeout_at)
        except BaseException:
            sock.close()
            raise
        return sock


def milliseconds(seconds: float) -> int:
    """Return a time limit as the clients want it: one that goes to the broker must be whole."""
    return round(seconds * 1000)


def connect(kind: Callable[..., Client], servers: str, seconds: float, **settings: Any) -> Client:
    """Open a client of a kind, ``servers`` being ``host:port`` with commas between.

    Raises ``BrokerUnavailable`` after so many seconds without an answer. A client whose first
    contact fails leaves its thread and its sockets to whoever made it: they are closed here. What
    the clients themselves log, several lines a second while the broker is away, is for --verbose.
    """
    if not log.isEnabledFor(logging.INFO):
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
    networks = []

    def network(**given: Any) -> KafkaNetClient:
        networks.append(KafkaNetClient(**given))
        return networks[-1]

    try:
        return kind(
            bootstrap_servers=servers.split(","),
            bootstrap_timeout_ms=milliseconds(seconds),
            reconnect_backoff_max_ms=RECONNECT_MS,
            proxy_url=DIRECT,
            kafka_client=network,
            **settings,
        )
    except AWAY as problem:
        for opened in networks:
            opened.close()
        is_late = isinstance(problem, KafkaTimeoutError)
        reason = f"ingen svar på {seconds:g} sekunder" if is_late else problem
        raise unavailable(servers, reason) from problem


def unavailable(servers: str, problem: object) -> BrokerUnavailable:
    """Say that the broker is away, in words for people."""
    return BrokerUnavailable(
        f"Kafka på {servers} svarer ikke som den skal ({problem}). Sjekk at den kjører, og at "
        "CONSULTATIONS_KAFKA_SERVERS stemmer."
    )
