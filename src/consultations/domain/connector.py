"""What a source must offer the tracker, and what a poll of it yields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from consultations.domain.observation import Observation
from consultations.domain.source_record import SourceRecord

Cursor = Mapping[str, Any]
"""Where a source left off: JSON owned by the connector, opaque to everyone else. Starts empty."""


@dataclass(frozen=True)
class Planned:
    """How many more records this poll expects to fetch; for the progress bar."""

    total: int


@dataclass(frozen=True)
class Read:
    """A record that could be read, with what it says."""

    record: SourceRecord
    observation: Observation


@dataclass(frozen=True)
class Unreadable:
    """An answer that could not be fetched or read. ``body`` is what came, if anything came.

    Only one with a body, a page that came but is not what we know, counts towards «the source
    has changed»: several in a row end the poll. What is merely missing has no body.
    """

    url: str
    reason: str
    external_id: str | None = None
    media_type: str = ""
    body: bytes = b""


@dataclass(frozen=True)
class Checkpoint:
    """Everything yielded before this is covered by ``cursor``: save it once it is delivered.

    It stays saved when the poll ends badly afterwards, so yield one whenever work is done.
    """

    cursor: Cursor


PollItem = Planned | Read | Unreadable | Checkpoint


class Reader(Protocol):
    """Reads the records of one source.

    ``reading`` is raised by one whenever ``parse`` comes to say something else of the same
    bytes: what is stored is then read anew, so that a better parser is not taken for news.
    """

    source: str
    reading: int

    def parse(self, record: SourceRecord) -> Observation:
        """Read one record; the same bytes always give the same answer. Raises ``InvalidRecord``."""
        ...


class Connector(Reader, Protocol):
    """One source. Fetches, cuts into records, reads records. Knows nothing of the store."""

    def poll(self, cursor: Cursor, now: datetime) -> Iterator[PollItem]:
        """Fetch what is due and yield it, oldest first; the last item is a ``Checkpoint``.

        Unreadable answers never stand before good ones that could have been yielded first, or
        have a ``Checkpoint`` after each: a row of them may end the poll. A cursor that cannot be
        read (another version's, or harmed) is no error; begin anew.

        Raises ``SourceUnavailable`` when the source cannot be reached and ``SourceChanged``
        when an overview (feed, list) is not what we know. What was yielded before still counts.
        With ``retry_after`` the source asked us to wait: ask for nothing more, and it is not
        polled until then.
        """
        ...

    def split(
        self, url: str, media_type: str, body: bytes, fetched_at: datetime
    ) -> list[SourceRecord]:
        """Cut one stored answer into records. Raises ``SourceChanged`` when it is not ours."""
        ...
