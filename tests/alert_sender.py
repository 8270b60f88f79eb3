"""A process that delivers alerts to persons without Slack, by mail, for tests that kill it.

``python -m tests.alert_sender URL PORT NOW [die]``: with ``die`` it kills itself the moment a mail
was accepted, before that is recorded.
"""

import os
import signal
import sys
from datetime import datetime
from email.message import EmailMessage

from consultations.alerts.console import ConsoleCarrier
from consultations.alerts.mail_carrier import MailCarrier
from consultations.alerts.relay import Relay
from consultations.domain.people import People, Person
from consultations.mail import Mailbox, Mailer
from consultations.store.database import Database
from tests.alert_cases import CHANNELS, SECTIONS

OLA = "person:ola"
ADDRESS = "ola.eksempel@example.org"
PEOPLE = People(people={"ola": Person(name="Ola Eksempel", email=ADDRESS)})


class Dying(Mailer):
    def send(self, message: EmailMessage) -> None:
        super().send(message)
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    url, port, now = sys.argv[1:4]
    mailer = (Dying if "die" in sys.argv[4:] else Mailer)("127.0.0.1", int(port), "none")
    moment = datetime.fromisoformat(now)
    carrier = MailCarrier(mailer, Mailbox("horinger@example.org"), lambda: moment)
    relay = Relay(
        Database(url), ConsoleCarrier(), CHANNELS, SECTIONS, lambda: moment, None,
        people=PEOPLE, mail=carrier,
    )  # fmt: skip
    relay.deliver_due()


if __name__ == "__main__":
    main()
