"""How text is laid out in a window 80 columns wide, and foreign words made harmless in it."""

import textwrap
from collections.abc import Iterator

from consultations.alerts.text import plain, shortened
from consultations.web.wording import number

WIDTH = 80
_LABEL = 15
_LONGEST_QUOTE = 90


def wrapped(words: str, first: str = "", then: str | None = None) -> list[str]:
    """Break words into lines: the first begins with ``first``, the others with ``then``."""
    further = first if then is None else then
    broken = textwrap.wrap(
        words, WIDTH, initial_indent=first, subsequent_indent=further, break_on_hyphens=False
    )
    return broken or [first.rstrip()]


def labelled(label: str, words: str) -> Iterator[str]:
    """Put a label in front of words, and keep a margin below it."""
    head = f"{label}:" if label else ""
    yield from wrapped(words, f"{head:<{_LABEL}}", " " * _LABEL)


def quoted(words: str) -> str:
    """Quote words of a source, on one line and without control characters."""
    return f"«{shortened(plain(words), _LONGEST_QUOTE)}»"


def points(score: float) -> str:
    return f"{number(score)} poeng"


def signed(weight: float) -> str:
    """``+2,50``, ``−0,30``, or nothing for 0: always as wide, so that they stand in a column."""
    return f"{weight:+7.2f}".replace(".", ",").replace("-", "−") if weight else " " * 7
