"""The shape of ``sections.yaml``, ``routing.yaml`` and ``eu-acts.yaml``."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from consultations.config_file import BoundedRegex
from consultations.domain.decision import NONE_SECTION, Criterion
from consultations.domain.observation import Frozen
from consultations.routing.matching import parse_phrase

FieldName = Literal["title", "sender", "summary", "body", "topics"]
SenderKind = Literal["ministry", "directorate", "committee"]
TEXT_FIELDS: tuple[FieldName, ...] = ("title", "topics", "summary", "body")


def _phrase(notation: str) -> str:
    parse_phrase(notation)
    return notation


Phrase = Annotated[str, AfterValidator(_phrase)]
"""A word or phrase in the notation that the top of ``sections.yaml`` explains."""

SectionId = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]
Name = Annotated[str, Field(min_length=1)]
Weight = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
LowerCase = Annotated[str, Field(pattern=r"^[^A-ZÆØÅ]+$")]
Celex = Annotated[str, Field(pattern=r"^[35]\d{4}[A-Z]{1,2}\d{4}$")]


class Section(Frozen):
    """A section of KS and what points to it. Senders are ids from ``routing.yaml``.

    ``formerly`` holds the ids it has had, or of sections it has taken over, with their names.
    A ``retired`` one is kept for its name: it has no words and never wins.
    """

    id: SectionId
    name_no: Name
    name_en: Name
    formerly: dict[SectionId, Name] = Field(default_factory=dict)
    retired: bool = False
    remit: str
    ministries: tuple[str, ...] = ()
    directorates: tuple[str, ...] = ()
    committees: tuple[str, ...] = ()
    laws: tuple[Phrase, ...] = ()
    keywords: tuple[Phrase, ...] = ()
    hints: tuple[Phrase, ...] = ()
    boundaries: tuple[str, ...] = ()
    examples: tuple[Name, ...] = ()


class SectionsFile(Frozen):
    sections: Annotated[tuple[Section, ...], Field(min_length=2)]


class Weights(Frozen):
    law: Positive
    keyword: Positive
    hint: Positive
    ministry: Positive
    directorate: Positive
    committee: Positive


class FieldWeight(Frozen):
    """What evidence in a field is worth, and the most the field may give any one section."""

    factor: Positive
    cap: Positive | None = None


class Fields(Frozen):
    title: FieldWeight
    sender: FieldWeight
    summary: FieldWeight
    body: FieldWeight
    topics: FieldWeight


class Thresholds(Frozen):
    """When a section reads along, when a person must choose, and when ``none`` may win."""

    second_score: Positive
    second_share: Share
    most_seconds: Annotated[int, Field(ge=0, le=100)]
    abstain_score: Positive
    none_score: Positive
    abstain_margin: Share
    none_margin: Share
    none_lead: Annotated[float, Field(ge=1, le=1000, allow_inf_nan=False)]

    def least_points(self, lead: str) -> float:
        """Return the points that a lead must have, or a person chooses."""
        return self.none_score if lead == NONE_SECTION else self.abstain_score

    def least_margin(self, lead: str) -> float:
        """Return the share of its points that a lead must be ahead by, or a person chooses."""
        return self.none_margin if lead == NONE_SECTION else self.abstain_margin


class Sender(Frozen):
    """A body that sends consultations, under every name it has had."""

    id: Name
    kind: SenderKind
    names: Annotated[tuple[Phrase, ...], Field(min_length=1)]


class ManualRule(Frozen):
    """A rule written by hand, with texts that prove it."""

    id: Name
    section: str
    words: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    weight: Weight
    fields: tuple[FieldName, ...] = TEXT_FIELDS
    why: str = ""
    matches: tuple[str, ...] = ()
    rejects: tuple[str, ...] = ()


class EuMark(Frozen):
    """A pattern that speaks of EU or EEA law without naming an act.

    It is only tried where one of ``needs`` stands in the text, in small letters: for speed.
    ``decisive`` ones say that the matter is about EU law, so they count in full in a letter too.
    """

    id: str
    needs: Annotated[tuple[LowerCase, ...], Field(min_length=1)]
    pattern: BoundedRegex
    weight: Positive
    fields: tuple[FieldName, ...] = TEXT_FIELDS
    decisive: bool = False
    matches: tuple[str, ...] = ()
    rejects: tuple[str, ...] = ()


class NorwegianLaws(Frozen):
    """Norwegian laws and regulations that carry out EU law, and what naming one is worth."""

    words: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    weight: Positive


class Outside(Frozen):
    """A subject of EU law that is outside local government, with texts that prove it."""

    id: Name
    words: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    matches: tuple[str, ...] = ()
    rejects: tuple[str, ...] = ()


class CriterionWords(Frozen):
    """Words that say why a matter concerns local government."""

    criterion: Criterion
    words: Annotated[tuple[Phrase, ...], Field(min_length=1)]


class EuRules(Frozen):
    """When EU or EEA law is in play, and when and why the Brussels office is told.

    ``body_cap`` is the most a letter may add where nothing in it is decisive. ``sections`` gives
    the criterion that a section's matters meet unless an act or a word says otherwise.
    """

    threshold: Positive
    act_weight: Positive
    mention_weight: Positive
    body_cap: Positive
    marks: tuple[EuMark, ...]
    norwegian_laws: tuple[NorwegianLaws, ...] = ()
    outside: tuple[Outside, ...] = ()
    local: tuple[Phrase, ...] = ()
    criteria: tuple[CriterionWords, ...] = ()
    sections: dict[SectionId, Criterion] = Field(default_factory=dict)


class DecisionExample(Frozen):
    """A whole text and what must be decided about it."""

    title: str
    sender: str = ""
    summary: str = ""
    lead: str
    seconds: tuple[str, ...] = ()
    brussels: bool = False
    abstained: bool = False


class RoutingFile(Frozen):
    weights: Weights
    fields: Fields
    thresholds: Thresholds
    senders: tuple[Sender, ...]
    look_alikes: tuple[Phrase, ...] = ()
    rules: tuple[ManualRule, ...] = ()
    eu: EuRules
    examples: tuple[DecisionExample, ...] = ()


class NamedAct(Frozen):
    """An EU act under the names people use.

    Several CELEX numbers mean that acts have followed each other under the same name: the name
    alone then does not say which, but each number is still recognised.
    """

    names: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    celex: tuple[Celex, ...] = ()
    section: str | None = None
    criterion: Criterion | None = None
    often_mentioned: bool = False

    @property
    def name(self) -> str:
        """The first of the names, as people say it: «vanndirektivet», «KI-forordningen»."""
        first = self.names[0].strip("-")
        ending = {"direktiv": "et", "ordning": "en"}
        return first + next((e for word, e in ending.items() if first.endswith(word)), "")


class EuActsFile(Frozen):
    acts: tuple[NamedAct, ...]
