"""What became of a section: renamed, taken over by another, or retired. Old ids keep a meaning."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from consultations.routing.schema import Section


@dataclass(frozen=True)
class SectionLife:
    """Every section there is or has been, in the order of the file."""

    sections: tuple[Section, ...]

    @cached_property
    def living(self) -> Mapping[str, Section]:
        """The sections a matter can be given to, by id."""
        return {section.id: section for section in self.sections if not section.retired}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """How each id is shown, old ones too: «Klima (nå Klima og miljø)», «Sport (nedlagt)»."""
        return dict(self._named())

    @cached_property
    def _successors(self) -> Mapping[str, str]:
        return {old: section.id for section in self.sections for old in section.formerly}

    def current(self, section: str) -> str:
        """Return the id that a section has today. One that was never known is given back."""
        return self._successors.get(section, section)

    def ids(self, section: str) -> tuple[str, ...]:
        """Return every id that means this section today, its own first."""
        now = self.current(section)
        return now, *(old for old, new in self._successors.items() if new == now)

    def _named(self) -> Iterator[tuple[str, str]]:
        for section in self.sections:
            name = section.name_no
            yield section.id, f"{name} (nedlagt)" if section.retired else name
            now = f"{name}, nedlagt" if section.retired else f"nå {name}"
            for old, old_name in section.formerly.items():
                yield old, name if old_name == name else f"{old_name} ({now})"
