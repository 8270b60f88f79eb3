"""Says in plain Norwegian why a matter went where it did."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consultations.alerts.text import plain, shortened
from consultations.cli.layout import WIDTH, labelled, points, quoted, signed, wrapped
from consultations.domain.calendar import format_day, local_day
from consultations.domain.correction import Correction
from consultations.domain.decision import (
    CRITERION_WORDS,
    FIELD_WORDS,
    NONE_SECTION,
    Decision,
    EuAct,
    Evidence,
    RoutingText,
)
from consultations.routing import RuleSet
from consultations.routing.explanation import (
    Hesitation,
    hesitation,
    score_of,
    shortfall,
    speaking_for,
)
from consultations.routing.model import LEARNED
from consultations.web.wording import number

_WORDS_SHOWN = 12
"""Words shown for each section; a long letter may hold many more."""
_HASH_SHOWN = 16


@dataclass(frozen=True)
class Explained:
    """A matter with the decision on it: ``own`` is the tracker's, without the words of people.

    ``notes`` are said on top.
    """

    key: str
    text: RoutingText
    own: Decision
    corrections: tuple[Correction, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def decision(self) -> Decision:
        """The decision as it stands."""
        return self.own.corrected(self.corrections)


def in_words(matter: Explained, rules: RuleSet) -> Iterator[str]:
    """Give the explanation line by line."""
    own, names = matter.own, rules.life.names
    yield from _heading(matter)
    yield from _placing(matter, rules)
    for section in (own.lead, *own.seconds):
        yield from _reasons(section, own, names)
    yield from _runner_up(own, names)
    yield from _eu(own, rules)
    yield from _versions(matter, rules)


def as_document(matter: Explained, rules: RuleSet) -> dict[str, Any]:
    """Give the same for programs: the whole decision, and what stands between its lines."""
    lacking = shortfall(matter.own)
    return {
        "id": matter.key,
        "title": matter.text.title,
        "decision": matter.decision.model_dump(mode="json"),
        "decision_hash": matter.decision.hash,
        "own_lead": matter.own.lead,
        "hesitation": hesitation(matter.own, rules.settings.thresholds),
        "runner_up_lacked": lacking
        and {
            "section": lacking.section,
            "points": lacking.behind,
            "words": [one.model_dump(mode="json") for one in lacking.unanswered],
        },
        "notes": list(matter.notes),
    }


def _heading(matter: Explained) -> Iterator[str]:
    yield from wrapped(shortened(plain(matter.text.title), 4 * WIDTH) or "(uten tittel)")
    if known := [part for part in (matter.key, plain(matter.text.sender)) if part]:
        yield from wrapped(" · ".join(known))
    for note in matter.notes:
        yield ""
        yield from wrapped(note)
    yield ""


def _placing(matter: Explained, rules: RuleSet) -> Iterator[str]:
    decision, own, names = matter.decision, matter.own, rules.life.names
    for one in decision.corrections:
        yield from labelled("Rettet", _correction(one, names))
    if decision.lead != own.lead or decision.abstained != own.abstained:
        yield from labelled("Seksjon", names.get(decision.lead, decision.lead))
        yield from labelled("Uten rettelse", _lead(own, rules))
    else:
        yield from labelled("Seksjon", _lead(own, rules))
    if decision.seconds:
        read = (f"{names.get(s, s)} ({points(score_of(own, s))})" for s in decision.seconds)
        limits = rules.settings.thresholds
        least = max(limits.second_score, limits.second_share * own.score)
        label = "Angår kanskje" if decision.abstained else "Leser også"
        yield from labelled(label, f"{', '.join(read)}. {points(least)} må til.")
    yield from labelled("EU/EØS", _brussels(decision))


def _lead(own: Decision, rules: RuleSet) -> str:
    limits, names, second = rules.settings.thresholds, rules.life.names, own.runner_up
    why = hesitation(own, limits)
    lead = f"{names.get(own.lead, own.lead)} ({points(own.score)})"
    if why is None:
        return lead
    if why is Hesitation.NOTHING:
        return "Trenger et menneske. Ingen ord i teksten peker mot noen seksjon."
    if why is Hesitation.FEW_POINTS:
        least = points(limits.least_points(own.lead))
        return f"Trenger et menneske: {least} må til. Nærmest er {lead}."
    then = (
        f", så {names.get(second.section, second.section)} ({points(second.score)})"
        if second
        else ""
    )
    return f"Trenger et menneske: det er for jevnt. Nærmest er {lead}{then}."


def _brussels(decision: Decision) -> str:
    if decision.brussels:
        why = f": {CRITERION_WORDS[decision.criterion]}" if decision.criterion else ""
        return f"Ja, og Brussel-kontoret får vite det{why}."
    if not decision.eu_eea:
        return "Nei."
    why = "er ikke for KS" if decision.lead == NONE_SECTION else "angår ikke kommunesektoren nok"
    return f"Ja, men ikke til Brussel-kontoret: saken {why}."


def _correction(one: Correction, names: Mapping[str, str]) -> str:
    said = []
    if one.lead is not None:
        said.append(f"flyttet saken til {names.get(one.lead, one.lead)}")
    if one.brussels is not None:
        said.append(f"sa at den {'er' if one.brussels else 'ikke er'} en EU/EØS-sak")
    reason = f" Grunn: {plain(one.reason)}" if one.reason else ""
    return f"{plain(one.by)} {' og '.join(said)} {format_day(local_day(one.at))}.{reason}"


def _reasons(section: str, own: Decision, names: Mapping[str, str]) -> Iterator[str]:
    found = speaking_for(section, own.evidence)
    by_rule = [one for one in found if not one.rule.startswith(LEARNED)]
    learned = [one for one in found if one.rule.startswith(LEARNED)]
    if found:
        yield ""
        yield f"Hvorfor {names.get(section, section)}"
        yield from _quotes(by_rule)
    if learned:
        yield "  Ord som modellen har lært at peker hit:"
        yield from _quotes(learned)


def _quotes(found: Sequence[Evidence]) -> Iterator[str]:
    for one in found[:_WORDS_SHOWN]:
        rule = "" if one.rule.startswith(LEARNED) else f"  [{one.rule}]"
        words = f"{quoted(one.quote)} {FIELD_WORDS[one.field]}{rule}"
        yield from wrapped(words, f"{signed(one.weight)}  ", " " * 9)
    if rest := found[_WORDS_SHOWN:]:
        yield f"{signed(sum(one.weight for one in rest))}  fra {len(rest)} ord til"


def _runner_up(own: Decision, names: Mapping[str, str]) -> Iterator[str]:
    lacking = shortfall(own)
    if lacking is None:
        return
    lead, second = (names.get(s, s) for s in (own.lead, lacking.section))
    yield ""
    yield f"Nest nærmest: {second} ({points(lacking.score)})"
    if lacking.behind < 0:
        yield from wrapped(
            f"Har {points(-lacking.behind)} mer enn {lead}, men «ikke for KS» må vinne klart: en "
            "sak skal ikke kastes ved en feil.",
            "  ",
        )
    elif lacking.behind:
        yield from wrapped(f"Mangler {points(lacking.behind)} på {lead}.", "  ")
    else:
        yield from wrapped(f"Har like mange poeng som {lead}.", "  ")
    if lacking.unanswered:
        yield from wrapped(f"Har ingenting å sette mot {_distinct(lacking.unanswered)}.", "  ")


def _distinct(evidence: Iterable[Evidence]) -> str:
    quotes = list(dict.fromkeys(quoted(one.quote) for one in evidence))
    more = len(quotes) - _WORDS_SHOWN
    return ", ".join(quotes[:_WORDS_SHOWN]) + (f" og {more} ord til" if more > 0 else "")


def _eu(own: Decision, rules: RuleSet) -> Iterator[str]:
    if not (own.eu_acts or own.eu_evidence):
        return
    total = points(round(sum(one.weight for one in own.eu_evidence), 4))
    yield ""
    yield f"Tegn på EU/EØS: {total}, og {number(rules.settings.eu.threshold)} må til"
    yield from _quotes(own.eu_evidence)
    for act in own.eu_acts:
        yield from wrapped(_act(act), "  Rettsakt ", " " * 11)


def _act(act: EuAct) -> str:
    is_new = act.name and act.name.casefold() != act.quote.casefold()
    name = f", {act.name}" if is_new else ""
    celex = f"CELEX {act.celex}" if act.celex else "CELEX-nummeret går ikke fram av teksten"
    doubt = f". Tvil: {act.doubt.rstrip('.')}" if act.doubt else ""
    return f"{quoted(act.quote)}{name}: {celex}{doubt}."


def _versions(matter: Explained, rules: RuleSet) -> Iterator[str]:
    own = matter.own
    today = "dagens" if own.rules_hash == rules.hash else "ikke dagens"
    yield ""
    yield from labelled("Regler", f"{own.rules_hash[:_HASH_SHOWN]} ({today})")
    yield from labelled("Modell", (own.model_version or "ingen")[:_HASH_SHOWN])
    yield from labelled("Tekst", own.text_hash[:_HASH_SHOWN] or "ikke kjent")
    yield from labelled("Avgjørelse", matter.decision.hash[:_HASH_SHOWN])
