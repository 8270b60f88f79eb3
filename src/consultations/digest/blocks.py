"""What a mail is made of. The text part and the HTML part both show exactly this."""

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Entry:
    """One matter: its title in its own language, where to read it, and what is said of it.

    Everything in it is fit to be shown on a line: harmless and not too long.
    """

    title: str
    lang: str | None
    address: str | None
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Entries under a heading of their own. ``left_out`` more stand at ``address``."""

    heading: str | None
    entries: tuple[Entry, ...]
    address: str | None = None
    left_out: int = 0

    def cut(self, limit: int) -> "Group":
        more = max(0, len(self.entries) - limit)
        return replace(self, entries=self.entries[:limit], left_out=self.left_out + more)

    @property
    def left_out_in_words(self) -> str:
        return f"og {self.left_out} til" if self.entries else f"{self.left_out} i alt"


@dataclass(frozen=True)
class Block:
    """A part of the mail. ``notes`` are said after the groups."""

    heading: str
    groups: tuple[Group, ...] = ()
    notes: tuple[str, ...] = ()

    def cut(self, limit: int) -> "Block":
        return replace(self, groups=tuple(group.cut(limit) for group in self.groups))

    @property
    def entries(self) -> Iterator[Entry]:
        return (entry for group in self.groups for entry in group.entries)


@dataclass(frozen=True)
class Digest:
    """One reader's mail. ``unsubscribe`` is where they say no, None where nobody can yet."""

    heading: str
    period: str
    summary: tuple[str, ...]
    blocks: tuple[Block, ...]
    why: str
    unsubscribe: str | None

    def cut(self, limit: int) -> "Digest":
        """Show so many in each group, and count the rest."""
        return replace(self, blocks=tuple(block.cut(limit) for block in self.blocks))
