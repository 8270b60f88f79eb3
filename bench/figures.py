"""How figures are shown: a table with medians, the range and ratios."""

import statistics
from collections.abc import Mapping, Sequence


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, ready for docs/benchmarks.md."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def rates(found: Mapping[str, Sequence[float]], unit: str, against: str) -> str:
    """Show each way's median rate, its range, and its ratio to one of them in the same round."""
    rows = []
    for way, values in found.items():
        pairs = zip(values, found[against], strict=True)
        ratio = statistics.median(value / other for value, other in pairs)
        low, high = min(values), max(values)
        rows.append([way, f"{statistics.median(values):,.0f}", f"{low:,.0f}–{high:,.0f}",
                     f"{ratio:.2f}"])  # fmt: skip
    return table(["way", f"{unit}, median", "lowest–highest", f"ratio to {against}"], rows)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that so large a share of all lie at or below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]
