"""The headings and goals that KS measures its responses by: ``config/priorities.yaml``."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from consultations.domain.observation import Frozen

PriorityId = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$", max_length=60)]
Word = Annotated[str, Field(min_length=2, max_length=80)]

_BODY = re.compile(
    r"\b(?:\w{1,40}-(?:,|\s{1,9}og)?\s{1,9}){0,4}"
    r"\w{0,60}(?:departement|direktorat|komit[eé]|minister)\w{0,20}",
    re.IGNORECASE,
)
"""``Klima- og miljødepartementet``: who asks says nothing of what the matter is about."""


class Priority(Frozen):
    """A heading or a goal. A word in the text, or one of the section ids, speaks for it.

    ``klima`` is that word alone, ``klima-`` any word that begins so, ``-sikring`` any that ends
    so; several words stand after each other. Names of ministries, directorates, committees and
    ministers are no words here.
    """

    name: str = Field(min_length=1, max_length=200)
    words: tuple[Word, ...] = ()
    sections: tuple[str, ...] = ()

    def filed_under(self, ids: Callable[[str], tuple[str, ...]]) -> "Priority":
        every = [id_ for section in self.sections for id_ in ids(section)]
        return self.model_copy(update={"sections": tuple(dict.fromkeys(every))})


class Period(Frozen):
    """What KS goes by from ``first`` to ``last``, both Oslo days of it."""

    name: str = Field(min_length=1, max_length=200)
    first: date
    last: date
    headings: Mapping[PriorityId, Priority] = Field(default_factory=dict)
    goals: Mapping[PriorityId, Priority] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"«{self.name}» slutter før den begynner; bytt om first og last")
        if both := self.headings.keys() & self.goals.keys():
            raise ValueError(f"«{min(both)}» er både overskrift og mål; gi målet en annen id")
        return self

    def filed_under(self, ids: Callable[[str], tuple[str, ...]]) -> "Period":
        headings = {id_: one.filed_under(ids) for id_, one in self.headings.items()}
        goals = {id_: one.filed_under(ids) for id_, one in self.goals.items()}
        return self.model_copy(update={"headings": headings, "goals": goals})

    @property
    def all(self) -> Mapping[str, Priority]:
        return {**self.headings, **self.goals}


@dataclass(frozen=True)
class Suggestion:
    """A heading or goal that may fit. ``because`` are words as they stand in the text.

    ``sections`` are those of the matter's sections that speak for it, by id.
    """

    id: str
    name: str
    because: tuple[str, ...]
    sections: tuple[str, ...] = ()

    def in_words(self, section_names: Mapping[str, str]) -> str:
        """``Grønn fremtid («klimatilpasning», seksjonen Klima, miljø, vann og avfall)``."""
        reasons = [f"«{word}»" for word in self.because]
        reasons += [f"seksjonen {section_names.get(one, one)}" for one in self.sections]
        return f"{self.name} ({', '.join(reasons)})"


class Priorities(Frozen):
    """Every period there is or has been. None is needed: nothing is suggested then."""

    periods: tuple[Period, ...] = ()

    @model_validator(mode="after")
    def _periods_agree(self) -> Self:
        ordered = sorted(self.periods, key=lambda period: period.first)
        for before, after in pairwise(ordered):
            if after.first <= before.last:
                raise ValueError(
                    f"«{before.name}» og «{after.name}» går over i hverandre; la den ene slutte "
                    "dagen før den andre begynner"
                )
        kinds: dict[str, tuple[str, str]] = {}
        for period in ordered:
            for kind, listed in (("overskrift", period.headings), ("mål", period.goals)):
                for id_, one in listed.items():
                    if kinds.setdefault(id_, (kind, one.name)) != (kind, one.name):
                        raise ValueError(
                            f"«{id_}» betyr noe annet i «{period.name}» enn før; gi den en ny id, "
                            "så gamle saker beholder sin mening"
                        )
        return self

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The name of every heading and goal, those of ended periods too, by id."""
        return {id_: one.name for period in self.periods for id_, one in period.all.items()}

    def headings(self, on: date) -> Mapping[str, str]:
        """Return the headings one can choose on an Oslo day, by id."""
        period = self.period(on)
        return {id_: one.name for id_, one in period.headings.items()} if period else {}

    def goals(self, on: date) -> Mapping[str, str]:
        """Return the goals one can choose on an Oslo day, by id."""
        period = self.period(on)
        return {id_: one.name for id_, one in period.goals.items()} if period else {}

    def period(self, on: date) -> Period | None:
        """Return the period of an Oslo day; the last begun where the next is not written yet."""
        begun = [one for one in self.periods if one.first <= on]
        return max(begun, key=lambda one: one.first, default=None)

    def suggest(
        self, title: str, summary: str, sections: Collection[str], *, on: date
    ) -> tuple[Suggestion, ...]:
        """Return the headings that may fit, the best first. ``sections``: the lead and others."""
        period = self.period(on)
        return _suggested(period.headings, title, summary, sections) if period else ()

    def suggest_goals(
        self, title: str, summary: str, sections: Collection[str], *, on: date
    ) -> tuple[Suggestion, ...]:
        """Return the goals that may fit, the best first."""
        period = self.period(on)
        return _suggested(period.goals, title, summary, sections) if period else ()

    def mistakes(
        self, known_sections: Collection[str]
    ) -> Iterator[tuple[tuple[int | str, ...], str]]:
        """Yield what the file says that cannot be: its place in it, and what is wrong."""
        for i, period in enumerate(self.periods):
            for kind, listed in (("headings", period.headings), ("goals", period.goals)):
                for id_, one in listed.items():
                    for j, section in enumerate(one.sections):
                        if section not in known_sections:
                            expected = ", ".join(known_sections)
                            yield (
                                ("periods", i, kind, id_, "sections", j),
                                f"ukjent seksjon «{section}», ventet en av: {expected}",
                            )

    def filed_under(self, ids: Callable[[str], tuple[str, ...]]) -> "Priorities":
        """Let what was filed under the other ids of a section speak for its priorities too."""
        return self.model_copy(
            update={"periods": tuple(one.filed_under(ids) for one in self.periods)}
        )


def _suggested(
    listed: Mapping[str, Priority], title: str, summary: str, sections: Collection[str]
) -> tuple[Suggestion, ...]:
    title, summary = (_BODY.sub(" · ", text) for text in (title, summary))
    ranked: list[tuple[int, Suggestion]] = []
    for id_, one in listed.items():
        in_title, in_summary = _found(one.words, title), _found(one.words, summary)
        spoken_for = tuple(section for section in one.sections if section in sections)
        because = tuple({word.lower(): word for word in (*in_summary, *in_title)}.values())
        weight = 2 * len(in_title) + len(in_summary) + len(spoken_for)
        if weight:
            ranked.append((weight, Suggestion(id_, one.name, because, spoken_for)))
    return tuple(one for _, one in sorted(ranked, key=lambda each: -each[0]))


def _found(words: Collection[str], text: str) -> list[str]:
    """Return what the words match, as it stands in the text, each once."""
    found = (re.search(_pattern(word), text, re.IGNORECASE) for word in words)
    return list(dict.fromkeys(match[0] for match in found if match))


def _pattern(word: str) -> str:
    inner = r"\s{1,9}".join(re.escape(part) for part in word.strip("-").split())
    return (
        (r"\b\w{0,60}" if word.startswith("-") else r"\b")
        + inner
        + (r"\w{0,60}\b" if word.endswith("-") else r"\b")
    )
