"""What a reminder says, and why it came to just you. Days are named: it may be read late."""

from datetime import date

from consultations.domain.calendar import OSLO, format_day, local_day
from consultations.domain.observation import Deadline, DeadlineKind
from consultations.domain.response.acts import State
from consultations.domain.response.goals import Awaited
from consultations.domain.response.ladder import MISSED, Reminder
from consultations.domain.response.reminders import Role

WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")

_TO_DO = {
    State.TRIAGED: ("Saken skal være vurdert", "Saken skulle vært vurdert"),
    State.ASSIGNED: ("Saken skal være fordelt", "Saken skulle vært fordelt"),
    State.MEMBER_INPUT: (
        "Innspillene fra medlemmene skal være inne",
        "Innspillene fra medlemmene skulle vært inne",
    ),
    State.DRAFT: ("Utkastet skal være ferdig", "Utkastet skulle vært ferdig"),
    State.LEGAL_CHECK: (
        "Den juridiske kontrollen skal være ferdig",
        "Den juridiske kontrollen skulle vært ferdig",
    ),
    State.BOARD: (
        "Den politiske behandlingen skal være ferdig",
        "Den politiske behandlingen skulle vært ferdig",
    ),
    State.APPROVED: ("Svaret skal være godkjent", "Svaret skulle vært godkjent"),
    State.SENT: ("Svaret skal være sendt", "Svaret skulle vært sendt"),
}
"""Each step before and after its day."""

_DEADLINES = {
    DeadlineKind.WRITTEN_ANSWER: "for å svare",
    DeadlineKind.REQUEST_TO_APPEAR: "for å be om å få møte i høringen",
    DeadlineKind.EU_FEEDBACK: "for å svare EU",
}


def what(awaited: Awaited, reminder: Reminder) -> str:
    """``Utkastet skal være ferdig senest torsdag 1. oktober 2026.``, or that it should have."""
    missed = reminder.rung == MISSED
    if isinstance(awaited.what, Deadline):
        return _of_deadline(awaited.what, missed=missed)
    before, after = _TO_DO.get(awaited.what.step, _OTHER)
    says = f"{after if missed else before} senest {with_weekday(awaited.what.due)}"
    return f"{says}, men det er ikke merket som gjort." if missed else f"{says}."


def why(role: Role, reminder: Reminder, section: str | None, *, is_claimed: bool) -> str:
    """Say why this person, or this channel, is told. ``section`` is the name of the lead."""
    reason = _reason(reminder, is_claimed=is_claimed)
    match role:
        case Role.OWNER:
            return "Du får vite det fordi du er saksansvarlig."
        case Role.DEPUTY:
            return f"Du får vite det fordi du er stedfortreder, og {reason}."
        case Role.HEAD:
            leads = f"leder seksjonen {section}" if section else "leder seksjonen"
            return f"Du får vite det fordi du {leads}, og {reason}."
        case Role.CHANNEL:
            return f"Kanalen får vite det fordi {reason}."


def _reason(reminder: Reminder, *, is_claimed: bool) -> str:
    if not is_claimed:
        return "saken mangler saksansvarlig"
    if reminder.previous is None:
        return "fristen er gått ut" if reminder.rung == MISSED else "ingen har gjort noe i saken"
    since = with_weekday(local_day(reminder.previous))
    return f"ingen har gjort noe i saken siden {since}"


def _of_deadline(deadline: Deadline, *, missed: bool) -> str:
    name = _DEADLINES[deadline.kind]
    moment = with_weekday(local_day(deadline.at)) + _time(deadline)
    if missed:
        return f"Fristen {name} gikk ut {moment}, og det er ikke registrert at noe er sendt."
    return f"Fristen {name} er {moment}, og det er ikke registrert at noe er sendt."


def _time(deadline: Deadline) -> str:
    if deadline.precision == "date":
        return ""
    return f" kl. {deadline.at.astimezone(OSLO):%H.%M}"


def with_weekday(day: date) -> str:
    """``torsdag 1. oktober 2026``."""
    return f"{WEEKDAYS[day.weekday()]} {format_day(day)}"


_OTHER = ("Neste steg skal være gjort", "Neste steg skulle vært gjort")
