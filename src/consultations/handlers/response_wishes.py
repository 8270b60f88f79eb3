"""What a person asks for in a response case, and the act it becomes if it can be read."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from pydantic import ValidationError

from consultations.domain.errors import InvalidRecord
from consultations.domain.foreign_text import plain
from consultations.domain.observation import DeadlineKind
from consultations.domain.response.acts import ACT, Act, Choice, Relation, State, Verdict
from consultations.domain.response.office import Office


class Refused(InvalidRecord):
    """A wish that cannot be followed. ``field`` names the one to mend, if it is one."""

    def __init__(self, words: str, remedy: str = "", field: str | None = None) -> None:
        super().__init__(f"{words} {remedy}".strip())
        self.words, self.remedy, self.field = words, remedy, field


class Conflict(InvalidRecord):
    """Others have done something since the person looked: ``since``. Nothing was kept."""

    def __init__(self, words: str, since: tuple[Act, ...]) -> None:
        super().__init__(words)
        self.since = since


@dataclass(frozen=True)
class Triage:
    """``lead`` and ``brussels`` are None where they are left as they are."""

    kind: ClassVar[str] = "triaged"
    choice: Choice
    headings: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    lead: str | None = None
    brussels: bool | None = None


@dataclass(frozen=True)
class Assign:
    """``lead`` and ``brussels`` are None where they are left as they are."""

    kind: ClassVar[str] = "assigned"
    owner: str
    deputy: str | None = None
    lead: str | None = None
    contributing: tuple[str, ...] = ()
    brussels: bool | None = None


@dataclass(frozen=True)
class Advance:
    """``deadlines`` None, when an answer is sent, means the only one left."""

    kind: ClassVar[str] = "advanced"
    to: State
    skipped: tuple[State, ...] = ()
    deadlines: tuple[DeadlineKind, ...] | None = None
    link: str | None = None


@dataclass(frozen=True)
class Extend:
    """``deadline`` None means the only one left. ``until`` is an Oslo day."""

    kind: ClassVar[str] = "extended"
    until: date
    agreed_with: str
    deadline: DeadlineKind | None = None


@dataclass(frozen=True)
class FileReceipt:
    """``deadlines`` None means those without a receipt, ``sent_at`` None when it was said sent."""

    kind: ClassVar[str] = "receipt_filed"
    reference: str = ""
    sent_at: datetime | None = None
    sha256: str | None = None
    link: str | None = None
    deadlines: tuple[DeadlineKind, ...] | None = None


@dataclass(frozen=True)
class Demand:
    kind: ClassVar[str] = "demanded"
    text: str


@dataclass(frozen=True)
class Judge:
    kind: ClassVar[str] = "judged"
    demand: int
    verdict: Verdict
    quote: str = ""
    link: str | None = None


@dataclass(frozen=True)
class Link:
    kind: ClassVar[str] = "linked"
    relation: Relation
    to: str


@dataclass(frozen=True)
class Note:
    kind: ClassVar[str] = "noted"


@dataclass(frozen=True)
class Undo:
    """``undoes`` None means the latest act that stands; no other can be undone."""

    kind: ClassVar[str] = "undone"
    undoes: int | None = None


What = Triage | Assign | Advance | Extend | FileReceipt | Demand | Judge | Link | Note | Undo


@dataclass(frozen=True)
class Wish:
    """What a person asks for, as it was typed, and the version of the case that they saw.

    ``expects`` None means as it stands now.
    """

    by: str
    what: What = field(default_factory=Note)
    note: str = ""
    expects: int | None = None


FIELD_NAMES = {
    "by": "Navnet",
    "note": "Merknaden",
    "reference": "Referansen",
    "sha256": "Filens sha256",
    "link": "Lenken",
    "text": "Kravet",
    "quote": "Sitatet",
    "agreed_with": "Hvem det er avtalt med",
    "owner": "Saksansvarlig",
    "deputy": "Stedfortreder",
    "contributing": "Seksjonene som bidrar",
    "headings": "Overskriftene",
    "goals": "Målene",
    "lead": "Seksjonen",
    "to": "Nummeret til den andre høringen",
}
"""What the fields that people fill in are called when something is wrong with them."""


def as_act(wish: Wish, number: int, moment: datetime) -> Act:
    """Return the act without what nobody can see in its words. Raises ``Refused``."""
    fields = {name: _readable(value) for name, value in asdict(wish.what).items()}
    by, note = plain(wish.by), plain(wish.note)
    if not by:
        raise Refused(
            "Navnet mangler.", "Skriv navnet ditt, så andre ser hvem som gjorde det.", "by"
        )
    who = {"kind": wish.what.kind, "number": number, "at": moment, "by": by, "note": note}
    try:
        return ACT.validate_python({**fields, **who})
    except ValidationError as problem:
        raise _refusal(problem) from problem


def check_known(wish: Wish, office: Office, sections: Collection[str]) -> None:
    """Raise ``Refused`` when a wish names a person, a section or a heading that is not there."""
    for name, value, known, file in _references(wish.what, office, sections):
        if value not in known:
            raise Refused(
                f"{FIELD_NAMES[name]}: «{plain(value)[:80]}» står ikke i {file}.",
                f"Velg en av: {', '.join(known)}." if known else f"Fyll ut {file} først.",
                name,
            )


def _references(
    what: What, office: Office, sections: Collection[str]
) -> Iterator[tuple[str, str, Collection[str], str]]:
    """Yield each id that a wish names: its field, itself, those there are and where they stand."""
    said = asdict(what)
    places: Mapping[str, tuple[Collection[str], str]] = {
        "owner": (office.people.people, "config/people.yaml"),
        "deputy": (office.people.people, "config/people.yaml"),
        "lead": (sections, "config/sections.yaml"),
        "contributing": (sections, "config/sections.yaml"),
        "headings": (office.priorities.names, "config/priorities.yaml"),
        "goals": (office.priorities.names, "config/priorities.yaml"),
    }
    for name, (known, file) in places.items():
        value = said.get(name)
        for one in (value,) if isinstance(value, str) else value or ():
            yield name, one, known, file


def _readable(value: Any) -> Any:
    """Return words on one line, and a choice left empty as none made."""
    if type(value) is str:
        return plain(value)
    return tuple(map(_readable, value)) if isinstance(value, tuple) else value


def _refusal(problem: ValidationError) -> Refused:
    first = problem.errors(include_url=False, include_input=False)[0]
    place = [str(part) for part in first["loc"]]
    name = next((part for part in place if part in FIELD_NAMES), place[-1] if place else "")
    shown = FIELD_NAMES.get(name, f"Feltet «{name}»")
    longest = first.get("ctx", {}).get("max_length")
    match first["type"]:
        case "string_too_long":
            return Refused(f"{shown} er for langt.", f"Bruk høyst {longest} tegn.", name)
        case "too_long":
            return Refused(f"{shown}: for mange.", f"Oppgi høyst {longest}.", name)
        case "string_too_short":
            return Refused(f"{shown} mangler.", "Fyll det ut.", name)
        case _:
            return Refused(f"{shown} er ikke gyldig.", "Rett det, og prøv igjen.", name)
