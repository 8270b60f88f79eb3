"""The console channel: the same message, readable in a terminal, when there is no Slack token."""

import shutil
import sys
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from consultations.alerts.channel import Found
from consultations.alerts.message import Message
from consultations.alerts.plain_text import written
from consultations.alerts.text import plain
from consultations.domain.channels import Channel
from consultations.domain.people import Person
from consultations.store.ledger import Posted

NARROWEST = 40
WIDEST = 100
BOLD, NORMAL = "\x1b[1m", "\x1b[0m"


class ConsoleCarrier:
    """Prints each message with one call of ``write``, wrapped at ``width`` characters.

    Without ``write`` it prints to standard output, bold only if that is a terminal.
    """

    name = "console"

    def __init__(
        self, write: Callable[[str], object] | None = None, *, width: int | None = None
    ) -> None:
        self._write = write or _to_standard_output
        columns = shutil.get_terminal_size().columns if width is None else width
        self._width = min(max(columns, NARROWEST), WIDEST)
        self._bold = write is None and sys.stdout.isatty()

    def address(self, channel: Channel) -> str:
        return channel.name

    def direct_address(self, person: Person) -> str:
        return person.name

    def post(
        self,
        address: str,
        message: Message,
        keys: Sequence[str],
        thread: Posted | None,  # noqa: ARG002 - a terminal has no threads
    ) -> Posted:
        self._write(self._printed(address, message))
        return Posted(self.name, address, keys[0])

    def update(self, posted: Posted, message: Message) -> None:
        """Leave what is printed as it is: the reply that follows tells what changed."""

    def find(
        self,
        address: str,  # noqa: ARG002
        keys: Collection[str],  # noqa: ARG002
        since: datetime,  # noqa: ARG002
        thread: Posted | None,  # noqa: ARG002
    ) -> tuple[Found, ...]:
        """Find nothing: what was printed cannot be read back, so it is printed again."""
        return ()

    def _printed(self, address: str, message: Message) -> str:
        mark = "↳ " if message.reply else ""
        heading = f"{mark}{plain(address)} · {plain(message.headline)}"
        shown = f"{BOLD}{heading}{NORMAL}" if self._bold else heading
        return "\n".join(["─" * self._width, shown, written(message, self._width)])


def _to_standard_output(words: str) -> None:
    sys.stdout.write(words)
    sys.stdout.flush()
