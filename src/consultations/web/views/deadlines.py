"""Deadlines with where they stood, the words they were read from, and what they were before."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from consultations.domain.calendar import local_day
from consultations.domain.change import DEADLINE_NAMES
from consultations.domain.history import DeadlineEntry, History
from consultations.domain.observation import Deadline, DeadlineKind, FoundIn
from consultations.web import wording
from consultations.web.wording import DeadlineText, When

_PLACES = {
    FoundIn.FIELD: "i datofeltet",
    FoundIn.LEAD: "i ingressen",
    FoundIn.LETTER: "i høringsbrevet",
}
_FOR_MACHINES = re.compile(r"[-+\d\s.:TZ]+|/Date\([-+\d]+\)/")
"""A date as a machine writes it: no words that say more than the date itself."""


@dataclass(frozen=True)
class Mention:
    """One place where the source states the deadline. ``conflict``: it names another day.

    ``quote`` is None where the source has no words for it, only a date for machines.
    """

    when: When
    place: str
    quote: str | None
    conflict: bool


@dataclass(frozen=True)
class Earlier:
    """What the deadline was, and from when to when we saw it so."""

    when: When
    first: When
    until: When | None


@dataclass(frozen=True)
class DeadlineView:
    """One kind of deadline. ``current`` is None when the source has taken it away."""

    name: str
    current: DeadlineText | None
    first_seen: When
    mentions: tuple[Mention, ...]
    conflict: bool
    earlier: tuple[Earlier, ...]


@dataclass(frozen=True)
class KeyDeadline:
    """A deadline to act on, for the top of the page."""

    name: str
    deadline: DeadlineText


def key_deadlines(history: History, now: datetime) -> tuple[KeyDeadline, ...]:
    """Return the deadlines to act on, those ahead before those passed."""
    stated = sorted(history.latest.deadlines_to_act_on, key=lambda d: (d.at < now, d.at))
    return tuple(KeyDeadline(DEADLINE_NAMES[d.kind], _said(d, history, now)) for d in stated)


def deadline_views(history: History, now: datetime) -> tuple[DeadlineView, ...]:
    """Return every kind of deadline the source gives or has given."""
    return tuple(_views(history, now))


def _views(history: History, now: datetime) -> Iterator[DeadlineView]:
    latest = history.latest
    conflicting = latest.conflicting_deadlines
    for kind in DeadlineKind:
        entries = history.deadline_history(kind)
        if not entries:
            continue
        governing = latest.deadline(kind)
        mentions = tuple(
            _mention(d, conflict=d in conflicting) for d in latest.deadlines if d.kind is kind
        )
        earlier = entries[:-1] if governing else entries
        yield DeadlineView(
            name=DEADLINE_NAMES[kind],
            current=_said(governing, history, now) if governing else None,
            first_seen=wording.instant(entries[-1].first_seen_at),
            mentions=mentions,
            conflict=any(m.conflict for m in mentions),
            earlier=tuple(_earlier(entry) for entry in reversed(earlier)),
        )


def _said(deadline: Deadline, history: History, now: datetime) -> DeadlineText:
    return wording.deadline(deadline.at, now, deadline.kind, history.versions[-1].standing)


def _mention(deadline: Deadline, *, conflict: bool) -> Mention:
    quote = None if _FOR_MACHINES.fullmatch(deadline.quote) else deadline.quote
    return Mention(_stated(deadline), _PLACES[deadline.found_in], quote, conflict)


def _stated(deadline: Deadline) -> When:
    by_day = deadline.precision == "date"
    return wording.day(local_day(deadline.at)) if by_day else wording.instant(deadline.at)


def _earlier(entry: DeadlineEntry) -> Earlier:
    return Earlier(
        _stated(entry.deadline),
        wording.instant(entry.first_seen_at),
        wording.instant(entry.replaced_at) if entry.replaced_at else None,
    )
