"""A message in plain text, wrapped, for a terminal and for mail."""

import textwrap
from collections.abc import Iterator

from consultations.alerts.message import Message, Part
from consultations.alerts.text import plain, web_address


def written(message: Message, width: int) -> str:
    """Write a message without its headline: title, address, facts, and the way to our page."""
    return "\n".join(_lines(message, width)) + "\n"


def _lines(message: Message, width: int) -> Iterator[str]:
    yield _wrapped(message.title, width)
    if not message.reply:
        yield from _addresses(message.url)
    for part in message.parts:
        yield from _part(part, width)
    for page in _addresses(message.page_url):
        yield f"Se hele saken: {page}"


def _part(part: Part, width: int) -> Iterator[str]:
    for position, line in enumerate(part.lines):
        if position:
            yield _wrapped(line, width, "  ", "  ")
        else:
            yield _wrapped(part.prefix + line, width, "", "  ")
    for address in _addresses(part.url):
        yield f"  {address}"


def _addresses(url: str | None) -> list[str]:
    address = web_address(url)
    return [address] if address else []


def _wrapped(words: str, width: int, indent: str = "", hanging: str = "") -> str:
    return textwrap.fill(
        plain(words),
        width,
        initial_indent=indent,
        subsequent_indent=hanging,
        break_on_hyphens=False,
    )
