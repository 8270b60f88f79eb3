"""Builders for tests of KS' response: acts, one after the other, and what they are done to."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from consultations.domain.observation import DeadlineKind, Observation
from consultations.domain.people import People, Person
from consultations.domain.response.acts import (
    Act,
    Advanced,
    Assigned,
    Choice,
    Demanded,
    Extended,
    Judged,
    Linked,
    Noted,
    ReceiptFiled,
    Relation,
    State,
    Triaged,
    Undone,
    Verdict,
)
from consultations.domain.response.case import Case
from consultations.domain.response.office import Office
from consultations.domain.response.plan import PlanTemplates
from consultations.domain.response.priorities import Priorities
from consultations.domain.response.work_calendar import WorkCalendar
from consultations.store.consultations import Dossier
from tests.building import at, history

KARI, OLA = "kari-eksempel", "ola-eksempel"

PEOPLE = People(
    people={
        KARI: Person(
            name="Kari Eksempel", email="kari.eksempel@example.org", sections=("oppvekst",)
        ),
        OLA: Person(
            name="Ola Eksempel",
            email="ola.eksempel@example.org",
            sections=("oppvekst",),
            head_of=("oppvekst",),
        ),
    }
)


def office(**given: Any) -> Office:
    """An office where nothing is planned, with Kari and Ola in it."""
    parts: dict[str, Any] = {
        "templates": PlanTemplates(),
        "calendar": WorkCalendar(),
        "people": PEOPLE,
        "priorities": Priorities(),
    }
    return Office(**{**parts, **given})


def triaged(number: int = 1, choice: Choice = Choice.ANSWER, **given: Any) -> Triaged:
    if choice is Choice.NOT_ANSWER:
        given.setdefault("note", "Gjelder ikke kommunene.")
    return Triaged(**{**_who(number), "choice": choice, **given})


def assigned(number: int = 2, owner: str = KARI, **given: Any) -> Assigned:
    return Assigned(**{**_who(number), "owner": owner, **given})


def advanced(number: int, to: State, **given: Any) -> Advanced:
    return Advanced(**{**_who(number), "to": to, **given})


def sent(
    number: int, *deadlines: DeadlineKind, skipped: Sequence[State] = (), **given: Any
) -> Advanced:
    kinds = deadlines or (DeadlineKind.WRITTEN_ANSWER,)
    return advanced(number, State.SENT, deadlines=kinds, skipped=tuple(skipped), **given)


def extended(number: int, until: date, **given: Any) -> Extended:
    facts = {"deadline": DeadlineKind.WRITTEN_ANSWER, "agreed_with": "departementet", **given}
    return Extended(**{**_who(number), "until": until, **facts})


def receipt(number: int, *deadlines: DeadlineKind, **given: Any) -> ReceiptFiled:
    kinds = deadlines or (DeadlineKind.WRITTEN_ANSWER,)
    facts = {"deadlines": kinds, "reference": "26/1234", "sent_at": moment(number - 1), **given}
    return ReceiptFiled(**{**_who(number), **facts})


def demanded(number: int, text: str = "Full finansiering", **given: Any) -> Demanded:
    return Demanded(**{**_who(number), "text": text, **given})


def judged(number: int, demand: int, **given: Any) -> Judged:
    facts = {
        "verdict": Verdict.FOLLOWED,
        "quote": "Departementet er enig.",
        "link": "https://www.regjeringen.no/prop",
        **given,
    }
    return Judged(**{**_who(number), "demand": demand, **facts})


def linked(number: int, to: str, relation: Relation = Relation.JOINT) -> Linked:
    return Linked(**_who(number), relation=relation, to=to)


def noted(number: int, note: str = "Ringte departementet.") -> Noted:
    return Noted(**{**_who(number), "note": note})


def undone(number: int, undoes: int, **given: Any) -> Undone:
    return Undone(**{**_who(number), "undoes": undoes, **given})


def in_state(state: State) -> list[Act]:
    """Acts that bring a new case to a state, with every step on the way skipped that can be."""
    if state is State.NEW:
        return []
    choices = {State.TRIAGED: Choice.LATER, State.NOT_ANSWERING: Choice.NOT_ANSWER,
               State.FOLLOW: Choice.FOLLOW}  # fmt: skip
    acts: list[Act] = [triaged(1, choices.get(state, Choice.ANSWER))]
    if state.rank >= State.ASSIGNED.rank:
        acts.append(assigned(2))
    way = [one for one in State if State.ASSIGNED.rank < one.rank <= state.rank]
    for number, to in enumerate(way, 3):
        match to:
            case State.SENT:
                acts.append(sent(number))
            case State.RECEIPT_FILED:
                acts.append(receipt(number))
            case _:
                acts.append(advanced(number, to))
    return acts


def case_in(state: State) -> Case:
    return Case.of(in_state(state))


def dossier_with(*observations: Observation, **given: Any) -> Dossier:
    """A dossier of these sightings, decided as given."""
    seen = history(*observations)
    return Dossier(given.pop("id", 1), seen.latest.key, seen, given.pop("decided", {}), **given)


def _who(number: int) -> dict[str, Any]:
    return {"number": number, "at": moment(number), "by": "Kari Eksempel"}


def moment(number: int) -> datetime:
    """The time of act ``number``: an hour after the one before."""
    return at(1) + timedelta(hours=number)
