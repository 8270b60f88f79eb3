"""Why a channel is told: its role, the words that decided it, the EU/EEA mark, the runner-up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from consultations.alerts.text import listed, plain, shortened
from consultations.domain.channels import Channel
from consultations.domain.decision import (
    BRUSSELS_SECTION,
    CRITERION_WORDS,
    FIELD_WORDS,
    NONE_SECTION,
    Decision,
    EuAct,
    Evidence,
)

QUOTES_SHOWN = 4
QUOTE_LENGTH = 120
ACTS_SHOWN = 3


@dataclass(frozen=True)
class Reasons:
    """A decision as one channel is told it. ``sections`` gives each section's Norwegian name."""

    decision: Decision
    channel: Channel
    sections: Mapping[str, str]

    @property
    def role_label(self) -> str:
        to_choose = self.decision.abstained and not self._is_brussels
        return "Trenger et menneske" if to_choose else "Seksjon"

    def role(self) -> tuple[str, ...]:
        """Say who should hold the pen and what this channel has to do with it."""
        decision, lead = self.decision, self._name(self.decision.lead)
        if decision.abstained:
            return self._role_undecided(lead)
        here = [self._name(s) for s in decision.seconds if s in self.channel.sections]
        if decision.lead == NONE_SECTION:
            return self._role_without_pen(here)
        pen = f"{lead} bør føre pennen."
        if self.decision.lead in self.channel.sections:
            readers = [self._name(s) for s in decision.seconds]
            return (pen, f"Bør også lese: {', '.join(readers)}.") if readers else (pen,)
        if here:
            return (f"{', '.join(here)}: dere bør lese.", pen)
        if self._is_brussels:
            return (self._for_brussels(), pen)
        return (f"Etter ny vurdering bør {lead} føre pennen.",)

    def _role_without_pen(self, readers_here: list[str]) -> tuple[str, ...]:
        if readers_here:
            return (f"{', '.join(readers_here)}: dere bør lese.", "Ingen seksjon fører pennen.")
        if self._is_brussels:
            return (self._for_brussels(), "Ingen seksjon fører pennen.")
        return ("Etter ny vurdering er dette ikke en sak for KS.",)

    def _for_brussels(self) -> str:
        why = self.decision.criterion
        added = f": {CRITERION_WORDS[why]}" if why else ""
        return f"Til Brussel-kontoret, fordi saken gjelder EU/EØS{added}."

    def _role_undecided(self, nearest: str) -> tuple[str, ...]:
        if self._is_brussels:
            return (
                self._for_brussels(),
                f"Hvem som fører pennen, er ikke valgt. Nærmest er {nearest}.",
            )
        return (f"Velg seksjon. Nærmest er {nearest}{self._then()}.",)

    def quotes(self) -> tuple[str, ...]:
        """Quote the heaviest words that spoke for this channel's sections."""
        wanted = self._sections_to_explain()
        spoken = [e for e in self.decision.evidence if e.section in wanted and e.weight > 0]
        if not spoken and self._is_brussels:
            spoken = list(self.decision.eu_evidence)
        spoken.sort(key=lambda e: -e.weight)
        distinct = {e.quote.casefold(): e for e in reversed(spoken)}
        chosen = [e for e in spoken if distinct[e.quote.casefold()] is e][:QUOTES_SHOWN]
        return (", ".join(_quote(e) for e in chosen),) if chosen else ()

    def eu(self) -> tuple[str, ...]:
        """Name the EU acts, or the words that brought EU/EEA law into play."""
        if not self.decision.eu_eea:
            return ()
        acts = list(dict.fromkeys(_act(act) for act in self.decision.eu_acts))
        words = list(
            dict.fromkeys(f"«{_cut(e.quote)}»" for e in self.decision.eu_evidence if e.weight)
        )
        elsewhere = self.decision.brussels and not self._is_brussels
        told = "Brussel-kontoret er varslet." if elsewhere else ""
        named = f"{listed(acts or words, ACTS_SHOWN) or 'Ja'}."
        return (named, told) if told else (named,)

    def runner_up(self) -> tuple[str, ...]:
        """Name the section that came next, unless it has been named as a reader already.

        Where a person chose, what the tracker weighed does not count any more.
        """
        decision, second = self.decision, self.decision.runner_up
        is_chosen = any(correction.lead is not None for correction in decision.corrections)
        if second is None or decision.abstained or is_chosen:
            return ()
        readers = decision.seconds if decision.lead in self.channel.sections else ()
        if second.section in {*readers, *self.channel.sections}:
            return ()
        return (self._name(second.section),)

    @property
    def _is_brussels(self) -> bool:
        return self.decision.brussels and BRUSSELS_SECTION in self.channel.sections

    def _sections_to_explain(self) -> set[str]:
        decision = self.decision
        if decision.abstained:
            return {decision.lead, *([decision.runner_up.section] if decision.runner_up else [])}
        told = {decision.lead, *decision.seconds}
        here = told.intersection(self.channel.sections)
        return here if here or self._is_brussels else {decision.lead}

    def _then(self) -> str:
        second = self.decision.runner_up
        return f", så {self._name(second.section)}" if second else ""

    def _name(self, section: str) -> str:
        default = "«ikke for KS»" if section == NONE_SECTION else section
        return self.sections.get(section, default)


def _act(act: EuAct) -> str:
    def words() -> Iterator[str]:
        if act.name:
            yield act.name
        yield f"«{_cut(act.quote)}»"
        if act.celex:
            yield f"(CELEX {act.celex})"
        if act.doubt:
            yield f"– trolig feil i kilden: {act.doubt[:1].lower()}{act.doubt[1:].rstrip('.')}"

    return " ".join(words())


def _quote(evidence: Evidence) -> str:
    return f"«{_cut(evidence.quote)}» {FIELD_WORDS[evidence.field]}"


def _cut(words: str) -> str:
    return shortened(plain(words), QUOTE_LENGTH)
