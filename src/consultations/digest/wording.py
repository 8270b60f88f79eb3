"""How the mail says days, deadlines, senders and counts. Foreign words are made harmless here."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache

from consultations.domain.calendar import end_of_day, format_day, format_instant, local_day
from consultations.domain.change import DEADLINE_NAMES
from consultations.domain.foreign_text import plain
from consultations.domain.observation import Deadline, Observation
from consultations.domain.response.acts import VERDICT_WORDS
from consultations.domain.response.case import Demand

WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")

LONGEST_TITLE = 200
LONGEST_LINE = 300
SENDERS_SHOWN = 3


@lru_cache(maxsize=8192)  # the same titles and senders go to many readers
def line(text: str, limit: int = LONGEST_LINE) -> str:
    """Return foreign words on one line, without what nobody sees, and not too long."""
    seen = plain(text)
    return seen if len(seen) <= limit else seen[: limit - 1].rstrip() + "…"


def day(value: date) -> str:
    """``fredag 14. august 2026``."""
    return f"{WEEKDAYS[value.weekday()]} {format_day(value)}"


def moment(at: datetime) -> str:
    """Say an instant; the end of an Oslo day is that day."""
    on = local_day(at)
    if at == end_of_day(on):
        return day(on)
    return f"{WEEKDAYS[on.weekday()]} {format_instant(at)}"


def deadline(stated: Deadline, now: datetime) -> str:
    """``Fristen for å svare er fredag 14. august 2026.``, or when it passed."""
    said = "var" if stated.at < now else "er"
    return f"{DEADLINE_NAMES[stated.kind]} {said} {moment(stated.at)}."


def deadlines(seen: Observation, now: datetime) -> str:
    """Say every deadline to act on, or that none is stated."""
    stated = [deadline(one, now) for one in seen.deadlines_to_act_on]
    return line(" ".join(stated)) if stated else "Fristen er ikke oppgitt."


def senders(seen: Observation) -> str | None:
    names = [line(name, 120) for name in seen.senders if plain(name)]
    if not names:
        return None
    more = len(names) - SENDERS_SHOWN
    return f"Fra {listed(names[:SENDERS_SHOWN], more)}."


def listed(names: Iterable[str], more: int = 0) -> str:
    """List names: ``A``, ``A og B``, ``A, B og C``, ``A, B og 3 til``."""
    parts = [*names, *([f"{more} til"] if more > 0 else [])]
    head, last = parts[:-1], parts[-1]
    return f"{', '.join(head)} og {last}" if head else last


def counted(count: int, one: str, several: str) -> str:
    """``ingen nye høringer``, ``1 ny høring``, ``12 nye høringer``."""
    if count == 0:
        return f"ingen {several}"
    return f"{count} {one if count == 1 else several}"


def outcome(demands: Iterable[Demand]) -> str:
    """``3 krav: 1 fulgt, 1 delvis fulgt, 1 ikke vurdert ennå.``."""
    verdicts = [demand.verdict for demand in demands]
    if not verdicts:
        return "Ingen krav er ført opp."
    counts = [f"{verdicts.count(v)} {said}" for v, said in VERDICT_WORDS.items() if v in verdicts]
    if None in verdicts:
        counts.append(f"{verdicts.count(None)} ikke vurdert ennå")
    return f"{len(verdicts)} krav: {', '.join(counts)}."


def period(since: datetime, until: datetime) -> str:
    """``fra mandag 29. juni 2026 kl. 07.00 til mandag 6. juli 2026 kl. 07.00``."""
    return f"fra {exactly(since)} til {exactly(until)}"


def exactly(at: datetime) -> str:
    """``mandag 6. juli 2026 kl. 07.00`` in Oslo."""
    return f"{WEEKDAYS[local_day(at).weekday()]} {format_instant(at)}"
