"""Text with its lines kept, and a letter without the people who signed it."""

import re
from collections.abc import Collection, Iterator

from lxml import etree

from connectors.strict import INLINE, UNSHOWN

# From here on a letter holds names, titles and telephone numbers of officials.
_CLOSING = re.compile(
    r"(?:med\s+)?(?:vennlig|venleg|vennleg|beste)?\s*(?:hilsen|helsing)\b|mvh\b",
    re.IGNORECASE,
)
_SIGNED_FOR = re.compile(r"\(\s*e\.?\s*f\.?\s*\)", re.IGNORECASE)
# A line that is only an official's title: the line above it is a name.
_TITLE_OF_OFFICIAL = re.compile(
    r"(?:(?:fung|konst)\w*\.?\s+)?(?:(?:senior|spesial)?rådgi(?:ver|var)|(?:senior|første|fyrste)?konsulent|"
    r"(?:under|avdelings|fag|utrednings)?direktør|ekspedisjonssjef|"
    r"departementsråd|statssekretær|statsråd|lovrådgi(?:ver|var)|seksjonssjef|byråsjef)",
    re.IGNORECASE,
)
_CASE_OFFICER = re.compile(r"(?:saksbehandl[ae]r|sakshandsamar|kontaktperson)\b", re.IGNORECASE)
_REFERENCE = re.compile(r"^vår(?:t)?\s+ref(?:eranse|\.)?\s*:?\s*", re.IGNORECASE)


def lines_of(
    element: etree._Element, leave_out: Collection[etree._Element] = ()
) -> tuple[str, ...]:
    """Return the text people see, one string a line, empty lines dropped."""
    text = "".join(_pieces(element, leave_out))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return tuple(line for line in lines if line)


def without_signatories(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Cut the letter where the closing begins, and drop other lines that only name people."""
    end = next((at for at, line in enumerate(lines) if _is_signature(line)), len(lines))
    titles = {at for at in range(end) if _TITLE_OF_OFFICIAL.fullmatch(lines[at])}
    named = titles | {at - 1 for at in titles}
    return tuple(
        line
        for at, line in enumerate(lines[:end])
        if at not in named and not _CASE_OFFICER.match(line)
    )


def reference_in(text: str) -> str | None:
    """Return the ministry's own reference without its label: «Vår ref.: 26/2371»."""
    return _REFERENCE.sub("", text).strip() or None


def _is_signature(line: str) -> bool:
    return bool(_CLOSING.match(line) or _SIGNED_FOR.search(line))


def _pieces(element: etree._Element, leave_out: Collection[etree._Element]) -> Iterator[str]:
    if not isinstance(element.tag, str) or element.tag in UNSHOWN or element in leave_out:
        return
    yield _one_line(element.text)
    for child in element:
        edge = "" if child.tag in INLINE else "\n"
        yield edge
        yield from _pieces(child, leave_out)
        yield edge
        yield _one_line(child.tail)


def _one_line(text: str | None) -> str:
    return (text or "").replace("\n", " ").replace("\r", " ")
