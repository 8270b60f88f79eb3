"""Which sources we have seen, and which we may be blind for: judged once, said the same to all."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum

from consultations.domain.calendar import format_instant
from consultations.store.tables import SourceRow

BLIND_AFTER = timedelta(hours=24)


class Sight(Enum):
    """How well a source is seen; the value is how people are told."""

    NEVER = "Aldri sett"
    STOPPED = "Stanset"
    FAILING = "Feiler"
    SILENT = "Taus"
    SEEN = "I orden"


def sight(row: SourceRow, now: datetime) -> Sight:
    if row.last_success_at is None and row.last_error is None:
        return Sight.NEVER
    if row.stopped:
        return Sight.STOPPED
    if row.last_error is not None:
        return Sight.FAILING
    return Sight.SILENT if _is_silent(row, now) else Sight.SEEN


def blindness(
    name: str, row: SourceRow, now: datetime, say: Callable[[datetime], str] = format_instant
) -> str | None:
    """Say when something may have been published without us seeing it; None when we have sight."""
    if row.last_success_at is None:
        return f"Vi kan være blinde for «{name}»: kilden er aldri sett."
    if row.stopped or _is_silent(row, now):
        return f"Vi kan være blinde for «{name}»: sist hentet {say(row.last_success_at)}."
    return None


def _is_silent(row: SourceRow, now: datetime) -> bool:
    return row.last_success_at is None or now - row.last_success_at > BLIND_AFTER
