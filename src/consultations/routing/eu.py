"""References to EU acts, in every spelling seen in real Norwegian and English text.

The text is kept as found. A CELEX number is an interpretation, given only where the text says
year, number and kind of act; look-alikes (case numbers, Prop., NOU, LOV-, FOR-) never match.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMMUNITY = r"(?:EU|EF|EØF|EC|EEC|EUF|Euratom)"
_NUMBERED = r"(?:(?:nr|no|n°)\.?\s?)"
_PAIR_END = r"(?![\d/]|-\d)"
_REFERENCE = re.compile(
    rf"""
      \b(?P<celex>[35](?:19|20)\d\d\s?(?:R|L|D|H|PC|DC)\s?\d{{4}})\b
    | \b(?:KOM|COM)\s?\((?P<com_year>(?:19|20)\d\d)\)\s?(?P<com_number>\d{{1,4}})\b
    | \({_COMMUNITY}(?:,\s?Euratom)?\)\s?(?P<nr>{_NUMBERED})?
        (?P<first>\d{{1,4}})/(?P<second>\d{{1,4}}){_PAIR_END}
    | (?<![\d/-])(?P<year>(?:19|20)\d\d|[5-9]\d)/(?P<number>\d{{1,4}})/
        (?:{_COMMUNITY}|JIS|RIA|JHA|FUSP|CFSP)\b
    | \b{_COMMUNITY}/(?P<reversed>\d{{1,4}}/(?:19|20)\d\d)\b
    | \b{_COMMUNITY}\s(?P<bare_nr>{_NUMBERED})?
        (?P<bare_first>\d{{1,4}})/(?P<bare_second>\d{{1,4}}){_PAIR_END}
    | (?:forordning|direktiv|regulation|directive)(?:en|a|et|ene|s)?\s(?P<after_nr>{_NUMBERED})?
        (?P<after_first>\d{{1,4}})/(?P<after_second>\d{{1,4}}){_PAIR_END}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER = re.compile(r"\d/\d|\)\s?\d|\d\s?(?:[RLDH]|PC|DC)\s?\d")
"""What every reference holds; the dear expression above is only tried around these."""

_BEFORE_NUMBER, _AFTER_NUMBER = 44, 24
_NEXT = re.compile(
    rf"(?:,|,?\s(?:og|and|samt|eller|or))\s(?P<nr>{_NUMBERED})?"
    rf"(?P<first>\d{{1,4}})/(?P<second>\d{{1,4}}){_PAIR_END}",
    re.IGNORECASE,
)
_KIND = re.compile(
    r"(forordning|regulation|\breg\.)|(direktiv|directive)|(beslutning|vedtak|decision)"
    r"|(anbefaling|recommendation)",
    re.IGNORECASE,
)
_KINDS = "RLDH"
_WORD_BEFORE = re.compile(r"([\w-]{1,60}\.?)[\s(«]{1,3}$")
_SENTENCE_END = re.compile(r"[.!?;]\s{1,3}(?=[A-ZÆØÅ])|\n")
_NOT_A_PROPOSAL = re.compile(
    r"meddelelse|melding|rapport|strategi|handlingsplan|communication|report|strategy|plan\b",
    re.IGNORECASE,
)
_LOOK_BACK = 80
_FIRST_YEAR, _LAST_YEAR = 1952, 2099
_SHORT_YEARS = range(52, 100)
_YEAR_FIRST_SINCE = 2015
"""From 2015 all acts are numbered year/number; regulations were number/year before that."""


@dataclass(frozen=True)
class Reference:
    """An act's number at ``text[start:end]``; ``celex`` where it can be derived."""

    start: int
    end: int
    celex: str | None


def find_references(text: str) -> Iterator[Reference]:
    """Find the numbered EU acts of a text from left to right."""
    read_to = 0
    for number in _NUMBER.finditer(text):
        if number.start() < read_to:
            continue
        start = max(read_to, number.start() - _BEFORE_NUMBER)
        match = _REFERENCE.search(text, start, number.end() + _AFTER_NUMBER)
        found = _read(text, match) if match else None
        if match and found:
            for one in (found, *_following(text, found.end, _kind_before(text, match))):
                read_to = one.end
                yield one


def _read(text: str, match: re.Match[str]) -> Reference | None:
    part = match.groupdict()
    start, end = _start_with_kind(text, match.start()), match.end()
    if text[end : end + 1] == ")" and "(" in text[start : match.start()]:
        end += 1  # «kvotedirektivet (2003/87/EF)»
    if part["celex"]:
        return Reference(match.start(), match.end(), re.sub(r"\s", "", part["celex"]).upper())
    if part["com_year"]:
        celex = f"5{part['com_year']}PC{int(part['com_number']):04d}"
        other = _NOT_A_PROPOSAL.search(_sentence_before(text, match.start()))
        return Reference(start, end, None if other else celex)
    if part["reversed"]:
        return Reference(start, end, None)
    if part["year"]:
        year = part["year"] if len(part["year"]) > 2 else f"19{part['year']}"  # noqa: PLR2004
        pair: tuple[int, int] | None = int(year), int(part["number"])
    else:
        pair = next(
            _year_and_number(part[f"{form}first"], part[f"{form}second"], part[f"{form}nr"])
            for form in ("", "bare_", "after_")
            if part[f"{form}first"]
        )
    return Reference(start, end, _celex(pair, _kind_before(text, match))) if pair else None


def _following(text: str, end: int, kind: str | None) -> Iterator[Reference]:
    """Read on in «forordningene (EU) nr. 1303/2013, 1304/2013 og 1305/2013»."""
    while match := _NEXT.match(text, end):
        pair = _year_and_number(match["first"], match["second"], match["nr"])
        if not pair:
            return
        end = match.end()
        yield Reference(match.start("first"), end, _celex(pair, kind))


def _year_and_number(first: str, second: str, numbered: str | None) -> tuple[int, int] | None:
    """Tell year from number; None when neither can be a year."""
    a, b = int(first), int(second)
    a_is_year, b_is_year = (_FIRST_YEAR <= n <= _LAST_YEAR for n in (a, b))
    if a_is_year and b_is_year:
        return (a, b) if a >= _YEAR_FIRST_SINCE and not numbered else (b, a)
    if a_is_year:
        return a, b
    if numbered and b in _SHORT_YEARS:
        return 1900 + b, a
    return (b, a) if b_is_year else None


def _celex(pair: tuple[int, int], kind: str | None) -> str | None:
    year, number = pair
    return f"3{year}{kind}{number:04d}" if kind and number else None


def _kind_before(text: str, match: re.Match[str]) -> str | None:
    """Find R, L, D or H from the nearest «forordning», «direktiv» … in the same sentence."""
    before = _sentence_before(text, match.start()) + match.group()
    nearest = max(_KIND.finditer(before), key=re.Match.start, default=None)
    return _KINDS[nearest.lastindex - 1] if nearest and nearest.lastindex else None


def _sentence_before(text: str, start: int) -> str:
    return _SENTENCE_END.split(text[max(0, start - _LOOK_BACK) : start])[-1]


def _start_with_kind(text: str, start: int) -> int:
    """Let the quote begin at the word that says what kind of act it is, when it stands there."""
    floor = max(0, start - _LOOK_BACK)
    if start and (text[start - 1].isalnum() or text[start - 1] == "-"):
        while start > floor and (text[start - 1].isalnum() or text[start - 1] == "-"):
            start -= 1
        return start
    word = _WORD_BEFORE.search(text, floor, start)
    return word.start() if word and _KIND.search(word[1]) else start
