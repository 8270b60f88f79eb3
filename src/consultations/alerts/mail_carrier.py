"""The mail channel: to persons, one mail for each thing, when Slack cannot reach them."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime

from consultations import mail
from consultations.alerts.channel import Found, Passing, Refused
from consultations.alerts.message import Message
from consultations.alerts.plain_text import written
from consultations.clock import Clock
from consultations.domain.channels import Channel
from consultations.domain.people import Person
from consultations.mail import Mailbox, Mailer
from consultations.store.ledger import MAIL, Posted

WIDTH = 76


class MailCarrier:
    """Carries messages to persons by mail, from ``sender``.

    Nobody can ask a mail server what it took. A mail that may have gone is sent again under the
    same Message-ID, made from its ledger key and who it is to, so that it can be known again.
    """

    name = MAIL

    def __init__(self, mailer: Mailer, sender: Mailbox, clock: Clock) -> None:
        self._mailer = mailer
        self._sender = sender
        self._clock = clock

    def address(self, channel: Channel) -> str:
        raise Refused(f"Kanalen «{channel.name}» kan ikke få e-post; det kan bare personer.")

    def direct_address(self, person: Person) -> str:
        if person.email is None:
            raise Refused(
                f"{person.name} mangler email i config/people.yaml. Skriv den inn, og start "
                "sporeren på nytt."
            )
        return person.email

    def post(
        self, address: str, message: Message, keys: Sequence[str], thread: Posted | None
    ) -> Posted:
        assert thread is None, "mails have no threads"
        identity = self._identity(keys[0], address)
        try:
            letter = mail.compose(
                sender=self._sender,
                to=Mailbox(address),
                subject=f"{message.headline}: {message.title}",
                text=written(message, WIDTH),
                message_id=identity,
                at=self._clock(),
            )
            self._mailer.send(letter)
        except mail.Refused as problem:
            raise Refused(str(problem)) from problem
        except mail.Passing as problem:
            raise Passing(str(problem), uncertain=problem.uncertain) from problem
        return Posted(self.name, address, identity)

    def update(self, posted: Posted, message: Message) -> None:
        """Leave what is sent as it is."""

    def find(
        self,
        address: str,  # noqa: ARG002
        keys: Collection[str],  # noqa: ARG002
        since: datetime,  # noqa: ARG002
        thread: Posted | None,  # noqa: ARG002
    ) -> tuple[Found, ...]:
        """Find nothing: what a server took cannot be looked up."""
        return ()

    def _identity(self, key: str, address: str) -> str:
        digest = hashlib.sha256(f"{key} {address}".encode()).hexdigest()[:40]
        return f"<{digest}@{self._sender.ascii.rpartition('@')[2]}>"
