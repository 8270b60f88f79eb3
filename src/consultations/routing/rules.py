"""Compiles sections, rules and named acts into one rule set, validated together."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from consultations.config_file import read
from consultations.routing.checks import RuleFiles
from consultations.routing.eu_rules import EuRuleSet, EuWord, compile_eu, eu_words
from consultations.routing.matching import Hit, Vocabulary, Word, parse_law, parse_phrase
from consultations.routing.model import MODEL_FILE, Model, load_model
from consultations.routing.schema import (
    TEXT_FIELDS,
    EuActsFile,
    EuMark,
    FieldName,
    NamedAct,
    RoutingFile,
    Section,
    SectionsFile,
    Sender,
)
from consultations.routing.section_life import SectionLife


@dataclass(frozen=True)
class Rule:
    """One reason to choose a section. The id says where it comes from: ``kultur/lov/språklova``."""

    id: str
    section: str
    weight: float
    fields: tuple[FieldName, ...] = TEXT_FIELDS


LOOK_ALIKE = "look-alike"
"""Wanted by phrases that only keep shorter words from matching inside them."""

Meaning = Rule | NamedAct | EuWord | str


@dataclass(frozen=True, repr=False)
class RuleSet:
    """Everything a decision rests on, compiled once. ``hash`` names the rules exactly.

    ``sections`` are those a matter can be given to; ``life`` knows the old ones too. In ``words``
    the sections' own words, the rules written by hand and the words of the EU block are a layer
    each: they come in addition, so none of them takes a word from another.
    """

    files: RuleFiles
    life: SectionLife
    words: Vocabulary[Meaning]
    marks: tuple[tuple[EuMark, re.Pattern[str]], ...]
    acts: Mapping[str, NamedAct]
    eu: EuRuleSet
    hash: str
    model: Model | None = None

    def __repr__(self) -> str:
        return f"RuleSet({self.hash[:12]})"

    @property
    def sections(self) -> Mapping[str, Section]:
        return self.life.living

    @property
    def settings(self) -> RoutingFile:
        return self.files.routing.content

    def find(self, text: str) -> list[Hit[Meaning]]:
        """Find all words that mean something, those of the sections first."""
        return list(self.words.find(text))


def load_rules(config_dir: Path) -> RuleSet:
    """Read the three files in ``config_dir``. Raises ``ConfigError`` with file and line."""
    files = RuleFiles(
        sections=read(config_dir / "sections.yaml", SectionsFile),
        routing=read(config_dir / "routing.yaml", RoutingFile),
        acts=read(config_dir / "eu-acts.yaml", EuActsFile),
    )
    files.check()
    routing = files.routing.content
    life = SectionLife(files.sections.content.sections)
    acts = [_of_today(act, life) for act in files.acts.content.acts]
    look_alikes = [(parse_phrase(phrase), LOOK_ALIKE) for phrase in routing.look_alikes]
    model = load_model(config_dir / MODEL_FILE)
    named = [(parse_phrase(name), act) for act in acts for name in act.names]
    return RuleSet(
        files=files,
        life=life,
        words=Vocabulary[Meaning](
            [*_from_sections(life, routing), *named, *look_alikes],
            [*_from_routing(routing, life), *look_alikes],
            eu_words(routing.eu),
        ),
        marks=tuple((mark, re.compile(mark.pattern)) for mark in routing.eu.marks),
        acts={celex: act for act in acts for celex in act.celex},
        eu=compile_eu(routing.eu, acts, life),
        hash=_hash(files.sections.content, routing, files.acts.content),
        model=model.of_today(life) if model else None,
    )


def _of_today(act: NamedAct, life: SectionLife) -> NamedAct:
    if act.section is None:
        return act
    return act.model_copy(update={"section": life.current(act.section)})


def _from_sections(
    life: SectionLife, routing: RoutingFile
) -> Iterator[tuple[tuple[Word, ...], Meaning]]:
    weights = routing.weights
    for section in life.living.values():
        kinds = (
            ("lov", section.laws, weights.law, parse_law),
            ("ord", section.keywords, weights.keyword, parse_phrase),
            ("støtteord", section.hints, weights.hint, parse_phrase),
        )
        for kind, phrases, weight, parse in kinds:
            # «opplæringsloven» and «opplæringslova» are one law and count once
            for words, phrase in {parse(phrase): phrase for phrase in sorted(phrases)}.items():
                yield words, Rule(f"{section.id}/{kind}/{phrase}", section.id, weight)
    for sender in routing.senders:
        yield from _from_sender(sender, life, getattr(weights, sender.kind))


def _from_sender(
    sender: Sender, life: SectionLife, weight: float
) -> Iterator[tuple[tuple[Word, ...], Meaning]]:
    """Share a sender's weight among its sections: the more it covers, the less it says."""
    covered = [id_ for id_, section in life.living.items() if sender.id in senders_of(section)]
    rules = [
        Rule(f"{section}/avsender/{sender.id}", section, weight / len(covered), ("sender",))
        for section in covered
    ]
    for name in sender.names:
        for rule in rules:
            yield parse_phrase(name), rule
        yield parse_phrase(name), LOOK_ALIKE


def _from_routing(
    file: RoutingFile, life: SectionLife
) -> Iterator[tuple[tuple[Word, ...], Meaning]]:
    for manual in file.rules:
        rule = Rule(manual.id, life.current(manual.section), manual.weight, manual.fields)
        for phrase in manual.words:
            yield parse_phrase(phrase), rule


def senders_of(section: Section) -> tuple[str, ...]:
    return (*section.ministries, *section.directorates, *section.committees)


def _hash(*files: SectionsFile | RoutingFile | EuActsFile) -> str:
    """Name the content: comments and layout do not count, every value does."""
    content = [file.model_dump(mode="json") for file in files]
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
