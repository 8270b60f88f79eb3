"""Words from outside, made fit to stand on a line of ours."""

import unicodedata

_INVISIBLE = {"Cc", "Cf", "Cs"}
"""Unicode categories nobody reads: control, format (zero width, direction), lone surrogates."""


def plain(text: str) -> str:
    """Return the text on one line without control, zero-width or direction characters."""
    visible = (
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in _INVISIBLE
    )
    return " ".join("".join(visible).split())
