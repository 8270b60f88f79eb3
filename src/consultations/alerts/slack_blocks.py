"""A message in Slack's Block Kit. Pure; fits every limit and pings nobody, whatever the text.

Foreign text is escaped as Slack asks, formatting marks are swapped for look-alikes, and what is
too long is cut with «…». Lengths are counted in UTF-16 units, the longest way Slack may count.
"""

from typing import Any

from consultations.alerts.message import Message, Part
from consultations.alerts.text import plain, web_address

# https://docs.slack.dev/reference/block-kit/blocks
MAX_BLOCKS = 50
# https://docs.slack.dev/reference/block-kit/blocks/header-block
MAX_HEADER = 150
# https://docs.slack.dev/reference/block-kit/blocks/section-block
MAX_SECTION = 3000
# https://docs.slack.dev/reference/block-kit/blocks/context-block
MAX_CONTEXT_ELEMENTS = 10
# https://docs.slack.dev/reference/methods/chat.postMessage advises 4 000, cuts at 40 000
MAX_FALLBACK = 4000

# Our own, well inside Slack's: one message is read in one glance.
MAX_TITLE = 900
MAX_LABEL = 75
MAX_LINKED_LABEL = 200
MAX_LINE = 600
MAX_LINES = 8
MAX_PART = MAX_SECTION - 500
BETWEEN_LINES = 20
MAX_URL = 1500
MAX_PARTS = 20
MAX_FACTS = 7000
MAX_BACKGROUND = 2500
"""Together with the title well below where Slack, at a size it does not publish, refuses all
blocks of a message as ``msg_blocks_too_long``."""

ELLIPSIS = "…"

Block = dict[str, Any]

_MARKUP = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;",
    "*": "\N{ASTERISK OPERATOR}", "_": "\N{MODIFIER LETTER LOW MACRON}",
    "~": "\N{TILDE OPERATOR}", "`": "\N{MODIFIER LETTER GRAVE ACCENT}",
}  # fmt: skip
_IN_LINKS = {"<": "%3C", ">": "%3E", "|": "%7C", '"': "%22", "&": "&amp;"}


def payload(message: Message) -> dict[str, Any]:
    """Return ``text`` and ``blocks`` for chat.postMessage and chat.update."""
    return {"text": fallback(message), "blocks": blocks(message)}


def blocks(message: Message) -> list[Block]:
    """Lay a message out: what happened, the title as a link, the facts, then the background."""
    headline = plain(message.headline) or ELLIPSIS
    shown = message.parts[:MAX_PARTS]
    facts = [_part(part) for part in shown if not part.quiet]
    background = [_part(part) for part in shown if part.quiet]
    if page := _address(message.page_url):
        background.insert(0, f"<{page}|Se hele saken>")
    if message.reply:
        made = [_section(f"*{mrkdwn(headline, MAX_LABEL)}*")]
    else:
        made = [_header(headline), _section(f"*{_title(message)}*")]
    made += [_section(words) for words in _within(facts, MAX_FACTS)]
    elements = [_text(words) for words in _within(background, MAX_BACKGROUND)]
    if elements:
        made.append({"type": "context", "elements": elements[:MAX_CONTEXT_ELEMENTS]})
    return made[:MAX_BLOCKS]


def fallback(message: Message) -> str:
    """Say the same in plain text, for notifications and screen readers."""
    facts = [part for part in message.parts[:MAX_PARTS] if not part.quiet]
    said = [f"{message.headline}: {message.title}"]
    said += [part.prefix + " ".join(part.lines[:MAX_LINES]) for part in facts]
    whole = " ".join(words if words.endswith((".", "!", "?")) else f"{words}." for words in said)
    return mrkdwn(whole, MAX_FALLBACK)


def mrkdwn(text: str, limit: int) -> str:
    """Foreign text for a mrkdwn field: means only itself, at most ``limit`` long. Never empty."""
    return _fit(plain(text) or ELLIPSIS, limit, _MARKUP)


def _title(message: Message) -> str:
    url, title = _address(message.url), mrkdwn(message.title, MAX_TITLE)
    return f"<{url}|{title}>" if url else title


def _address(url: str | None) -> str | None:
    """Write an address so that it cannot end its own link, or None if it is none or too long."""
    address = "".join(_IN_LINKS.get(character, character) for character in web_address(url) or "")
    return address if 0 < _length(address) <= MAX_URL else None


def _part(part: Part) -> str:
    label = _label(part) if part.label else ""
    lines = [mrkdwn(line, MAX_LINE) for line in part.lines[:MAX_LINES]]
    if len(part.lines) > MAX_LINES:
        lines.append(ELLIPSIS)
    room = min(MAX_PART, MAX_SECTION - _length(label) - BETWEEN_LINES)
    return label + ("\n".join(_within(lines, room)) or ELLIPSIS)


def _label(part: Part) -> str:
    url = _address(part.url)
    if url:
        return f"*<{url}|{mrkdwn(part.label, MAX_LINKED_LABEL)}>:* "
    return f"*{mrkdwn(part.label, MAX_LABEL)}:* "


def _text(words: str) -> Block:
    # verbatim: Slack turns no bare address, channel or name in the text into a link
    return {"type": "mrkdwn", "text": words, "verbatim": True}


def _section(words: str) -> Block:
    return {"type": "section", "text": _text(words)}


def _header(headline: str) -> Block:
    words = _fit(headline, MAX_HEADER, {})
    return {"type": "header", "text": {"type": "plain_text", "text": words, "emoji": False}}


def _within(texts: list[str], room: int) -> list[str]:
    """Keep the first texts that fit together, and say so if any were left out."""
    for position, words in enumerate(texts):
        room -= _length(words)
        if room < 0:
            return [*texts[:position], ELLIPSIS]
    return texts


def _fit(text: str, limit: int, escapes: dict[str, str]) -> str:
    """Escape character by character, so that a cut never leaves half an entity behind."""
    pieces = [escapes.get(character, character) for character in text[: limit + 1]]
    if sum(map(_length, pieces)) <= limit:
        return "".join(pieces)
    kept, room = [], limit - len(ELLIPSIS)
    for piece in pieces:
        room -= _length(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + ELLIPSIS


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
