"""Takes the pictures in ``docs/images`` from a fresh demo: ``make screenshots``.

Needs Chromium, at ``/usr/bin/chromium`` or where ``CHROMIUM`` says.
"""  # noqa: INP001 - a script beside the pages it serves, not a package

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from consultations import bootstrap
from consultations.alerts import slack_blocks
from consultations.alerts.message import compose
from consultations.bootstrap import Tracker
from consultations.cli import DEMO
from consultations.domain.response.acts import Choice, State
from consultations.handlers import response
from consultations.handlers.response import Advance, Assign, Demand, Triage, Wish
from consultations.handlers.response_wishes import What
from consultations.store import bus, consultations, ledger, sources
from consultations.store.ledger import Claim, DeliveryState, Due

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PATIENCE_SECONDS = 120

SHOWN = "regjeringen:3167766"
"""A consultation whose page and letter are the source's own, not made for the demo."""

PAGES = {
    "list": ("/", 1280, 860),
    "consultation": (f"/horinger/{SHOWN}", 1280, 1650),
    "phone": (f"/horinger/{SHOWN}", 390, 844),
}
"""Picture: the address it shows, and the width and height of the window."""

PANELS: Mapping[str, tuple[int, Literal["light", "dark"]]] = {
    "response": (1280, "light"),
    "response-dark": (1280, "dark"),
    "response-phone": (320, "light"),
}
"""Picture of the panel on our own response: the width of the window, and the reader's colours."""

MESSAGE_PAGE = """<!doctype html><html lang="nb"><meta charset="utf-8"><style>
body { margin: 0; padding: 20px; width: 680px; font: 15px/1.47 sans-serif; color: #1d1c1d }
h2 { margin: 0 0 6px; font-size: 15px; color: #616061 }
article { display: flex; gap: 10px; margin-bottom: 22px }
.mark { flex: 0 0 36px; height: 36px; border-radius: 6px; background: #00465c; color: #fff;
        text-align: center; line-height: 36px; font-weight: bold }
.app { font-weight: bold } .tag { background: #eee; color: #555; font-size: 11px; padding: 1px 4px }
h3 { margin: 2px 0 6px; font-size: 18px } p { margin: 0 0 6px } a { color: #1264a3 }
.context { font-size: 13px; color: #616061 } footer { font-size: 13px; color: #616061 }
</style>%s
<footer>Slik blokkene ser ut. Tegnet av oss, ikke et bilde fra Slack.</footer></html>"""

MESSAGE = """<h2>%s</h2><article><div class="mark" aria-hidden="true">KS</div><div>
<div><span class="app">Høringer</span> <span class="tag">APP</span></div>%s</div></article>"""


def main() -> None:
    """Start the demo on an empty database, wait until all is told, and take the pictures."""
    IMAGES.mkdir(exist_ok=True)
    with _demo() as (address, tracker), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, (path, width, height) in PAGES.items():
            _take(browser, name, width, height, url=address + path)
        _take(browser, "message", 720, 200, html=MESSAGE_PAGE % _messages(tracker))
        _act(tracker)
        for name, (width, scheme) in PANELS.items():
            _take_panel(browser, name, width, scheme, f"{address}/horinger/{SHOWN}")
        browser.close()


@contextmanager
def _demo() -> Iterator[tuple[str, Tracker]]:
    """Run the demo in a folder of its own, so that no other database or setting is touched."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for needed in ("config", "demo"):
            (folder / needed).symlink_to(ROOT / needed)
        with _running(folder) as address:
            tracker = bootstrap.tracker(
                **{**DEMO, "database_url": f"sqlite:///{folder}/var/demo.db"}
            )
            _wait_until("everything is told", lambda: _is_quiet(tracker))
            yield address, tracker
            tracker.database.close()


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    ours = {k: v for k, v in os.environ.items() if not k.startswith("CONSULTATIONS_")}
    output = folder / "output.txt"
    with output.open("w") as told:
        command = [str(Path(sys.executable).parent / "consultations"), "demo", "--port", "0"]
        demo = subprocess.Popen(  # noqa: S603 - our own command, nothing foreign in it
            command, cwd=folder, env={**ours, "PYTHONUNBUFFERED": "1"}, stdout=told
        )
    try:
        _wait_until("the page opens", lambda: "Åpne http" in output.read_text("utf-8"))
        yield re.findall(r"Åpne (http\S+)/", output.read_text("utf-8"))[0]
    finally:
        demo.terminate()
        demo.wait()


def _is_quiet(tracker: Tracker) -> bool:
    with tracker.database.reading() as session:
        polled = [row.source for row in sources.all_sources(session) if row.last_success_at]
        behind = sum(bus.lag(session, step.name, step.topic) for step in tracker.steps())
        told = set(ledger.tally(session)) == {DeliveryState.SENT}
    return len(polled) == len(tracker.sources) and not behind and told


def _wait_until(what: str, is_so: Callable[[], bool]) -> None:
    for _ in range(PATIENCE_SECONDS * 5):
        if is_so():
            return
        time.sleep(0.2)
    sys.exit(f"Waited {PATIENCE_SECONDS} s, but not so: {what}.")


def _take(
    browser: Browser, name: str, width: int, height: int, *, url: str = "", html: str = ""
) -> None:
    page = browser.new_page(viewport={"width": width, "height": height})
    if url:
        page.goto(url)
    else:
        page.set_content(html)
    page.screenshot(path=IMAGES / f"{name}.png", full_page=bool(html))
    page.close()


def _act(tracker: Tracker) -> None:
    """Work with the response as people do, so that there is something to see."""
    done: list[tuple[What, str]] = [
        (Triage(Choice.ANSWER), "Forslaget gir kommunene nye oppgaver."),
        (Assign("kari-eksempel", "ola-eksempel"), ""),
        (Advance(State.MEMBER_INPUT), "Sendt ut til fylkesstyrene."),
        (Demand("Nye oppgaver må finansieres fullt ut."), ""),
    ]
    for what, note in done:
        with tracker.database.transaction() as session:
            response.act(
                session, SHOWN, Wish("Ola Eksempel", what, note), tracker.office,
                tracker.channels, tracker.section_names, tracker.clock,
            )  # fmt: skip


def _take_panel(
    browser: Browser, name: str, width: int, scheme: Literal["light", "dark"], url: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(url)
    page.locator("section.response").screenshot(path=IMAGES / f"{name}.png")
    page.close()


def _messages(tracker: Tracker) -> str:
    """Draw what each channel was told about the consultation, from the blocks Slack is sent."""
    with tracker.database.reading() as session:
        dossier = consultations.find(session, [SHOWN])[SHOWN]
        told = ledger.of_consultation(session, dossier.id)
    drawn = []
    for row in told:
        due = Due(row.id, row.key, row.fact, row.words, row.attempts, None)
        channel = tracker.channels.channels[row.channel]
        claim = Claim(SHOWN, row.channel, (due,), None)
        message = compose(dossier, claim, tracker.clock(), tracker.section_names, channel, None)
        drawn.append(MESSAGE % (channel.name, "".join(map(_drawn, slack_blocks.blocks(message)))))
    return "".join(drawn)


def _drawn(block: slack_blocks.Block) -> str:
    if block["type"] == "header":
        return f"<h3>{block['text']['text']}</h3>"
    if block["type"] == "section":
        return f"<p>{_as_html(block['text']['text'])}</p>"
    lines = "<br>".join(_as_html(element["text"]) for element in block["elements"])
    return f'<p class="context">{lines}</p>'


def _as_html(mrkdwn: str) -> str:
    """Turn our own use of Slack's markup into HTML; foreign words in it are escaped already."""
    linked = re.sub(r"<(https?://[^|>]+)\|([^>]+)>", r'<a href="\1">\2</a>', mrkdwn)
    return re.sub(r"\*([^*\n]+)\*", r"<b>\1</b>", linked).replace("\n", "<br>")


if __name__ == "__main__":
    main()
