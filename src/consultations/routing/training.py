"""Learns what the rules leave open: words that speak for a section, from labelled matters.

A multinomial logistic regression on top of the rules' own points, which stand as they are. The
weights are kept from going below zero and drawn towards it (L1), so that few words are left and
each of them can be read as a rule.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import logsumexp

from consultations.domain.decision import NONE_SECTION, Decision
from consultations.routing.labelled import LabelledMatter, data_hash
from consultations.routing.model import Model, words_of
from consultations.routing.rules import RuleSet

_POINT = 0.5
"""How much one point of the rules moves the odds; measured, not learned."""

_FEWER_WORDS, _SMALLER_WEIGHTS = 0.2, 0.1
"""The pull towards zero: of each weight's size (L1) and of its square (L2)."""

_NONE_COUNTS = 0.3
"""A matter that is not for KS counts this much: losing a real matter is the dear error."""

_SEEN_IN = 2
"""A word must stand in this many matters to be learned."""

_LEAST_POINTS = 0.1
_STEPS = 200

Decide = Callable[[LabelledMatter], Decision]


@dataclass(frozen=True)
class _Table:
    """The matters as numbers: one row each, one column for every word or section."""

    words: Sequence[str]
    sections: Sequence[str]
    loudness: csr_matrix
    points: np.ndarray
    answers: np.ndarray


def train(matters: Sequence[LabelledMatter], rules: RuleSet, decide: Decide) -> Model:
    """Learn from matters. ``decide`` gives each the decision of the rules alone."""
    table = _table(matters, rules, decide)
    weights = _fit(table) / _POINT
    learned = {
        word: {
            section: round(float(points), 2)
            for section, points in zip(table.sections, row, strict=True)
            if points >= _LEAST_POINTS
        }
        for word, row in zip(table.words, weights, strict=True)
    }
    return Model(
        trained_on=data_hash(matters),
        matters=len(matters),
        rules_hash=rules.hash,
        words={word: sections for word, sections in learned.items() if sections},
    )


def _table(matters: Sequence[LabelledMatter], rules: RuleSet, decide: Decide) -> _Table:
    found = [words_of(matter.text()) for matter in matters]
    counts = Counter(word for words in found for word in words)
    known = sorted(word for word, count in counts.items() if count >= _SEEN_IN)
    columns = {word: column for column, word in enumerate(known)}
    sections = sorted(rules.sections)
    entries = [
        (place[-1], row, columns[word])
        for row, words in enumerate(found)
        for word, place in words.items()
        if word in columns
    ]
    values, rows, cols = zip(*entries, strict=True) if entries else ((), (), ())
    points = np.zeros((len(matters), len(sections)))
    for row, matter in enumerate(matters):
        for score in decide(matter).scores:
            points[row, sections.index(score.section)] = score.score
    return _Table(
        known,
        sections,
        csr_matrix((values, (rows, cols)), shape=(len(matters), len(known))),
        points,
        np.array([sections.index(matter.primary_section) for matter in matters]),
    )


def _fit(table: _Table) -> np.ndarray:
    """Find the weights, a row for each word, that make the right answers the likeliest."""
    shape = (len(table.words), len(table.sections))
    right = np.eye(len(table.sections))[table.answers]
    none = [section == NONE_SECTION for section in table.sections].index(True)
    counts = np.where(table.answers == none, _NONE_COUNTS, 1.0)[:, None]
    offset = _POINT * table.points

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(shape)
        scores = table.loudness @ weights + offset
        likely = scores - logsumexp(scores, axis=1, keepdims=True)
        pull = _FEWER_WORDS * weights.sum() + _SMALLER_WEIGHTS / 2 * (weights**2).sum()
        slope = table.loudness.T @ ((np.exp(likely) - right) * counts)
        slope = slope + _FEWER_WORDS + _SMALLER_WEIGHTS * weights
        return pull - (counts * right * likely).sum(), slope.ravel()

    size = shape[0] * shape[1]
    if not size:
        return np.zeros(shape)
    best = minimize(
        loss, np.zeros(size), jac=True, method="L-BFGS-B",
        bounds=[(0, None)] * size, options={"maxiter": _STEPS},
    )  # fmt: skip
    return best.x.reshape(shape)
