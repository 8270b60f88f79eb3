"""Every way the Storting writes a moment, read through one function.

Wall clock is Norwegian. A clock time of exactly midnight means «that day», as the API has no
type for a day alone; a deadline meant as late as possible is served as 23:59.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from consultations.domain.calendar import OSLO, end_of_day, from_local, local_day
from consultations.domain.errors import InvalidRecord
from consultations.domain.observation import Deadline, DeadlineKind, FoundIn

_XML = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_JSON = re.compile(r"/Date\((-?\d{1,17})([+-]\d{4})?\)/", re.ASCII)
_STEP = re.compile(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d", re.ASCII)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_SET = date(1, 1, 1)
_BELIEVABLE = range(1814, 2200)


@dataclass(frozen=True)
class Moment:
    """A day, or a day with a time. ``at`` is UTC: midnight in Oslo when only the day is given."""

    at: datetime
    has_time: bool
    text: str

    @property
    def day(self) -> date:
        return local_day(self.at)

    @property
    def last(self) -> datetime:
        """The last instant (UTC) this can mean."""
        return self.at if self.has_time else end_of_day(self.day)

    def as_deadline(self, kind: DeadlineKind) -> Deadline:
        if not self.has_time:
            return Deadline.on(kind, self.day, FoundIn.FIELD, self.text)
        found = FoundIn.FIELD
        return Deadline(
            kind=kind, at=self.at, precision="datetime", found_in=found, quote=self.text
        )


def read_moment(text: str | None) -> Moment | None:
    """Read a date field in any form the Storting serves; ``None`` when it is not set.

    Forms: ``2014-10-14T00:00:00`` (wall clock, or with an offset), ``/Date(ms+offset)/`` (the
    milliseconds are UTC, the offset only says how the server would show it) and
    ``21.10.2025 00:00:00``. Year 1 stands for «not set» in each of them. A time the clock shows
    twice is read as the first of the two. Raises ``InvalidRecord`` for anything else.
    """
    text = (text or "").strip()
    if not text:
        return None
    try:
        at = _instant(text)
    except (ValueError, OverflowError) as error:
        raise InvalidRecord(f"datoen «{text[:60]}» lar seg ikke lese ({error})") from error
    if at is None:
        return None
    local = at.astimezone(OSLO)
    return Moment(at=at, has_time=(local.hour, local.minute, local.second) != (0, 0, 0), text=text)


def _instant(text: str) -> datetime | None:
    if json := _JSON.fullmatch(text):
        written = _EPOCH + timedelta(milliseconds=int(json[1]))
    elif _XML.fullmatch(text):
        written = datetime.fromisoformat(text)
    elif _STEP.fullmatch(text):
        written = datetime.strptime(text, "%d.%m.%Y %H:%M:%S")  # noqa: DTZ007 - wall clock
    else:
        raise ValueError("ukjent form")
    if written.date() == _NOT_SET:
        return None
    if written.year not in _BELIEVABLE:
        raise ValueError(f"året {written.year} er ikke til å tro")
    return written.astimezone(UTC) if written.tzinfo else from_local(written)
