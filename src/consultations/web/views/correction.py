"""What people have said of where a matter belongs, and the form in which they say it."""

from collections.abc import Iterator
from dataclasses import dataclass

from consultations.domain.correction import Correction
from consultations.handlers.correction import Refused, Wish
from consultations.store.consultations import Dossier
from consultations.web import wording
from consultations.web.form import Problem, Sent, Typed
from consultations.web.site import Site
from consultations.web.views.fields import Field, Filling
from consultations.web.wording import When

FORM = "flytt"
"""What the form is called among those of the page."""

_EU = {"": None, "ja": True, "nei": False}
_EU_WORDS = {"": "Ikke endre", "ja": "Ja, Brussel-kontoret skal følge den", "nei": "Nei"}
_PLACES = {"lead": "seksjon", "brussels": "eu", "reason": "grunn", "by": "navn"}
"""The id on the page of the field that a refusal is about."""


def wish(typed: Typed) -> Wish:
    """Return what is asked for. Raises ``Refused`` when the form does not have that answer."""
    eu = typed.one("eu")
    if eu not in _EU:
        raise Refused("brussels", "Svar ja eller nei, eller la EU/EØS-merket være som det er.")
    return Wish(typed.one("navn"), typed.one("seksjon") or None, _EU[eu], typed.one("grunn"))


def refused(typed: Typed, refusal: Refused) -> Sent:
    place = _PLACES[refusal.field]
    problem = Problem(place, str(refusal))
    return Sent(FORM, "Rettelsen er ikke lagret.", typed, problem, place)


@dataclass(frozen=True)
class CorrectionForm:
    """The form, or where ``open`` is not set, the command that does the same elsewhere."""

    open: bool
    action: str
    command: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Said:
    """One correction: who, when, what and why."""

    by: str
    when: When
    what: str
    reason: str


def correction_form(site: Site, dossier: Dossier, sent: Sent | None, name: str) -> CorrectionForm:
    """Return the form with what stands in it. ``name`` is that of whoever wrote here last."""
    choices = {"": "Ikke endre seksjonen", **site.section_choices}
    filling = Filling.of(FORM, Typed.of(navn=name), sent, prefix="")
    return CorrectionForm(
        open=site.may_write and dossier.decision is not None,
        action=wording.consultation_address(dossier.key),
        command=f'consultations route correct {dossier.key} --section ID --by "NAVN"',
        fields=(
            filling.select("seksjon", "Seksjon som holder pennen", choices),
            filling.select("eu", "Er dette en EU/EØS-sak for kommunene?", _EU_WORDS),
            filling.area(
                "grunn",
                "Grunn (kan stå tom)",
                hint="Den sendes med til dem som får eller mister saken.",
            ),
            filling.name("Det vises sammen med rettelsen, og huskes i denne nettleseren."),
        ),
    )


def said(site: Site, correction: Correction) -> Said:
    what = " ".join(_what(site, correction))
    return Said(correction.by, wording.instant(correction.at), what, correction.reason)


def _what(site: Site, correction: Correction) -> Iterator[str]:
    if correction.lead is not None:
        yield f"Seksjon: {site.section(correction.lead)}."
    if correction.brussels is not None:
        yield f"EU/EØS: {'ja' if correction.brussels else 'nei'}."
