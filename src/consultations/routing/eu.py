"""References to EU acts, in every spelling seen in real Norwegian and English text.

The text is kept as found. A CELEX number is an interpretation, given only where the text says
year, number and kind of act; look-alikes (case numbers, Prop., NOU, LOV-, FOR-) never match.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from consultations.routing.eu_numbers import Pair, celex_of, doubt_about, read_pair

_COMMUNITY = r"(?:EU|EF|EØF|EEC|EC|EKSF|ECSC|Euratom)"
_SUFFIX = rf"(?:{_COMMUNITY}|JIS|RIA|JHA|FUSP|CFSP)"
_NUMBERED = r"(?:(?:nr|no|n[°º])\.?\s?)"
_SLASH = r"\s?/\s?"
_PAIR_END = r"(?![\d/]|-\d|\s?\((?:COD|CNS|NLE|APP|BUD|SYN|AVC|INI)\))"
_KIND_WORD = r"(?:forordning|direktiv|regulation|directive)(?:en|a|et|ene|ens|ets|s)?"
_REFERENCE = re.compile(
    rf"""
      \b(?P<celex>[235](?:19|20)[0-9]{{2}}\s?(?:R|L|D|H|F|A|PC|DC|SC|JC)\s?[0-9]{{4}}(?:\([0-9]{{2}}\))?)
        (?!\w)
    | \b(?P<document>KOM|COM|SWD|SEK|SEC|JOIN|C(?=\s?\())
        (?:\s?\((?P<year_in>(?:19|20)\d\d)\)|/(?P<year_after>(?:19|20)\d\d)/)
        \s?(?P<document_number>\d{{1,4}})(?![\d/])
    | \((?P<community>{_COMMUNITY})(?:,\s?Euratom)?\)\s?(?P<nr>{_NUMBERED})?
        (?P<first>\d{{1,4}}){_SLASH}(?P<second>\d{{1,4}}){_PAIR_END}
    | (?<![\d/-])(?P<with_first>\d{{1,4}}){_SLASH}(?P<with_second>\d{{1,4}})/
        (?P<with_community>{_SUFFIX})\b
    | \b(?P<slash_community>{_COMMUNITY})/
        (?P<slash_first>\d{{1,4}})/(?P<slash_second>\d{{1,4}}){_PAIR_END}
    | \b(?P<bare_community>{_COMMUNITY})\s(?P<bare_nr>{_NUMBERED})?
        (?P<bare_first>\d{{1,4}})/(?P<bare_second>\d{{1,4}}){_PAIR_END}
    | {_KIND_WORD}\s\(?(?P<after_nr>{_NUMBERED})?
        (?P<after_first>\d{{1,4}}){_SLASH}(?P<after_second>\d{{1,4}}){_PAIR_END}
        (?:\s\(?(?P<after_community>{_SUFFIX})\b\)?)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FORMS = ("", "with_", "slash_", "bare_", "after_")
_SURE_FORMS = frozenset({"", "with_", "slash_"})
"""Forms that only an act has: with numbers that cannot be right, the act is shown as doubtful."""

_NUMBER = re.compile(
    r"[0-9]\s?/\s?[0-9]|[)/][0-9]{1,4}\b|\)\s[0-9]|[0-9]\s?(?:[RLDHFA]|[PDSJ]C)\s?[0-9]",
    re.IGNORECASE,
)
"""What every reference holds; the dear expression above is only tried around these."""

_BEFORE_NUMBER, _AFTER_NUMBER = 44, 32
_JOINED = r"(?:[,;]\s?|,?\s)(?:(?:og|and|samt|eller|or|henholdsvis|respectively)\s(?:nr\.\s)?)?"
_JOINS = re.compile(rf"[\s)]?{_JOINED}(?:med\s)?\(?|/|\s–\s")
_NEXT = re.compile(
    rf"{_JOINED}(?P<nr>{_NUMBERED})?(?P<first>\d{{1,4}}){_SLASH}(?P<second>\d{{1,4}}){_PAIR_END}"
    rf"(?!/\w)",
    re.IGNORECASE,
)
_SHORT = rf"{_JOINED}(?:nr\.\s)?\d{{1,4}}"
_NUMBERS_OF_YEAR = re.compile(
    rf"(?:{_SHORT}(?:/{_SUFFIX}\b)?(?![\d/-]|\.\d|,\d)){{0,9}}{_SHORT}/{_SUFFIX}\b", re.IGNORECASE
)
"""«2014/23, 24 og 25/EU»: the last number must say that it is an act."""

_SEVERAL = re.compile(r"(?:direktiv(?:ene|er|a)|directives)\s", re.IGNORECASE)
_NUMBERS_OF_SEVERAL = re.compile(
    rf"(?:{_SHORT}(?:/{_SUFFIX}\b)?(?![\d/-]|\.\d|,\d|\s?%|\s(?:prosent|andre|artik|other))){{1,9}}",
    re.IGNORECASE,
)
_SHORT_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
_KIND = re.compile(
    r"(forordning|regulation|\breg\.)|(direktiv|directive|\bdir\.)"
    r"|((?<!ramme)beslutning|vedtak|avgjerd|(?<!framework\s)decision)"
    r"|(anbefaling|recommendation)|(rammebeslutning|framework\sdecision)",
    re.IGNORECASE,
)
_KINDS = "RLDHF"
_WORD_BEFORE = re.compile(r"([\w-]{1,60}\.?)[\s(«]{1,3}$")
_SENTENCE_END = re.compile(r"[.!?;]\s{1,3}(?=[A-ZÆØÅ])|\n")
_RESPECTIVELY = re.compile(r"henholdsvis|respectively", re.IGNORECASE)
_DATED = re.compile(r"\s(?:av|of)\s\d{1,2}\.?\s[a-zA-Z]{3,9}\s((?:19|20)\d\d)\b")
_NOT_A_PROPOSAL = re.compile(
    r"meddelelse|melding|rapport|strategi|handlingsplan|communication|report|strategy|plan\b",
    re.IGNORECASE,
)
_DOCUMENTS = {"KOM": "PC", "COM": "PC", "SWD": "SC", "SEK": "SC", "SEC": "SC", "JOIN": "JC"}
_LOOK_BACK = 80
_REMEMBERED = 1_000
"""Tables and hostile texts write the same reference again and again."""


@dataclass(frozen=True)
class Reference:
    """An act at ``text[start:end]``; ``celex`` where derivable, ``doubt`` where it seems wrong.

    ``pair`` is year and number as read, and ``kind`` the letter of CELEX, where the text has them.
    """

    start: int
    end: int
    celex: str | None
    doubt: str | None = None
    pair: Pair | None = None
    kind: str | None = None


def find_references(text: str) -> Iterator[Reference]:
    """Find the numbered EU acts of a text from left to right."""
    read_to = 0
    previous: Reference | None = None
    for number in _NUMBER.finditer(text):
        if number.start() < read_to:
            continue
        start = max(read_to, number.start() - _BEFORE_NUMBER)
        match = _REFERENCE.search(text, start, number.end() + _AFTER_NUMBER)
        found = _read(text, match, previous) if match else None
        if found:
            for one in (found, *_following(text, found)):
                read_to, previous = one.end, one
                yield one


def _read(text: str, match: re.Match[str], previous: Reference | None) -> Reference | None:
    part = match.groupdict()
    if part["celex"]:
        celex = re.sub(r"\s", "", part["celex"]).upper()
        return Reference(match.start(), match.end(), celex)
    start, end = _start_with_kind(text, match.start()), match.end()
    if text[end : end + 1] == ")" and "(" in text[start : match.start()] + match.group():
        end += _closes(text[start:end])
    if part["document"]:
        return Reference(start, end, _document(text, match))
    return _numbered(text, match, previous, (start, end))


def _closes(quote: str) -> bool:
    """Say whether a «)» after the quote belongs to it: «kvotedirektivet (2003/87/EF)»."""
    return quote.count("(") > quote.count(")")


def _numbered(
    text: str, match: re.Match[str], previous: Reference | None, place: tuple[int, int]
) -> Reference | None:
    part = match.groupdict()
    form = next(one for one in _FORMS if part[f"{one}first"])
    kind = _kind_before(text, match, previous)
    pair = read_pair(
        (part[f"{form}first"], part[f"{form}second"]),
        kind=kind,
        community=part.get(f"{form}community"),
        numbered=bool(part.get(f"{form}nr")),
        ends_with_community=form == "with_",
    )
    if pair.year is None and form not in _SURE_FORMS:
        return None
    dated = _DATED.match(text, match.end())
    doubt = doubt_about(pair, kind, int(dated[1]) if dated else None)
    return Reference(*place, celex_of(pair, kind), doubt, pair, kind)


def _document(text: str, match: re.Match[str]) -> str | None:
    series = match["document"].upper()
    if series not in _DOCUMENTS:
        return None  # C(2021) 3447: an act of the Commission before it had a number
    year, number = match["year_in"] or match["year_after"], int(match["document_number"])
    unclear = _DOCUMENTS[series] == "PC" and _NOT_A_PROPOSAL.search(_before(text, match.start()))
    return None if unclear or not number else f"5{year}{_DOCUMENTS[series]}{number:04d}"


def _following(text: str, first: Reference) -> Iterator[Reference]:
    """Read on in «forordningene (EU) nr. 1303/2013, 1304/2013 og 1305/2013»."""
    end = first.end
    while first.pair and (match := _NEXT.match(text, end)):
        numbered = first.pair.numbered or bool(match["nr"])
        pair = read_pair(
            (match["first"], match["second"]),
            kind=first.kind,
            community=first.pair.community,
            numbered=numbered,
        )
        if pair.year is None:
            return
        end = match.end()
        celex, doubt = celex_of(pair, first.kind), doubt_about(pair, first.kind)
        yield Reference(match.start("first"), end, celex, doubt, pair, first.kind)
    yield from _of_the_same_year(text, first, end)


def _of_the_same_year(text: str, first: Reference, end: int) -> Iterator[Reference]:
    """Read on in «2014/23, 24 og 25/EU» and «direktivene 2014/23/EU, 24 og 25»."""
    pair = first.pair
    if not pair or pair.year is None or pair.year_last or first.kind != "L" or end != first.end:
        return
    match = _NUMBERS_OF_YEAR.match(text, end)
    if not match and _SEVERAL.match(text, first.start):
        match = _NUMBERS_OF_SEVERAL.match(text, end)
    for number in _SHORT_NUMBER.finditer(match.group()) if match else ():
        start, stop = end + number.start(), end + number.end()
        one = Pair(pair.year, int(number[0]), year_last=False, community=pair.community)
        yield Reference(start, stop, celex_of(one, first.kind), None, one, first.kind)


def _kind_before(text: str, match: re.Match[str], previous: Reference | None) -> str | None:
    """Find R, L, D or H from the nearest «forordning», «direktiv» … in the same sentence.

    In a list the word before the first number speaks for all of them. Where «henholdsvis» hands
    out several words to several numbers, we cannot know which is whose.
    """
    before = _before(text, match.start()) + match.group()
    words = _kind_words(before)
    close = words and len(before) - len(match.group()) - words[-1][1] <= 1 + len("ene ")
    between = text[previous.end : match.start()] if previous else ""
    if previous and not close and len(between) < _LOOK_BACK and _JOINS.fullmatch(between):
        return previous.kind
    kinds = {kind for kind, _ in words}
    if len(kinds) > 1 and not close and _RESPECTIVELY.search(before):
        return None
    return words[-1][0] if words else None


@lru_cache(_REMEMBERED)
def _kind_words(text: str) -> tuple[tuple[str, int], ...]:
    """Give the kinds named in a short text, each with where its word ends."""
    found = ((one.lastindex, one.end()) for one in _KIND.finditer(text))
    return tuple((_KINDS[kind - 1], end) for kind, end in found if kind)


def _before(text: str, start: int) -> str:
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
