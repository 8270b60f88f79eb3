"""Foreign text made harmless before any channel shows it."""

from urllib.parse import urlsplit

from consultations.domain.foreign_text import plain

__all__ = ["listed", "plain", "shortened", "web_address"]


def shortened(text: str, limit: int) -> str:
    """Cut a text to ``limit`` characters, with «…» where something was left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def listed(names: list[str], limit: int) -> str:
    """Name the first ones and count the rest: ``A, B og 3 til``."""
    shown, more = names[:limit], len(names) - limit
    return ", ".join(shown) + (f" og {more} til" if more > 0 else "")


def web_address(url: str | None) -> str | None:
    """Return an http(s) address made of visible characters, or None if it is anything else."""
    cleaned = plain(url or "").replace(" ", "%20")
    try:
        parts = urlsplit(cleaned)
    except ValueError:
        return None
    return cleaned if parts.scheme in {"http", "https"} and parts.netloc else None
