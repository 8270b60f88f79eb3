"""How it went: what KS answered, what it asked for, and what came of it."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from operator import add, attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from consultations.domain.calendar import end_of_day
from consultations.domain.foreign_text import plain
from consultations.domain.observation import DeadlineKind
from consultations.domain.response.acts import Choice, State, Verdict
from consultations.domain.response.case import Case
from consultations.store import responses
from consultations.store.tables import ConsultationRow, ResponseRow

FEWEST = 10
"""A share of fewer demands than this says little, and is marked so."""
_AT_A_TIME = 1000
NOWHERE = ""
"""The id of what is tied to no heading, goal, ministry or section."""


class By(StrEnum):
    ALL = "all"
    HEADING = "heading"
    GOAL = "goal"
    MINISTRY = "ministry"
    SECTION = "section"


@dataclass(frozen=True)
class Counts:
    """Consultations that needed a decision, and the demands KS made.

    ``answered``, ``not_answered``, ``followed_only`` and ``undecided`` (or still at work) add up
    to ``consultations``. ``sent_late`` are among the answered. ``demands`` are those judged as
    ``followed``, ``partly``, ``not_followed`` and ``not_mentioned``, and those not judged yet.
    """

    consultations: int = 0
    answered: int = 0
    not_answered: int = 0
    followed_only: int = 0
    undecided: int = 0
    sent_late: int = 0
    demands: int = 0
    followed: int = 0
    partly: int = 0
    not_followed: int = 0
    not_mentioned: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*map(add, _values(self), _values(other)))

    @property
    def judged(self) -> int:
        """How many demands the share rests on."""
        return self.followed + self.partly + self.not_followed + self.not_mentioned

    @property
    def share(self) -> float | None:
        """The part of the judged demands that was followed, wholly or partly; None of none."""
        return (self.followed + self.partly) / self.judged if self.judged else None

    @property
    def is_small(self) -> bool:
        return self.judged < FEWEST

    @property
    def share_in_words(self) -> str:
        """``40 % av 5 krav (lite grunnlag)``."""
        if self.share is None:
            return "ingen krav vurdert"
        small = " (lite grunnlag)" if self.is_small else ""
        return f"{self.share * 100:.0f}\N{NO-BREAK SPACE}% av {self.judged} krav{small}"


_values = attrgetter(*(field.name for field in fields(Counts)))


@dataclass(frozen=True)
class Figure:
    """The counts of one heading, goal, ministry or section, in one year; None is all years.

    The year is when the consultation was published, or else when it came here (UTC). What has
    several headings, goals or senders counts under each.
    """

    by: By
    id: str
    year: int | None
    counts: Counts


def figures(
    session: Session, current_section: Callable[[str], str] = lambda section: section
) -> tuple[Figure, ...]:
    """Count every consultation that needed a decision. The newest year first, all years last.

    ``current_section`` gives the id that a section has today.
    """
    found: dict[tuple[By, str, int | None], Counts] = defaultdict(Counts)
    for places, year, counts in _matters(session, current_section):
        for by, id_ in places:
            found[by, id_, year] += counts
    for (by, id_, _), counts in list(found.items()):
        found[by, id_, None] += counts
    order = sorted(found, key=lambda one: (list(By).index(one[0]), one[1], -(one[2] or 0)))
    return tuple(Figure(*place, found[place]) for place in order)


@dataclass(frozen=True)
class _Row:
    id: int
    lead: str | None
    senders: tuple[str, ...]
    year: int
    deadlines: Mapping[str, datetime]


_Place = tuple[By, str]


def _matters(
    session: Session, current_section: Callable[[str], str]
) -> Iterator[tuple[list[_Place], int, Counts]]:
    """Yield each consultation: where it counts, its year, and its counts.

    What nobody has done anything with is counted in the database, as there are so many of them.
    """
    for section, senders, year, count in _untouched(session):
        lead = current_section(section) if section else NOWHERE
        counts = Counts(consultations=count, undecided=count)
        yield _places(Case(), lead, senders), year, counts
    touched = _touched(session)
    for start in range(0, len(touched), _AT_A_TIME):
        some = touched[start : start + _AT_A_TIME]
        cases = responses.cases(session, [row.id for row in some])
        for row in some:
            case = cases[row.id]
            lead = current_section(row.lead) if row.lead else NOWHERE
            yield _places(case, lead, row.senders), row.year, _counts(case, row.deadlines)


def _untouched(session: Session) -> Iterator[tuple[str | None, tuple[str, ...], int, int]]:
    row, response = ConsultationRow, ResponseRow
    year = sa.func.coalesce(
        sa.extract("year", row.published_on), sa.extract("year", response.arrived_at)
    )
    senders = sa.cast(row.senders, sa.Text)
    query = (
        sa.select(response.lead, senders, year, sa.func.count())
        .join(row, row.id == response.consultation_id)
        .where(response.version == 0)
        .group_by(response.lead, senders, year)
    )
    for lead, named, in_year, count in session.execute(query):
        yield lead, _senders(json.loads(named)), int(in_year), count


def _touched(session: Session) -> list[_Row]:
    row, response = ConsultationRow, ResponseRow
    query = (
        sa.select(row.id, response.lead, row.senders, row.published_on, response.arrived_at,
                  row.last_deadline_kind, row.last_deadline_at,
                  row.first_deadline_kind, row.first_deadline_at)
        .join(response, row.id == response.consultation_id)
        .where(response.version > 0)
        .order_by(row.id)
    )  # fmt: skip
    return [
        _Row(one.id, one.lead, _senders(one.senders), (one.published_on or one.arrived_at).year,
             dict(_deadlines(one)))
        for one in session.execute(query)
    ]  # fmt: skip


def _deadlines(row: Any) -> Iterator[tuple[str, datetime]]:
    """Yield the last and the first deadline: enough for all but what has three kinds of them."""
    if row.last_deadline_at:
        yield row.last_deadline_kind, row.last_deadline_at
    if row.first_deadline_at:
        yield row.first_deadline_kind, row.first_deadline_at


def _senders(named: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(plain, named))))


def _places(case: Case, lead: str, senders: tuple[str, ...]) -> list[_Place]:
    return [
        (By.ALL, NOWHERE),
        *((By.HEADING, one) for one in case.headings or (NOWHERE,)),
        *((By.GOAL, one) for one in case.goals or (NOWHERE,)),
        *((By.MINISTRY, one) for one in senders or (NOWHERE,)),
        (By.SECTION, lead),
    ]


def _counts(case: Case, deadlines: Mapping[str, datetime]) -> Counts:
    verdicts = [demand.verdict for demand in case.demands]
    is_sent = bool(case.sent) or _went_out(case)
    not_answered = case.choice is Choice.NOT_ANSWER and not is_sent
    followed_only = case.choice is Choice.FOLLOW and not is_sent
    return Counts(
        consultations=1,
        answered=int(is_sent),
        not_answered=int(not_answered),
        followed_only=int(followed_only),
        undecided=int(not (is_sent or not_answered or followed_only)),
        sent_late=int(any(_is_late(case, kind, deadlines) for kind in case.sent)),
        demands=len(verdicts),
        followed=verdicts.count(Verdict.FOLLOWED),
        partly=verdicts.count(Verdict.PARTLY),
        not_followed=verdicts.count(Verdict.NOT_FOLLOWED),
        not_mentioned=verdicts.count(Verdict.NOT_MENTIONED),
    )


def _went_out(case: Case) -> bool:
    """Tell whether an answer went out that was sent to no deadline."""
    is_past = case.state.rank >= State.SENT.rank and State.SENT not in case.skipped
    return is_past and case.choice is Choice.ANSWER


def _is_late(case: Case, kind: DeadlineKind, deadlines: Mapping[str, datetime]) -> bool:
    """Tell whether an answer was sent after the deadline, or after the one that was agreed."""
    stated = deadlines.get(kind)
    if stated is None:
        return False
    agreed = case.agreed.get(kind)
    last = max(stated, end_of_day(agreed)) if agreed else stated
    receipt = case.receipts.get(kind)
    return (receipt.sent_at if receipt else case.sent[kind].at) > last
