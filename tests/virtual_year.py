"""A year in an office that answers consultations, in seconds: 2026, from the first hour.

The database and the handlers are the real ones; the people, the sources, Slack and the clock are
played. Everything that happens is kept in a log that ``reminder_oracle`` reads.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import count

import sqlalchemy as sa

from consultations.digest.sending import DigestRelay
from consultations.domain.channels import ChannelMap
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
from consultations.domain.response.office import Office
from consultations.domain.response.rules import LINE, next_states, passed_over
from consultations.handlers import planning
from consultations.handlers.reminding import remind_all
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
from consultations.store import consultations, responses
from consultations.store.consultations import Decided, ReadRecord
from consultations.store.database import Database
from consultations.store.tables import DeliveryRow, PlanRow
from tests import digest_building
from tests.building import record
from tests.reminder_oracle import OSLO, Did, Laid, Matter, Seen, Sent, Tick

BEGINS = datetime(2026, 1, 1, tzinfo=OSLO).astimezone(UTC)
ENDS = datetime(2027, 1, 31, tzinfo=OSLO).astimezone(UTC)
"""A month more, so that the deadlines of December come too."""
MATTERS = 600
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SATURDAY = 5
BUSY = (9, 12, 15)
WRITTEN, APPEAR, EU = (
    DeadlineKind.WRITTEN_ANSWER, DeadlineKind.REQUEST_TO_APPEAR, DeadlineKind.EU_FEEDBACK
)  # fmt: skip


@dataclass
class Machine:
    """One process: its own objects, its own clock that is some minutes wrong."""

    database: Database
    office: Office
    skew: timedelta
    is_new: bool = True


class Year:
    """Plays the year. ``start`` makes the objects of a new process on the same database."""

    def __init__(
        self,
        seed: int,
        start: Callable[[], tuple[Database, Office]],
        channels: ChannelMap,
        sections: dict[str, str],
    ) -> None:
        self.random = random.Random(seed)
        self.channels, self.sections = channels, sections
        self._start = start
        self._numbers = count(1)
        self._todo: list[tuple[datetime, int, Callable[[], None]]] = []
        self._plans: dict[str, int | None] = {}
        self.now = BEGINS
        self.machine = self._new_machine()
        self.people = list(self.machine.office.people.people)
        self.matters: list[Matter] = []
        self.ticks: list[Tick] = []
        self.sent: list[Sent] = []
        self.tally: Counter[str] = Counter()
        self.mails: list[tuple[datetime, bytes]] = []
        self._outages = self._periods(14, 3 * HOUR, 5 * DAY)
        self._slack_away = self._periods(4, 6 * HOUR, 6 * DAY)

    # -- the clock, and what runs

    def play(self) -> None:
        for _ in range(MATTERS):
            self._plan_a_matter()
        while self.now < ENDS:
            self._advance(self._pause())
            if self._is_in(self._outages):
                continue
            self._let_people_act()
            for _ in range(self.random.choice((1, 1, 1, 1, 2))):
                self._tick()
            if not self._is_in(self._slack_away) and self.random.random() < 0.7:
                self._deliver()
            self._send_weekly_mail()
        self.machine.database.close()

    def clock(self) -> datetime:
        return self.now + self.machine.skew

    def _pause(self) -> timedelta:
        """Look every hour around office hours, and now and then at other times."""
        hour = self.now.astimezone(OSLO).hour
        is_day = 6 <= hour < 17 and self.now.astimezone(OSLO).weekday() < SATURDAY
        return (1 if is_day else 5) * HOUR + self.random.choice((0, 0, 1, 2, 3)) * MINUTE

    def _advance(self, step: timedelta) -> None:
        before = self._is_in(self._outages)
        self.now += step
        down = self._is_in(self._outages)
        if (before and not down) or (not down and self.random.random() < 0.005):
            self.machine.database.close()
            self.machine = self._new_machine()
            self.tally["restarts"] += 1

    def _new_machine(self) -> Machine:
        database, office = self._start()
        return Machine(database, office, timedelta(seconds=self.random.randint(-480, 480)))

    def _periods(
        self, times: int, shortest: timedelta, longest: timedelta
    ) -> list[tuple[datetime, datetime]]:
        starts = (BEGINS + self.random.random() * (ENDS - BEGINS) for _ in range(times))
        lasting = longest - shortest
        return [(s, s + shortest + self.random.random() ** 2 * lasting) for s in starts]

    def _is_in(self, periods: list[tuple[datetime, datetime]]) -> bool:
        return any(begins <= self.now < ends for begins, ends in periods)

    def _tick(self) -> None:
        machine = self.machine
        self.ticks.append(Tick(next(self._numbers), self.clock()))
        remind_all(machine.database, machine.office, self.channels, self.sections, self.clock)

    def _deliver(self) -> None:
        """Be Slack: take everything that has come, and remember it."""
        row = DeliveryRow
        due = sa.and_(
            row.state == "pending",
            row.next_attempt_at <= self.clock(),
            sa.or_(row.not_before.is_(None), row.not_before <= self.clock()),
        )
        with self.machine.database.transaction() as session:
            keys = list(session.scalars(sa.select(row.key).where(due)))
            if keys:
                session.execute(
                    sa.update(row).where(due).values(state="sent", sent_at=self.clock())
                )
        number = next(self._numbers)
        self.sent += [Sent(number, self.clock(), key) for key in keys]

    def _send_weekly_mail(self) -> None:
        """Let a new process, and every process on Monday mornings, see to the weekly mail."""
        here = self.clock().astimezone(OSLO)
        is_time = here.weekday() == 0 and 6 <= here.hour < 12
        if is_time or self.machine.is_new:
            composer = digest_building.composer(digest_building.readers("ledelsen", "brussel"))
            machine = self.machine
            relay = DigestRelay(machine.database, self, composer, self.clock)
            relay.compose_due()
            relay.send_due()
        self.machine = replace(self.machine, is_new=False)

    def hand_over(self, mail: bytes) -> None:
        """Be the mail server."""
        self.mails.append((self.clock(), mail))

    # -- what people and sources do, when their time has come and the machine is up

    def at(self, moment: datetime, do: Callable[[], None]) -> None:
        """Let something happen at the next of the times of day that people get things done."""
        if self.random.random() < 0.8:
            here = moment.astimezone(OSLO)
            hour = next((hour for hour in BUSY if hour > here.hour), BUSY[-1])
            moment = here.replace(hour=hour, minute=0).astimezone(UTC)
        heapq.heappush(self._todo, (moment, next(self._numbers), do))

    def _let_people_act(self) -> None:
        while self._todo and self._todo[0][0] <= self.now:
            heapq.heappop(self._todo)[2]()

    def _plan_a_matter(self) -> None:
        arrives = BEGINS + self.random.random() * timedelta(days=352)
        self.at(arrives, _Script(self, len(self.matters) + len(self._todo) + 1).arrive)

    def laid(self, key: str, id_: int) -> list[Laid]:
        """Return the plan that was just laid, if one was."""
        with self.machine.database.reading() as session:
            number = session.scalar(
                sa.select(sa.func.max(PlanRow.number)).where(PlanRow.consultation_id == id_)
            )
            if number == self._plans.get(key):
                return []
            plans = responses.plans(session, [id_])[id_]
        self._plans[key] = number
        steps = {
            f"{s.step}-{s.deadline}" if s.step is State.SENT else s.step.value: (
                s.due, s.deadline.value
            )
            for s in plans[-1].plan.steps
        }  # fmt: skip
        return [Laid(0, plans[-1].laid_at, steps)]

    def note(self, matter: Matter, *happened: Seen | Did | Laid) -> None:
        number = next(self._numbers)
        matter.log += [replace(one, number=number) for one in happened]


class _Script:
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
        if self.random.random() < 0.7:
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
        owner, deputy = self.random.sample(self.year.people, 2)
        given = deputy if self.random.random() < 0.7 else None
        self._do(Assign(owner, given), what="assign", owner=owner, deputy=given)
        self._later(self._some_days(10), self.work)
        self._perhaps(0.1, self.year.now + self._some_days(20), self.extend)

    def work(self) -> None:
        ways = [to for to in next_states(self.case) if to in LINE and to.rank <= State.SENT.rank]
        if not ways:
            return
        chance = self.random.random()
        if chance < 0.1:
            self._do(Note(), note="ringte departementet", what="note")
        elif chance < 0.17:
            self._do(None, what="undo")
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
