"""The history of one consultation, folded from everything its source was seen to say.

The fold looks only at the set of sightings, sorted by when they were made. Records may arrive
late, twice or in any order: the same set always gives the same history.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from consultations.domain.calendar import days_left, end_of_day, local_day
from consultations.domain.change import Change, DeadlineMove, changes_between
from consultations.domain.events import Event, EventType
from consultations.domain.observation import Deadline, DeadlineKind, Observation, Status


@dataclass(frozen=True)
class Sighting:
    """One record as it was read. ``backfill``: registered by the source's very first run."""

    observation: Observation
    meaning_hash: str
    backfill: bool

    @classmethod
    def of(cls, observation: Observation, *, backfill: bool) -> "Sighting":
        return cls(observation, observation.meaning_hash, backfill)

    @property
    def identity(self) -> tuple[datetime, str]:
        return self.observation.observed_at, self.meaning_hash


@dataclass(frozen=True)
class Version:
    """What the source said from ``first_seen_at`` (UTC) until the next version.

    ``standing`` is the last status we understood: an unknown one in between changes nothing.
    """

    observation: Observation
    meaning_hash: str
    first_seen_at: datetime
    changes: tuple[Change, ...]
    standing: Status
    previous: "Version | None"


@dataclass(frozen=True)
class Fact:
    """Something people are told once. ``name`` identifies it within its consultation."""

    type: EventType
    name: str
    occurred_at: datetime
    words: str


@dataclass(frozen=True)
class DeadlineEntry:
    """What a deadline was, from when we first saw it so until we saw another, or none (UTC)."""

    deadline: Deadline
    first_seen_at: datetime
    replaced_at: datetime | None = None


class History:
    """All versions of one consultation, oldest first. Needs at least one sighting."""

    def __init__(self, sightings: Iterable[Sighting]) -> None:
        ordered = sorted({s.identity: s for s in sightings}.items())
        self.sightings = tuple(sighting for _, sighting in ordered)
        self.backfill = any(s.backfill for s in self.sightings)

    @cached_property
    def versions(self) -> tuple[Version, ...]:
        versions: list[Version] = []
        for sighting in self.sightings:
            current = versions[-1] if versions else None
            if current is None or current.meaning_hash != sighting.meaning_hash:
                versions.append(_next_version(current, sighting))
        return tuple(versions)

    @property
    def latest(self) -> Observation:
        return self.versions[-1].observation

    @property
    def urls(self) -> tuple[str, ...]:
        """Every address the source has given it, the current one first."""
        seen = [s.observation.url for s in reversed(self.sightings)]
        return tuple(dict.fromkeys(seen))

    def events(self) -> Iterator[Event]:
        """Everything that happened, oldest first."""
        for version in self.versions:
            for type_, words in _happenings(version):
                moment = version.first_seen_at
                yield Event(
                    id=f"{version.observation.key}/{moment.isoformat()}/{version.meaning_hash[:12]}/{type_}",
                    type=type_,
                    consultation=version.observation.key,
                    occurred_at=moment,
                    words=words,
                )

    def facts(self, news_age: timedelta) -> tuple[Fact, ...]:
        """Return what people must be told, in the order it happened.

        A fact is named by its type, what it led to and its number among such facts. Leaving
        sightings out can therefore only leave facts out, never name new ones, and the facts
        told do not depend on the order in which records arrived.
        """
        counts: Counter[str] = Counter()
        facts: list[Fact] = []
        opened = next((v for v in self.versions if self._is_news(v, news_age)), None)
        for version in self.versions:
            if version is opened:
                facts.append(Fact(EventType.OPENED, "opened", version.first_seen_at, "Ny høring."))
            for type_, target, words in _turns(version):
                counts[target] += 1
                name = f"{target}/{counts[target]}"
                facts.append(Fact(type_, name, version.first_seen_at, words))
        return tuple(facts)

    def _is_news(self, version: Version, news_age: timedelta) -> bool:
        """Tell whether a version is worth announcing as a new consultation.

        Recent is always news. What we find late is news while one can still answer, unless the
        first run of the source registered it: that is known history.
        """
        seen = version.observation
        if seen.status.is_closed:
            return False
        published = seen.published_on
        if published is not None:
            age = -days_left(end_of_day(published), version.first_seen_at)
            if age <= news_age.days:
                return True
        deadline = seen.next_deadline(version.first_seen_at)
        can_answer = deadline is None or deadline.at > version.first_seen_at
        return can_answer and not self.backfill

    def is_of_interest(self, moment: datetime, news_age: timedelta) -> bool:
        """Tell whether anyone may still act on it: its last deadline is ahead or newly passed.

        Without a deadline, whether the source has not closed it.
        """
        seen = [v for v in self.versions if v.first_seen_at <= moment] or self.versions[:1]
        deadlines = seen[-1].observation.deadlines_to_act_on
        if deadlines:
            return deadlines[-1].at >= moment - news_age
        return not seen[-1].standing.is_closed

    @property
    def news_on(self) -> date | None:
        """The Oslo day it was news: published, or else first seen. None for undated history."""
        found_on = None if self.backfill else local_day(self.versions[0].first_seen_at)
        return self.latest.published_on or found_on

    def deadline_history(self, kind: DeadlineKind) -> tuple[DeadlineEntry, ...]:
        """Every value the governing deadline of a kind has had, oldest first."""
        entries: list[DeadlineEntry] = []
        for version in self.versions:
            deadline = version.observation.deadline(kind)
            current = entries[-1] if entries and entries[-1].replaced_at is None else None
            if current and deadline and current.deadline.at == deadline.at:
                continue
            if current:
                entries[-1] = replace(current, replaced_at=version.first_seen_at)
            if deadline:
                entries.append(DeadlineEntry(deadline, version.first_seen_at))
        return tuple(entries)


def _next_version(previous: Version | None, sighting: Sighting) -> Version:
    observation = sighting.observation
    standing = observation.status
    if previous and standing is Status.UNKNOWN:
        standing = previous.standing
    return Version(
        observation=observation,
        meaning_hash=sighting.meaning_hash,
        first_seen_at=observation.observed_at,
        changes=changes_between(previous.observation, observation) if previous else (),
        standing=standing,
        previous=previous,
    )


def _happenings(version: Version) -> Iterator[tuple[EventType, tuple[str, ...]]]:
    if version.previous is None:
        yield EventType.OPENED, ()
        return
    moves = tuple(c.words for c in version.changes if isinstance(c, DeadlineMove))
    others = tuple(c.words for c in version.changes if not isinstance(c, DeadlineMove))
    if moves:
        yield EventType.DEADLINE_MOVED, moves
    turn = _status_turn(version.previous, version)
    if turn:
        yield turn, others
    elif others:
        yield EventType.AMENDED, others


def _status_turn(before: Version, after: Version) -> EventType | None:
    """Name the turn a status took. Cancelled counts also when it comes out of the unknown."""
    new = after.observation.status
    if new is Status.CANCELLED and before.observation.status is not new:
        return EventType.CANCELLED
    if before.standing.is_closed and after.standing is Status.OPEN:
        return EventType.REOPENED
    if after.standing.is_closed and not before.standing.is_closed:
        return EventType.CLOSED
    return None


def _turns(version: Version) -> Iterator[tuple[EventType, str, str]]:
    """Yield the changes in a version that people are told: type, what it led to, words."""
    if version.previous is None:
        return
    for change in version.changes:
        if isinstance(change, DeadlineMove) and _is_news(change, version):
            target = f"deadline_moved/{change.kind}/{change.after}"
            yield EventType.DEADLINE_MOVED, target, change.words
    turn = _status_turn(version.previous, version)
    if turn is EventType.CANCELLED:
        yield turn, "cancelled", "Høringen er avlyst."
    elif turn is EventType.REOPENED:
        yield turn, "reopened", "Høringen er åpnet igjen."


def _is_news(move: DeadlineMove, version: Version) -> bool:
    """Tell news from history: what matters is whether a deadline is, or was, still ahead."""
    now = version.first_seen_at
    if move.after is not None:
        return datetime.fromisoformat(move.after) > now
    stated = (earlier.observation.deadline(move.kind) for earlier in _before(version))
    return any(deadline.at > now for deadline in stated if deadline)


def _before(version: Version) -> Iterator[Version]:
    earlier = version.previous
    while earlier:
        yield earlier
        earlier = earlier.previous
