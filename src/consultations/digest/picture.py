"""A picture of a mail, taken with a browser where this machine has one."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
"""Tried in this order, by name on the search path."""

WIDTH = 700
LONGEST = 15_000
"""Pixels: a mail that is longer is shown from the top."""

TIMEOUT_SECONDS = 60.0

_MEASURE = (
    '<script>document.title = "height=" + document.documentElement.scrollHeight</script></body>'
)
_SCHEMES = {"light": "1", "dark": "0"}


def browser() -> str | None:
    """Return the browser to use, None where there is none."""
    found = (shutil.which(name) for name in BROWSERS)
    return next((path for path in found if path), None)


def take(program: str, html: str, picture: Path, *, scheme: str) -> bool:
    """Write a PNG of a whole mail as it looks in a scheme, ``light`` or ``dark``.

    Returns whether there is one now: a browser may refuse to start.
    """
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "mail.html"
        page.write_text(html.replace("</body>", _MEASURE), encoding="utf-8")
        measured = re.search(r"height=(\d+)", _run(program, folder, page, scheme, "--dump-dom"))
        height = min(int(measured[1]), LONGEST) if measured else LONGEST
        page.write_text(html, encoding="utf-8")
        _run(
            program, folder, page, scheme,
            f"--screenshot={picture.absolute()}", f"--window-size={WIDTH},{height}",
        )  # fmt: skip
    return picture.exists()


def _run(program: str, folder: str, page: Path, scheme: str, *options: str) -> str:
    command = [
        program, "--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
        f"--user-data-dir={folder}/profile", f"--window-size={WIDTH},800",
        f"--blink-settings=preferredColorScheme={_SCHEMES[scheme]}", *options, page.as_uri(),
    ]  # fmt: skip
    if os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # the browser will not start as root with one
    try:
        ended = subprocess.run(  # noqa: S603 - a browser by a fixed name, on a page we wrote
            command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ended.stdout
