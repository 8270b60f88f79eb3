"""Where the mail sends its readers: our own pages, or the source where they cannot open those."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from consultations.store.weeks import Matter


@dataclass(frozen=True)
class Links:
    """``page_url`` is where readers reach our pages, None where nobody does.

    ``outward``: the reader is not one of us, so titles lead to the source.
    """

    page_url: str | None
    outward: bool = False

    def matter(self, matter: Matter) -> str | None:
        """Return where to read about a matter; None where the source's address is not one."""
        if self.page_url and not self.outward:
            return f"{self._pages}/horinger/{quote(matter.key, safe=':')}"
        return source_address(matter.history.latest.url)

    def listing(
        self, *, section: str | None = None, eu_eea: bool = False, by_deadline: bool = False
    ) -> str | None:
        """Return the list of consultations, narrowed to a section or to EU/EEA."""
        if not self.page_url:
            return None
        asked = {
            "seksjon": section or "",
            "eu": "1" if eu_eea else "",
            "apne": "1" if by_deadline else "",
            "sorter": "frist" if by_deadline else "",
        }
        given = urlencode({name: value for name, value in asked.items() if value})
        return f"{self._pages}/?{given}" if given else f"{self._pages}/"

    @property
    def sources(self) -> str | None:
        return f"{self._pages}/kilder" if self.page_url else None

    @property
    def _pages(self) -> str:
        return (self.page_url or "").rstrip("/")


def source_address(url: str) -> str | None:
    """Return an address a reader may be sent to: http or https, on one line."""
    if not url.isprintable() or any(mark in url for mark in " <>\"'"):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None
