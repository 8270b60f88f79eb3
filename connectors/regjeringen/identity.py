"""The number regjeringen.no gives a page, which survives new slugs, languages and addresses."""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qs, urljoin, urlsplit

SITE = "https://www.regjeringen.no"

# …/slug/id3167072/ today; /3167072 and …html?id=749833 on old links.
_IN_PATH = re.compile(r"/(?:id)?([1-9]\d{0,9})/?$", re.ASCII)
_NUMBER = re.compile(r"[1-9]\d{0,9}", re.ASCII)
_LONGEST_ADDRESS = 2000


@dataclass(frozen=True)
class Listed:
    """A høring that an overview names. Days are Oslo days, when the overview says them."""

    number: str
    url: str
    published: date | None = None
    deadline: date | None = None


@dataclass(frozen=True)
class Overview:
    """What a way in lists, and in words what it held that could not be understood."""

    listed: tuple[Listed, ...]
    odd: tuple[str, ...] = ()
    has_more: bool = False


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def number_in(url: str) -> str | None:
    """Return the number in an address of regjeringen.no, also in the old forms."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    in_path = _IN_PATH.search(parts.path)
    if in_path:
        return in_path.group(1)
    in_query = parse_qs(parts.query).get("id", [""])[0]
    return in_query if is_number(in_query) else None


def page_address(number: str, *links: str | None) -> str:
    """Return the plain address of a page: the first link that is one, without its query.

    A link to another publisher, or to another page, is no address; the number alone always is.
    """
    for link in links:
        if link and number_in(link) == number:
            address = _plain(link)
            if address:
                return address
    return f"{SITE}/id{number}/"


def absolute(link: str) -> str | None:
    """Return where a link on a page leads, or None when it is not a web address."""
    try:
        url = urljoin(SITE, link.strip())
        parts = urlsplit(url)
    except ValueError:
        return None
    is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return url if is_web and len(url) <= _LONGEST_ADDRESS else None


def _plain(link: str) -> str | None:
    url = absolute(link)
    parts = urlsplit(url) if url else None
    if parts is None or parts.netloc.lower() != "www.regjeringen.no" or not parts.path:
        return None
    has_number_in_query = not _IN_PATH.search(parts.path)
    return None if has_number_in_query else f"{SITE}{parts.path}"
