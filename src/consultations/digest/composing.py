"""Writes the mails of a week: one to each reader, always under 100 kB."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from consultations.digest import wording
from consultations.digest.blocks import Digest
from consultations.digest.links import Links
from consultations.digest.rendering import as_html, as_text
from consultations.digest.selection import Chooser
from consultations.digest.week import Gatherer, Week
from consultations.domain.people import People
from consultations.domain.readers import Reader, Readers, Sending, Weekday
from consultations.mail import Mailbox, Refused, compose
from consultations.store.database import Session
from consultations.store.digests import Composed, Covered

log = logging.getLogger(__name__)

SUBJECT = "Ukesoversikt over høringer"
"""The same every week, or mail programs would not keep the weeks together."""

LARGEST = 100_000
"""Bytes in a mail. Gmail cuts off what is longer than 102 kB."""

SHOWN = (40, 25, 15, 10, 6, 4, 2, 1, 0)
"""How many are shown in each group; the first that makes the mail small enough."""

LONGEST_BACK = 5
"""Weeks. What is older than this is no news to anyone."""


@dataclass(frozen=True)
class Letter:
    """A reader's mail before it is sent: both its parts, and the whole as it goes out."""

    text: str
    html: str
    mail: bytes


@dataclass(frozen=True)
class Composer:
    """Composes what readers are sent. ``sections`` names every section id in Norwegian.

    ``page_url`` is where readers reach our pages.
    """

    readers: Readers
    gatherer: Gatherer
    sections: Mapping[str, str]
    people: People
    sender: Mailbox
    page_url: str | None

    def gather(
        self, session: Session, sending: Sending, covered: Covered | None, now: datetime
    ) -> Week:
        """Gather what a mail tells of, from where the one before it ended: five weeks at most.

        The first tells of a week.
        """
        if covered is None:
            since, made_at = self.readers.before(sending, 1).at, None
        else:
            earliest = self.readers.before(sending, LONGEST_BACK).at
            since, made_at = max(covered.until, earliest), covered.made_at
        return self.gatherer.gather(session, since, sending.at, now, made_at)

    def week(
        self,
        session: Session,
        sending: Sending,
        covered: Mapping[str, Covered],
        ways_out: Mapping[str, str | None],
        now: datetime,
    ) -> Iterator[Composed]:
        """Compose the mail of each reader in ``ways_out`` (reader to where they unsubscribe).

        ``covered`` is what the last mail that reached each of them told of. What is the same for
        several is gathered once.
        """
        begins = {id_: covered.get(id_) for id_ in ways_out}
        weeks = {
            begin: self.gather(session, sending, begin, max(now, sending.at))
            for begin in set(begins.values())
        }
        for id_, way_out in ways_out.items():
            yield self._composed(sending, id_, weeks[begins[id_]], way_out)

    def _composed(self, sending: Sending, id_: str, week: Week, way_out: str | None) -> Composed:
        mail, problem = None, None
        try:
            letter = self.letter(sending, id_, week, way_out)
            mail = letter.mail if letter else None
        except Refused as refused:
            problem = str(refused)
        except Exception as bug:  # one reader's mail must not stop the others'
            log.exception("Kunne ikke skrive ukesoversikten til %s", id_)
            problem = f"Feil i sporeren ({type(bug).__name__}). Meld den fra."
        return Composed(
            week=sending.week, reader=id_, message_id=self._message_id(sending.week.lower(), id_),
            covers_from=week.since, covers_until=week.until, mail=mail, problem=problem,
        )  # fmt: skip

    def letter(self, sending: Sending, id_: str, week: Week, way_out: str | None) -> Letter | None:
        """Write one reader's mail; None where there is nothing to say and they want silence.

        Raises ``Refused`` when the reader's address cannot be used.
        """
        reader = self.readers.readers[id_]
        links = Links(self.page_url, outward=reader.members)
        chooser = Chooser(week, reader, self.sections, self.people, links)
        digest = chooser.digest(_heading(sending), self._why(reader), way_out)
        if digest is None:
            return None
        letters = (self._written(sending, id_, digest.cut(limit)) for limit in SHOWN)
        return _first_small_enough(letters)

    def _written(self, sending: Sending, id_: str, digest: Digest) -> Letter:
        reader, text, html = self.readers.readers[id_], as_text(digest), as_html(digest)
        mail = compose(
            sender=self.sender,
            to=Mailbox(reader.email, reader.name),
            subject=SUBJECT,
            text=text,
            html=html,
            message_id=self._message_id(sending.week.lower(), id_),
            at=sending.at,
            references=(self._message_id("ukesoversikt", id_),),
            unsubscribe=digest.unsubscribe,
        )
        return Letter(text, html, mail.as_bytes())

    def _message_id(self, word: str, reader: str) -> str:
        return f"<{word}.{reader}@{self.sender.ascii.rpartition('@')[2]}>"

    def _why(self, reader: Reader) -> str:
        on = wording.WEEKDAYS[list(Weekday).index(self.readers.day)]
        return (
            f"Du får denne e-posten hver {on} kl. {self.readers.time} fordi du følger "
            f"{wording.listed(self._followed(reader))}."
        )

    def _followed(self, reader: Reader) -> Iterable[str]:
        if reader.leadership:
            return ["alle høringene, og KS' eget arbeid med dem"]
        if reader.members:
            return ["høringene som gjelder kommunesektoren"]
        names = dict.fromkeys(self.sections.get(one, one) for one in reader.sections)
        return [*names, *(["EU- og EØS-saker"] if reader.brussels else [])]


def _heading(sending: Sending) -> str:
    year, number = sending.week.split("-W")
    return f"Høringer for KS, uke {int(number)} i {year}"


def _first_small_enough(letters: Iterator[Letter]) -> Letter:
    """Return the first that is, or the last and smallest."""
    for letter in letters:
        if len(letter.mail) < LARGEST:
            break
    return letter
