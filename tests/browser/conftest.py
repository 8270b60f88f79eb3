"""A real server and a real browser. Skips without Chromium, except on a build server."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from consultations.store.database import Database
from consultations.web import create_app
from tests.unit.web.seeding import CHANNELS, NOW, SECTIONS, SOURCE_TITLES, seed

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a module; each opens its own context.

    No longer than a module: while it runs, no other test in the process can run an event loop.
    """
    if not CHROMIUM.exists():
        missing = f"no Chromium at {CHROMIUM}: install it, or set CHROMIUM to where it is"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the application, served with something of everything in it."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('web') / 'test.db'}")
    database.migrate()
    seed(database)
    app = create_app(
        database, clock=lambda: NOW, sections=SECTIONS, channels=CHANNELS,
        source_titles=SOURCE_TITLES, notice="Klokken står på 10. juli 2026.",
    )  # fmt: skip
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()
    database.close()
