"""One matter of a virtual year: what its source says, and what people do with it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa

from consultations.domain.decision import Decision, RoutingText
from consultations.domain.history import History, Sighting
from consultations.domain.observation import (
    Deadline,
    DeadlineKind,
    FoundIn,
    Kind,
    Observation,
    Status,
)
from consultations.domain.response.acts import Choice, State
from consultations.domain.response.case import Case
from consultations.domain.response.rules import LINE, next_states, passed_over
from consultations.handlers import planning
from consultations.handlers.response import (
    Advance,
    Assign,
    Extend,
    Note,
    Refused,
    Triage,
    Wish,
    act,
    undo,
)
from consultations.store import consultations
from consultations.store.consultations import Decided, ReadRecord
from tests.building import record
from tests.virtual_year import Year
from tests.year_log import OSLO, Did, Matter, Seen

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WRITTEN, APPEAR, EU = (
    DeadlineKind.WRITTEN_ANSWER, DeadlineKind.REQUEST_TO_APPEAR, DeadlineKind.EU_FEEDBACK
)  # fmt: skip


class Script:
    """One matter and what people do with it."""

    def __init__(self, year: Year, number: int) -> None:
        self.year, self.number, self.random = year, number, year.random
        self.case = Case()
        self.kind = self.random.choice(list(Kind))
        self.observation: Observation | None = None
        self.id = 0

    def arrive(self) -> None:
        now = self.year.clock()
        self.observation = Observation(
            source="regjeringen", external_id=str(self.number), observed_at=now, kind=self.kind,
            url=f"https://www.regjeringen.no/id{self.number}/", title=f"Høring {self.number}",
            status=Status.OPEN, published_on=now.date(), deadlines=self._deadlines(now),
        )  # fmt: skip
        self._see()
        self.year.matters.append(self.matter)
        self.year.tally["matters"] += 1
        ends = [one.at for one in self.observation.deadlines]
        if ends:
            self._perhaps(0.2, self._before(ends), self.move)
            self._perhaps(0.03, self._before(ends), self.cancel)
        if self.random.random() < 0.6:
            self.year.at(now + self._some_days(9), self.triage)

    def _deadlines(self, now: datetime) -> tuple[Deadline, ...]:
        kinds = {
            Kind.COMMITTEE_HEARING: (APPEAR, WRITTEN), Kind.EU_INITIATIVE: (EU, WRITTEN),
        }.get(self.kind, (WRITTEN,))  # fmt: skip
        kinds = kinds[: self.random.choice((1, 2))]
        if self.random.random() < 0.04:
            return ()
        longest = 20 if self.kind is Kind.COMMITTEE_HEARING else 95
        return tuple(self._deadline(kind, now, longest) for kind in kinds)

    def _deadline(self, kind: DeadlineKind, now: datetime, longest: int) -> Deadline:
        day = (now + self.random.random() * longest * DAY).date()
        if self.random.random() < 0.1:
            hour = time(self.random.choice((0, 7, 9, 12, 15)))
            moment = max(datetime.combine(day, hour, OSLO).astimezone(UTC), now + HOUR)
            return Deadline(
                kind=kind, at=moment, precision="datetime", found_in=FoundIn.FIELD, quote="x"
            )
        return Deadline.on(kind, day, FoundIn.FIELD, "x")

    def _see(self) -> None:
        """Let the tracker take in what the source says now, and lay the plan."""
        seen, year = self.observation, self.year
        assert seen
        history = History([Sighting.of(seen, backfill=False)])
        with year.machine.database.transaction() as session:
            ids = consultations.save_state(session, [history])
            read = ReadRecord(record(seen), Sighting.of(seen, backfill=False), 1)
            consultations.add_sightings(session, ids, [read])
            self.id = ids[seen.key]
            if not self.case.acts and not hasattr(self, "matter"):
                self._route(session, seen)
            (dossier,) = consultations.find(session, {seen.key}).values()
            planning.keep_up(session, [dossier], year.machine.office, year.clock())
        ends = {one.kind.value: one.at for one in seen.deadlines_to_act_on}
        cancelled = seen.status is Status.CANCELLED
        saw = Seen(0, seen.observed_at, ends, cancelled)
        year.note(self.matter, saw, *year.laid(seen.key, self.id))

    def _route(self, session: sa.orm.Session, seen: Observation) -> None:
        lead = self.random.choice([*self.year.sections])
        abstained = self.random.random() < 0.1
        text = RoutingText.of(seen).hash
        decision = Decision(lead=lead, abstained=abstained, score=5, rules_hash="x", text_hash=text)
        consultations.save_decisions(
            session, [Decided(self.id, text, seen.observed_at, decision, current=True)]
        )
        people = self.year.machine.office.people
        head = None if abstained else people.head_of(lead)
        channel = "triage" if abstained else lead
        self.matter = Matter(seen.key, seen.observed_at, head, channel)

    def move(self) -> None:
        assert self.observation
        days = self.random.choice((-7, -3, 1, 7, 14, 28)) * DAY
        moved = tuple(
            one.model_copy(update={"at": max(one.at + days, self.year.clock() + HOUR)})
            for one in self.observation.deadlines
        )
        moved = tuple(
            Deadline.on(one.kind, one.at.astimezone(OSLO).date(), FoundIn.FIELD, "x")
            for one in moved
        )
        self._say(deadlines=moved)
        self.year.tally["moved"] += 1

    def cancel(self) -> None:
        self._say(status=Status.CANCELLED)
        self.year.tally["cancelled"] += 1

    def _say(self, **news: object) -> None:
        assert self.observation
        seen_at = max(self.year.clock(), self.observation.observed_at + MINUTE)
        self.observation = Observation.model_validate(
            {**dict(self.observation), **news, "observed_at": seen_at}
        )
        self._see()

    # -- people

    def triage(self) -> None:
        choices = (Choice.ANSWER,) * 4 + (Choice.NOT_ANSWER, Choice.FOLLOW, Choice.LATER)
        choice = self.random.choice(choices)
        done = self._do(Triage(choice), note="fordi", what="triage", choice=choice.value)
        if done and choice is Choice.LATER:
            self._later(self._some_days(15), self.triage)
        elif done and choice is Choice.ANSWER and self.random.random() < 0.9:
            self._later(self._some_days(6), self.assign)
        elif done:
            self._perhaps(0.15, self.year.now + self._some_days(8), self.take_back)

    def assign(self) -> None:
        self._give_to_two()
        self._later(self._some_days(10), self.work)
        self._perhaps(0.1, self.year.now + self._some_days(20), self.extend)

    def _give_to_two(self) -> None:
        owner, deputy = self.random.sample(self.year.people, 2)
        given = deputy if self.random.random() < 0.7 else None
        self._do(Assign(owner, given), what="assign", owner=owner, deputy=given)

    def work(self) -> None:
        ways = [to for to in next_states(self.case) if to in LINE and to.rank <= State.SENT.rank]
        if not ways:
            return
        chance = self.random.random()
        if chance < 0.1:
            self._do(Note(), note="ringte departementet", what="note")
        elif chance < 0.17:
            self._do(None, what="undo")
        elif chance < 0.3:
            self._give_to_two()
        else:
            self._advance_to(self.random.choice(ways[:3]))
        if self.random.random() < 0.65:
            self._later(self._some_days(14), self.work)

    def _advance_to(self, to: State) -> None:
        skipped = passed_over(self.case, to)
        given = {"to": to.value, "skipped": [one.value for one in skipped]}
        kinds: tuple[DeadlineKind, ...] | None = None
        if to is State.SENT:
            assert self.observation
            left = [d.kind for d in self.case.deadlines_left(self.observation)]
            kinds = tuple(left[: self.random.choice((1, 2))])
            given["deadlines"] = [kind.value for kind in kinds]
        if self._do(Advance(to, skipped, kinds), what="advance", **given) and to is State.SENT:
            self.year.tally["answers sent"] += 1
            self._perhaps(0.1, self.year.now + self._some_days(4), self.take_back)

    def extend(self) -> None:
        assert self.observation
        left = self.case.deadlines_left(self.observation)
        if left:
            until = left[-1].at.astimezone(OSLO).date() + self.random.randint(1, 21) * DAY
            kind = left[-1].kind
            wish = Extend(until, "departementet", kind)
            if self._do(wish, what="extend", deadline=kind.value, until=until):
                self.year.tally["extended"] += 1

    def take_back(self) -> None:
        self._do(None, what="undo")

    def _do(self, wish: object, *, what: str, note: str = "", **given: object) -> bool:
        """Do it as the pages and the commands would. Returns whether it was allowed."""
        year, key = self.year, self.matter.key
        asked = Wish(by="Kari", note=note, what=wish or Note())
        with suppress(Refused), year.machine.database.transaction() as session:
            self.case = (undo if wish is None else act)(
                session, key, asked, year.machine.office, year.channels,
                year.sections, year.clock,
            )  # fmt: skip
            done = self.case.acts[-1]
            did = Did(0, done.at, what, given, done.number)
            year.tally["undone" if what == "undo" else "acts"] += 1
            session.commit()
            year.note(self.matter, did, *year.laid(key, self.id))
            return True
        year.tally["refused"] += 1
        return False

    def _later(self, after: timedelta, do: Callable[[], None]) -> None:
        self.year.at(self.year.now + after, do)

    def _perhaps(self, chance: float, moment: datetime, do: Callable[[], None]) -> None:
        if self.random.random() < chance:
            self.year.at(moment, do)

    def _some_days(self, longest: int) -> timedelta:
        return self.random.random() ** 2 * longest * DAY + HOUR

    def _before(self, ends: list[datetime]) -> datetime:
        left = min(ends) - self.year.now
        return self.year.now + DAY / 4 + self.random.random() * max(left, DAY)
