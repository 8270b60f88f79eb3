"""What people have said of where a matter belongs, and the form in which they say it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import unquote

from starlette.requests import Request

from consultations.domain.correction import LONGEST_NAME, LONGEST_REASON, Correction
from consultations.handlers.correction import Refused, Wish
from consultations.store.consultations import Dossier
from consultations.web import wording
from consultations.web.site import Site
from consultations.web.views.overview import Choice
from consultations.web.wording import When

NAME_COOKIE = "navn"

_EU = {"": None, "ja": True, "nei": False}
_EU_WORDS = {"": "Ikke endre", "ja": "Ja, Brussel-kontoret skal følge den", "nei": "Nei"}
_PLACES = {"lead": "seksjon", "brussels": "eu", "reason": "grunn", "by": "navn"}
"""The id on the page of the field that a refusal is about."""


@dataclass(frozen=True)
class Problem:
    """What was wrong, and the id of the field to mend."""

    place: str
    words: str


@dataclass(frozen=True)
class Typed:
    """What stands in the form: as the person left it, or as it is before anyone has written."""

    section: str = ""
    eu: str = ""
    reason: str = ""
    name: str = ""
    problem: Problem | None = None

    @classmethod
    def before(cls, request: Request) -> Self:
        """Begin with the name that was given the last time in this browser."""
        name = wording.one_line(unquote(request.cookies.get(NAME_COOKIE, "")))
        return cls(name=name[:LONGEST_NAME])

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> Self:
        section, eu, reason, name = (_visible(fields.get(id_, "")) for id_ in _FIELDS)
        return cls(section, eu, reason, name)

    def wish(self) -> Wish:
        """Return what is asked for. Raises ``Refused`` when the form does not have that answer."""
        if self.eu not in _EU:
            raise Refused("brussels", "Svar ja eller nei, eller la EU/EØS-merket være som det er.")
        return Wish(self.name, self.section or None, _EU[self.eu], self.reason)

    def refused(self, refusal: Refused) -> Self:
        return replace(self, problem=Problem(_PLACES[refusal.field], str(refusal)))


_FIELDS = ("seksjon", "eu", "grunn", "navn")


@dataclass(frozen=True)
class CorrectionForm:
    """The form, or where ``open`` is not set, the command that does the same elsewhere."""

    open: bool
    action: str
    command: str
    sections: tuple[Choice, ...]
    eu: tuple[Choice, ...]
    typed: Typed
    longest_reason: int = LONGEST_REASON
    longest_name: int = LONGEST_NAME


@dataclass(frozen=True)
class Said:
    """One correction: who, when, what and why."""

    by: str
    when: When
    what: str
    reason: str


def correction_form(site: Site, dossier: Dossier, typed: Typed) -> CorrectionForm:
    choices = {"": "Ikke endre seksjonen", **site.section_choices}
    return CorrectionForm(
        open=site.may_correct and dossier.decision is not None,
        action=wording.consultation_address(dossier.key),
        command=f'consultations route correct {dossier.key} --section ID --by "NAVN"',
        sections=_choices(choices, typed.section),
        eu=_choices(_EU_WORDS, typed.eu),
        typed=typed,
    )


def said(site: Site, correction: Correction) -> Said:
    what = " ".join(_what(site, correction))
    return Said(correction.by, wording.instant(correction.at), what, correction.reason)


def _what(site: Site, correction: Correction) -> Iterator[str]:
    if correction.lead is not None:
        yield f"Seksjon: {site.section(correction.lead)}."
    if correction.brussels is not None:
        yield f"EU/EØS: {'ja' if correction.brussels else 'nei'}."


def _visible(text: str) -> str:
    return "".join(c for c in text if c.isprintable() or c.isspace())


def _choices(choices: Mapping[str, str], chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(value, words, value == chosen) for value, words in choices.items())
