"""Writes the messages about one consultation, while there is time to post them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from consultations.alerts.channel import Passing
from consultations.alerts.message import Message, compose, compose_personal, compose_reply
from consultations.alerts.recipients import Recipient
from consultations.clock import Clock
from consultations.store.consultations import Dossier
from consultations.store.ledger import Claim


@dataclass(frozen=True)
class DossierWriter:
    """Writes the messages about one consultation for one recipient, ``until`` a moment (UTC).

    ``response`` says how KS' response stands.
    """

    dossier: Dossier
    recipient: Recipient
    response: tuple[str, ...]
    sections: Mapping[str, str]
    page_url: str | None
    clock: Clock
    until: datetime

    def whole(self, claim: Claim) -> Message:
        now = self._now()
        if self.recipient.is_person:
            return compose_personal(self.dossier, claim, now, self.page_url, self.response)
        channel = self.recipient.channel
        return compose(
            self.dossier, claim, now, self.sections, channel, self.page_url, self.response
        )

    def reply(self, claim: Claim) -> Message:
        return compose_reply(self.dossier, claim, self._now())

    def _now(self) -> datetime:
        return in_time(self.clock, self.until)


def in_time(clock: Clock, until: datetime) -> datetime:
    """Tell the time. Raises ``Passing`` when another relay may soon be posting the same."""
    now = clock()
    if now > until:
        raise Passing("Det tok for lang tid å finne ut om varselet er sendt før.")
    return now
