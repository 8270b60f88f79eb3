"""Writes how often routing is right into ``docs/routing.md``: ``make figures``.

A test measures again and fails when the table there is out of date.
"""  # noqa: INP001 - a script beside the page it serves, not a package

import subprocess
import sys
from pathlib import Path

COMMAND = "consultations route evaluate config/labelled_matters.jsonl --cross-validate"
PAGE = Path(__file__).parent / "routing.md"
BEGIN, END = "<!-- figures: make figures -->\n```text\n", "```\n<!-- end of figures -->"


def told() -> str:
    """Return the table that stands on the page."""
    return PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]


def measured() -> str:
    """Measure, and return the table as it should stand."""
    program, *arguments = COMMAND.split()
    done = subprocess.run(  # noqa: S603 - our own command, nothing foreign in it
        [Path(sys.executable).parent / program, *arguments],
        cwd=PAGE.parents[1], stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return done.stdout.decode()


def main() -> None:
    """Put the measured table in the place of the one that is told."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{measured()}{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
