"""Who reads the weekly mail, what each follows, and when it goes out. ``config/readers.yaml``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from consultations.domain.calendar import from_local, local_day
from consultations.domain.errors import NotFound
from consultations.domain.observation import Frozen

ReaderId = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$", max_length=60)]
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[^@\s<>\"]+\.[^@\s<>\"]+")
_WEEK = re.compile(r"(\d{4})-W(\d{2})")


class Weekday(StrEnum):
    """In the order of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def number(self) -> int:
        """1 for Monday, as in ISO weeks."""
        return list(Weekday).index(self) + 1


class WhenNothing(StrEnum):
    """What a reader gets in a week with nothing to read."""

    SHORT = "short"
    SILENT = "silent"
    """No mail, unless a source has not been seen: then nothing found means little."""


class Reader(Frozen):
    """``sections`` are section ids. ``leadership`` reads everything there is.

    ``members`` reads everything too, but of KS' own work only what KS has sent, and what came of
    it. ``brussels`` reads everything that EU or EEA law is in, beside the sections.
    """

    name: str = Field(min_length=1, max_length=80)
    email: str = Field(max_length=200)
    sections: tuple[str, ...] = ()
    brussels: bool = False
    leadership: bool = False
    members: bool = False
    when_nothing: WhenNothing = WhenNothing.SHORT

    @field_validator("email")
    @classmethod
    def _is_an_address(cls, email: str) -> str:
        if not _ADDRESS.fullmatch(email):
            raise ValueError(
                f"email: «{email}» er ingen e-postadresse; skriv navn@sted.no, uten æ, ø, å eller "
                "mellomrom foran @"
            )
        return email

    @model_validator(mode="after")
    def _follows_something(self) -> Self:
        if not (self.sections or self.brussels or self.leadership or self.members):
            raise ValueError(
                "leseren følger ingenting; sett sections, brussels, leadership eller members"
            )
        if self.members and (self.sections or self.leadership or self.brussels):
            raise ValueError(
                "members er for lesere utenfor KS og står alene; fjern den, eller fjern sections, "
                "brussels og leadership"
            )
        return self

    @property
    def follows_all(self) -> bool:
        return self.leadership or self.members


@dataclass(frozen=True)
class Sending:
    """One week's mail: ``week`` (``2026-W28``), and when it goes out (UTC)."""

    week: str
    at: datetime


class Readers(Frozen):
    """Every reader by id. The mail goes out every ``day`` at ``time`` (Oslo, ``07.00``)."""

    day: Weekday = Weekday.MONDAY
    time: str = "07.00"
    readers: Mapping[ReaderId, Reader] = Field(default_factory=dict)

    @field_validator("time")
    @classmethod
    def _is_a_time_of_day(cls, written: str) -> str:
        if not re.fullmatch(r"([01]\d|2[0-3])\.[0-5]\d", written):
            raise ValueError(f'time: «{written}» er ikke et klokkeslett; skriv det slik: "07.00"')
        return written

    @model_validator(mode="after")
    def _nobody_stands_twice(self) -> Self:
        addresses = [reader.email.lower() for reader in self.readers.values()]
        twice = {address for address in addresses if addresses.count(address) > 1}
        if twice:
            raise ValueError(
                f"samme adresse hos flere lesere ({', '.join(sorted(twice))}); slå dem sammen til "
                "én, så ingen får to"
            )
        return self

    def last_sending(self, now: datetime) -> Sending:
        """Return the last sending whose time has come."""
        this = self._in_week_of(local_day(now))
        return this if this.at <= now else self._in_week_of(local_day(now) - timedelta(days=7))

    def next_sending(self, now: datetime) -> Sending:
        """Return the first sending whose time has not come."""
        this = self._in_week_of(local_day(now))
        return this if this.at > now else self._in_week_of(local_day(now) + timedelta(days=7))

    def before(self, sending: Sending, weeks: int) -> Sending:
        """Return the sending so many weeks earlier: at the same time of day in Oslo."""
        return self._in_week_of(local_day(sending.at) - timedelta(weeks=weeks))

    def of_week(self, week: str) -> Sending:
        """Return the sending of a week written ``2026-W28``. Raises ``NotFound``."""
        problem = NotFound(f"«{week}» er ingen uke. Skriv år og uke slik: 2026-W28.")
        written = _WEEK.fullmatch(week)
        if written is None:
            raise problem
        try:
            return self._in_week_of(date.fromisocalendar(int(written[1]), int(written[2]), 1))
        except (ValueError, OverflowError):
            raise problem from None

    def _in_week_of(self, day: date) -> Sending:
        year, week, _ = day.isocalendar()
        on = date.fromisocalendar(year, week, self.day.number)
        clock = time.fromisoformat(self.time.replace(".", ":"))
        return Sending(f"{year}-W{week:02}", from_local(datetime.combine(on, clock)))
