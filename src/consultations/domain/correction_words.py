"""How people are told that somebody moved a matter, or overruled its EU/EEA mark."""

from collections.abc import Container, Mapping

from consultations.domain.calendar import format_day, local_day
from consultations.domain.correction import Correction
from consultations.domain.decision import BRUSSELS_SECTION, NONE_SECTION


def signed(correction: Correction) -> str:
    """Say who, when and why: ``Kari Nordmann 22. november 2026: grunnen.``."""
    day = format_day(local_day(correction.at))
    words = ": ".join(part for part in (f"{correction.by} {day}", correction.reason) if part)
    return words if words.endswith((".", "!", "?")) else f"{words}."


def to_a_channel(correction: Correction, here: Container[str], names: Mapping[str, str]) -> str:
    """Say it to a channel of the sections ``here`` that got the matter by it, or lost it.

    ``names`` gives the Norwegian name of each section id.
    """
    if correction.lead is not None and correction.lead in here:
        return f"Flyttet hit av {signed(correction)}"
    if correction.lead is None or (BRUSSELS_SECTION in here and correction.brussels is not None):
        done = "Merket som EU/EØS-sak" if correction.brussels else "EU/EØS-merket er tatt bort"
        return f"{done} av {signed(correction)}"
    if correction.lead == NONE_SECTION:
        return f"Satt til «ikke for KS» av {signed(correction)}"
    return f"Flyttet til {names.get(correction.lead, correction.lead)} av {signed(correction)}"
