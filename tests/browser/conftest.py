"""A real server and a real browser. Skips without Chromium, except on a build server."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette

from consultations.domain.decision import Decision
from consultations.domain.observation import DeadlineKind, Kind, Status
from consultations.domain.response.acts import State, Verdict
from consultations.handlers.response import Advance, Demand, FileReceipt, Judge, Note
from consultations.handlers.response_wishes import Undo
from consultations.store.database import Database
from consultations.web import create_app
from tests.building import deadline, observation
from tests.unit.web.offices import OFFICE, answer, do, seed_responses
from tests.unit.web.seeding import CHANNELS, CHILD_WELFARE, NOW, SECTIONS, SOURCE_TITLES, store

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

LONG_SECTIONS = {"okonomi": "Kommuneøkonomi", "beredskap": "Beredskap og samfunnssikkerhet"}
_LINK = "https://www.regjeringen.no/no/dokumenter/et-langt-sted/id3167072/?q=kvittering"
LONG_SENDERS = (
    "Justis- og beredskapsdepartementet",
    "Arbeids- og inkluderingsdepartementet",
    "Digitaliserings- og forvaltningsdepartementet",
)
"""The ministries with the longest words in their names."""


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
    seed_responses(database)
    _long_words(database)
    _responses(database)
    app = create_app(
        database, clock=lambda: NOW, sections={**SECTIONS, **LONG_SECTIONS}, channels=CHANNELS,
        source_titles=SOURCE_TITLES, notice="Klokken står på 10. juli 2026.",
        office=OFFICE,
    )  # fmt: skip
    with served(app) as url:
        yield url
    database.close()


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serve pages from a thread of this process. Gives their address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


def _long_words(database: Database) -> None:
    """Add what needs the most room: long names and dates, cancelled, abstained and concluded."""
    day = deadline("2026-09-30")
    seen = observation(
        source="stortinget", external_id="lang", kind=Kind.COMMITTEE_HEARING,
        title="Gjennomføring av ekomsikkerhetsdirektivet", senders=LONG_SENDERS,
        published_on=date(2026, 9, 30),
        deadlines=(day, deadline("2026-09-27", DeadlineKind.REQUEST_TO_APPEAR)),
    )  # fmt: skip
    economy = Decision(lead="okonomi", seconds=("beredskap",), score=1, rules_hash="5d1c")
    store(database, seen, decision=economy)
    cancelled = observation(
        external_id="avlyst", title="Avlyst høring", status=Status.CANCELLED,
        senders=LONG_SENDERS, deadlines=(day,),
    )  # fmt: skip
    unsure = Decision(lead="beredskap", abstained=True, score=1, rules_hash="5d1c")
    store(database, cancelled, decision=unsure)
    done = observation(
        external_id="ferdig", title="Ferdig høring", status=Status.CONCLUDED, senders=LONG_SENDERS
    )
    store(database, done, decision=economy)


def _responses(database: Database) -> None:
    """Let KS have answered one matter, with all that can stand in its panel."""
    answer(database, CHILD_WELFARE)
    do(database, CHILD_WELFARE, Demand("Full finansiering av nye oppgaver"))
    skipped = tuple(s for s in State if State.ASSIGNED.rank < s.rank < State.SENT.rank)
    do(database, CHILD_WELFARE, Advance(State.SENT, skipped))
    do(database, CHILD_WELFARE, FileReceipt("26/1234", sha256="a" * 64, link=_LINK))
    do(database, CHILD_WELFARE, Judge(3, Verdict.PARTLY, "Delvis enig", _LINK))
    do(database, CHILD_WELFARE, Note(), "Ringte departementet.")
    do(database, CHILD_WELFARE, Undo())
