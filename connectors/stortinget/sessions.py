"""Which sessions of the Storting to read today. A session runs 1 October - 30 September."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from consultations.domain.calendar import local_day

_FIRST_MONTH = 10
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


def sessions_to_read(now: datetime) -> list[Session]:
    """Return the sessions worth reading, oldest first, the current one last.

    For some weeks the previous session is among them: its last deadlines may still move.
    """
    today = local_day(now)
    current = Session.on(today)
    lingers = today < current.opens + _OLD_SESSION_LINGERS
    return [current.previous, current] if lingers else [current]


def may_be_empty(session: Session, now: datetime) -> bool:
    """Whether no hearings at all is believable: a session just opened, or the summer months."""
    today = local_day(now)
    if session != Session.on(today):
        return False
    just_opened = today < session.opens + _NEW_SESSION_MAY_BE_EMPTY
    return just_opened or _LAST_MONTH_IN_SEASON < today.month < _FIRST_MONTH
