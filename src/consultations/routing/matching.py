"""Finds words in Norwegian and English text: inflected, in compounds, or several after each other.

A text is cut into tokens once, and a token is looked up in an index of word beginnings only the
first time it is seen. So the time taken is linear in the text and hardly depends on the number of
words we look for.
"""

import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

TOKEN = re.compile(r"[\w\u00ad\u0300-\u036f]+")
"""A word, with soft hyphens and combining accents kept inside it."""

_TOKENS_AND_GAPS = re.compile(f"({TOKEN.pattern})")

_GAP = re.compile(r"\s?(?:[-–‑],?|/)?\s{0,2}")
"""What may stand between the words of a phrase: «plan- og bygningsloven», «Barne-, ungdoms-»."""

_LONGEST_GAP = 5

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


class Hit(NamedTuple, Generic[T]):
    """A phrase found at ``text[start:end]``, and everything that asked for it."""

    start: int
    end: int
    found: tuple[T, ...]


class Tokens:
    """A text cut into words."""

    def __init__(self, text: str) -> None:
        parts = _TOKENS_AND_GAPS.split(text)
        self.words = parts[1::2]
        self._gaps = parts[::2]
        self._ends = list(accumulate(map(len, parts)))

    def start(self, place: int) -> int:
        return self._ends[2 * place]

    def end(self, place: int) -> int:
        return self._ends[2 * place + 1]

    def folded(self, place: int) -> str:
        return fold(self.words[place][: _LONGEST_TOKEN + 1])

    def first_letter(self, place: int) -> str:
        return self.folded(place)[:1] if place < len(self.words) else ""

    def joins_the_one_before(self, place: int) -> bool:
        """Say whether what stands before the word may stand inside a phrase."""
        gap = self._gaps[place]
        return len(gap) <= _LONGEST_GAP and _GAP.fullmatch(gap) is not None


@lru_cache(_REMEMBERED_TOKENS)
def fold(token: str) -> str:
    """Write a token the way words are compared: composed, without soft hyphens, accents, case."""
    if token.isascii():
        return token.lower()
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


class _Node(Generic[T]):
    """Where one or more phrases have come to after some words: a tree shared by all phrases."""

    def __init__(self, letters: int) -> None:
        self.letters = letters
        self.wanted_by: list[T] = []
        self.following: dict[str, dict[Word, _Node[T]]] = {}

    def add(self, word: Word) -> "_Node[T]":
        beginning_alike = self.following.setdefault(fold(word.stem)[:1], {})
        return beginning_alike.setdefault(word, _Node(self.letters + len(word.stem)))

    def after(self, token: str, key: str) -> Iterator["_Node[T]"]:
        for word, node in self.following.get(key[:1], {}).items():
            if word.fits(token, key):
                yield node


class _Beginning(NamedTuple, Generic[T]):
    """What may begin with a token: the longest words alone, and phrases by their next letter."""

    alone: tuple[T, ...]
    phrases: Mapping[str, list[_Node[T]]]


class _Stems:
    """Words that begin alike. Those that a token begins with are found by halving, not trying."""

    def __init__(self, words: Iterable[Word]) -> None:
        self._words: dict[str, list[Word]] = defaultdict(list)
        for word in words:
            self._words[word.stem.removesuffix("e")].append(word)
        self._sorted = sorted(self._words)
        self._begins_with: dict[str, list[str]] = {}
        shorter: list[str] = []
        for stem in self._sorted:
            shorter = [stem, *(one for one in shorter if stem.startswith(one))]
            self._begins_with[stem] = shorter

    def fitting(self, token: str, key: str, at: int) -> Iterator[Word]:
        """Find the words that fit a token at that place of its folded form."""
        place = bisect_right(self._sorted, key[at:])
        for stem in self._begins_with[self._sorted[place - 1]] if place else ():
            if key.startswith(stem, at):
                for word in self._words[stem]:
                    if word.fits(token, key, at):
                        yield word


def _by_two_letters(words: Iterable[Word]) -> dict[str, _Stems]:
    alike: dict[str, list[Word]] = defaultdict(list)
    for word in words:
        alike[word.stem[:2]].append(word)
    return {letters: _Stems(group) for letters, group in alike.items()}


class _Lately(dict[str, T]):
    """What tokens were found to be. Forgets what has not been met for long, so it never grows."""

    def __init__(self, look_up: Callable[[str], T]) -> None:
        super().__init__()
        self._look_up = look_up
        self._before: dict[str, T] = {}

    def __missing__(self, token: str) -> T:
        found = self._before[token] if token in self._before else self._look_up(token)
        if len(token) <= _LONGEST_TOKEN:
            if len(self) >= _REMEMBERED_TOKENS:
                self._before = dict(self)
                self.clear()
            self[token] = found
        return found


class Vocabulary(Generic[T]):
    """All phrases at once. The longest phrase wins a place, and nothing is found twice there.

    That holds within a layer; layers take nothing from each other. One index serves them all, so
    a token is looked up once however many layers there are.
    """

    def __init__(self, *layers: Iterable[tuple[tuple[Word, ...], T]]) -> None:
        self._layers = [_first_nodes(phrases) for phrases in layers]
        words = dict.fromkeys(word for nodes in self._layers for word in nodes)
        self._acronyms = {word.stem: word for word in words if word.acronym}
        folded = [word for word in words if not word.acronym]
        self._first = _by_two_letters(folded)
        self._inside = _by_two_letters(word for word in folded if word.open_start)
        self._beginnings = _Lately(self._look_up)

    def find(self, text: str) -> Iterator[Hit[T]]:
        """Find every phrase from left to right without overlap, one layer after the other."""
        tokens = Tokens(text)
        look_up = self._beginnings.__getitem__
        known = {token: found for token in set(tokens.words) if (found := look_up(token))}
        layers: list[list[tuple[int, _Beginning[T]]]] = [[] for _ in self._layers]
        for place, token in enumerate(tokens.words):
            if token in known:
                for layer, here in known[token]:
                    layers[layer].append((place, here))
        for places in layers:
            yield from _find_in_layer(tokens, places)

    def _look_up(self, token: str) -> tuple[tuple[int, _Beginning[T]], ...]:
        """Find what begins with a token, and in which layer."""
        if len(token) > _LONGEST_TOKEN:
            return ()
        words = dict.fromkeys(self._words_in(token, fold(token)))
        if not words:
            return ()
        found = ((i, _beginning(nodes, words)) for i, nodes in enumerate(self._layers))
        return tuple((i, here) for i, here in found if here)

    def _words_in(self, token: str, key: str) -> Iterator[Word]:
        if acronym := self._acronyms.get(token.removesuffix("s")):
            yield acronym
        if stems := self._first.get(key[:2]):
            yield from stems.fitting(token, key, 0)
        inside = range(_SHORTEST_FIRST_PART, len(key)) if self._inside else ()
        for at in inside:
            if stems := self._inside.get(key[at : at + 2]):
                yield from stems.fitting(token, key, at)


def _first_nodes(phrases: Iterable[tuple[tuple[Word, ...], T]]) -> dict[Word, _Node[T]]:
    """Grow the tree of some phrases and give what their first words lead to."""
    start: _Node[T] = _Node(0)
    for words, wanted_by in phrases:
        node = start
        for word in words:
            node = node.add(word)
        node.wanted_by.append(wanted_by)
    return {word: node for alike in start.following.values() for word, node in alike.items()}


def _beginning(layer: Mapping[Word, _Node[T]], words: Iterable[Word]) -> _Beginning[T] | None:
    nodes = [layer[word] for word in words if word in layer]
    if not nodes:
        return None
    phrases: dict[str, list[_Node[T]]] = defaultdict(list)
    for node in nodes:
        for letter in node.following:
            phrases[letter].append(node)
    return _Beginning(_wanted_by(nodes), dict(phrases))


def _find_in_layer(tokens: Tokens, places: Iterable[tuple[int, _Beginning[T]]]) -> Iterator[Hit[T]]:
    free_from = 0
    for place, here in places:
        if place < free_from:
            continue
        alone, phrases = here
        last, found = place, alone
        if phrases and (nodes := phrases.get(tokens.first_letter(place + 1))):
            last, longer = _longest(nodes, tokens, place)
            found = longer or alone
        if found:
            free_from = last + 1
            yield Hit(tokens.start(place), tokens.end(last), found)


def _longest(nodes: list[_Node[T]], tokens: Tokens, place: int) -> tuple[int, tuple[T, ...]]:
    """Follow phrases as far as they stand here in full; several may want the same words."""
    last = place
    found: tuple[T, ...] = ()
    words = tokens.words
    while nodes and place + 1 < len(words):
        place += 1
        token, key = words[place], tokens.folded(place)
        nodes = [one for node in nodes for one in node.after(token, key)]
        if nodes and not tokens.joins_the_one_before(place):
            break
        if here := _wanted_by(nodes):
            last, found = place, here
    return last, found


def _wanted_by(nodes: list[_Node[T]]) -> tuple[T, ...]:
    """Take the phrases that end here, those of the longest words only."""
    most = max((node.letters for node in nodes if node.wanted_by), default=0)
    return tuple(one for node in nodes if node.letters == most for one in node.wanted_by)
