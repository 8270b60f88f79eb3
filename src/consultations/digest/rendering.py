"""A digest as text and as HTML, with the same facts in both."""

import textwrap
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from consultations.digest.blocks import Block, Digest, Entry, Group

WIDTH = 76

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def as_html(digest: Digest) -> str:
    return _TEMPLATES.get_template("digest.html").render(digest=digest)


def as_text(digest: Digest) -> str:
    return "\n".join(_lines(digest)) + "\n"


def _lines(digest: Digest) -> Iterator[str]:
    yield from _heading(digest.heading, "=")
    for words in (digest.period, *digest.summary):
        yield from _wrapped(words)
    for block in digest.blocks:
        yield from ("", "")
        yield from _block(block)
    yield from ("", "", "-" * WIDTH)
    yield from _wrapped(digest.why)
    if digest.unsubscribe:
        yield "Meld deg av:"
        yield digest.unsubscribe


def _block(block: Block) -> Iterator[str]:
    yield from _heading(block.heading, "=")
    for group in block.groups:
        yield ""
        if group.heading:
            yield from _heading(group.heading, "-")
        yield from _group(group)
    for note in block.notes:
        yield from _wrapped(note)


def _group(group: Group) -> Iterator[str]:
    for number, entry in enumerate(group.entries):
        if number:
            yield ""
        yield from _entry(entry)
    if group.left_out:
        yield ""
        yield from _wrapped(group.left_out_in_words, "* ")
        if group.address:
            yield f"  {group.address}"


def _entry(entry: Entry) -> Iterator[str]:
    yield from _wrapped(entry.title, "* ")
    for words in entry.lines:
        yield from _wrapped(words, "  ")
    if entry.address:
        yield f"  {entry.address}"


def _heading(words: str, rule: str) -> Iterator[str]:
    lines = _wrapped(words)
    yield from lines
    yield rule * max(len(line) for line in lines)


@lru_cache(maxsize=8192)  # the same titles go to many readers
def _wrapped(words: str, first: str = "") -> Sequence[str]:
    return textwrap.wrap(
        words, WIDTH, initial_indent=first, subsequent_indent=" " * len(first),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
