"""What every channel can do, and the three ways it can fail. A new channel is one such class."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from consultations.alerts.message import Message
from consultations.domain.channels import Channel
from consultations.domain.people import Person
from consultations.store.ledger import Posted


class Refused(Exception):  # noqa: N818 - reads as the news it is
    """The carrier said no and will again until a person acts. The text says what to do."""


class Passing(Exception):  # noqa: N818
    """It did not work now but may later.

    ``uncertain``: the message may have arrived all the same. ``retry_after``: how long the
    carrier asked us to leave the channel in peace.
    """

    def __init__(
        self, reason: str, *, retry_after: timedelta | None = None, uncertain: bool = False
    ) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.uncertain = uncertain


class Gone(Exception):  # noqa: N818
    """The message to update or reply to cannot be reached: a person deleted or locked it."""


@dataclass(frozen=True)
class Found:
    """A message of ours that is already out there, the ledger keys it holds and its thread."""

    posted: Posted
    thread_id: str | None
    keys: frozenset[str]


class Carrier(Protocol):
    """Brings messages to where people read them.

    Every method may raise ``Refused`` or ``Passing``. Nothing is retried inside a carrier: the
    ledger decides when to try again.
    """

    @property
    def name(self) -> str: ...

    def address(self, channel: Channel) -> str:
        """Where the channel is on this carrier. Raises ``Refused`` when that is not known."""
        ...

    def direct_address(self, person: Person) -> str:
        """Where a person is reached alone. Raises ``Refused`` when that is not known."""
        ...

    def post(
        self, address: str, message: Message, keys: Sequence[str], thread: Posted | None
    ) -> Posted:
        """Post a message that carries its ledger keys. Raises ``Gone`` if the thread is away."""
        ...

    def update(self, posted: Posted, message: Message) -> None:
        """Let a posted message say something new. Raises ``Gone`` if it cannot be changed."""
        ...

    def find(
        self, address: str, keys: Collection[str], since: datetime, thread: Posted | None
    ) -> tuple[Found, ...]:
        """Look for messages with any of the keys, posted after ``since`` (UTC), oldest first."""
        ...
