"""A text without the characters nobody sees, and the way back to the places in the real one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_UNSEEN = "\u00ad\u200b-\u200d\u2060\ufeff\u0300-\u036f"
"""Soft hyphens, zero-width characters, and accents that stand apart from their letter."""

_ANY_UNSEEN = re.compile(f"[{_UNSEEN}]")
_SEEN = re.compile(f"[^{_UNSEEN}]")
_SAME = (("\u2010", "-"), ("\u2011", "-"), ("\u2044", "/"))


@dataclass(frozen=True)
class Plain:
    """What a pattern reads. ``places`` says where each character stands in ``original``."""

    original: str
    text: str
    places: Sequence[int] | None

    @classmethod
    def of(cls, original: str) -> "Plain":
        """Read a text as people see it; nothing is copied where nothing is hidden."""
        if original.isascii():
            return cls(original, original, None)
        text = original
        for odd, usual in _SAME:  # thirty times as fast as ``translate``
            text = text.replace(odd, usual)
        if not _ANY_UNSEEN.search(text):
            return cls(original, text, None)
        places = [seen.start() for seen in _SEEN.finditer(text)]
        return cls(original, "".join(text[i] for i in places), places)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Give the place in the original, with the accents of its last letter."""
        if self.places is None:
            return start, end
        after = self.places[end] if end < len(self.places) else len(self.original)
        last = self.places[end - 1] + 1
        while last < after and "\u0300" <= self.original[last] <= "\u036f":
            last += 1
        return self.places[start], last
