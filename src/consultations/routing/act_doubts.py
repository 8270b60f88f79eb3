"""What seems wrong with the number of an act, held against the acts we know."""

from collections.abc import Iterable, Mapping

from consultations.routing.eu import Reference
from consultations.routing.eu_numbers import Pair, kind_name, written
from consultations.routing.schema import NamedAct

ActsByYear = Mapping[int, tuple[tuple[str, NamedAct], ...]]
"""The CELEX numbers of each year with the act that has them."""

_SHARED_SERIES_SINCE = 2015
"""From 2015 all kinds of acts share one series of numbers, so a number has only one kind."""


def doubt_about_act(
    reference: Reference,
    disputed: NamedAct | None,
    names: Iterable[NamedAct],
    by_year: ActsByYear,
) -> str | None:
    """Say in Norwegian what is wrong, and which act is likely meant where we know it.

    ``disputed`` is the act whose name stands beside a number it does not have; ``names`` are the
    acts named in the same text.
    """
    if disputed:
        numbers = " eller ".join(written(celex) for celex in disputed.celex)
        return f"Nummeret passer ikke med navnet: {disputed.name} er {numbers}."
    if reference.doubt and reference.pair and reference.pair.turned:
        meant = _meant(reference.pair, list(names), by_year)
        if meant:
            celex, act = meant
            return f"Året står sist; trolig er det {act.name}, {written(celex)}."
    return reference.doubt


def doubt_about_kind(reference: Reference, acts: Mapping[str, NamedAct]) -> str | None:
    """Doubt «direktiv (EU) 2016/679»: that number belongs to a regulation we know."""
    celex = reference.celex
    if not celex or celex in acts or celex[0] != "3" or int(celex[1:5]) < _SHARED_SERIES_SINCE:
        return None
    for kind in "RLD":
        other = f"{celex[:5]}{kind}{celex[6:]}"
        if kind != celex[5] and other in acts:
            has, is_ = kind_name(celex[5]), kind_name(kind)
            return f"{written(other)} er en {is_}, {acts[other].name}; her står det {has}."
    return None


def _meant(pair: Pair, names: list[NamedAct], by_year: ActsByYear) -> tuple[str, NamedAct] | None:
    """Find the one known act whose number is right, or nearly right and named in the text too."""
    same_year = by_year.get(pair.year or 0, ())
    right = [one for one in same_year if int(one[0][-4:]) == pair.number]
    if right:
        return right[0]
    named = [one for one in same_year if one[1] in names and _differ(one[0], pair) <= 2]  # noqa: PLR2004
    near = named or [one for one in same_year if _differ(one[0], pair) == 1]
    return near[0] if len(near) == 1 else None


def _differ(celex: str, pair: Pair) -> int:
    """Count the digits that differ between a known number and the one in the text."""
    return sum(a != b for a, b in zip(celex[-4:], f"{pair.number:04d}", strict=False))
