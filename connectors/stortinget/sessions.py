"""Which sessions of the Storting to read today. A session runs 1 October - 30 September."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from consultations.domain.calendar import local_day

_FIRST_MONTH = 10
# Hearings in October may be announced before it, and it is not documented in which list.
_LOOK_AHEAD_FROM_MONTH = 9
_LAST_MONTH_IN_SEASON = 6
_OLD_SESSION_LINGERS = timedelta(weeks=8)
_NEW_SESSION_MAY_BE_EMPTY = timedelta(weeks=2)


@dataclass(frozen=True)
class Session:
    """The session that opened on 1 October of ``year``."""

    year: int

    @classmethod
    def on(cls, day: date) -> "Session":
        return cls(day.year if day.month >= _FIRST_MONTH else day.year - 1)

    @property
    def id(self) -> str:
        """As the API writes it: ``2025-2026``."""
        return f"{self.year}-{self.year + 1}"

    @property
    def opens(self) -> date:
        return date(self.year, _FIRST_MONTH, 1)

    @property
    def previous(self) -> "Session":
        return Session(self.year - 1)

    @property
    def next(self) -> "Session":
        return Session(self.year + 1)


def sessions_to_read(now: datetime) -> list[Session]:
    """Return the sessions worth reading, oldest first.

    For some weeks after 1 October the previous session is among them: its last deadlines may
    still move. In September the next one is, though it may not exist yet.
    """
    today = local_day(now)
    current = Session.on(today)
    lingers = today < current.opens + _OLD_SESSION_LINGERS
    looks_ahead = today.month == _LOOK_AHEAD_FROM_MONTH
    return [*[current.previous] * lingers, current, *[current.next] * looks_ahead]


def may_be_empty(session: Session, now: datetime) -> bool:
    """Whether no hearings at all is believable: before or just after it opens, or in summer."""
    today = local_day(now)
    if session.opens > today:
        return True
    if session != Session.on(today):
        return False
    just_opened = today < session.opens + _NEW_SESSION_MAY_BE_EMPTY
    return just_opened or _LAST_MONTH_IN_SEASON < today.month < _FIRST_MONTH
