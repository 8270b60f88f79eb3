"""One week's news, gathered once and shared by every reader whose mail covers the same time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from consultations.domain.calendar import local_day
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.domain.observation import Deadline, DeadlineKind, Observation
from consultations.domain.response import short_deadline
from consultations.domain.response.acts import Act, Advanced, Judged, State
from consultations.domain.response.case import Case, standing
from consultations.domain.response.work_calendar import WorkCalendar
from consultations.handlers import coverage
from consultations.handlers.coverage import Sight
from consultations.store import consultations, responses, sources, weeks
from consultations.store.database import Session
from consultations.store.tables import SourceRow
from consultations.store.weeks import Matter

AHEAD = timedelta(weeks=4)
LATEST = timedelta(weeks=5)
"""What reaches us later than this after it was seen is no news to anyone."""

ON_ITS_WAY = timedelta(minutes=2)
"""What was entered so shortly before a mail was made may have been committed after: tell it again
rather than never."""

_MOVES = {EventType.DEADLINE_MOVED, EventType.CANCELLED, EventType.REOPENED}
_NATIONAL = (DeadlineKind.WRITTEN_ANSWER, DeadlineKind.REQUEST_TO_APPEAR)


@dataclass(frozen=True)
class News:
    """Something people are told about a matter."""

    matter: Matter
    fact: Fact


@dataclass(frozen=True)
class DueSoon:
    """A deadline that is near."""

    matter: Matter
    deadline: Deadline


@dataclass(frozen=True)
class EuMatter:
    """A matter with EU or EEA law in it, and its deadline on each side, where one is stated.

    ``joint`` is the other matter that KS answers together with it.
    """

    matter: Matter
    national: Deadline | None
    eu: Deadline | None
    joint: Matter | None


@dataclass(frozen=True)
class Short:
    """A matter whose sender gives less time than it has to, and what is unusual about it."""

    matter: Matter
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class OurAnswer:
    """A response of ours: sent at ``at``, overdue since then, or with an outcome known then."""

    matter: Matter
    case: Case
    at: datetime
    too_late: bool = False


@dataclass(frozen=True)
class SeenSource:
    """How well a source is seen. ``blindness`` says so in words where we may be blind for it."""

    name: str
    sight: Sight
    last_seen_at: datetime | None
    blindness: str | None


@dataclass(frozen=True)
class Week:
    """The time from ``since`` to before ``until``, as we know it at ``now``. Instants are UTC."""

    since: datetime
    until: datetime
    now: datetime
    opened: tuple[News, ...]
    moved: tuple[News, ...]
    due: tuple[DueSoon, ...]
    eu: tuple[EuMatter, ...]
    short: tuple[Short, ...]
    sent: tuple[OurAnswer, ...]
    late: tuple[OurAnswer, ...]
    outcomes: tuple[OurAnswer, ...]
    sources: tuple[SeenSource, ...]


@dataclass(frozen=True)
class Gatherer:
    """Gathers weeks. ``source_titles`` names every source that is set up."""

    news_age: timedelta
    calendar: WorkCalendar
    source_titles: Mapping[str, str]

    def gather(
        self,
        session: Session,
        since: datetime,
        until: datetime,
        now: datetime,
        made_at: datetime | None = None,
    ) -> Week:
        """Gather what happened from ``since`` to before ``until``. Deadlines count from ``now``.

        ``made_at`` is when the mail before this one was made: what happened before ``since``, but
        reached us too late for it, is told now.
        """
        late_facts: frozenset[tuple[int, str]] = frozenset()
        if made_at is not None:
            late_facts = weeks.entered_late(session, since - LATEST, since, made_at - ON_ITS_WAY)
        seen = weeks.seen(session, since, until, local_day(since - self.news_age))
        seen |= {id_ for id_, _ in late_facts}
        near = weeks.due(session, now, now + AHEAD)
        acted, late = weeks.acted_on(session, since, until), weeks.late(session, since, now)
        found = weeks.matters(session, seen | near | acted | late)
        acts = responses.acts(session, sorted(found))
        cases = {id_: Case.of(acts.get(id_, ())) for id_ in found}
        news = [one for id_ in seen for one in self._news(found[id_], since, until, late_facts)]
        due = [one for id_ in near for one in _due(found[id_], now)]
        answers = _Answers(found, cases, since, until)
        return Week(
            since=since,
            until=until,
            now=now,
            opened=_by_deadline([n for n in news if n.fact.type is EventType.OPENED], now),
            moved=tuple(sorted((n for n in news if n.fact.type in _MOVES), key=_when)),
            due=tuple(sorted(due, key=lambda one: (one.deadline.at, one.matter.key))),
            eu=_eu_matters(
                session, [*(n.matter for n in news), *(d.matter for d in due)], cases, now
            ),
            short=tuple(self._short(news)),
            sent=answers.sent(acted),
            late=answers.late(late),
            outcomes=answers.outcomes(acted),
            sources=self._seen_sources(session, now),
        )

    def _news(
        self,
        matter: Matter,
        since: datetime,
        until: datetime,
        late: frozenset[tuple[int, str]],
    ) -> Iterator[News]:
        for fact in matter.history.facts(self.news_age):
            is_late = (matter.id, fact.name) in late
            is_news = since <= fact.occurred_at < until or is_late
            if is_news and fact.name not in matter.hushed:
                yield News(matter, fact)

    def _short(self, news: Iterable[News]) -> Iterator[Short]:
        for matter in _each(one.matter for one in news):
            seen = matter.history.latest
            deadline = seen.deadline(DeadlineKind.WRITTEN_ANSWER)
            if deadline is None or seen.status.is_closed:
                continue
            first = seen.published_on or local_day(matter.history.versions[0].first_seen_at)
            last = local_day(deadline.at)
            if short_deadline.is_breach(seen.kind, first, last, eea=matter.eu_eea):
                said = short_deadline.remarks(
                    self.calendar, seen.kind, first, last, eea=matter.eu_eea
                )
                yield Short(matter, said)

    def _seen_sources(self, session: Session, now: datetime) -> tuple[SeenSource, ...]:
        rows = {row.source: row for row in sources.all_sources(session)}
        names = {**{id_: id_ for id_ in rows}, **self.source_titles}
        return tuple(
            _seen_source(name, rows.get(id_) or SourceRow(source=id_), now)
            for id_, name in sorted(names.items(), key=lambda one: one[1].lower())
        )


@dataclass(frozen=True)
class _Answers:
    """Finds what became of our responses."""

    found: Mapping[int, Matter]
    cases: Mapping[int, Case]
    since: datetime
    until: datetime

    def sent(self, ids: Iterable[int]) -> tuple[OurAnswer, ...]:
        return tuple(
            OurAnswer(self.found[id_], self.cases[id_], act.at, self._was_late(id_, act))
            for id_, act in self._acts(ids)
            if isinstance(act, Advanced) and act.to is State.SENT
        )

    def late(self, ids: Iterable[int]) -> tuple[OurAnswer, ...]:
        overdue = (
            OurAnswer(matter, self.cases[id_], matter.work.deadline_at)
            for id_ in sorted(ids)
            if (matter := self.found[id_]).work and matter.work.deadline_at
        )
        return tuple(sorted(overdue, key=lambda one: one.at))

    def outcomes(self, ids: Iterable[int]) -> tuple[OurAnswer, ...]:
        known = {
            id_: OurAnswer(self.found[id_], self.cases[id_], act.at)
            for id_, act in self._acts(ids)
            if isinstance(act, Judged)
            or (isinstance(act, Advanced) and act.to is State.OUTCOME_KNOWN)
        }
        return tuple(known.values())

    def _acts(self, ids: Iterable[int]) -> Iterator[tuple[int, Act]]:
        done = (
            (id_, act)
            for id_ in ids
            for act in standing(self.cases[id_].acts)
            if self.since <= act.at < self.until
        )
        yield from sorted(done, key=lambda one: (one[1].at, one[0]))

    def _was_late(self, id_: int, sent: Advanced) -> bool:
        deadlines = self.cases[id_].deadlines(self.found[id_].history.latest)
        return any(one.kind in sent.deadlines and one.at < sent.at for one in deadlines)


def _due(matter: Matter, now: datetime) -> Iterator[DueSoon]:
    for deadline in matter.history.latest.deadlines_to_act_on:
        if now <= deadline.at <= now + AHEAD:
            yield DueSoon(matter, deadline)


def _eu_matters(
    session: Session, mentioned: Iterable[Matter], cases: Mapping[int, Case], now: datetime
) -> tuple[EuMatter, ...]:
    concerned = [matter for matter in _each(mentioned) if matter.eu_eea]
    keys = {key for one in concerned if (key := cases[one.id].joint_with)}
    linked = weeks.matters(session, consultations.known(session, keys).values())
    by_key = {one.key: one for one in (*linked.values(), *concerned)}
    joint = {one.id: by_key.get(cases[one.id].joint_with or "") for one in concerned}
    for one in concerned:  # the tie is kept on one side, and is as good as one on the other
        other = joint[one.id]
        if other and joint.get(other.id) is None:
            joint[other.id] = one
    eu = (_eu_matter(one, joint[one.id]) for one in concerned)
    return tuple(sorted(eu, key=lambda one: _nearest((one.national, one.eu), now)))


def _eu_matter(matter: Matter, joint: Matter | None) -> EuMatter:
    observed = [matter.history.latest, *([joint.history.latest] if joint else [])]
    return EuMatter(
        matter, _first(observed, *_NATIONAL), _first(observed, DeadlineKind.EU_FEEDBACK), joint
    )


def _first(observed: Iterable[Observation], *kinds: DeadlineKind) -> Deadline | None:
    """Return the first stated of the kinds, in their order; the matter's own before a linked one's.

    To answer in writing goes before to ask to appear.
    """
    stated = (one.deadline(kind) for one in observed for kind in kinds)
    return next((deadline for deadline in stated if deadline), None)


def _by_deadline(news: Iterable[News], now: datetime) -> tuple[News, ...]:
    return tuple(
        sorted(
            news,
            key=lambda one: (
                *_nearest(one.matter.history.latest.deadlines_to_act_on, now), one.matter.key,
            ),
        )
    )  # fmt: skip


def _nearest(deadlines: Iterable[Deadline | None], now: datetime) -> tuple[bool, float]:
    """Put what has the nearest deadline ahead first, and what has none ahead last."""
    ahead = [one.at.timestamp() for one in deadlines if one and one.at >= now]
    return not ahead, min(ahead, default=0.0)


def _when(news: News) -> tuple[datetime, str]:
    return news.fact.occurred_at, news.matter.key


def _each(matters: Iterable[Matter]) -> Iterable[Matter]:
    return {matter.id: matter for matter in matters}.values()


def _seen_source(name: str, row: SourceRow, now: datetime) -> SeenSource:
    return SeenSource(
        name=name,
        sight=coverage.sight(row, now),
        last_seen_at=row.last_success_at,
        blindness=coverage.blindness(name, row, now),
    )
