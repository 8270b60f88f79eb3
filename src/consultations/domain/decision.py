"""Who in KS should hold the pen, who must read, whether Brussels is concerned, and why."""

import hashlib
import json
from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from pydantic import Field

from consultations.domain.correction import Correction
from consultations.domain.observation import Frozen, Observation

NONE_SECTION = "none"
"""The section id that means «not for KS»; a decision like any other."""

BRUSSELS_SECTION = "internasjonalt"


class RoutingText(Frozen):
    """The text a routing decision rests on. Evidence points into these fields by name."""

    title: str
    sender: str = ""
    summary: str = ""
    body: str = ""
    topics: str = ""
    lang: str | None = None

    @property
    def hash(self) -> str:
        """Name this exact text: two texts with the same hash are the same."""
        compact = json.dumps(self.model_dump(), ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(compact.encode("utf-8", "surrogatepass")).hexdigest()

    @classmethod
    def of(cls, observation: Observation) -> "RoutingText":
        """Gather what an observation says that routing may weigh; lists are joined with «; »."""
        cases = observation.cases
        topics = (*observation.topics, *(topic for case in cases for topic in case.topics))
        body = [*(f"{c.title} ({c.reference})" if c.reference else c.title for c in cases)]
        if observation.letter:
            body.append(observation.letter)
        return cls(
            title=observation.title,
            sender="; ".join(observation.senders),
            summary=observation.lead or "",
            body="\n".join(body),
            topics="; ".join(dict.fromkeys(topics)),
            lang=observation.language,
        )


class Evidence(Frozen):
    """Words that moved a decision. ``text.<field>[start:end]`` is exactly ``quote``."""

    field: Literal["title", "sender", "summary", "body", "topics"]
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    quote: str
    rule: str
    section: str
    weight: float


FIELD_WORDS = {
    "title": "i tittelen",
    "sender": "som avsender",
    "summary": "i ingressen",
    "body": "i teksten",
    "topics": "som tema",
}
"""Where a quote stands, as people are told it."""


class EuAct(Frozen):
    """A reference to an EU act. ``celex`` only where the text allows it to be derived.

    ``doubt`` says in Norwegian what seems wrong with it in the source; nothing is mended.
    """

    quote: str
    celex: str | None = None
    name: str | None = None
    doubt: str | None = None


class Criterion(StrEnum):
    """Why an EU/EEA matter concerns local government, by the criteria KS goes by."""

    MANAGEMENT = "management"
    """Municipalities or counties manage the field."""
    DUTIES = "duties"
    """They are given new duties."""
    INTEREST = "interest"
    """They have special competence or interest in it."""


CRITERION_WORDS = {
    Criterion.MANAGEMENT: "kommuner eller fylkeskommuner forvalter området",
    Criterion.DUTIES: "kommuner eller fylkeskommuner får nye plikter",
    Criterion.INTEREST: "kommunesektoren har særlig kompetanse eller interesse her",
}
"""Each criterion as people are told it."""


class Score(Frozen):
    section: str
    score: float


class Decision(Frozen):
    """One routing decision with everything needed to explain and repeat it.

    ``abstained`` means a person must choose: ``lead`` is then only the best guess.
    ``eu_eea`` says EU or EEA law is in play; ``brussels`` that the Brussels office is told, and
    ``criterion`` why. ``text_hash``, ``rules_hash`` and ``model_version`` name the exact text,
    rule set and learned model: the same three give the same decision. ``corrections`` are the
    words of people that the decision stands by, the one on the lead before the one on Brussels.
    """

    lead: str
    seconds: tuple[str, ...] = ()
    abstained: bool = False
    score: float
    runner_up: Score | None = None
    scores: tuple[Score, ...] = ()
    eu_eea: bool = False
    brussels: bool = False
    criterion: Criterion | None = None
    eu_acts: tuple[EuAct, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    eu_evidence: tuple[Evidence, ...] = ()
    text_hash: str = ""
    rules_hash: str
    model_version: str | None = None
    corrections: tuple[Correction, ...] = ()

    @property
    def hash(self) -> str:
        """Name this exact decision, evidence and all."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def corrected(self, corrections: Iterable[Correction]) -> "Decision":
        """Return the decision as people have corrected it, given oldest first.

        The last word on each side counts. A section that lost the lead does not read along for
        that, and a matter a person has placed no longer waits for one. Brussels goes on hearing of
        it, or begins to if EU/EEA law was all along in what was taken for none of ours. When it is
        not told, there is no criterion either; a person who tells it gives none.
        """
        lead = brussels = None
        for one in corrections:
            lead = one if one.lead is not None else lead
            brussels = one if one.brussels is not None else brussels
        changed = self
        if lead is not None and lead.lead is not None:
            seconds = tuple(s for s in self.seconds if s != lead.lead)
            was_ours = self.lead != NONE_SECTION
            told = lead.lead != NONE_SECTION and (self.brussels if was_ours else self.eu_eea)
            changed = changed.model_copy(
                update={
                    "lead": lead.lead,
                    "seconds": seconds if lead.lead != NONE_SECTION else (),
                    "abstained": False,
                    "brussels": told,
                }
            )
        if brussels is not None and brussels.brussels is not None:
            told = brussels.brussels
            changed = changed.model_copy(update={"brussels": told, "eu_eea": told})
        in_force = dict.fromkeys(one for one in (lead, brussels) if one is not None)
        criterion = self.criterion if changed.brussels else None
        return changed.model_copy(update={"criterion": criterion, "corrections": tuple(in_force)})
