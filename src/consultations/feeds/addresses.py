"""Where calendars and feeds send their readers: our own page, or the source without one."""

from urllib.parse import quote, urlsplit

from consultations.store.followed import Followed


def page_of(matter: Followed, page_url: str | None) -> str | None:
    """Return where to read about a consultation; None where no address can be trusted."""
    if page_url:
        return f"{page_url.rstrip('/')}/horinger/{quote(matter.key, safe=':')}"
    return _web_address(matter.history.latest.url)


def name_of(key: str) -> str:
    """Return a consultation's key as it may stand in an identifier."""
    return quote(key, safe=":")


def _web_address(url: str) -> str | None:
    if not url.isprintable() or any(mark in url for mark in " <>\"'"):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None
