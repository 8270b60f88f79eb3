"""Reads the address of a list into filters, and writes filters back into addresses."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from urllib.parse import urlencode

from consultations.store.listing import PAGE_SIZE, Filters, Order

_ORDERS = {"nyeste": Order.NEWEST, "frist": Order.DEADLINE}
_MAX_SEARCH = 200
_MAX_DIGITS = 6


class BadQuery(Exception):  # noqa: N818 - reads as the news it is
    """The address asks for something we do not have. Carries what to do about it."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.advice = advice


@dataclass(frozen=True)
class ListQuery:
    """What the address of the list asks for. Its page number counts from 1."""

    filters: Filters = field(default_factory=Filters)
    order: Order = Order.NEWEST
    number: int = 1

    def address(self) -> str:
        """Write the query as an address; what is not asked for is left out."""
        filters = self.filters
        asked = {
            "sok": filters.words,
            "seksjon": filters.section or "",
            "eu": "1" if filters.eu_eea else "",
            "apne": "1" if filters.open_only else "",
            "menneske": "1" if filters.needs_human else "",
            "sorter": "frist" if self.order is Order.DEADLINE else "",
            "side": str(self.number) if self.number > 1 else "",
        }
        given = {name: value for name, value in asked.items() if value}
        return f"/?{urlencode(given)}" if given else "/"

    def sorted_by(self, order: Order) -> "ListQuery":
        return replace(self, order=order, number=1)

    def at(self, number: int) -> "ListQuery":
        return replace(self, number=number)


@dataclass(frozen=True)
class TriageQuery:
    """What the address of what needs a human asks for: the open ones, or the closed ones too."""

    filters: Filters
    number: int

    def address(self) -> str:
        return "/trenger-et-menneske" + ("" if self.filters.open_only else "?avsluttede=1")


def read_list_query(
    given: Mapping[str, str], filed_under: Mapping[str, Collection[str]]
) -> ListQuery:
    """Read and check the parameters of the list. Raises ``BadQuery``.

    ``filed_under`` gives the ids that mean each section; the address may use any of them.
    """
    asked = given.get("seksjon") or None
    section = next((id_ for id_, ids in filed_under.items() if asked in ids), None)
    if asked is not None and section is None:
        raise BadQuery("Vi kjenner ikke seksjonen", "Velg en seksjon fra listen over høringer.")
    order = given.get("sorter") or "nyeste"
    if order not in _ORDERS:
        raise BadQuery("Vi kan ikke sortere slik", "Sorter etter nyeste eller etter frist.")
    filters = Filters(
        section=section,
        filed_under=tuple(filed_under[section]) if section else (),
        eu_eea=_ticked(given, "eu"),
        open_only=_ticked(given, "apne"),
        needs_human=_ticked(given, "menneske"),
        words=_search(given),
    )
    return ListQuery(filters, _ORDERS[order], read_page_number(given))


def read_triage_query(given: Mapping[str, str]) -> TriageQuery:
    """Read and check the parameters of the list of what needs a human. Raises ``BadQuery``."""
    open_only = not _ticked(given, "avsluttede")
    filters = Filters(needs_human=True, open_only=open_only)
    return TriageQuery(filters, read_page_number(given))


def read_page_number(given: Mapping[str, str]) -> int:
    """Read ``side``, a whole number from 1. Raises ``BadQuery``."""
    text = given.get("side") or "1"
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS and int(text) > 0):
        raise BadQuery("Sidetallet er ikke gyldig", "Et sidetall er 1 eller høyere.")
    return int(text)


def read_year(given: Mapping[str, str], years: Collection[int]) -> int | None:
    """Read ``ar``, one of the years; None where all are asked for. Raises ``BadQuery``."""
    asked = given.get("ar") or None
    year = next((one for one in years if str(one) == asked), None)
    if asked is not None and year is None:
        raise BadQuery("Vi har ingen tall for det året", "Velg et år på siden om gjennomslag.")
    return year


def check_page_exists(number: int, total: int) -> int:
    """Return how many pages there are. Raises ``BadQuery`` when the one asked for is not."""
    pages = max(1, ceil(total / PAGE_SIZE))
    if number > pages:
        counted = "1 side" if pages == 1 else f"{pages} sider"
        raise BadQuery(f"Side {number} finnes ikke", f"Listen har {counted}.")
    return pages


def _ticked(given: Mapping[str, str], name: str) -> bool:
    value = given.get(name, "")
    if value not in {"", "1"}:
        raise BadQuery("Et valg i adressen er ikke gyldig", "Bruk valgene over listen.")
    return value == "1"


def _search(given: Mapping[str, str]) -> str:
    words = "".join(c if c.isprintable() else " " for c in given.get("sok", ""))
    words = " ".join(words.split())
    if len(words) > _MAX_SEARCH:
        raise BadQuery("Søket er for langt", f"Bruk høyst {_MAX_SEARCH} tegn.")
    return words
