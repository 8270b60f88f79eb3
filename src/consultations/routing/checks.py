"""Checks that hold between sections, rules and acts. Every mistake has file, line and remedy."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from consultations.config_file import ConfigFile, Loc
from consultations.domain.decision import BRUSSELS_SECTION, NONE_SECTION
from consultations.domain.errors import ConfigError
from consultations.routing.model import LEARNED
from consultations.routing.schema import EuActsFile, RoutingFile, Section, SectionsFile

_KEPT = {NONE_SECTION: "«ikke for KS»", BRUSSELS_SECTION: "Brussel-kontoret"}
"""Sections that the tracker itself means something by: they keep their id, and live."""

_SENDERS = ("ministries", "directorates", "committees")
_WORDS = (*_SENDERS, "laws", "keywords", "hints", "examples")


@dataclass(frozen=True)
class RuleFiles:
    """The three files as they were read, with the line of every value."""

    sections: ConfigFile[SectionsFile]
    routing: ConfigFile[RoutingFile]
    acts: ConfigFile[EuActsFile]

    def check(self) -> None:
        """Refuse what contradicts itself. Raises ``ConfigError`` with every mistake, one a line."""
        problems = [
            *self._twins(),
            *self._kept_sections(),
            *self._lives(),
            *self._retired(),
            *self._senders(),
            *self._references(),
        ]
        if problems:
            raise ConfigError("\n".join(str(problem) for problem in problems))

    def _twins(self) -> Iterator[ConfigError]:
        routing = self.routing.content
        yield from _twins(self.sections, ("sections",), [s.id for s in self._sections])
        yield from _twins(self.routing, ("senders",), [sender.id for sender in routing.senders])
        yield from _twins(self.routing, ("rules",), [rule.id for rule in routing.rules])
        yield from _twins(self.routing, ("eu", "marks"), [mark.id for mark in routing.eu.marks])
        for i, rule in enumerate(routing.rules):
            if rule.id.startswith(LEARNED):
                problem = f"«{LEARNED}» er den lærte modellens; kall regelen noe annet"
                yield self.routing.error(("rules", i, "id"), problem)

    def _kept_sections(self) -> Iterator[ConfigError]:
        ids = [section.id for section in self._sections]
        for kept, meaning in _KEPT.items():
            if kept not in ids:
                problem = f"mangler seksjonen «{kept}» ({meaning}); den må ha den id-en"
                yield self.sections.error(("sections",), problem)
            elif self._sections[ids.index(kept)].retired:
                loc = ("sections", ids.index(kept), "retired")
                problem = f"«{kept}» ({meaning}) kan ikke nedlegges; ta bort «retired»"
                yield self.sections.error(loc, problem)

    def _lives(self) -> Iterator[ConfigError]:
        """Refuse an old id that is also in use, or that two sections have taken over."""
        ids = {section.id for section in self._sections}
        taken: dict[str, str] = {}
        for i, section in enumerate(self._sections):
            for old in section.formerly:
                loc = ("sections", i, "formerly", old)
                if old in ids:
                    problem = (
                        f"«{old}» er også en seksjon. En seksjon som er gått inn i en annen, skal "
                        "ikke ha sin egen blokk: ta bort den, eller denne linjen"
                    )
                    yield self.sections.error(loc, problem)
                elif old in taken:
                    problem = (
                        f"«{old}» står også i formerly hos «{taken[old]}»; bare én seksjon kan ha "
                        "tatt over. La den stå der de fleste gamle sakene hører hjemme"
                    )
                    yield self.sections.error(loc, problem)
                taken.setdefault(old, section.id)

    def _retired(self) -> Iterator[ConfigError]:
        for i, section in enumerate(self._sections):
            for key in _WORDS if section.retired else ():
                if getattr(section, key):
                    problem = (
                        f"«{section.id}» er nedlagt (retired) og kan ikke ha «{key}»; flytt ordene "
                        "til seksjonen som tar over, eller ta dem bort"
                    )
                    yield self.sections.error(("sections", i, key), problem)

    def _senders(self) -> Iterator[ConfigError]:
        known = {sender.id for sender in self.routing.content.senders}
        for i, section in enumerate(self._sections):
            for key in _SENDERS:
                for j, sender in enumerate(getattr(section, key)):
                    if sender not in known:
                        problem = (
                            f"ukjent avsender «{sender}», ventet en id fra senders i routing.yaml"
                        )
                        yield self.sections.error(("sections", i, key, j), problem)

    def _references(self) -> Iterator[ConfigError]:
        retired = {section.id for section in self._sections if section.retired}
        living = [section.id for section in self._sections if not section.retired]
        old = {former: s for s in self._sections for former in s.formerly}
        for config, loc, named in self._named_sections():
            if named in retired or (named in old and old[named].retired):
                problem = f"seksjonen «{named}» er nedlagt; ventet en av: {', '.join(living)}"
                yield config.error(loc, problem)
            elif named not in living and named not in old:
                problem = f"ukjent seksjon «{named}», ventet en av: {', '.join(living)}"
                yield config.error(loc, problem)

    def _named_sections(
        self,
    ) -> Iterator[tuple[ConfigFile[RoutingFile] | ConfigFile[EuActsFile], Loc, str]]:
        for i, rule in enumerate(self.routing.content.rules):
            yield self.routing, ("rules", i, "section"), rule.section
        for i, example in enumerate(self.routing.content.examples):
            yield self.routing, ("examples", i, "lead"), example.lead
            for j, second in enumerate(example.seconds):
                yield self.routing, ("examples", i, "seconds", j), second
        for section in self.routing.content.eu.sections:
            yield self.routing, ("eu", "sections", section), section
        for i, act in enumerate(self.acts.content.acts):
            if act.section:
                yield self.acts, ("acts", i, "section"), act.section

    @property
    def _sections(self) -> Sequence[Section]:
        return self.sections.content.sections


def _twins(
    config: ConfigFile[SectionsFile] | ConfigFile[RoutingFile], at: Loc, ids: Iterable[str]
) -> Iterator[ConfigError]:
    seen: Counter[str] = Counter()
    for i, one in enumerate(ids):
        seen[one] += 1
        if seen[one] > 1:
            yield config.error((*at, i, "id"), f"id «{one}» er brukt før; gi hver sin id")
