"""Compiles sections, rules and named acts into one rule set, validated together."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from consultations.config_file import ConfigFile, Loc, read
from consultations.domain.decision import NONE_SECTION
from consultations.routing.matching import Hit, Vocabulary, Word, parse_law, parse_phrase
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


@dataclass(frozen=True)
class Rule:
    """One reason to choose a section. The id says where it comes from: ``kultur/lov/språklova``."""

    id: str
    section: str
    weight: float
    fields: tuple[FieldName, ...] = TEXT_FIELDS


LOOK_ALIKE = "look-alike"
"""Wanted by phrases that only keep shorter words from matching inside them."""

Meaning = Rule | NamedAct | str


@dataclass(frozen=True)
class RuleSet:
    """Everything a decision rests on, compiled once. ``hash`` names the content exactly.

    The rules written by hand stand apart in ``boundaries``: they come in addition, so a rule never
    takes a word from a section.
    """

    sections: Mapping[str, Section]
    settings: RoutingFile
    words: Vocabulary[Meaning]
    boundaries: Vocabulary[Meaning]
    marks: tuple[tuple[EuMark, re.Pattern[str]], ...]
    acts: Mapping[str, NamedAct]
    hash: str

    def find(self, text: str) -> list[Hit[Meaning]]:
        """Find all words that mean something, those of the sections first."""
        return [*self.words.find(text), *self.boundaries.find(text)]


def load_rules(config_dir: Path) -> RuleSet:
    """Read the three files in ``config_dir``. Raises ``ConfigError`` with file and line."""
    sections = read(config_dir / "sections.yaml", SectionsFile)
    routing = read(config_dir / "routing.yaml", RoutingFile)
    acts = read(config_dir / "eu-acts.yaml", EuActsFile)
    _check(sections, routing, acts)
    look_alikes = [(parse_phrase(phrase), LOOK_ALIKE) for phrase in routing.content.look_alikes]
    named = [(parse_phrase(name), act) for act in acts.content.acts for name in act.names]
    words = _from_sections(sections.content, routing.content)
    marks = tuple((mark, re.compile(mark.pattern)) for mark in routing.content.eu.marks)
    return RuleSet(
        sections={section.id: section for section in sections.content.sections},
        settings=routing.content,
        words=Vocabulary[Meaning]([*words, *named, *look_alikes]),
        boundaries=Vocabulary[Meaning]([*_from_routing(routing.content), *look_alikes]),
        marks=marks,
        acts={celex: act for act in acts.content.acts for celex in act.celex},
        hash=_hash(sections.content, routing.content, acts.content),
    )


def _from_sections(
    file: SectionsFile, routing: RoutingFile
) -> Iterator[tuple[tuple[Word, ...], Meaning]]:
    weights = routing.weights
    for section in file.sections:
        kinds = (
            ("lov", section.laws, weights.law, parse_law),
            ("ord", section.keywords, weights.keyword, parse_phrase),
            ("støtteord", section.hints, weights.hint, parse_phrase),
        )
        for kind, phrases, weight, parse in kinds:
            # «opplæringsloven» and «opplæringslova» are one law and count once
            for words, phrase in {parse(phrase): phrase for phrase in reversed(phrases)}.items():
                yield words, Rule(f"{section.id}/{kind}/{phrase}", section.id, weight)
    for sender in routing.senders:
        yield from _from_sender(sender, file.sections, getattr(weights, sender.kind))


def _from_sender(
    sender: Sender, sections: tuple[Section, ...], weight: float
) -> Iterator[tuple[tuple[Word, ...], Meaning]]:
    """Share a sender's weight among its sections: the more it covers, the less it says."""
    covered = [section.id for section in sections if sender.id in senders_of(section)]
    rules = [
        Rule(f"{section}/avsender/{sender.id}", section, weight / len(covered), ("sender",))
        for section in covered
    ]
    for name in sender.names:
        for rule in rules:
            yield parse_phrase(name), rule
        yield parse_phrase(name), LOOK_ALIKE


def _from_routing(file: RoutingFile) -> Iterator[tuple[tuple[Word, ...], Meaning]]:
    for manual in file.rules:
        rule = Rule(manual.id, manual.section, manual.weight, manual.fields)
        for phrase in manual.words:
            yield parse_phrase(phrase), rule


def senders_of(section: Section) -> tuple[str, ...]:
    return (*section.ministries, *section.directorates, *section.committees)


def _check(
    sections: ConfigFile[SectionsFile],
    routing: ConfigFile[RoutingFile],
    acts: ConfigFile[EuActsFile],
) -> None:
    """Refuse ids that stand twice and references to what does not exist."""
    known = [section.id for section in sections.content.sections]
    _refuse_twins(sections, "sections", known)
    if NONE_SECTION not in known:
        raise sections.error(("sections",), f"mangler seksjonen «{NONE_SECTION}» (ikke for KS)")
    senders = [sender.id for sender in routing.content.senders]
    _refuse_twins(routing, "senders", senders)
    _refuse_twins(routing, "rules", [rule.id for rule in routing.content.rules])
    for i, section in enumerate(sections.content.sections):
        for key in ("ministries", "directorates", "committees"):
            for j, sender in enumerate(getattr(section, key)):
                if sender not in senders:
                    problem = f"ukjent avsender «{sender}», ventet en id fra senders i routing.yaml"
                    raise sections.error(("sections", i, key, j), problem)
    for config, loc, section_id in _named_sections(routing, acts):
        if section_id not in known:
            expected = ", ".join(known)
            raise config.error(loc, f"ukjent seksjon «{section_id}», ventet en av: {expected}")


def _named_sections(
    routing: ConfigFile[RoutingFile], acts: ConfigFile[EuActsFile]
) -> Iterator[tuple[ConfigFile[RoutingFile] | ConfigFile[EuActsFile], Loc, str]]:
    for i, rule in enumerate(routing.content.rules):
        yield routing, ("rules", i, "section"), rule.section
    for i, example in enumerate(routing.content.examples):
        yield routing, ("examples", i, "lead"), example.lead
        for j, second in enumerate(example.seconds):
            yield routing, ("examples", i, "seconds", j), second
    for i, act in enumerate(acts.content.acts):
        if act.section:
            yield acts, ("acts", i, "section"), act.section


def _refuse_twins(
    config: ConfigFile[SectionsFile] | ConfigFile[RoutingFile], key: str, ids: list[str]
) -> None:
    for i, one in enumerate(ids):
        if one in ids[:i]:
            raise config.error((key, i, "id"), f"id «{one}» er brukt før; gi hver sin id")


def _hash(*files: SectionsFile | RoutingFile | EuActsFile) -> str:
    """Name the content: comments and layout do not count, every value does."""
    content = [file.model_dump(mode="json") for file in files]
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
