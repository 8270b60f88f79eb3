"""Counts the steps of one deadline backwards from it, closer together where time is short."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from consultations.domain.observation import DeadlineKind
from consultations.domain.response.acts import State
from consultations.domain.response.plan_templates import DEADLINE, TemplateStep
from consultations.domain.response.planned_step import PlannedStep
from consultations.domain.response.work_calendar import BodyMeeting, WorkCalendar


def count(
    calendar: WorkCalendar,
    steps: Sequence[TemplateStep],
    *,
    deadline: DeadlineKind,
    on: date,
    begun: date,
    without: Collection[State] = (),
) -> tuple[tuple[PlannedStep, ...], str | None]:
    """Return the steps to take from ``begun``, a working day, to ``on``; and who does not meet.

    What is done in any case (``without``) takes no time. The order of the steps always holds, no
    step is due before ``begun`` or on a day when nobody works, and a step that goes to a meeting
    is due the day of the meeting.
    """
    counting = _Counting(calendar, deadline, on, begun)
    for step in reversed(steps):
        counting.take(step, gone=step.state in without)
    return counting.finished(), counting.missing


@dataclass
class _Counting:
    """How far the counting has come. ``end`` is the last working day for what is still open.

    ``starts`` says which day the work of each step must be ready for, by its name. ``open`` are
    steps between the meeting found last, or the deadline, and the one that is found next.
    """

    calendar: WorkCalendar
    deadline: DeadlineKind
    on: date
    begun: date
    missing: str | None = None
    starts: dict[str, date] = field(default_factory=dict)
    bound: date = field(init=False)
    end: date = field(init=False)
    open: list[PlannedStep] = field(default_factory=list)
    closed: list[PlannedStep] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.starts[DEADLINE] = self.bound = self.on
        self.end = self.calendar.add(self.on, 0)

    def take(self, step: TemplateStep, *, gone: bool) -> None:
        latest = min(self.calendar.add(self.starts[step.before], -step.days), self.bound)
        meeting = None if gone else self._meeting(step, latest)
        if meeting and step.meeting:
            self._go_to(step, step.meeting, meeting)
        elif gone or (step.meeting and step.must_meet):
            self.missing = self.missing if gone else step.meeting
            self.starts[step.step] = self.starts[step.before]
        else:
            self.open.append(PlannedStep(step=step.state, due=latest, deadline=self.deadline))
            self.starts[step.step] = self.bound = latest

    def finished(self) -> tuple[PlannedStep, ...]:
        self._close(self.begun)
        return tuple(reversed(self.closed))

    def _go_to(self, step: TemplateStep, body: str, meeting: BodyMeeting) -> None:
        papers = self._papers(step, meeting)
        self._close(self.calendar.on_or_after(meeting.on))
        self.closed.append(
            PlannedStep(
                step=step.state,
                due=self.calendar.add(meeting.on, 0),
                deadline=self.deadline,
                meeting=body,
                meeting_on=meeting.on,
                papers_on=papers,
            )
        )
        self.starts[step.step] = self.bound = self.end = papers

    def _close(self, first: date) -> None:
        """Settle the open steps between ``first`` and the end, in the same proportion as asked."""
        days = self.calendar
        asked = max((days.between(one.due, self.end) for one in self.open), default=0)
        room = max(days.between(first, self.end), 0)
        for one in self.open:
            due = one.due
            if asked > room:
                due = days.add(self.end, -(days.between(due, self.end) * room // asked))
            squeezed = due != one.due
            self.closed.append(one.model_copy(update={"due": due, "squeezed": squeezed}))
        self.open = []

    def _meeting(self, step: TemplateStep, latest: date) -> BodyMeeting | None:
        """Find the last meeting that leaves the time asked for, else the first one in time."""
        if step.meeting is None:
            return None
        a_day = timedelta(days=1)
        before = min(latest + a_day, self.on)
        meeting = self.calendar.meeting_before(step.meeting, before)
        if meeting and self._papers(step, meeting) >= self.begun:
            return meeting
        if not step.must_meet:
            return None
        later = self.calendar.meetings_after(step.meeting, self.begun - a_day)
        in_reach = (one for one in later if self._papers(step, one) >= self.begun)
        first = next(in_reach, None)
        return first if first and first.on <= self.end and first.on < self.on else None

    def _papers(self, step: TemplateStep, meeting: BodyMeeting) -> date:
        return self.calendar.add(meeting.papers or meeting.on, -step.papers * (not meeting.papers))
