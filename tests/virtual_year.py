"""A year in an office that answers consultations, in seconds: 2026, from the first hour.

The database and the handlers are the real ones; the people, the sources, Slack and the clock are
played. Everything that happens is kept in a log that ``reminder_oracle`` reads.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import sqlalchemy as sa

from consultations.digest.sending import DigestRelay
from consultations.domain.channels import ChannelMap
from consultations.domain.response.acts import State
from consultations.domain.response.office import Office
from consultations.handlers.reminding import remind_all
from consultations.store import responses
from consultations.store.database import Database
from consultations.store.tables import DeliveryRow, PlanRow
from tests import digest_building
from tests.year_log import OSLO, Did, Laid, Matter, Seen, Sent, Tick

BEGINS = datetime(2026, 1, 1, tzinfo=OSLO).astimezone(UTC)
ENDS = datetime(2027, 1, 31, tzinfo=OSLO).astimezone(UTC)
"""A month more, so that the deadlines of December come too."""
MATTERS = 600
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SATURDAY = 5
BUSY = (9, 14)


@dataclass
class Machine:
    """One process: its own objects, its own clock that is some minutes wrong."""

    database: Database
    office: Office
    skew: timedelta
    is_new: bool = True


class Year:
    """Plays the year. ``start`` makes the objects of a new process on the same database.

    ``script`` returns how a matter arrives, given its number.
    """

    def __init__(
        self,
        seed: int,
        start: Callable[[], tuple[Database, Office]],
        script: Callable[["Year", int], Callable[[], None]],
        channels: ChannelMap,
        sections: dict[str, str],
    ) -> None:
        self.random = random.Random(seed)
        self.channels, self.sections = channels, sections
        self._start, self._script = start, script
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
            if self.random.random() < 0.2:
                self._deliver()
            for _ in range(self.random.choice((1, 1, 1, 1, 2))):
                self._tick()
            if self.random.random() < 0.7:
                self._deliver()
            self._send_weekly_mail()
        self.machine.database.close()

    def clock(self) -> datetime:
        return self.now + self.machine.skew

    def _pause(self) -> timedelta:
        """Look every hour around office hours, and now and then at other times."""
        hour = self.now.astimezone(OSLO).hour
        is_day = 6 <= hour < 16 and self.now.astimezone(OSLO).weekday() < SATURDAY
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
        """Be Slack: take everything that has come, and remember it; unless it is away."""
        if self._is_in(self._slack_away):
            return
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
        if self.random.random() < 0.9:
            here = moment.astimezone(OSLO)
            hour = next((hour for hour in BUSY if hour > here.hour), BUSY[-1])
            moment = here.replace(hour=hour, minute=0).astimezone(UTC)
        heapq.heappush(self._todo, (moment, next(self._numbers), do))

    def _let_people_act(self) -> None:
        while self._todo and self._todo[0][0] <= self.now:
            heapq.heappop(self._todo)[2]()

    def _plan_a_matter(self) -> None:
        arrives = BEGINS + self.random.random() * timedelta(days=352)
        self.at(arrives, self._script(self, len(self._todo) + 1))

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
