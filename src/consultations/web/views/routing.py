"""Why a consultation went where it did: sections, scores, quoted words and EU acts."""

from collections.abc import Iterable
from dataclasses import dataclass

from consultations.domain.decision import NONE_SECTION, Decision, EuAct, Evidence
from consultations.web import wording
from consultations.web.site import Site

FIELD_NAMES = {
    "title": "Tittel",
    "sender": "Avsender",
    "summary": "Ingress",
    "body": "Brev og saker",
    "topics": "Emner",
}


_IN_FIELD = {
    "title": "i tittelen",
    "sender": "som avsender",
    "summary": "i ingressen",
    "body": "i teksten",
    "topics": "som tema",
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
    """An EU act that the text names. ``address`` only where its CELEX number is known."""

    words: str
    name: str | None
    celex: str | None
    address: str | None


@dataclass(frozen=True)
class RoutingView:
    headline: str
    abstained: bool
    eu_eea: bool
    brussels: bool
    seconds: tuple[str, ...]
    decisive: tuple[DecisiveWords, ...]
    decisive_for_eu: tuple[DecisiveWords, ...]
    score: str
    runner_up: str | None
    rules_hash: str
    rules_hash_shown: str
    evidence: tuple[EvidenceLine, ...]
    eu_evidence: tuple[EvidenceLine, ...]
    eu_acts: tuple[EuActView, ...]


def routing_view(site: Site, decision: Decision) -> RoutingView:
    second = decision.runner_up
    return RoutingView(
        headline=_headline(site, decision),
        abstained=decision.abstained,
        eu_eea=decision.eu_eea,
        brussels=decision.brussels,
        seconds=tuple(site.section(s) for s in decision.seconds),
        decisive=_decisive(e for e in decision.evidence if e.section == decision.lead),
        decisive_for_eu=_decisive(decision.eu_evidence),
        score=wording.number(decision.score),
        runner_up=f"{site.section(second.section)} ({wording.number(second.score)})"
        if second
        else None,
        rules_hash=decision.rules_hash,
        rules_hash_shown=decision.rules_hash[:_HASH_SHOWN],
        evidence=_evidence(site, decision.evidence),
        eu_evidence=_evidence(site, decision.eu_evidence),
        eu_acts=tuple(_act(act) for act in decision.eu_acts),
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
    return tuple(DecisiveWords(one.quote, _IN_FIELD[one.field]) for one in chosen)


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
    return EuActView(act.quote, act.name, act.celex, address)
