"""Finds words in Norwegian and English text: inflected, in compounds, or several after each other.

Each token is looked up once in an index of word beginnings, so the time taken is linear in the
text and hardly depends on the number of words we look for.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Generic, TypeVar

T = TypeVar("T")

TOKEN = re.compile(r"[\w\u00ad\u0300-\u036f]+")
"""A word, with soft hyphens and combining accents kept inside it."""

_GAP = re.compile(r"\s?(?:[-–‑],?|/)?\s{0,2}")
"""What may stand between the words of a phrase: «plan- og bygningsloven», «Barne-, ungdoms-»."""

_ACRONYM = re.compile(r"\w*[A-ZÆØÅ]\w*[A-ZÆØÅ]\w*|[A-ZÆØÅ]\d+")
_ACCENTS = str.maketrans("éèêëóòôáàâüöä", "eeeeoooaaauøæ")
_ENDINGS = frozenset(
    re.split(
        " ", " s e en et a er ene ne ar ane or ens ets as ers enes ars anes es ere erne eren erens"
    )
)
"""Noun and adjective endings, bokmål and nynorsk, and the genitive."""

_AFTER_VOWEL = frozenset(re.split(" ", " s n r ne ns rs nes t ts en ens er"))
_FOR_FINAL_E = frozenset(re.split(" ", "a as ar ars ane anes"))
_SHORTEST_FIRST_PART = 2
_REMEMBERED_TOKENS = 30_000
_LONGEST_TOKEN = 80
"""No Norwegian compound is longer; what is longer is noise and must not fill the memory."""


@dataclass(frozen=True)
class Word:
    """One word to look for: ``elev``, ``barnevern-``, ``-skole-`` or an acronym such as ``NTP``."""

    stem: str
    open_start: bool = False
    open_end: bool = False
    acronym: bool = False

    def fits(self, token: str, key: str, at: int = 0) -> bool:
        """Say whether the word is found in a token at a position of its folded form ``key``."""
        if self.acronym:
            return at == 0 and token.removesuffix("s") == self.stem
        if not key.startswith(self.stem, at):
            return self._fits_without_final_e(key, at)
        rest = key[at + len(self.stem) :]
        return self.open_end or rest in (_AFTER_VOWEL if self.stem[-1] in "aeiouyæøå" else _ENDINGS)

    def _fits_without_final_e(self, key: str, at: int) -> bool:
        stem = self.stem.removesuffix("e")
        shorter = len(stem) < len(self.stem) and key.startswith(stem, at)
        return shorter and key[at + len(stem) :] in _FOR_FINAL_E


@dataclass(frozen=True)
class Hit(Generic[T]):
    """A phrase found at ``text[start:end]``, and everything that asked for it."""

    start: int
    end: int
    found: tuple[T, ...]


@dataclass(frozen=True)
class _Phrase(Generic[T]):
    words: tuple[Word, ...]
    wanted_by: T

    @cached_property
    def second_letter(self) -> str:
        return self.words[1].stem[:1].casefold() if len(self.words) > 1 else ""

    @cached_property
    def rank(self) -> tuple[int, int]:
        return len(self.words), sum(len(word.stem) for word in self.words)


@lru_cache(_REMEMBERED_TOKENS)
def fold(token: str) -> str:
    """Write a token the way words are compared: composed, without soft hyphens, accents, case."""
    whole = unicodedata.normalize("NFKC", token.replace("\u00ad", ""))
    return whole.casefold().translate(_ACCENTS)


def parse_phrase(notation: str) -> tuple[Word, ...]:
    """Read the notation of ``config/sections.yaml``. Raises ``ValueError`` when no word is left."""
    tokens = TOKEN.findall(notation)
    if not tokens:
        raise ValueError(f"«{notation}» inneholder ingen ord")
    last = len(tokens) - 1
    return tuple(
        _word(token, i == 0 and notation[0] == "-", i == last and notation[-1] == "-")
        for i, token in enumerate(tokens)
    )


def parse_law(name: str) -> tuple[Word, ...]:
    """Read a law's name so that «barnehageloven» also finds -lova, -lov and -lovutvalget."""
    *first, last = parse_phrase(name.removesuffix("-"))
    stem = re.sub(r"(?<=lov)(en|a)$|(?<=forskrift)(en|a)$", "", last.stem)
    is_law = stem.endswith(("lov", "forskrift")) and len(stem) > len("lov")
    return *first, Word(stem, last.open_start, is_law, last.acronym)


def _word(token: str, open_start: bool, open_end: bool) -> Word:
    if _ACRONYM.fullmatch(token):
        return Word(token, acronym=True)
    return Word(fold(token), open_start, open_end)


class Vocabulary(Generic[T]):
    """All phrases at once. The longest phrase wins a place, and nothing is found twice there."""

    def __init__(self, phrases: Iterable[tuple[tuple[Word, ...], T]]) -> None:
        self._index: dict[str, list[_Phrase[T]]] = defaultdict(list)
        for words, wanted_by in phrases:
            phrase = _Phrase(words, wanted_by)
            self._index[fold(words[0].stem)[:2]].append(phrase)
        self._beginning_with = lru_cache(_REMEMBERED_TOKENS)(self._search)

    def find(self, text: str) -> Iterator[Hit[T]]:
        """Find every phrase from left to right, without overlap."""
        tokens = list(TOKEN.finditer(text))
        free_from = 0
        for place, token in enumerate(tokens):
            if token.end() - token.start() > _LONGEST_TOKEN:
                continue
            candidates = self._beginning_with(token.group())
            if candidates and place >= free_from:
                found = _best(candidates, text, tokens, place)
                if found:
                    free_from = place + len(found[0].words)
                    end = tokens[free_from - 1].end()
                    yield Hit(token.start(), end, tuple(phrase.wanted_by for phrase in found))

    def _search(self, token: str) -> tuple[_Phrase[T], ...]:
        """Every phrase whose first word is found in the token, the longest first."""
        key = fold(token)
        found = [
            phrase
            for at in range(len(key))
            if at == 0 or at >= _SHORTEST_FIRST_PART
            for phrase in self._index.get(key[at : at + 2], ())
            if (at == 0 or phrase.words[0].open_start) and phrase.words[0].fits(token, key, at)
        ]
        return tuple(sorted(found, key=lambda phrase: phrase.rank, reverse=True))


def _best(
    candidates: tuple[_Phrase[T], ...], text: str, tokens: list[re.Match[str]], place: int
) -> list[_Phrase[T]]:
    """Keep the longest phrases that stand here in full; several may want the same words."""
    best: list[_Phrase[T]] = []
    following = tokens[place + 1].group()[:1].casefold() if place + 1 < len(tokens) else ""
    for phrase in candidates:
        if phrase.second_letter not in {"", following}:
            continue  # saves most of the looking: «lov om …» begins two dozen names
        if best and phrase.rank != best[0].rank:
            break  # sorted by rank: only shorter ones are left
        if len(phrase.words) == 1 or _continues(phrase.words, text, tokens, place):
            best.append(phrase)
    return best


def _continues(words: tuple[Word, ...], text: str, tokens: list[re.Match[str]], place: int) -> bool:
    if place + len(words) > len(tokens):
        return False
    for position, word in enumerate(words[1:], start=place + 1):
        token = tokens[position].group()[: _LONGEST_TOKEN + 1]
        if not word.fits(token, fold(token)):
            return False
        if not _GAP.fullmatch(text, tokens[position - 1].end(), tokens[position].start()):
            return False
    return True
