"""Tells whether a name on a list of consultees is KS itself."""

import re

_FULL_NAME = re.compile(
    r"\bkommunesektorens\s+(?:[\w-]+\s+){0,4}[\w-]*organisasjon\b"
    r"|\bkommun[ea]nes\s+sentralforb[ou]nd\b",
    re.IGNORECASE,
)
_SHORT_NAME = re.compile(r"(?:^|[(\[/,;:–-])\s*KS(?![\w&+-])(?!\s+[A-ZÆØÅ])")
"""KS first in the name or after a divider. «Solvind KS» is a limited partnership, «KS Bedrift»
another body and «KS1» a quality review."""


def is_ks(name: str) -> bool:
    return bool(_FULL_NAME.search(name) or _SHORT_NAME.search(name))
