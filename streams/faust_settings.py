"""How a Faust app is set up here: one step, raw bytes, no tables, no leader, no pages.

Why each setting is what it is: docs/adr/0009-kafka-and-faust.md.
"""

import logging
import os
from pathlib import Path

import faust
import faust.streams
from faust.app.base import BootStrategy

from consultations.domain.errors import ConfigError

SESSION_SECONDS = 45
"""So long after a worker is killed do the others wait before they take over its partitions."""

REBALANCE_SECONDS = 60
"""So long may a batch take when partitions change hands; a worker that takes longer is left out."""

BUFFERED = 1000
"""Messages that wait in memory, some 130 kB each as pages. More was not faster, only larger."""

FETCH_BYTES = 2**20
"""A partition's share of one fetch. A larger message comes all the same, alone."""


class _NoPages(BootStrategy):  # type: ignore[misc, unused-ignore]
    """Keeps Faust's own web server off, whatever its command line says."""

    enable_web = False


class StepApp(faust.App):  # type: ignore[misc, unused-ignore]
    """A Faust app that carries one step and serves nothing."""

    BootStrategy = _NoPages


def new_app(name: str, servers: str, folder: Path, session_seconds: float) -> StepApp:
    """Return the app of a consumer group. ``servers`` are ``host:port``, separated by commas.

    ``folder`` is where Faust makes the directory it wants, even with nothing to put in it.
    Raises ``ConfigError`` without Faust's compiled modules.
    """
    _require_compiled()
    _hush_false_alarms()
    return StepApp(
        name,
        broker=[f"kafka://{server.strip()}" for server in servers.split(",")],
        datadir=folder / f"{name}-data",
        key_serializer="raw",
        value_serializer="raw",
        store="memory://",
        table_standby_replicas=0,
        topic_disable_leader=True,
        topic_allow_declare=False,
        broker_max_poll_interval=86_400.0,
        broker_session_timeout=session_seconds,
        broker_request_timeout=90.0,
        broker_rebalance_timeout=float(REBALANCE_SECONDS),
        broker_heartbeat_interval=session_seconds / 15,
        consumer_max_fetch_size=FETCH_BYTES,
        stream_buffer_maxsize=BUFFERED,
        producer_request_timeout=60.0,
        web_enabled=False,
        autodiscover=False,
    )


def _require_compiled() -> None:
    """Refuse the modules in plain Python: they mark messages as handled that never were."""
    compiled = getattr(faust.streams, "_CStreamIterator", None)
    if compiled is None or os.environ.get("NO_CYTHON"):
        raise ConfigError(
            "Faust mangler de kompilerte modulene, og kan da miste meldinger. Fjern NO_CYTHON "
            "fra miljøet, og installer faust-streaming som ferdig pakke (wheel) for denne Python."
        )


def _hush_false_alarms() -> None:
    """Drop Faust's error about a partition where nothing has been written since the start."""
    logging.getLogger("faust.transport.drivers.aiokafka").addFilter(_is_no_false_alarm)


def _is_no_false_alarm(record: logging.LogRecord) -> bool:
    return "Aiokafka has not sent fetch request" not in record.getMessage()
