"""The page of benchmarks names the cases there are, and no others."""

import re
from pathlib import Path

from bench.streams import CASES

PAGE = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text("utf-8")


def test_cases_when_told_then_these_are_all():
    table = PAGE.partition("## What is measured")[2].partition("**Side by side.**")[0]
    told = {name for line in table.splitlines() for name in re.findall(r"`([a-z-]+)`", line[:30])}
    assert told == set(CASES)
