"""Sends the weekly mails: composed once, kept as they are, and sent until it is known they are.

What is kept before it is sent can be sent again byte for byte, under the same Message-ID, when
nobody can know whether it arrived.
"""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from consultations.clock import Clock
from consultations.digest.composing import Composer
from consultations.domain.readers import Sending
from consultations.mail import Mailer, Passing, Refused
from consultations.store import digests, secret_addresses
from consultations.store.database import Database, DatabaseUnavailable, reason_of
from consultations.store.digests import DueMail

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
"""Longer than the mail server may take about one mail."""

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=30)

IDLE_SECONDS = 20.0
DATABASE_WAIT_SECONDS = 5.0

NO_LONGER_WANTED = "Leseren har meldt seg av, eller står ikke lenger i config/readers.yaml."


@dataclass(frozen=True)
class Tally:
    """How many mails were sent, put off to a later attempt, refused, and no longer wanted."""

    sent: int = 0
    put_off: int = 0
    refused: int = 0
    dropped: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.sent + other.sent, self.put_off + other.put_off,
            self.refused + other.refused, self.dropped + other.dropped,
        )  # fmt: skip


class DigestRelay:
    """Composes the week's mails when their time has come, and sends them. One thread uses it.

    Several processes may run one each: a week is composed once, and a mail sent by one of them.
    ``jitter`` returns a number from 0 to 1.
    """

    def __init__(
        self,
        database: Database,
        mailer: Mailer,
        composer: Composer,
        clock: Clock,
        *,
        lease: timedelta = LEASE,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._composer = composer
        self._clock = clock
        self._lease = lease
        self._jitter = jitter

    def run(self, stop: threading.Event) -> None:
        """Compose and send until told to stop. A database that is away is waited for."""
        while not stop.is_set():
            try:
                self.compose_due()
                self.send_due(stop)
                stop.wait(IDLE_SECONDS)
            except DatabaseUnavailable as problem:
                log.warning("Ukesoversikten venter på databasen: %s", reason_of(problem))
                stop.wait(DATABASE_WAIT_SECONDS)

    def compose_due(self) -> int:
        """Compose the last week whose time has come, unless that is done. Returns how many.

        A tracker that had seen nothing by then has nothing to tell of that week.
        """
        now = self._clock()
        sending = self._composer.readers.last_sending(now)
        with self._database.reading() as session:
            if digests.is_made(session, sending.week):
                return 0
            if not digests.has_worked_since(session, sending.at):
                return 0
            no = digests.unsubscribed(session)
        readers = [id_ for id_ in self._composer.readers.readers if id_ not in no]
        return self._compose(sending, readers)

    def _compose(self, sending: Sending, readers: list[str]) -> int:
        ways_out, now = self._ways_out(readers), self._clock()
        with self._database.reading() as session:
            covered = digests.covered(session, before=sending.at)
            composed = list(self._composer.week(session, sending, covered, ways_out, now))
        with self._database.transaction() as session:
            digests.keep(session, composed, now)
        log.info("Ukesoversikten for %s er skrevet til %d lesere", sending.week, len(composed))
        return len(composed)

    def _ways_out(self, readers: list[str]) -> dict[str, str | None]:
        """Return where each reader says no; None where they cannot reach our pages."""
        page_url = self._composer.page_url
        if page_url is None:
            return dict.fromkeys(readers)
        with self._database.transaction() as session:
            made = secret_addresses.for_readers(session, readers, self._clock())
        return {reader: address.full(page_url) for reader, address in made.items()}

    def send_due(self, stop: threading.Event | None = None) -> Tally:
        """Send what is due of the last week, until nothing is or told to stop.

        Raises ``DatabaseUnavailable``; the lease then runs out, and the mail is sent again.
        """
        total = Tally()
        while not (stop and stop.is_set()) and (done := self._send_next()):
            total += done
        return total

    def _send_next(self) -> Tally | None:
        now = self._clock()
        week = self._composer.readers.last_sending(now).week
        with self._database.transaction() as session:
            due = digests.claim(session, week, now, self._lease)
            unwanted = due and due.reader in digests.unsubscribed(session)
        if due is None:
            return None
        if unwanted or due.reader not in self._composer.readers.readers:
            with self._database.transaction() as session:
                digests.drop(session, due, NO_LONGER_WANTED)
            return Tally(dropped=1)
        return self._send(due, week)

    def _send(self, due: DueMail, week: str) -> Tally:
        try:
            self._mailer.hand_over(due.mail)
        except Refused as refused:
            return self._refused(due, week, refused)
        except Passing as passing:
            log.warning("Ukesoversikten til %s må vente: %s", due.reader, passing)
            self._put_off(due, str(passing), uncertain=passing.uncertain)
            return Tally(put_off=1)
        with self._database.transaction() as session:
            digests.mark_sent(session, due, self._clock())
        return Tally(sent=1)

    def _refused(self, due: DueMail, week: str, refused: Refused) -> Tally:
        """Set one aside that was refused for its own sake; let all wait where it was for ours.

        A wrong password tried sixty times in a row would lock the account.
        """
        log.error("Ukesoversikten til %s ble avvist: %s", due.reader, refused)
        if refused.address is not None:
            with self._database.transaction() as session:
                digests.refuse(session, due, str(refused))
            return Tally(refused=1)
        until = self._put_off(due, str(refused), uncertain=False)
        with self._database.transaction() as session:
            digests.hold_all(session, week, until)
        return Tally(put_off=1)

    def _put_off(self, due: DueMail, reason: str, *, uncertain: bool) -> datetime:
        now = self._clock()
        until = now + self._backoff(due.attempts)
        with self._database.transaction() as session:
            digests.put_off(session, due, until, reason, uncertain_since=now if uncertain else None)
        return until

    def _backoff(self, attempts: int) -> timedelta:
        """Double the wait with each attempt, up to a cap, then take off up to half at random."""
        longest = min(FIRST_WAIT * (1 << min(attempts - 1, 20)), LONGEST_WAIT)
        return longest * (1 - self._jitter() / 2)
