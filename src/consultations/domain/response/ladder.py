"""Which reminder is due: a ladder of rungs up to the day that something must be done by.

A ladder remembers nothing. It is told what has been told, so it says the same however often it
is asked, after any pause, and when the clock has been set back. Instants are UTC, days Oslo days.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from consultations.domain.calendar import from_local, local_day
from consultations.domain.response.plan_templates import OfficeHours
from consultations.domain.response.reminders import Reminders, Role, Rung
from consultations.domain.response.work_calendar import WorkCalendar

AT_ONCE = "now"
"""The rung of what became known when every other had passed."""
MISSED = "missed"
"""The rung after the due day: it was not done."""

SET_BACK = timedelta(days=1)
"""A rung told this long before its moment was told in time, by a clock since set back."""


@dataclass(frozen=True)
class Goal:
    """Something that is to be done by ``ends`` (UTC), and is not yet.

    ``due`` is the last Oslo day to do it on. ``known_at`` is when that day became known, and
    ``since`` when it was last awaited anew: rungs before that are not climbed. ``again`` is the
    number of the act that set it going anew after it had been done, 0 where none has.
    ``is_deadline`` where others set it and not our plan; what our plan set helps nobody after
    ``serves_until``.
    """

    name: str
    due: date
    ends: datetime
    known_at: datetime
    since: datetime
    again: int = 0
    is_deadline: bool = False
    serves_until: datetime | None = None

    @property
    def fact(self) -> str:
        """What the names of all its reminders begin with: another day, another fact."""
        return f"reminder/{self.name}/{self.due.isoformat()}/"

    def name_of(self, rung: str) -> str:
        """Name the fact that a rung was reached.

        The name is another when the goal is set going anew: what was withdrawn when it was done
        holds nothing back.
        """
        return f"{self.fact}{rung}.{self.again}" if self.again else f"{self.fact}{rung}"

    def told(self, facts: Collection[str]) -> frozenset[str]:
        """Return the rungs that these facts tell of.

        What was told at once is told so again when the goal is set going anew.
        """
        ours = (fact.removeprefix(self.fact) for fact in facts if fact.startswith(self.fact))
        rungs = (each.partition(".") for each in ours)
        again = str(self.again or "")
        return frozenset(rung for rung, _, act in rungs if rung != AT_ONCE or act == again)


@dataclass(frozen=True)
class Reminder:
    """A rung of one goal's ladder: its moment (UTC), and that of the rung before it.

    ``number`` counts those that have come, this one included.
    """

    rung: str
    moment: datetime
    tells: tuple[Role, ...]
    is_urgent: bool = False
    previous: datetime | None = None
    number: int = 1

    def roles(
        self, reminders: Reminders, *, is_claimed: bool, last_act_at: datetime | None
    ) -> tuple[Role, ...]:
        """Return whom to tell: of what nobody has claimed, or has acted on since, more people."""
        if not is_claimed:
            unclaimed = reminders.without_owner
            return unclaimed.first if self.number == 1 else unclaimed.then
        acted = self.previous and last_act_at and last_act_at > self.previous
        return (Role.OWNER,) if acted else self.tells


@dataclass(frozen=True)
class Look:
    """The reminder that is due now, if any, and when (UTC) to look again, if ever."""

    due: Reminder | None
    again_at: datetime | None


@dataclass(frozen=True)
class Ladder:
    """The ladder as an office climbs it."""

    reminders: Reminders
    hours: OfficeHours
    calendar: WorkCalendar

    def last_day(self, ends: datetime) -> date:
        """Return the last day to work on what ends at an instant.

        That is the day before, where it ends before the office would open.
        """
        day = local_day(ends)
        return day if self._opening(day) < ends else day - timedelta(days=1)

    def triaged_by(self, arrived_at: datetime) -> date:
        """Return the day by which a matter that arrived then is to be triaged."""
        return self.calendar.add(local_day(arrived_at), self.reminders.triage_within)

    def climb(self, goal: Goal) -> tuple[Reminder, ...]:
        """Return every reminder of a goal in order, the one after it was missed included."""
        everything = self._rungs(goal)
        ahead = [reminder for reminder in everything if reminder.moment >= goal.since]
        if not ahead and goal.since <= goal.ends:
            ahead = [replace(everything[-1], rung=AT_ONCE, moment=goal.since)]
        # A step taken up after its day is late by choice; a deadline passes whoever looks away.
        if (goal.known_at if goal.is_deadline else goal.since) <= goal.ends:
            ahead.append(self._missed(goal))
        return tuple(each for each in ahead if _still_serves(goal, each.moment))

    def look(self, goal: Goal, told: Collection[str], now: datetime) -> Look:
        """Tell what is due of a goal, given the rungs of it that have been told.

        Only the last that has come is ever due: what was slept through is not made up for.
        """
        rungs = self.climb(goal)
        later = min((each.moment for each in rungs if each.moment > now), default=None)
        come = [r for r in rungs if r.moment <= now or (r.rung in told and _just_ahead(r, now))]
        if not come or come[-1].rung in told or _is_too_late(goal, come[-1], now):
            return Look(None, later)
        opens = self.hours.next_open(self.calendar, now)
        if opens <= now or _cannot_wait(goal, come[-1], now):
            return Look(replace(come[-1], number=len(come)), later)
        return Look(None, min(opens, later or opens))

    def _rungs(self, goal: Goal) -> list[Reminder]:
        found: list[Reminder] = []
        for rung, day in reversed([*self._days(goal.due)]):
            previous = found[-1].moment if found else None
            urgent, opens = rung.before <= 1, self._opening(day)
            found.append(Reminder(str(rung.before), opens, rung.tells, urgent, previous))
        return found

    def _days(self, due: date) -> Iterator[tuple[Rung, date]]:
        """Yield the day of each rung, walking backwards from the last."""
        day, before = due, 0
        for rung in reversed(self.reminders.ladder):
            day = self.calendar.add(day, before - rung.before) if rung.before else due
            before = rung.before
            yield rung, day

    def _missed(self, goal: Goal) -> Reminder:
        if goal.is_deadline:
            after = self.hours.next_open(self.calendar, goal.ends + timedelta(seconds=1))
            return Reminder(MISSED, after, self.reminders.deadline_missed, is_urgent=True)
        morning = self._opening(self.calendar.add(goal.due, 1))
        return Reminder(MISSED, morning, self.reminders.step_missed)

    def _opening(self, day: date) -> datetime:
        return from_local(datetime.combine(day, self.hours.opens))


def _cannot_wait(goal: Goal, reminder: Reminder, now: datetime) -> bool:
    """Tell whether a deadline ends today, and the reminder belongs to this day."""
    of_today = local_day(now) == goal.due == local_day(reminder.moment)
    return goal.is_deadline and of_today and reminder.rung != MISSED


def _is_too_late(goal: Goal, reminder: Reminder, now: datetime) -> bool:
    """Tell whether it would come after what it reminds of, or serve nobody any more."""
    return (now > goal.ends and reminder.rung != MISSED) or not _still_serves(goal, now)


def _still_serves(goal: Goal, moment: datetime) -> bool:
    return goal.serves_until is None or moment <= goal.serves_until


def _just_ahead(reminder: Reminder, now: datetime) -> bool:
    return reminder.moment <= now + SET_BACK
