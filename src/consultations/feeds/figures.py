"""Writes the figures of our responses as a table for a spreadsheet, or as JSON."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from consultations.store.outcomes import NOWHERE, By, Figure

MEDIA_TYPE = "text/csv; charset=utf-8"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the beginning of a formula, in full width too."""

BY_WORDS = {
    By.ALL: "alle",
    By.HEADING: "overskrift",
    By.GOAL: "mål",
    By.MINISTRY: "avsender",
    By.SECTION: "seksjon",
}
_NOWHERE_WORDS = {
    By.ALL: "alle saker",
    By.HEADING: "uten overskrift",
    By.GOAL: "uten mål",
    By.MINISTRY: "uten avsender",
    By.SECTION: "uten seksjon",
}
_COLUMNS = (
    "inndeling", "navn", "år", "saker som krevde en avgjørelse", "besvart", "besvart ikke, avgjort",
    "fulgt uten svar", "ikke avgjort eller under arbeid", "sendt etter fristen", "krav", "fulgt",
    "delvis fulgt", "ikke fulgt", "ikke omtalt", "krav vurdert (n)",
    "fulgt helt eller delvis, prosent av n", "merknad",
)  # fmt: skip


def name_of(figure: Figure, names: Mapping[str, str]) -> str:
    """Return what a figure is about, as people call it. Ministries are their own names."""
    if figure.id == NOWHERE:
        return _NOWHERE_WORDS[figure.by]
    return names.get(figure.id, figure.id)


def as_csv(figures: Iterable[Figure], names: Mapping[str, str]) -> bytes:
    """Write a table as Norwegian Excel opens it: semicolons, decimal commas and a UTF-8 mark.

    No cell can be taken for a formula.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for figure in figures:
        writer.writerow([_cell(value) for value in _row(figure, names)])
    return text.getvalue().encode("utf-8-sig")


def as_json(figures: Iterable[Figure], names: Mapping[str, str]) -> str:
    """Write one JSON object on each line. A share never stands without what it is of."""
    return "\n".join(json.dumps(_object(figure, names), ensure_ascii=False) for figure in figures)


def _object(figure: Figure, names: Mapping[str, str]) -> dict[str, object]:
    counts = figure.counts
    share = {"share": counts.share, "of": counts.judged, "small": counts.is_small}
    return {
        "by": figure.by, "id": figure.id, "name": name_of(figure, names), "year": figure.year,
        **asdict(counts), "followed_wholly_or_partly": share,
    }  # fmt: skip


def _row(figure: Figure, names: Mapping[str, str]) -> list[object]:
    one = figure.counts
    share = "" if one.share is None else f"{one.share * 100:.1f}".replace(".", ",")
    return [
        BY_WORDS[figure.by], name_of(figure, names), figure.year or "alle år", one.consultations,
        one.answered, one.not_answered, one.followed_only, one.undecided, one.sent_late,
        one.demands, one.followed, one.partly, one.not_followed, one.not_mentioned, one.judged,
        share, "lite grunnlag" if one.judged and one.is_small else "",
    ]  # fmt: skip


def _cell(value: object) -> str:
    text = str(value)
    is_risky = text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if is_risky else text
