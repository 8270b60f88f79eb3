"""Poll one source end to end: fetch, drop what means the same, publish, save the cursor last."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from consultations.clock import Clock
from consultations.domain.calendar import format_instant
from consultations.domain.connector import (
    Checkpoint,
    Connector,
    Planned,
    PollItem,
    Read,
    Unreadable,
)
from consultations.domain.errors import (
    BrokerUnavailable,
    FetchRefused,
    SourceChanged,
    SourceUnavailable,
)
from consultations.domain.source_record import SourceRecord
from consultations.store import dead_letters, sources
from consultations.store.database import Database, DatabaseUnavailable, reason_of
from consultations.store.dead_letters import POLL, DeadLetter
from consultations.store.sources import PollCounts, Published

Publish = Callable[[Sequence[SourceRecord]], None]
"""Puts records on the topic. Returns only when delivery is confirmed."""

Progress = Callable[[int, int | None], None]
"""Told how many records are done, and of how many when that is known.

May raise ``PollStopped`` to have the poll end there.
"""

UNREADABLE_IN_A_ROW = 5
"""So many pages on end that came but are not what we know: the source has changed.

A page that did not come does not count; the connector judges whether a source is away.
"""

FLUSH_EVERY = 50

log = logging.getLogger(__name__)


class PollStopped(Exception):  # noqa: N818 - reads as the news it is
    """Whoever asked for the poll wants it to end now. What was read so far is kept."""


@dataclass(frozen=True)
class PollReport:
    """How a poll went. ``problem`` is what a person should know when it did not go well."""

    source: str
    counts: PollCounts
    problem: str | None = None


def poll(
    database: Database, connector: Connector, publish: Publish, *, clock: Clock,
    on_progress: Progress = lambda _done, _total: None,
) -> PollReport:  # fmt: skip
    """Poll a source now. A failing source is recorded and reported, never raised to others.

    A poll that was stopped is left as one that never ended, so that the next start takes it up.
    So is one cut off by a database or a broker that is away: that is raised, as
    ``DatabaseUnavailable`` or ``BrokerUnavailable``, and nothing is skipped by the next poll.
    """
    with database.reading() as session:
        rest = sources.rests_until(session, connector.source, clock())
    if rest:
        waiting = f"Kilden har bedt oss vente til {format_instant(rest)}."
        return PollReport(connector.source, PollCounts(), waiting)
    run = _Poll(database, connector, publish, clock, on_progress)
    run.to_its_end()
    return PollReport(connector.source, run.counts, run.problem)


@dataclass
class _Poll:
    database: Database
    connector: Connector
    publish: Publish
    clock: Clock
    on_progress: Progress
    counts: PollCounts = field(default_factory=PollCounts)
    read: list[Read] = field(default_factory=list)
    total: int | None = None
    unreadable_in_a_row: int = 0
    problem: str | None = None

    def to_its_end(self) -> None:
        """Poll, and record how it went. Only a database or a broker that is away is raised."""
        try:
            self.go()
        except SourceUnavailable as unavailable:
            self.end(str(unavailable), rest=unavailable.retry_after)
        except FetchRefused as refusal:
            self.end(str(refusal))
        except SourceChanged as change:
            if change.body:
                self.bury(Unreadable(change.url, str(change), None, change.media_type, change.body))
            self.end(str(change), stopped=True)
        except PollStopped:
            self.problem = "Hentingen ble avbrutt."
        except (*DatabaseUnavailable, BrokerUnavailable):
            raise
        except Exception as bug:
            log.exception("%s: feil under hentingen", self.connector.source)
            self.end(f"feil i programmet: {type(bug).__name__}: {reason_of(bug)}", stopped=True)
        else:
            self.end(None)

    def go(self) -> None:
        with self.database.transaction() as session:
            row = sources.begin_poll(session, self.connector.source, self.clock())
            cursor, self.first_run = dict(row.cursor), row.first_run_completed_at is None
        try:
            for item in self.connector.poll(cursor, self.clock()):
                self.take(item)
        finally:
            self.flush()

    def take(self, item: PollItem) -> None:
        match item:
            case Planned(total):
                self.total = (self.total or 0) + total
            case Read():
                self.read.append(item)
                self.counts.fetched += 1
                self.unreadable_in_a_row = 0
                if len(self.read) >= FLUSH_EVERY:
                    self.flush()
            case Unreadable():
                self.bury(item)
                self.unreadable_in_a_row += bool(item.body)
                if self.unreadable_in_a_row >= UNREADABLE_IN_A_ROW:
                    raise SourceChanged(
                        f"{self.unreadable_in_a_row} svar på rad kunne ikke leses. "
                        f"Det siste: {item.reason}"
                    )
            case Checkpoint(cursor):
                self.flush()
                with self.database.transaction() as session:
                    sources.save_cursor(session, self.connector.source, cursor)
        self.on_progress(self.counts.fetched + self.counts.unreadable, self.total)

    def flush(self) -> None:
        """Publish what is new or means something new, and only then remember it."""
        batch, self.read = self.read, []
        if not batch:
            return
        source = self.connector.source
        with self.database.reading() as session:
            known = sources.published(session, source, (r.record.external_id for r in batch))
        fresh = [record for item in batch if (record := self.news_in(item, known))]
        if fresh:
            self.publish(fresh)
            latest = {record.external_id: known[record.external_id] for record in fresh}
            with self.database.transaction() as session:
                sources.note_published(session, [(source, i, p) for i, p in latest.items()])

    def news_in(self, item: Read, known: dict[str, Published]) -> SourceRecord | None:
        """Return the record if it means something new, and note in ``known`` what it means."""
        number, meaning = item.record.external_id, item.observation.meaning_hash
        before = known.get(number)
        if before and before.meaning_hash == meaning:
            self.counts.unchanged += 1
            return None
        self.counts.changed += before is not None
        self.counts.new += before is None
        backfill = before.backfill if before else self.first_run or item.record.backfill
        known[number] = Published(meaning, backfill)
        return item.record.model_copy(update={"backfill": backfill})

    def bury(self, item: Unreadable) -> None:
        self.counts.unreadable += 1
        letter = DeadLetter(
            POLL, self.connector.source, item.url, item.reason, item.media_type, item.body
        )
        with self.database.transaction() as session:
            dead_letters.keep(session, letter, self.clock())

    def end(
        self, problem: str | None, *, stopped: bool = False, rest: timedelta | None = None
    ) -> None:
        self.problem, now = problem, self.clock()
        if problem:
            log.warning("%s: %s", self.connector.source, problem)
        with self.database.transaction() as session:
            sources.end_poll(
                session,
                self.connector.source,
                now,
                self.counts,
                error=problem,
                stopped=stopped,
                rest_until=now + rest if rest else None,
            )
