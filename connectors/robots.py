"""Asks robots.txt of a host, at most once a day, whether an address may be fetched."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
from protego import Protego

from consultations.clock import Clock

GOOD_FOR = timedelta(days=1)
# RFC 9309 §2.5: a crawler must read at least 500 KiB and may leave the rest.
READ_AT_MOST = 500 * 1024


class Robots:
    """The robots.txt of every host we meet. ``fetch`` gives its body, or None if there is none.

    Whatever ``fetch`` raises goes on to the caller: rules we could not read are not permission.
    """

    def __init__(
        self, fetch: Callable[[httpx.URL], bytes | None], *, user_agent: str, clock: Clock
    ) -> None:
        self._fetch = fetch
        self._user_agent = user_agent
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[httpx.URL, tuple[datetime, Protego]] = {}

    def allow(self, url: httpx.URL) -> bool:
        return self._rules_for(url.join("/robots.txt")).can_fetch(str(url), self._user_agent)

    def _rules_for(self, address: httpx.URL) -> Protego:
        with self._lock:
            read_at, rules = self._known.get(address, (None, None))
            if rules is None or read_at is None or self._clock() - read_at >= GOOD_FOR:
                body = self._fetch(address) or b""
                rules = Protego.parse(body[:READ_AT_MOST].decode("utf-8", errors="replace"))
                self._known[address] = (self._clock(), rules)
            return rules
