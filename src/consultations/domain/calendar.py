"""Norwegian time and how people write it. Instants are aware UTC; days are Oslo days."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")

MONTHS = (
    "januar", "februar", "mars", "april", "mai", "juni",
    "juli", "august", "september", "oktober", "november", "desember",
)  # fmt: skip


def end_of_day(day: date) -> datetime:
    """Last second of a day in Oslo, as UTC: what a deadline without a time of day means."""
    return datetime.combine(day, time(23, 59, 59), OSLO).astimezone(UTC)


def from_local(moment: datetime) -> datetime:
    """Read a datetime without offset as Oslo wall-clock time. Returns UTC."""
    return moment.replace(tzinfo=OSLO).astimezone(UTC)


def local_day(instant: datetime) -> date:
    return instant.astimezone(OSLO).date()


def format_day(day: date) -> str:
    """``16. oktober 2026``."""
    return f"{day.day}. {MONTHS[day.month - 1]} {day.year}"


def format_instant(instant: datetime) -> str:
    """``16. oktober 2026 kl. 09.00`` in Oslo time."""
    local = instant.astimezone(OSLO)
    return f"{format_day(local.date())} kl. {local:%H.%M}"


def days_left(deadline: datetime, now: datetime) -> int:
    """Calendar days in Oslo from today to the deadline's day; negative when it has passed."""
    return (local_day(deadline) - local_day(now)).days


def days_left_in_words(deadline: datetime, now: datetime) -> str:
    """``i dag``, ``i morgen``, ``om 5 dager``, ``gikk ut i går`` and so on."""
    days = days_left(deadline, now)
    if deadline < now and days == 0:
        return "gikk ut i dag"
    named = {0: "i dag", 1: "i morgen", -1: "gikk ut i går"}
    if days in named:
        return named[days]
    return f"om {days} dager" if days > 0 else f"gikk ut for {-days} dager siden"
