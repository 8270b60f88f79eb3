"""Year and number of an EU act: how they were written through the years, and what looks wrong."""

from dataclasses import dataclass
from functools import lru_cache

_FIRST_YEAR, _LAST_YEAR = 1952, 2099
_SHORT_YEARS = range(52, 100)
_YEAR_FIRST_SINCE = 2015
"""From 2015 all acts are numbered year/number; regulations were number/year before that."""

_EU_SINCE, _EF_SINCE = 2009, 1993
"""The Union took over from the Community on 1 December 2009, the EC from the EEC in 1993."""

_ENGLISH = {"EC": "EF", "EEC": "EØF", "ECSC": "EKSF"}
_KIND_NAMES = {"R": "forordning", "L": "direktiv", "D": "beslutning", "H": "anbefaling"}


@dataclass(frozen=True)
class Pair:
    """Year and number as the text has them; ``year`` is None when neither can be a year."""

    year: int | None
    number: int
    year_last: bool
    numbered: bool = False
    community: str | None = None

    @property
    def turned(self) -> bool:
        """Whether the two stand the other way round than the acts of that year have them."""
        return self.year is not None and self.year_last and self.year >= _YEAR_FIRST_SINCE


@lru_cache(1_000)
def read_pair(
    numbers: tuple[str, str],
    *,
    kind: str | None,
    community: str | None,
    numbered: bool = False,
    ends_with_community: bool = False,
) -> Pair:
    """Tell year from number: «2014/24», «91/271», «nr. 517/2014», «nr. 1408/71»."""
    a, b = int(numbers[0]), int(numbers[1])
    named = community.upper() if community else None
    year_first, year_last = (
        Pair(_whole(y), n, last, numbered, named) for y, n, last in ((a, b, False), (b, a, True))
    )
    full = tuple(_FIRST_YEAR <= n <= _LAST_YEAR for n in (a, b))
    if all(full):
        return year_first if a >= _YEAR_FIRST_SINCE and not numbered else year_last
    if any(full):
        return year_first if full[0] else year_last
    short_first, short_last = a in _SHORT_YEARS, b in _SHORT_YEARS
    if short_first and (ends_with_community or (kind == "L" and not numbered)):
        return year_first
    if short_last and (numbered or (community and kind == "R") or (kind == "R" and a > b)):
        return year_last
    return Pair(None, b, year_last=False, numbered=numbered, community=named)


def _whole(year: int) -> int:
    return 1900 + year if year in _SHORT_YEARS else year


def celex_of(pair: Pair, kind: str | None) -> str | None:
    """Derive the CELEX number, unless one is missing or they stand in the wrong order."""
    if pair.year is None or not kind or not pair.number or pair.turned:
        return None
    if kind == "L" and pair.year_last:
        return None
    return f"3{pair.year}{kind}{pair.number:04d}"


def written(celex: str) -> str:
    """Write an act as its year does: «2000/60/EF», «(EU) nr. 517/2014», «(EU) 2016/679»."""
    year, kind, number = int(celex[1:5]), celex[5], int(celex[-4:])
    community = _community_of(year)
    if year >= _YEAR_FIRST_SINCE:
        return f"(EU) {year}/{number}"
    shown = str(year)[2:] if year < 1999 else str(year)  # noqa: PLR2004 - the year they turned long
    return f"({community}) nr. {number}/{shown}" if kind == "R" else f"{shown}/{number}/{community}"


def kind_name(kind: str) -> str:
    """Say what kind of act a CELEX letter is, in Norwegian."""
    return _KIND_NAMES.get(kind, "rettsakt")


def doubt_about(pair: Pair, kind: str | None, dated: int | None = None) -> str | None:
    """Say in Norwegian what cannot be right with a number. ``dated`` is the year of the act."""
    if pair.year is None:
        return "Ingen av tallene kan være årstallet. Sjekk nummeret."
    if pair.number == 0:
        return "Ingen rettsakt har nummer 0. Sjekk nummeret."
    if dated is not None and abs(dated - pair.year) > 1:
        return f"Årstallet i nummeret ({pair.year}) passer ikke med datoen ({dated})."
    return _out_of_order(pair, kind) or _misnamed(pair, kind)


def _out_of_order(pair: Pair, kind: str | None) -> str | None:
    """Doubt «(EU) nr. 679/2016» and «forordning (EU) 2014/651»: the order was another that year."""
    right = written(f"3{pair.year}{kind or 'R'}{pair.number:04d}")
    if pair.turned or (pair.year_last and kind == "L"):
        return f"Året står sist; {_the(kind)} heter trolig {right}."
    old = pair.year is not None and pair.year < _YEAR_FIRST_SINCE
    if kind == "R" and old and not pair.year_last:
        return f"Før 2015 sto nummeret først; forordningen heter trolig {right}."
    return None


def _misnamed(pair: Pair, kind: str | None) -> str | None:
    """Doubt a community that did not exist that year: «91/271/EF», «2003/87/EU»."""
    year, named = pair.year or 0, _ENGLISH.get(pair.community or "", pair.community)
    wrong = (
        (named == "EU" and year < _EU_SINCE)
        or (named == "EF" and not _EF_SINCE <= year <= _EU_SINCE)
        or (named == "EØF" and year > _EF_SINCE)
    )
    if not wrong:
        return None
    right = written(f"3{year}{kind or 'L'}{pair.number:04d}")
    return f"«{pair.community}» passer ikke med året {year}; trolig {right}."


def _the(kind: str | None) -> str:
    names = {"R": "forordningen", "L": "direktivet", "D": "beslutningen", "H": "anbefalingen"}
    return names.get(kind or "", "rettsakten")


def _community_of(year: int) -> str:
    if year > _EU_SINCE:
        return "EU"
    return "EF" if year > _EF_SINCE else "EØF"
