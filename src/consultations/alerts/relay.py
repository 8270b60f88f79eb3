"""The relay: takes what is due from the ledger and brings it to people, each fact once.

Calls to a channel are made outside transactions. «Sent» is written only after success; what
fails is put off or set aside with a reason, never dropped.
"""

import logging
import math
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import quote

from consultations.alerts.channel import Carrier, Found, Gone, Passing, Refused
from consultations.alerts.delivery import Sent, carry, look, parent_at
from consultations.alerts.message import MOST_IN_A_BUNDLE, compose_bundle
from consultations.alerts.recipients import Recipient, Recipients
from consultations.alerts.response_lines import response_lines
from consultations.alerts.text import plain, shortened
from consultations.alerts.writing import DossierWriter, in_time
from consultations.clock import Clock
from consultations.domain.channels import ChannelMap
from consultations.domain.people import People
from consultations.store import claiming, consultations, ledger, responses, settling
from consultations.store.database import Database, DatabaseUnavailable, Session, reason_of
from consultations.store.ledger import MAIL, Bundle, Claim, Due
from consultations.store.settling import Unsettled

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)
POST_WITHIN = 2 / 3
"""The part of the lease in which a message may be posted: what is begun then ends in time."""

PACE_SECONDS = 1.0
"""One message per second and channel. https://docs.slack.dev/apis/web-api/rate-limits"""

PATIENCE = timedelta(minutes=30)
"""How long what is urgent waits for a carrier that does not answer, before it goes by mail."""

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)

IDLE_SECONDS = 1.0
DATABASE_WAIT_SECONDS = 5.0
SETTLE_WAIT_SECONDS = 60.0


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


class Relay:
    """Delivers the ledger through one carrier. One thread uses it at a time.

    ``sections`` names each section id in Norwegian. ``page_url`` is where people reach our own
    pages. ``mail`` takes what is urgent when the carrier has not answered for ``patience``, and
    all that goes to persons whom the carrier cannot reach. ``jitter`` returns a number from 0 to 1.
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
        people: People | None = None,
        mail: Carrier | None = None,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._database = database
        self._people = people or People()
        self._recipients = Recipients(channels, self._people, carrier, mail)
        self._patience = patience
        self._sections = sections
        self._clock = clock
        self._page_url = page_url
        self._sleep = sleep
        self._monotonic = monotonic
        self._jitter = jitter
        self._lease = lease
        self._closed_until: dict[str, float] = {}
        self._settle_from = -math.inf

    def run(self, stop: threading.Event) -> None:
        """Deliver until told to stop. A database that is away is waited for."""
        while not stop.is_set():
            try:
                if not (self.deliver_next() or self.settle_next_doubt()):
                    stop.wait(self._seconds_to_an_open_channel() or IDLE_SECONDS)
            except DatabaseUnavailable as problem:
                log.warning("Varslingen venter på databasen: %s", reason_of(problem))
                stop.wait(DATABASE_WAIT_SECONDS)

    def deliver_next(self) -> bool:
        """Deliver what has waited longest. Returns False when nothing may be sent just now.

        Raises ``DatabaseUnavailable``; the lease then runs out and the delivery is looked for.
        """
        return self._next() is not None

    def settle_next_doubt(self) -> bool:
        """Look into one delivery that went by mail, now that the carrier may be back.

        Whether it was told there too is counted, and the first message is brought up to date.
        Returns False when there is none, or nobody to ask just now.
        """
        if self._monotonic() < self._settle_from:
            return False
        with self._database.reading() as session:
            mailed = settling.next_to_settle(session)
        if mailed is None:
            return False
        twice = mailed.perhaps_twice
        try:
            twice = self._is_told_twice(mailed)
        except Passing:
            self._settle_from = self._monotonic() + SETTLE_WAIT_SECONDS
            return False
        except (Refused, Gone) as problem:
            log.warning("Det som gikk i e-post, ble ikke ajourført: %s", problem)
        with self._database.transaction() as session:
            settling.settle(session, mailed.claim.due[0], twice=twice)
        return True

    def _is_told_twice(self, mailed: Unsettled) -> bool:
        claim, recipient = mailed.claim, self._recipients.find(mailed.claim.channel)
        carrier, address = recipient.carrier, recipient.address
        if carrier.name == MAIL:
            return mailed.perhaps_twice
        parent = parent_at(carrier, address, claim)
        found = look(carrier, address, claim, parent) if mailed.perhaps_twice else ()
        if parent:
            with suppress(Gone):
                carrier.update(parent, self._writer(claim, recipient).whole(claim))
        return bool(found)

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
            claim = claiming.claim(session, self._clock(), self._lease, not_channels=closed)
        if claim:
            return self._deliver(claim.channel, claim.due, partial(self._carry, claim))
        with self._database.transaction() as session:
            bundle = claiming.claim_bundle(
                session, self._clock(), self._lease, MOST_IN_A_BUNDLE, not_channels=closed
            )
        if bundle is None:
            return None
        carry_it = partial(self._carry_bundle, bundle)
        if len(bundle.claims) == 1 and not _is_uncertain(bundle.due):
            carry_it = partial(self._carry, bundle.claims[0])  # alone it has its own thread
        return self._deliver(bundle.channel, bundle.due, carry_it)

    def _seconds_to_an_open_channel(self) -> float | None:
        """How long the pace keeps a channel closed; one that asked for a long rest is left."""
        now = self._monotonic()
        waits = (until - now for until in self._closed_until.values())
        return min((wait for wait in waits if 0 < wait <= PACE_SECONDS), default=None)

    def _deliver(
        self, channel: str, due: Sequence[Due], carry_it: Callable[[], Iterator[Sent]]
    ) -> Tally:
        left = tuple(due)
        try:
            for sent in carry_it():
                self._record(sent)
                left = tuple(one for one in left if one not in sent.due)
        except Refused as refused:
            self._set_aside(left, str(refused))
        except Passing as passing:
            self._put_off(channel, left, passing)
            return Tally(sent=len(due) - len(left), put_off=len(left))
        except DatabaseUnavailable:
            raise
        except Exception as bug:
            log.exception("Kunne ikke varsle i %s om %s", channel, [one.key for one in left])
            self._set_aside(left, _as_reason(bug))
        finally:
            self._close(channel, PACE_SECONDS)
        return Tally(sent=len(due) - len(left), refused=len(left))

    def _carry(self, claim: Claim) -> Iterator[Sent]:
        """Carry a claim; if the carrier does not answer, what is urgent goes by mail."""
        left = claim.due
        try:
            recipient = self._recipients.find(claim.channel)
            for sent in self._told(claim, recipient):
                left = tuple(due for due in left if due not in sent.due)
                yield sent
        except Passing as away:
            for sent in self._told_by_mail(replace(claim, due=left, parent=None), away):
                left = tuple(due for due in left if due not in sent.due)
                yield sent
            if left:
                raise

    def _told_by_mail(self, claim: Claim, away: Passing) -> Iterator[Sent]:
        """Tell what cannot wait for a carrier that is ``away``; what the mail refuses waits on."""
        for due in claim.due:
            if away.retry_after is None and self._cannot_wait(due):
                try:
                    yield from self._mailed(replace(claim, due=(due,)))
                except Passing as passing:
                    uncertain = away.uncertain or passing.uncertain
                    raise Passing(f"{away} {passing}", uncertain=uncertain) from passing

    def _mailed(self, alone: Claim) -> Iterator[Sent]:
        """Mail one delivery to everyone concerned. It is told once one of them has it."""
        sent = None
        for recipient in self._in_place_of(alone):
            try:
                sent = next(self._told(alone, recipient))
            except Refused as refused:
                log.warning("Det som haster, kunne ikke gå i e-post: %s", refused)
            except Passing as passing:
                if sent is None:
                    raise
                log.warning("Det som haster, gikk ikke i e-post til alle: %s", passing)
        if sent:
            yield sent

    def _in_place_of(self, alone: Claim) -> list[Recipient]:
        with self._database.reading() as session:
            dossier = consultations.find(session, [alone.consultation])[alone.consultation]
            owner = responses.case(session, dossier.id).owner
            told = settling.told_themselves(session, alone.due[0])
        return list(self._recipients.by_mail(alone.channel, owner, told))

    def _told(self, claim: Claim, recipient: Recipient) -> Iterator[Sent]:
        writer = self._writer(claim, recipient)
        if recipient.carrier.name != MAIL:
            yield from carry(recipient.carrier, recipient.address, claim, writer)
            return
        for due in claim.due:  # one mail for each, so that each keeps its Message-ID
            alone = replace(claim, due=(due,))
            for sent in carry(recipient.carrier, recipient.address, alone, writer):
                # in a thread of its own: nothing is ever told under a mail
                yield replace(
                    sent, thread_id=sent.posted.message_id, instead=True,
                    perhaps_twice=due.uncertain_since is not None,
                )  # fmt: skip

    def _cannot_wait(self, due: Due) -> bool:
        waited_since = due.entered_at or self._clock()
        return due.urgent and self._clock() - waited_since >= self._patience

    def _carry_bundle(self, bundle: Bundle) -> Iterator[Sent]:
        """Post a bundle as one message. Nothing is ever told in a thread under it."""
        recipient = self._recipients.find(bundle.channel)
        until = self._until()
        left = bundle.due
        for found in self._left_by_others(bundle, recipient):
            if there := tuple(due for due in left if due.key in found.keys):
                yield Sent(there, found.posted, found.thread_id or found.posted.message_id)
            left = tuple(due for due in left if due.key not in found.keys)
        claims = [
            replace(claim, due=due)
            for claim in bundle.claims
            if (due := tuple(one for one in claim.due if one in left))
        ]
        if not claims:
            return
        with self._database.reading() as session:
            dossiers = consultations.find(session, [claim.consultation for claim in claims])
        told = [
            (dossiers[one.consultation], one, _page(self._page_url, one.consultation))
            for one in claims
        ]
        message = compose_bundle(told, self._page_url)
        in_time(self._clock, until)
        keys = [due.key for due in left]
        posted = recipient.carrier.post(recipient.address, message, keys, None)
        twice = recipient.carrier.name == MAIL and _is_uncertain(left)
        yield Sent(left, posted, posted.message_id, perhaps_twice=twice)

    @staticmethod
    def _left_by_others(bundle: Bundle, recipient: Recipient) -> Iterator[Found]:
        """Look for the whole bundle in the channel, then in the thread of each consultation."""
        carrier, address = recipient.carrier, recipient.address
        yield from look(carrier, address, Claim("", bundle.channel, bundle.due, None), None)
        for claim in bundle.claims:
            if parent := parent_at(carrier, address, claim):
                yield from look(carrier, address, claim, parent)

    def _writer(self, claim: Claim, recipient: Recipient) -> DossierWriter:
        key, until = claim.consultation, self._until()
        with self._database.reading() as session:
            dossier = consultations.find(session, [key])[key]
            response = self._response(session, dossier.id)
        page = _page(self._page_url, key)
        return DossierWriter(dossier, recipient, response, self._sections, page, self._clock, until)

    def _until(self) -> datetime:
        return self._clock() + self._lease * POST_WITHIN

    def _response(self, session: Session, id_: int) -> tuple[str, ...]:
        laid = responses.plans(session, [id_]).get(id_, [])
        plan = laid[-1].plan if laid else None
        return tuple(response_lines(responses.case(session, id_), plan, self._people))

    def _record(self, sent: Sent) -> None:
        with self._database.transaction() as session:
            ledger.mark_sent(
                session, sent.due, self._clock(), sent.posted, thread_id=sent.thread_id,
                instead=sent.instead, perhaps_twice=sent.perhaps_twice,
            )  # fmt: skip

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
