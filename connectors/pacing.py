"""Keeps the distance between requests to one publisher."""

import threading
from collections.abc import Callable
from datetime import timedelta


class Pace:
    """Lets requests start no closer than ``interval`` apart, over all threads that share it."""

    def __init__(
        self,
        interval: timedelta,
        *,
        sleep: Callable[[float], None],
        monotonic: Callable[[], float],
    ) -> None:
        self._interval = interval.total_seconds()
        self._sleep = sleep
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._free_from = float("-inf")

    def wait_for_turn(self) -> None:
        now = self._monotonic()
        # The lock is only held while a turn is booked, so that sleepers do not block each other.
        with self._lock:
            turn = max(now, self._free_from)
            self._free_from = turn + self._interval
        if turn > now:
            self._sleep(turn - now)
