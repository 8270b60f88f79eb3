"""The words of the ``eu`` block and the acts of ``eu-acts.yaml``, compiled once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from consultations.domain.decision import Criterion
from consultations.routing.act_doubts import ActsByYear
from consultations.routing.matching import Word, parse_law, parse_phrase
from consultations.routing.schema import EuRules, NamedAct
from consultations.routing.section_life import SectionLife


@dataclass(frozen=True)
class EuWord:
    """What a word says: EU law carried out (``weight``), why (``criterion``), or not for us.

    The id says where it comes from: ``eu/norsk lov/…``, ``eu/utenfor/finans``, ``eu/kommunalt/…``,
    ``eu/kriterium/duties/…``.
    """

    id: str
    weight: float = 0.0
    outside: bool = False
    local: bool = False
    criterion: Criterion | None = None


@dataclass(frozen=True)
class EuRuleSet:
    """Everything the EU question rests on besides acts, marks and words."""

    criteria: Mapping[str, Criterion]
    by_year: ActsByYear

    def criterion_of(self, section: str) -> Criterion:
        """Return what a section's matters usually meet; ``interest`` where none is given."""
        return self.criteria.get(section, Criterion.INTEREST)


def compile_eu(rules: EuRules, acts: Iterable[NamedAct], life: SectionLife) -> EuRuleSet:
    """Compile the rules; ``acts`` and criteria follow sections to the names they have today."""
    years: dict[int, list[tuple[str, NamedAct]]] = defaultdict(list)
    for act in acts:
        for celex in act.celex:
            years[int(celex[1:5])].append((celex, act))
    return EuRuleSet(
        criteria={life.current(section): why for section, why in rules.sections.items()},
        by_year={year: tuple(found) for year, found in years.items()},
    )


def eu_words(rules: EuRules) -> Iterator[tuple[tuple[Word, ...], EuWord]]:
    """Yield every phrase of the EU block with what it says."""
    for laws in rules.norwegian_laws:
        for name in laws.words:
            yield parse_law(name), EuWord(f"eu/norsk lov/{name}", weight=laws.weight)
    for subject in rules.outside:
        for phrase in subject.words:
            yield parse_phrase(phrase), EuWord(f"eu/utenfor/{subject.id}", outside=True)
    for phrase in rules.local:
        yield parse_phrase(phrase), EuWord(f"eu/kommunalt/{phrase}", local=True)
    for why in rules.criteria:
        for phrase in why.words:
            id_ = f"eu/kriterium/{why.criterion}/{phrase}"
            yield parse_phrase(phrase), EuWord(id_, criterion=why.criterion)
