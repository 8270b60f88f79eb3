"""A step that writes down what it is given, and does what a test tells it to by signs in a folder.

The signs work in whatever process the step runs.
"""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from consultations.handlers.intake import intake
from consultations.handlers.routing import route
from consultations.handlers.step import StepResult
from consultations.handlers.tracking import track
from consultations.routing import load_rules
from consultations.store.bus import Message
from consultations.store.database import Database, DatabaseUnavailable, Session
from streams.step import Handle, StepRunner
from tests.building import ReadBack, at
from tests.pipeline import names, one_channel_each
from tests.response_building import office

CONFIG = Path(__file__).parent.parent / "config"

SEEN = sa.Table(
    "seen",
    sa.MetaData(),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("key", sa.Text),
    sa.Column("value", sa.LargeBinary),
)

AWAY, ASKED = "the database is away", "the database was asked for"
HOLD, HOLDING = "stay in the batch", "in the batch"
BUG = "a fault outside the step"
CRASH_BEFORE_COMMIT, CRASH_AFTER_COMMIT = "crash before commit", "crash after commit"

Crash = Callable[[], None]


class Signs:
    """What a test and a step tell each other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, sign: str) -> None:
        (self.folder / sign).touch()

    def up(self, sign: str) -> bool:
        return (self.folder / sign).exists()

    def take(self, sign: str) -> bool:
        """Take a sign down. Returns whether it was up."""
        was_up = self.up(sign)
        (self.folder / sign).unlink(missing_ok=True)
        return was_up


def scripted(signs: Signs, crash: Crash) -> Handle:
    """Return a step that fails at what begins with «fails», and writes down all else."""

    def handle(session: Session, batch: Sequence[Message]) -> StepResult:
        if signs.up(AWAY):
            signs.put(ASKED)
            raise DatabaseUnavailable[0]("x", None, Exception("the database is away"))
        if any(message.value.startswith(b"fails") for message in batch):
            raise ZeroDivisionError
        session.execute(sa.insert(SEEN), [{"key": m.key, "value": m.value} for m in batch])
        if signs.take(CRASH_BEFORE_COMMIT):
            crash()
        while signs.up(HOLD):
            signs.put(HOLDING)
            time.sleep(0.01)
        return StepResult(len(batch))

    return handle


def crashing_after_commit(signs: Signs, crash: Crash) -> Callable[..., None]:
    """Return what takes the place of ``StepRunner.take``."""
    original = StepRunner.take

    def take(self: StepRunner, batch: Sequence[Message]) -> None:
        original(self, batch)
        if signs.take(CRASH_AFTER_COMMIT):
            crash()
        if signs.take(BUG):
            raise RuntimeError(BUG)

    return take


def real_intake() -> Handle:
    """Return the real intake, of records that are observations."""
    return partial(
        intake,
        readers={"regjeringen": ReadBack()},
        news_age=timedelta(days=14),
        clock=lambda: at(9),
    )


def real_routing() -> Handle:
    """Return the real routing, and the real tracking of the same events right after it."""
    rules, clock = load_rules(CONFIG), partial(at, 9)

    def handle(session: Session, batch: Sequence[Message]) -> StepResult:
        result = route(session, batch, rules=rules, clock=clock)
        track(
            session, batch, channels=one_channel_each(rules), sections=names(rules),
            office=office(), news_age=timedelta(days=14), clock=clock,
        )  # fmt: skip
        return result

    return handle


def make_room(database: Database) -> None:
    """Make the table that the scripted step writes in."""
    with database.transaction() as session:
        SEEN.create(session.connection())


def seen(database: Database) -> list[tuple[str, bytes]]:
    """Every key and value the step has committed, in the order it did."""
    with database.reading() as session:
        rows = session.execute(sa.select(SEEN).order_by(SEEN.c.number))
        return [(row.key, bytes(row.value)) for row in rows]
