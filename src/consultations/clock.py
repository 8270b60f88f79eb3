"""Time as a dependency, so that tests and the demo can stand on another day."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Returns the current instant, aware, in UTC."""


def system_clock() -> datetime:
    return datetime.now(UTC)


def clock_starting_at(start: datetime) -> Clock:
    """Return a clock that reads ``start`` now and goes on from there at the usual pace."""
    began = time.monotonic()
    return lambda: start.astimezone(UTC) + timedelta(seconds=time.monotonic() - began)
