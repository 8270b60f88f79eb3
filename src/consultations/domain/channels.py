"""Which channel hears about which sections. KS edits it in ``config/channels.yaml``."""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from consultations.domain.calendar import OSLO
from consultations.domain.decision import BRUSSELS_SECTION, NONE_SECTION, Decision
from consultations.domain.observation import Frozen
from consultations.domain.response.work_calendar import WorkCalendar

Hour = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3])\.[0-5][0-9]$")]
"""A time of day as people write it, in Oslo: ``08.00``."""


class Told(StrEnum):
    """When a channel hears what is not urgent."""

    IMMEDIATELY = "immediately"
    DAILY = "daily"
    """All of the day in one message."""
    DIGEST = "digest"
    """In the weekly mail, and not in Slack."""


class QuietHours(Frozen):
    """From ``start`` to ``end``, over midnight if need be, and all of a day nobody works."""

    start: Hour
    end: Hour

    def cover(self, hour: time) -> bool:
        start, end = hour_of(self.start), hour_of(self.end)
        return start <= hour < end if start <= end else hour >= start or hour < end


class Channel(Frozen):
    """A place people read. ``slack_id`` is needed before anything can be posted to Slack.

    ``daily_at`` is when the one message of the day is posted, on working days.
    """

    name: str = Field(min_length=1, max_length=80)
    slack_id: str | None = Field(default=None, pattern=r"^[CG][A-Z0-9]{6,}$")
    sections: tuple[str, ...] = ()
    told: Told = Told.IMMEDIATELY
    daily_at: Hour = "08.00"
    quiet_hours: QuietHours | None = None

    def hears_from(self, now: datetime, calendar: WorkCalendar) -> datetime | None:
        """Return when what is not urgent may be told (UTC), at the earliest; None for at once."""
        if self.told is Told.DAILY:
            return _next(now, hour_of(self.daily_at), calendar)
        quiet, local = self.quiet_hours, now.astimezone(OSLO)
        if quiet is None:
            return None
        if calendar.is_working_day(local.date()) and not quiet.cover(local.time()):
            return None
        return _next(now, hour_of(quiet.end), calendar)


def hour_of(words: Hour) -> time:
    """Read ``08.00``."""
    return time.fromisoformat(words.replace(".", ":"))


def _next(now: datetime, hour: time, calendar: WorkCalendar) -> datetime:
    """Return the next time (UTC) it is that hour in Oslo on a working day."""
    local = now.astimezone(OSLO)
    day = local.date() if local.time() < hour else local.date() + timedelta(days=1)
    return datetime.combine(calendar.on_or_after(day), hour, OSLO).astimezone(UTC)


class ChannelMap(Frozen):
    """Every channel by id, and the one that takes what a person must decide."""

    channels: dict[str, Channel]
    triage: str

    @model_validator(mode="after")
    def _each_section_stands_once(self) -> Self:
        if self.triage not in self.channels:
            known = ", ".join(self.channels)
            raise ValueError(f"triage: «{self.triage}» er ingen kanal; ventet en av: {known}")
        listed = [s for channel in self.channels.values() for s in channel.sections]
        twice = {s for s in listed if listed.count(s) > 1}
        if twice:
            raise ValueError(f"seksjoner i flere kanaler: {', '.join(sorted(twice))}")
        return self

    def hearing(self, decision: Decision) -> tuple[str, ...]:
        """Return the channels that hear of a decision: lead first, then seconds, then Brussels.

        Where a person must choose the section, triage hears of it in the sections' place.
        """
        by_section = {s: id_ for id_, channel in self.channels.items() for s in channel.sections}
        sections = [] if decision.abstained else [decision.lead, *decision.seconds]
        if decision.brussels:
            sections.append(BRUSSELS_SECTION)
        hearing = [by_section[s] for s in sections if s in by_section and s != NONE_SECTION]
        return tuple(dict.fromkeys([self.triage, *hearing] if decision.abstained else hearing))
