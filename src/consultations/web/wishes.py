"""Reads each form about a response into what a person asks for."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import TypeVar

from consultations.domain.calendar import from_local
from consultations.domain.observation import DeadlineKind
from consultations.domain.response import rules
from consultations.domain.response.acts import Choice, Relation, State, Verdict
from consultations.domain.response.case import Case
from consultations.handlers.response import (
    Advance,
    Assign,
    Demand,
    Extend,
    FileReceipt,
    Judge,
    Link,
    Note,
    Refused,
    Triage,
)
from consultations.handlers.response_wishes import Undo, What
from consultations.web.form import Typed
from consultations.web.views import response_forms as forms
from consultations.web.views.act_fields import YES, YES_OR_NO, named

E = TypeVar("E", bound=StrEnum)

FIELDS = {
    "by": "navn", "note": "merknad", "reference": "referanse", "sha256": "kontrollsum",
    "link": "lenke", "text": "krav", "quote": "sitat", "agreed_with": "avtalt",
    "owner": "ansvarlig", "deputy": "stedfortreder", "contributing": "bidrar",
    "headings": "overskrifter", "goals": "mal", "lead": "seksjon", "to": "sak",
    "deadlines": "frister", "deadline": "frist", "until": "til",
}  # fmt: skip
"""What the handlers' fields are called in our forms."""


def read(form: str, typed: Typed, case: Case) -> What:
    """Return what a form asks for. Raises ``Refused``, with the form's own name of the field."""
    return _READERS[form](typed, case)


def _triage(typed: Typed, _: Case) -> Triage:
    return Triage(
        choice=_chosen(Choice, typed, "valg", "Velg om KS skal svare."),
        headings=typed.several("overskrifter"),
        goals=typed.several("mal"),
    )


def _assign(typed: Typed, _: Case) -> Assign:
    owner = typed.one("ansvarlig")
    if not owner:
        raise Refused("Saken må ha en saksansvarlig.", "Velg en person.", "ansvarlig")
    return Assign(
        owner=owner,
        deputy=typed.one("stedfortreder") or None,
        lead=typed.one("seksjon") or None,
        contributing=typed.several("bidrar"),
        brussels=YES_OR_NO.get(typed.one("brussel")),
    )


def _advance(typed: Typed, case: Case) -> Advance:
    to = _chosen(State, typed, "til", "Velg hvor saken skal.")
    skipped = () if to in rules.earlier_states(case) else rules.passed_over(case, to)
    _check_confirmed(typed, skipped)
    return Advance(to=to, skipped=skipped, link=_link(typed) if to is State.PUBLISHED else None)


def _sending(typed: Typed, case: Case) -> Advance:
    skipped = () if rules.is_sent(case) else rules.passed_over(case, State.SENT)
    deadlines = _kinds(typed)
    _check_confirmed(typed, skipped)
    return Advance(to=State.SENT, skipped=skipped, deadlines=deadlines)


def _receipt(typed: Typed, _: Case) -> FileReceipt:
    return FileReceipt(
        reference=typed.one("referanse"),
        sent_at=_moment(typed),
        sha256=typed.one("kontrollsum").strip().lower() or None,
        link=_link(typed),
        deadlines=_kinds(typed),
    )


def _extension(typed: Typed, _: Case) -> Extend:
    kind = typed.one("frist")
    return Extend(
        until=_day(typed, "til"),
        agreed_with=typed.one("avtalt"),
        deadline=_chosen(DeadlineKind, typed, "frist", "Velg hvilken frist.") if kind else None,
    )


def _demand(typed: Typed, _: Case) -> Demand:
    return Demand(typed.one("krav"))


def _verdict(typed: Typed, _: Case) -> Judge:
    number = typed.one("krav")
    if not _is_number(number):
        raise Refused("Det mangler hvilket krav det gjelder.", "Velg et krav.", "krav")
    return Judge(
        demand=int(number),
        verdict=_chosen(Verdict, typed, "utfall", "Velg hva det ble til."),
        quote=typed.one("sitat"),
        link=_link(typed),
    )


def _connection(typed: Typed, _: Case) -> Link:
    relation = _chosen(Relation, typed, "hvordan", "Velg hvordan de henger sammen.")
    return Link(relation, typed.one("sak"))


def _note(_typed: Typed, _: Case) -> Note:
    return Note()


def _undo(typed: Typed, _: Case) -> Undo:
    number = typed.one(forms.UNDOES)
    return Undo(int(number) if _is_number(number) else None)


_READERS: Mapping[str, Callable[[Typed, Case], What]] = {
    forms.TRIAGE: _triage,
    forms.ASSIGN: _assign,
    forms.ADVANCE: _advance,
    forms.SENT: _sending,
    forms.RECEIPT: _receipt,
    forms.EXTENSION: _extension,
    forms.DEMAND: _demand,
    forms.VERDICT: _verdict,
    forms.LINK: _connection,
    forms.NOTE: _note,
    forms.UNDO: _undo,
}


def version(typed: Typed) -> int | None:
    """Return the version of the case that the form was made from; None where it is not ours."""
    written = typed.one(forms.VERSION)
    return int(written) if _is_number(written) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9  # noqa: PLR2004 - fits any database


def _chosen(kind: type[E], typed: Typed, field: str, remedy: str) -> E:
    try:
        return kind(typed.one(field))
    except ValueError:
        raise Refused("Et valg mangler.", remedy, field) from None


def _kinds(typed: Typed) -> tuple[DeadlineKind, ...] | None:
    """Return the deadlines that are ticked; None where none is, so that the only one is meant."""
    try:
        return tuple(DeadlineKind(one) for one in typed.several("frister")) or None
    except ValueError:
        raise Refused("Fristen er ukjent.", "Velg blant fristene i skjemaet.", "frister") from None


def _check_confirmed(typed: Typed, skipped: tuple[State, ...]) -> None:
    if skipped and typed.one("bekreft") != YES:
        raise Refused(
            f"Dette hopper over {named(skipped)}.",
            "Kryss av for at det er meningen, eller gå dit steg for steg.",
            "bekreft",
        )


def _link(typed: Typed) -> str | None:
    return typed.one("lenke").strip() or None


def _day(typed: Typed, field: str) -> date:
    written = typed.one(field).strip()
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(written, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise Refused("Dagen mangler eller er ikke gyldig.", "Skriv den slik: 16.10.2026.", field)


def _moment(typed: Typed) -> datetime | None:
    """Return when the form says something was sent (UTC); None where it leaves that open."""
    if not (typed.one("dag").strip() or typed.one("klokka").strip()):
        return None
    day = _day(typed, "dag")
    try:
        clock = time.fromisoformat(typed.one("klokka").strip().replace(".", ":"))
        return from_local(datetime.combine(day, clock.replace(tzinfo=None)))
    except (ValueError, OverflowError):
        problem = "Klokkeslettet mangler eller er ikke gyldig."
        raise Refused(problem, "Skriv det slik: 14.30.", "klokka") from None
