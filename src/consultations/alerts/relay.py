"""The relay: takes what is due from the ledger and brings it to people, each fact once.

Calls to a channel are made outside transactions. «Sent» is written only after success; what
fails is put off or set aside with a reason, never dropped.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from consultations.alerts.channel import Carrier, Passing, Refused
from consultations.alerts.delivery import Sent, carry
from consultations.alerts.message import Message, compose, compose_reply
from consultations.alerts.text import plain, shortened
from consultations.clock import Clock
from consultations.domain.channels import Channel, ChannelMap
from consultations.store import consultations, ledger
from consultations.store.consultations import Dossier
from consultations.store.database import Database, DatabaseUnavailable, reason_of
from consultations.store.ledger import Claim, Due

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
POST_WITHIN = 2 / 3
"""The part of the lease in which a message may be posted: what is begun then ends in time."""

PACE_SECONDS = 1.0
"""One message per second and channel. https://docs.slack.dev/apis/web-api/rate-limits"""

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)

IDLE_SECONDS = 1.0
DATABASE_WAIT_SECONDS = 5.0


@dataclass(frozen=True)
class Tally:
    """How many deliveries were sent, put off to a later attempt, and set aside for a person."""

    sent: int = 0
    put_off: int = 0
    refused: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.sent + other.sent, self.put_off + other.put_off, self.refused + other.refused
        )


@dataclass(frozen=True)
class _Writer:
    """Writes the messages about one consultation for one channel, ``until`` a moment (UTC)."""

    dossier: Dossier
    channel: Channel
    sections: Mapping[str, str]
    page_url: str | None
    clock: Clock
    until: datetime

    def whole(self, claim: Claim) -> Message:
        now = self._now()
        return compose(self.dossier, claim, now, self.sections, self.channel, self.page_url)

    def reply(self, claim: Claim) -> Message:
        return compose_reply(self.dossier, claim, self._now())

    def _now(self) -> datetime:
        """Tell the time. Raises ``Passing`` when another relay may soon be posting the same."""
        now = self.clock()
        if now > self.until:
            raise Passing("Det tok for lang tid å finne ut om varselet er sendt før.")
        return now


class Relay:
    """Delivers the ledger through one carrier. One thread uses it at a time.

    ``sections`` names each section id in Norwegian. ``page_url`` is where people reach our own
    pages. ``jitter`` returns a number from 0 to 1.
    """

    def __init__(
        self,
        database: Database,
        carrier: Carrier,
        channels: ChannelMap,
        sections: Mapping[str, str],
        clock: Clock,
        page_url: str | None,
        *,
        sleep: Callable[[float], object] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        lease: timedelta = LEASE,
    ) -> None:
        self._database = database
        self._carrier = carrier
        self._channels = channels
        self._sections = sections
        self._clock = clock
        self._page_url = page_url
        self._sleep = sleep
        self._monotonic = monotonic
        self._jitter = jitter
        self._lease = lease
        self._closed_until: dict[str, float] = {}

    def run(self, stop: threading.Event) -> None:
        """Deliver until told to stop. A database that is away is waited for."""
        while not stop.is_set():
            try:
                if not self.deliver_next():
                    stop.wait(self._seconds_to_an_open_channel() or IDLE_SECONDS)
            except DatabaseUnavailable as problem:
                log.warning("Varslingen venter på databasen: %s", reason_of(problem))
                stop.wait(DATABASE_WAIT_SECONDS)

    def deliver_next(self) -> bool:
        """Deliver what has waited longest. Returns False when nothing may be sent just now.

        Raises ``DatabaseUnavailable``; the lease then runs out and the delivery is looked for.
        """
        return self._next() is not None

    def deliver_due(self) -> Tally:
        """Deliver until nothing is due, sleeping only when every waiting channel must."""
        total = Tally()
        while True:
            done = self._next()
            if done:
                total += done
            elif wait := self._seconds_to_an_open_channel():
                self._sleep(wait)
            else:
                return total

    def _next(self) -> Tally | None:
        closed = [c for c, until in self._closed_until.items() if until > self._monotonic()]
        with self._database.transaction() as session:
            claim = ledger.claim(session, self._clock(), self._lease, not_channels=closed)
        return self._deliver(claim) if claim else None

    def _seconds_to_an_open_channel(self) -> float | None:
        """How long the pace keeps a channel closed; one that asked for a long rest is left."""
        now = self._monotonic()
        waits = (until - now for until in self._closed_until.values())
        return min((wait for wait in waits if 0 < wait <= PACE_SECONDS), default=None)

    def _deliver(self, claim: Claim) -> Tally:
        left = claim.due
        try:
            for sent in self._carry(claim):
                self._record(sent)
                left = tuple(due for due in left if due not in sent.due)
        except Refused as refused:
            self._set_aside(left, str(refused))
        except Passing as passing:
            self._put_off(claim.channel, left, passing)
            return Tally(sent=len(claim.due) - len(left), put_off=len(left))
        except DatabaseUnavailable:
            raise
        except Exception as bug:
            log.exception("Kunne ikke varsle om %s i %s", claim.consultation, claim.channel)
            self._set_aside(left, _as_reason(bug))
        finally:
            self._close(claim.channel, PACE_SECONDS)
        return Tally(sent=len(claim.due) - len(left), refused=len(left))

    def _carry(self, claim: Claim) -> Iterator[Sent]:
        channel = self._channels.channels.get(claim.channel)
        if channel is None:
            raise Refused(
                f"Kanalen «{claim.channel}» står ikke lenger i config/channels.yaml. "
                "Sett den inn igjen der, og start sporeren på nytt."
            )
        address = self._carrier.address(channel)
        return carry(self._carrier, address, claim, self._writer(claim, channel))

    def _writer(self, claim: Claim, channel: Channel) -> _Writer:
        key, until = claim.consultation, self._clock() + self._lease * POST_WITHIN
        with self._database.reading() as session:
            dossier = consultations.find(session, [key])[key]
        page = _page(self._page_url, key)
        return _Writer(dossier, channel, self._sections, page, self._clock, until)

    def _record(self, sent: Sent) -> None:
        with self._database.transaction() as session:
            ledger.mark_sent(
                session, sent.due, self._clock(), sent.posted, thread_id=sent.thread_id
            )

    def _put_off(self, channel: str, left: Sequence[Due], passing: Passing) -> None:
        wait = passing.retry_after or self._backoff(max(due.attempts for due in left))
        until = self._clock() + wait
        uncertain = passing.uncertain or _is_uncertain(left)
        with self._database.transaction() as session:
            ledger.mark_retry(session, left, until, str(passing), uncertain=uncertain)
            if passing.retry_after:
                ledger.hold_channel(session, channel, until)
        if passing.retry_after:
            self._close(channel, wait.total_seconds())

    def _set_aside(self, left: Sequence[Due], reason: str) -> None:
        log.error("Varsel satt til side: %s", reason)
        with self._database.transaction() as session:
            ledger.mark_refused(session, left, reason, uncertain=_is_uncertain(left))

    def _backoff(self, attempts: int) -> timedelta:
        """Double the wait with each attempt, up to a cap, then take off up to half at random."""
        longest = min(FIRST_WAIT * (1 << min(attempts, 20)), LONGEST_WAIT)
        return longest * (1 - self._jitter() / 2)

    def _close(self, channel: str, seconds: float) -> None:
        until = self._monotonic() + seconds
        self._closed_until[channel] = max(until, self._closed_until.get(channel, until))


def _page(base: str | None, key: str) -> str | None:
    return f"{base.rstrip('/')}/horinger/{quote(key, safe=':')}" if base else None


def _is_uncertain(due: Sequence[Due]) -> bool:
    """Once a message may be out there, it may until it is found: keep looking."""
    return any(one.uncertain_since for one in due)


def _as_reason(bug: Exception) -> str:
    what = shortened(plain(f"{type(bug).__name__}: {reason_of(bug)}"), 300)
    return f"Feil i sporeren ({what}). Meld den fra; prøv igjen når den er rettet."
