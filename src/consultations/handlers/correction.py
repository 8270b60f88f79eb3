"""Correction: a person says where a matter belongs, and is believed from then on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from consultations.clock import Clock
from consultations.domain.correction import LONGEST_NAME, LONGEST_REASON, Correction
from consultations.domain.decision import NONE_SECTION
from consultations.domain.errors import InvalidRecord, NotFound
from consultations.domain.events import Event
from consultations.domain.foreign_text import plain
from consultations.store import consultations, outbox
from consultations.store.consultations import Dossier
from consultations.store.database import Session


@dataclass(frozen=True)
class Wish:
    """What a person asks for, as it was typed. None leaves that side as it is."""

    by: str
    lead: str | None = None
    brussels: bool | None = None
    reason: str = ""


class Refused(InvalidRecord):
    """A wish that cannot be followed. ``field`` is the one to mend: by, lead or reason."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field


@dataclass(frozen=True)
class Corrected:
    """A matter with the correction in force. Not ``is_new`` when the same stood there already."""

    dossier: Dossier
    is_new: bool


def correct(
    session: Session, key: str, wish: Wish, sections: Mapping[str, str], clock: Clock
) -> Corrected:
    """Keep a correction, show it in lists, and queue its event, in one transaction.

    That the tracker was right is worth keeping too. What the same person said last, word for
    word, is not kept twice. ``sections`` names those a matter can be given to. Raises ``Refused``,
    or ``NotFound`` when there is no such consultation.
    """
    wish = _readable(wish, sections)
    consultations.hold(session, {key})
    dossier = consultations.find(session, {key}).get(key)
    if dossier is None:
        raise NotFound(
            f"Det finnes ingen høring med nummeret «{key[:200]}». Nummeret står på høringens side, "
            "for eksempel regjeringen:3167072."
        )
    if dossier.decision is None:
        raise Refused(
            "lead", "Sporeren har ikke lest ferdig denne teksten. Vent et minutt, og prøv igjen."
        )
    if _stands_already(wish, dossier.corrections):
        return Corrected(dossier, is_new=False)
    return Corrected(_keep(session, dossier, wish, clock), is_new=True)


def _keep(session: Session, dossier: Dossier, wish: Wish, clock: Clock) -> Dossier:
    correction = Correction(
        at=_after_all_of(dossier, clock()),
        seen_at=dossier.history.sightings[-1].observation.observed_at,
        by=wish.by,
        lead=wish.lead,
        brussels=wish.brussels,
        reason=wish.reason,
    )
    event = Event.of_correction(dossier.key, correction)
    consultations.keep_corrections(session, [event])
    outbox.write(session, [event])
    changed = consultations.find(session, {dossier.key})[dossier.key]
    assert changed.decision
    consultations.show(session, {changed.id: changed.decision})
    return changed


def _after_all_of(dossier: Dossier, now: datetime) -> datetime:
    """Return now, or just after what is known where the clock of another was ahead of ours.

    So the last word is always the one said last, and it is about all that had been seen.
    """
    known = [dossier.history.sightings[-1].observation.observed_at]
    known += [one.at for one in dossier.corrections[-1:]]
    return max(now, max(known) + timedelta(microseconds=1))


def _stands_already(wish: Wish, said: Sequence[Correction]) -> bool:
    """Tell whether the last word on every side it is about was the very same one."""
    about_lead = [one for one in said if one.lead is not None][-1:]
    about_brussels = [one for one in said if one.brussels is not None][-1:]
    sides = [about_lead] if wish.lead is not None else []
    sides += [about_brussels] if wish.brussels is not None else []
    return all(side and _as_wish(side[0]) == wish for side in sides)


def _as_wish(correction: Correction) -> Wish:
    return Wish(correction.by, correction.lead, correction.brussels, correction.reason)


def _readable(wish: Wish, sections: Mapping[str, str]) -> Wish:
    """Return the wish without what nobody can see. Raises ``Refused``."""
    by, reason = plain(wish.by), plain(wish.reason)
    if not by:
        raise Refused("by", "Skriv navnet ditt, så andre ser hvem som har rettet.")
    if len(by) > LONGEST_NAME:
        raise Refused("by", f"Navnet er for langt. Bruk høyst {LONGEST_NAME} tegn.")
    if len(reason) > LONGEST_REASON:
        raise Refused("reason", f"Grunnen er for lang. Bruk høyst {LONGEST_REASON} tegn.")
    if wish.lead is None and wish.brussels is None:
        raise Refused("lead", "Velg en seksjon, eller svar på om saken gjelder EU/EØS.")
    if wish.lead == NONE_SECTION and wish.brussels:
        raise Refused(
            "lead",
            "En sak som ikke er for KS, kan ikke også være en EU/EØS-sak for KS. "
            "Velg en seksjon, eller svar nei på EU/EØS.",
        )
    if wish.lead is not None and wish.lead not in sections:
        raise Refused(
            "lead", f"Ukjent seksjon «{wish.lead[:80]}», ventet en av: {', '.join(sections)}."
        )
    return Wish(by, wish.lead, wish.brussels, reason)
