"""How plans are laid, and when people are reminded: ``config/response-plans.yaml``."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from consultations.domain.calendar import from_local, local_day
from consultations.domain.observation import Frozen, Kind
from consultations.domain.response.acts import State
from consultations.domain.response.reminders import Reminders
from consultations.domain.response.work_calendar import WorkCalendar

DEADLINE = "deadline"
"""What a step counts from when it counts from the deadline itself."""

StepName = Literal["member_input", "draft", "legal_check", "board", "approved", "sent"]
"""The steps that can be planned: states of a case, by their values."""

_MOST_DAYS = 250
"""Working days in a year: more than that is a slip of the finger."""


def _as_time(value: object) -> object:
    if isinstance(value, str):
        try:
            return time.fromisoformat(value.replace(".", ":"))
        except ValueError:
            pass
    raise ValueError(f'«{value}» er ikke et klokkeslett; skriv det i anførselstegn, som "08.00"')


ClockTime = Annotated[time, BeforeValidator(_as_time)]


class OfficeHours(Frozen):
    """When people can be expected to read, on working days in Oslo."""

    opens: ClockTime = time(8)
    closes: ClockTime = time(16)
    half_day_closes: ClockTime = time(12)

    def next_open(self, calendar: WorkCalendar, moment: datetime) -> datetime:
        """Return ``moment`` if the office is open then, else when it next opens (UTC)."""
        day = local_day(moment)
        if calendar.is_working_day(day):
            closes = self.half_day_closes if day in calendar.half else self.closes
            if moment < from_local(datetime.combine(day, closes)):
                return max(moment, from_local(datetime.combine(day, self.opens)))
        following = calendar.on_or_after(day + timedelta(days=1))
        return from_local(datetime.combine(following, self.opens))

    def last_day(self, ends: datetime) -> date:
        """Return the last day to work on what ends then: the day before if that is too early."""
        day = local_day(ends)
        opens = from_local(datetime.combine(day, self.opens))
        return day if opens < ends else day - timedelta(days=1)


class TemplateStep(Frozen):
    """A step that is to be done ``days`` working days before another step, or the deadline.

    With ``meeting`` it goes to that body's last meeting by then, with papers ``papers`` working
    days ahead unless the calendar says which day. Where none is in reach: if it ``must_meet`` the
    plan says so, else the step counts as any other.
    """

    step: StepName
    days: int = Field(default=0, ge=0, le=_MOST_DAYS)
    before: str
    meeting: str | None = None
    papers: int = Field(default=0, ge=0, le=_MOST_DAYS)
    must_meet: bool = True

    @property
    def state(self) -> State:
        return State(self.step)


class PlanTemplates(Frozen):
    """``templates`` are the steps for each kind, in the order they are done."""

    office_hours: OfficeHours = OfficeHours()
    reminders: Reminders = Reminders()
    templates: Mapping[Kind, tuple[TemplateStep, ...]] = Field(default_factory=dict)

    def steps(self, kind: Kind) -> tuple[TemplateStep, ...]:
        return self.templates.get(kind, ())

    def mistakes(self, bodies: Collection[str]) -> Iterator[tuple[tuple[int | str, ...], str]]:
        """Yield what is wrong, by its place in the file, given the ids of the known bodies."""
        for kind in Kind:
            if kind not in self.templates:
                yield ("templates",), f"mangler malen «{kind}»; hver slags høring må ha en"
        for kind, steps in self.templates.items():
            for number, problem in _mistakes_in(steps, bodies):
                yield ("templates", kind.value, number), problem


def _mistakes_in(
    steps: tuple[TemplateStep, ...], bodies: Collection[str]
) -> Iterator[tuple[int, str]]:
    names = [one.step for one in steps]
    known = ", ".join([*names, DEADLINE])
    if "sent" not in names:
        yield 0, "malen mangler steget «sent»"
    for number, one in enumerate(steps):
        if one.step in names[:number]:
            yield number, f"steget «{one.step}» står to ganger"
        elif number and one.state.rank < steps[number - 1].state.rank:
            yield number, f"«{one.step}» kommer før «{names[number - 1]}» i arbeidet; bytt plass"
        if one.before not in {*names, DEADLINE}:
            yield number, f"ukjent steg «{one.before}» i before, ventet en av: {known}"
        elif ring := _ring(one, steps):
            shown = " → ".join(ring)
            yield number, f"stegene regnes i ring: {shown}; la ett av dem regnes fra et senere steg"
        elif one.before in names[: number + 1]:
            shown = f"«{one.step}» regnes fra «{one.before}», som kommer tidligere"
            yield number, f"{shown}; velg et senere steg"
        if one.meeting is not None and one.meeting not in bodies:
            yield number, f"ukjent organ «{one.meeting}», ventet en av: {', '.join(bodies)}"


def _ring(first: TemplateStep, steps: tuple[TemplateStep, ...]) -> tuple[str, ...]:
    """Return the steps passed on the way back to the first one, or nothing."""
    by_name = {one.step: one for one in steps}
    passed: list[str] = [first.step]
    name = first.before
    while name in by_name and name not in passed:
        passed.append(name)
        name = by_name[name].before
    return (*passed, name) if name == first.step else ()
