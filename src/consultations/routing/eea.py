"""References to the EEA Agreement's annexes and protocols, and to joint committee decisions.

None of them has a CELEX number that can be derived from its own: decision 154/2018 is
``22018D1022``. They are kept as found.
"""

import re
from collections.abc import Iterator

from consultations.routing.eu import Reference

_AGREEMENT = r"(?:EØS-?\s?avtal\w{1,4}|EEA\sAgreement)(?:'s|’s)?"
_AND = r"(?:,\s|\s(?:og|and|eller|or|samt)\s)"
_ANNEX = r"(?:[Vv]edlegg(?:ene|a)?|[Aa]nnex(?:es)?)\s"
_PROTOCOL = r"(?:[Pp]rotokoll(?:en|ane|ene)?|[Pp]rotocols?)\s"
_ANNEXES = rf"{_ANNEX}(?P<annexes>[IVX]{{1,6}}\b(?:{_AND}(?:{_ANNEX})?[IVX]{{1,6}}\b){{0,21}})"
_PROTOCOLS = rf"{_PROTOCOL}(?P<protocols>\d{{1,2}}\b(?:{_AND}(?:{_PROTOCOL})?\d{{1,2}}\b){{0,10}})"
_OF_AGREEMENT = re.compile(rf"{_AGREEMENT},?\s\(?(?:sitt\s|sine\s)?(?:{_ANNEXES}|{_PROTOCOLS})")
_TO_AGREEMENT = re.compile(
    rf"(?:{_ANNEXES}|{_PROTOCOLS})(?:\s\([^()\n]{{1,110}}\))?,?"
    rf"\s(?:til|i|to|of)\s(?:the\s)?{_AGREEMENT}"
)
_COMMITTEE = r"(?:EØS-?\s?komit[eé]\w{0,4}|EEA\sJoint\sCommittee)(?:'s|’s)?"
_DECISION = r"(?:[Bb]eslutning|[Vv]edtak|[Aa]vgjerd|[Dd]ecision)\w{0,4}"
_NUMBER = (
    r"\s?(?:[Nn]r|[Nn]o)\.?\s?(?P<number>\d{1,3}\b)(?:\s?/\s?(?P<year>(?:19|20)\d\d)\b)?"
    rf"(?:{_AND}(?:[Nn]r\.?\s)?\d{{1,3}}/(?:19|20)\d\d\b){{0,20}}"
)
_DATE = r"(?:\s(?:av|of|frå|fra)\s\d{1,2}\.?\s[a-zA-Z]{3,9}\s(?P<dated>(?:19|20)\d\d)\b)?"
_OF_COMMITTEE = re.compile(rf"{_COMMITTEE}\s{_DECISION}{_NUMBER}{_DATE}")
_BY_COMMITTEE = re.compile(
    rf"{_DECISION}(?:{_NUMBER})?\s(?:av|i|frå|fra|of|by)\s(?:the\s)?{_COMMITTEE}"
    rf"(?(number)|{_NUMBER.replace('number', 'after').replace('<year', '<after_year')}){_DATE}"
)
_ANCHOR = re.compile(r"(?P<agreement>EØS-?\s?avtal|EEA\sAgreement)|EØS-?\s?komit|EEA\sJoint\sC")
_HOLDS_NUMBER = re.compile(r"edlegg|nnex|roto[kc]|komit|Joint\sC")
_BEFORE, _AFTER = 180, 400
_ANNEX_COUNT, _PROTOCOL_COUNT = 22, 49
_DIGITS = {"I": 1, "V": 5, "X": 10}


def find_eea_references(text: str) -> Iterator[Reference]:
    """Find annexes, protocols and joint committee decisions from left to right."""
    if not _HOLDS_NUMBER.search(text):
        return
    read_to = 0
    for anchor in _ANCHOR.finditer(text):
        patterns = (
            (_OF_AGREEMENT, _TO_AGREEMENT)
            if anchor["agreement"]
            else (_OF_COMMITTEE, _BY_COMMITTEE)
        )
        match = _around(text, anchor, max(read_to, anchor.start() - _BEFORE), patterns)
        if match:
            read_to = match.end()
            yield Reference(match.start(), match.end(), None, _doubt(match))


def _around(
    text: str, anchor: re.Match[str], floor: int, patterns: tuple[re.Pattern[str], re.Pattern[str]]
) -> re.Match[str] | None:
    """Find the number after «EØS-avtalen», or the one before it that belongs to it."""
    after, before = patterns
    if anchor.start() < floor:
        return None
    if match := after.match(text, anchor.start(), anchor.end() + _AFTER):
        return match
    for found in before.finditer(text, floor, anchor.end() + _AFTER):
        if found.end() > anchor.start():
            return found if found.start() < anchor.start() else None
    return None


def _doubt(match: re.Match[str]) -> str | None:
    part = match.groupdict()
    if "annexes" in part:
        return _doubt_place(part["annexes"] or "", part["protocols"] or "")
    year, dated = part["year"] or part.get("after_year"), part["dated"]
    if year and dated and year != dated:
        return f"Årstallet i nummeret ({year}) passer ikke med datoen ({dated})."
    return None


def _doubt_place(annexes: str, protocols: str) -> str | None:
    if any(_roman(one) > _ANNEX_COUNT for one in re.findall(r"\b[IVX]+\b", annexes)):
        return f"EØS-avtalen har bare {_ANNEX_COUNT} vedlegg. Sjekk nummeret."
    if any(not 0 < int(one) <= _PROTOCOL_COUNT for one in re.findall(r"\d+", protocols)):
        return f"EØS-avtalen har bare {_PROTOCOL_COUNT} protokoller. Sjekk nummeret."
    return None


def _roman(numeral: str) -> int:
    values = [_DIGITS[letter] for letter in numeral]
    after = [*values[1:], 0]
    return sum(-a if a < b else a for a, b in zip(values, after, strict=True))
