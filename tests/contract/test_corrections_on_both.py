"""People correct matters: the same on SQLite and on PostgreSQL, and from several places at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from consultations.handlers.correction import Wish
from consultations.routing import RuleSet
from consultations.store import consultations, corrections
from consultations.store.checksums import Checksum, checksums
from consultations.store.database import Database
from consultations.store.tables import CorrectionRow, OutboxRow
from streams.log import BusLog
from streams.replay import Replay
from tests.building import at, deadline, observation
from tests.pipeline import KEY, engine, ledger_keys, say, steps, take_in

pytestmark = pytest.mark.services

SECONDS = 30
SAID = [
    Wish("Kari", lead="kultur", reason="Kulturminner æøå 👩‍👧 \x00\ud800"),
    Wish("Ola", brussels=True),
    Wish("Kari", lead="kultur"),
    Wish("Ola", lead="none", brussels=False),
]
BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def server(postgres_url: str) -> Iterator[Database]:
    server = Database(postgres_url)
    yield server
    server.close()


def taken(database: Database) -> list[Checksum]:
    with database.reading() as session:
        return checksums(session)


def carried(database: Database, rules: RuleSet) -> None:
    carrier = engine(database, rules, lambda: at(9))
    take_in(carrier, [observation()])
    for day, wish in enumerate(SAID, 1):
        say(database, rules, wish, at=at(day))
        take_in(carrier, [observation(day, deadlines=(deadline(f"2026-09-0{day}"),))])


def test_corrections_then_the_same_state_and_the_same_alerts_on_both(database, server, rules):
    for one in (database, server):
        carried(one, rules)
    assert ledger_keys(database) == ledger_keys(server)
    assert taken(database) == taken(server)


@BOTH
def test_corrections_when_the_log_is_read_anew_then_the_state_is_the_live_one(
    database, rules, tmp_path
):
    carried(database, rules)
    target = Database(f"sqlite:///{tmp_path / 'rebuilt.db'}")
    target.migrate()
    try:
        Replay(BusLog(database), target, steps(rules, lambda: at(40)), lambda: at(40)).rebuild(
            lambda _more: None
        )
        assert taken(target) == taken(database)
        with target.reading() as session:
            (example,) = corrections.examples(session)
        assert (example.decision.lead, example.decision.brussels) == ("none", False)
    finally:
        target.close()


@BOTH
def test_two_people_at_once_then_both_are_kept_and_the_last_word_stands(database, rules):
    take_in(engine(database, rules, lambda: at(0)), [observation()])
    wishes = [Wish("Kari", lead="kultur"), Wish("Ola", lead="okonomi")] * 4
    gate = threading.Barrier(len(wishes))

    def correct(wish: Wish) -> bool:
        gate.wait(SECONDS)
        return say(database, rules, wish, at=at(1)).is_new

    with ThreadPoolExecutor(len(wishes)) as pool:
        kept = list(pool.map(correct, wishes))
    with database.reading() as session:
        rows = session.scalars(sa.select(CorrectionRow).order_by(CorrectionRow.id)).all()
        events = session.scalars(
            sa.select(OutboxRow.event_id)
            .where(OutboxRow.event_id.endswith("/corrected"))
            .order_by(OutboxRow.id)
        ).all()
        standing = consultations.find(session, [KEY])[KEY].decision
    assert sum(kept) == len(rows) >= 2
    assert {row.made_by for row in rows} == {"Kari", "Ola"}
    moments = [row.made_at for row in rows]
    assert moments == sorted(set(moments)), "no two at one moment, in the order they were kept"
    assert [row.event_id for row in rows] == list(events)
    assert standing
    assert standing.lead == rows[-1].lead


@BOTH
def test_correction_when_a_step_has_the_matter_then_waits_its_turn(database, rules):
    take_in(engine(database, rules, lambda: at(0)), [observation()])
    begun = threading.Event()

    def correct() -> bool:
        begun.set()
        return say(database, rules, Wish("Kari", lead="kultur"), at=at(1)).is_new

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            consultations.hold(session, {KEY})
            assert consultations.known(session, {KEY})
            later = pool.submit(correct)
            begun.wait(SECONDS)
            with pytest.raises(TimeoutError):
                later.result(timeout=0.3)
        assert later.result(timeout=SECONDS)
