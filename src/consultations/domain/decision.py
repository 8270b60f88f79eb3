"""Who in KS should hold the pen, who must read, whether Brussels is concerned, and why."""

from typing import Literal

from pydantic import Field

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


class EuAct(Frozen):
    """A reference to an EU act. ``celex`` only where the text allows it to be derived."""

    quote: str
    celex: str | None = None
    name: str | None = None


class Score(Frozen):
    section: str
    score: float


class Decision(Frozen):
    """One routing decision with everything needed to explain and repeat it.

    ``abstained`` means a person must choose: ``lead`` is then only the best guess.
    ``eu_eea`` says EU or EEA law is in play; ``brussels`` that the Brussels office is told.
    ``rules_hash`` names the exact rule set; the same text and rules give the same decision.
    """

    lead: str
    seconds: tuple[str, ...] = ()
    abstained: bool = False
    score: float
    runner_up: Score | None = None
    scores: tuple[Score, ...] = ()
    eu_eea: bool = False
    brussels: bool = False
    eu_acts: tuple[EuAct, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    eu_evidence: tuple[Evidence, ...] = ()
    rules_hash: str
