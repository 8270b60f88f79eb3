"""Why a consultation went where it did: sections, scores, quoted words and EU acts."""

from collections.abc import Iterable
from dataclasses import dataclass

from consultations.domain.decision import (
    CRITERION_WORDS,
    FIELD_WORDS,
    NONE_SECTION,
    Decision,
    EuAct,
    Evidence,
)
from consultations.store.consultations import Dossier
from consultations.web import wording
from consultations.web.site import Site
from consultations.web.views.correction import Said, said

FIELD_NAMES = {
    "title": "Tittel",
    "sender": "Avsender",
    "summary": "Ingress",
    "body": "Brev og saker",
    "topics": "Emner",
}


_DECISIVE_WORDS = 4
_HASH_SHOWN = 12
"""Enough to tell rule sets apart by eye."""


@dataclass(frozen=True)
class DecisiveWords:
    """Some of the words that counted the most, and where they stand."""

    quote: str
    where: str


@dataclass(frozen=True)
class EvidenceLine:
    """Words from the text, where they stand, and what they counted for."""

    quote: str
    place: str
    section: str
    weight: str
    rule: str


@dataclass(frozen=True)
class EuActView:
    """An EU act that the text names. ``address`` only where its CELEX number is known.

    ``doubt`` says what seems wrong with it in the source.
    """

    words: str
    name: str | None
    celex: str | None
    address: str | None
    doubt: str | None


@dataclass(frozen=True)
class Overruled:
    """A person's word on the section, or on EU/EEA, and what the tracker itself had said."""

    said: Said
    instead_of: str


@dataclass(frozen=True)
class RoutingView:
    """A decision as it stands; score, words and runner-up are those of the tracker's own."""

    headline: str
    abstained: bool
    eu_eea: bool
    brussels: bool
    criterion: str | None
    lead_by: Overruled | None
    eu_by: Overruled | None
    seconds: tuple[str, ...]
    decisive: tuple[DecisiveWords, ...]
    decisive_for_eu: tuple[DecisiveWords, ...]
    score: str
    runner_up: str | None
    rules_hash: str
    rules_hash_shown: str
    model: str | None
    evidence: tuple[EvidenceLine, ...]
    eu_evidence: tuple[EvidenceLine, ...]
    eu_acts: tuple[EuActView, ...]
    said: tuple[Said, ...]


def routing_view(site: Site, dossier: Dossier) -> RoutingView | None:
    """Return the decision on the current text with the reasons, once it is made."""
    decision, own = dossier.decision, dossier.own_decision
    if decision is None or own is None:
        return None
    second = own.runner_up
    in_force = decision.corrections
    by_lead = next((one for one in in_force if one.lead is not None), None)
    by_eu = next((one for one in reversed(in_force) if one.brussels is not None), None)
    return RoutingView(
        headline=_headline(site, decision),
        abstained=decision.abstained,
        eu_eea=decision.eu_eea,
        brussels=decision.brussels,
        criterion=CRITERION_WORDS[decision.criterion] if decision.criterion else None,
        lead_by=Overruled(said(site, by_lead), _headline(site, own)) if by_lead else None,
        eu_by=Overruled(said(site, by_eu), "ja" if own.brussels else "nei") if by_eu else None,
        seconds=tuple(site.section(s) for s in decision.seconds),
        decisive=_decisive(e for e in own.evidence if e.section == own.lead),
        decisive_for_eu=_decisive(decision.eu_evidence),
        score=wording.number(decision.score),
        runner_up=f"{site.section(second.section)} ({wording.number(second.score)})"
        if second
        else None,
        rules_hash=decision.rules_hash,
        rules_hash_shown=decision.rules_hash[:_HASH_SHOWN],
        model=decision.model_version,
        evidence=_evidence(site, decision.evidence),
        eu_evidence=_evidence(site, decision.eu_evidence),
        eu_acts=tuple(_act(act) for act in decision.eu_acts),
        said=tuple(said(site, correction) for correction in reversed(dossier.corrections)),
    )


def _headline(site: Site, decision: Decision) -> str:
    if not decision.abstained:
        return site.section(decision.lead)
    if decision.lead == NONE_SECTION:
        return "Trenger et menneske"
    return f"Trenger et menneske (kanskje {site.section(decision.lead)})"


def _decisive(found: Iterable[Evidence]) -> tuple[DecisiveWords, ...]:
    """Choose the words that counted the most, each once."""
    spoken = sorted((e for e in found if e.weight > 0), key=lambda e: -e.weight)
    by_words: dict[str, Evidence] = {}
    for one in spoken:
        by_words.setdefault(one.quote.casefold(), one)
    chosen = list(by_words.values())[:_DECISIVE_WORDS]
    return tuple(DecisiveWords(one.quote, FIELD_WORDS[one.field]) for one in chosen)


def _evidence(site: Site, found: Iterable[Evidence]) -> tuple[EvidenceLine, ...]:
    return tuple(
        EvidenceLine(
            quote=one.quote,
            place=FIELD_NAMES[one.field].lower(),
            section=site.section(one.section),
            weight=wording.number(one.weight),
            rule=one.rule,
        )
        for one in found
    )


def _act(act: EuAct) -> EuActView:
    address = wording.eu_act_address(act.celex) if act.celex else None
    return EuActView(act.quote, act.name, act.celex, address, act.doubt)
