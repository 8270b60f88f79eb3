"""A process that delivers alerts through Slack, and mail in its place, for tests that kill it.

``python -m tests.telling_sender URL SLACK_URL MAIL_PORT NOW [die-slack | die-mail]``: it kills
itself the moment Slack, or the mail server, has accepted, before that is recorded.
"""

import os
import signal
import sys
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from consultations.alerts.mail_carrier import MailCarrier
from consultations.alerts.relay import Relay
from consultations.alerts.slack import SlackCarrier
from consultations.domain.people import People, Person
from consultations.mail import Mailbox, Mailer
from consultations.store.database import Database
from consultations.store.ledger import Posted
from tests.alert_cases import CHANNELS, SECTIONS
from tests.fake_slack import TOKEN

KARI, SLACK_ID, ADDRESS = "person:kari", "U0KARI001", "kari.eksempel@example.org"
PEOPLE = People(people={"kari": Person(name="Kari Eksempel", slack_id=SLACK_ID, email=ADDRESS)})


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class DyingSlack(SlackCarrier):
    def post(self, *given: Any, **named: Any) -> Posted:
        super().post(*given, **named)
        die()
        raise AssertionError


class DyingMailer(Mailer):
    def send(self, message: EmailMessage) -> None:
        super().send(message)
        die()


def main() -> None:
    url, slack_url, port, now, *how = sys.argv[1:]
    moment = datetime.fromisoformat(now)
    carrier = (DyingSlack if "die-slack" in how else SlackCarrier)(TOKEN, base_url=slack_url)
    mailer = (DyingMailer if "die-mail" in how else Mailer)("127.0.0.1", int(port), "none")
    relay = Relay(
        Database(url), carrier, CHANNELS, SECTIONS, lambda: moment, None, people=PEOPLE,
        mail=MailCarrier(mailer, Mailbox("horinger@example.org"), lambda: moment),
    )  # fmt: skip
    relay.deliver_due()
    while relay.settle_next_doubt():
        pass


if __name__ == "__main__":
    main()
