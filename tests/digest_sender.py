"""A process that sends the weekly mail, for tests that kill it.

``python -m tests.digest_sender URL PORT NOW READERS [die]``: with ``die`` it kills itself the
moment a mail was accepted, before that is recorded.
"""

import os
import signal
import sys
from datetime import datetime

from consultations.digest.sending import DigestRelay
from consultations.mail import Mailer
from consultations.store.database import Database
from tests.digest_building import READERS, composer, readers


class Dying(Mailer):
    def hand_over(self, mail: bytes) -> None:
        super().hand_over(mail)
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    url, port, now, count = sys.argv[1:5]
    chosen = readers().model_copy(update={"readers": {
        f"leser-{chr(97 + number)}": READERS["ledelsen"].model_copy(
            update={"email": f"leser{number}@example.org"}
        ) for number in range(int(count))
    }})  # fmt: skip
    mailer = (Dying if "die" in sys.argv[5:] else Mailer)("127.0.0.1", int(port), "none")
    moment = datetime.fromisoformat(now)
    relay = DigestRelay(Database(url), mailer, composer(chosen), lambda: moment, jitter=lambda: 1.0)
    print("ready", flush=True)  # noqa: T201 - whoever kills us waits for it
    relay.compose_due()
    relay.send_due()


if __name__ == "__main__":
    main()
