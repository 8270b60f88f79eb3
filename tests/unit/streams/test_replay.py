"""A state that is rebuilt from the embedded engine's log is the live one."""

import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.domain.errors import ConfigError, NotFound
from consultations.domain.events import EventType
from consultations.domain.observation import Status
from consultations.handlers.correction import Refused, Wish
from consultations.handlers.step import INTAKE, ROUTING, StepResult
from consultations.store import bus, checksums, dead_letters, rebuilding, sources
from consultations.store.database import Database, DatabaseUnavailable
from consultations.store.tables import DeliveryRow, OutboxRow
from streams import log as log_module
from streams import replay as replaying
from streams import step as step_module
from streams.log import BusLog
from streams.replay import Replay
from streams.step import Step, StepRunner, StepStopped
from streams.topics import EVENTS, SOURCE_RECORDS
from tests.building import at, deadline, observation, record
from tests.pipeline import engine, ledger_keys, say, steps, take_in
from tests.sightings import observations


def later():
    return at(40)


def some_weeks():
    """A few dozen observations: consultations that open, change, move, close; some twice."""
    for n in range(12):
        number = str(n)
        yield observation(n, external_id=number)
        yield observation(n + 1, external_id=number, title=f"Høring nr. {n} om (EU) 2016/679")
        if n % 2:
            yield observation(n + 1, external_id=number, title=f"Høring nr. {n} om (EU) 2016/679")
        yield observation(n + 2, external_id=number, deadlines=(deadline("2026-09-14"),))
        if n % 3 == 0:
            yield observation(n + 3, external_id=number, status=Status.CANCELLED)


def put(database, topic, *values, key="k"):
    with database.transaction() as session:
        bus.append(session, topic, [(key, value) for value in values], at(20))


def taken(database):
    with database.reading() as session:
        return checksums.checksums(session)


def rows(database):
    return {one.table: one.rows for one in taken(database)}


def waiting(database):
    """How many events the outbox still has to publish."""
    with database.reading() as session:
        return session.query(OutboxRow).filter(OutboxRow.published_at.is_(None)).count()


def nothing(_more):
    """Look at no progress."""


@pytest.fixture
def live(database, rules):
    """A database in which everything was carried once, dead letters and repetitions with it."""
    carrier = engine(database, rules, clock=lambda: at(20))
    seen = list(some_weeks())
    for start in range(0, len(seen), 7):
        take_in(carrier, seen[start : start + 7])
        correct_some(database, rules, at(start))
    put(database, SOURCE_RECORDS, b"{", b"", b"\xff\xfe")
    put(database, EVENTS, b"[1]", b'{"schema_version": 2}')
    take_in(carrier, seen[:5])
    return database


def correct_some(database, rules, moment):
    """Have people correct a few of the matters there are, each in another way."""
    said = [
        ("0", Wish("Kari", lead="kultur", reason="Kulturminner")),
        ("1", Wish("Ola", brussels=True)),
        ("2", Wish("Kari", lead="none", brussels=False)),
        ("3", Wish("Ola", lead="oppvekst")),
    ]
    for number, wish in said:
        with suppress(NotFound):
            say(database, rules, wish, at=moment, key=f"regjeringen:{number}")


@pytest.fixture
def target(tmp_path):
    database = rebuilding.open_empty(f"sqlite:///{tmp_path / 'rebuilt.db'}")
    yield database
    database.close()


@pytest.fixture
def rebuild(rules):
    def run(log, target, **span):
        Replay(log, target, steps(rules, later), later, **span).rebuild(nothing)
        return target

    return run


def test_rebuild_when_the_log_is_whole_then_the_state_is_the_live_one(live, target, rebuild):
    rebuild(BusLog(live), target)
    assert taken(target) == taken(live)
    count = rows(target)
    empty_here = {"hushed_facts", "response_acts"}
    assert all(count[name] for name in count if name not in empty_here)
    assert count["dead_letters"] == 3 + 2 * 2, "two steps read the events"
    assert count["corrections"] == 4


def test_in_place_when_everything_is_there_then_nothing_changes(live, rules):
    before = taken(live)
    Replay(BusLog(live), live, steps(rules, later), later).in_place(nothing)
    assert taken(live) == before


def test_in_place_when_the_newest_is_gone_then_it_comes_back(live, target, rules, rebuild):
    rebuild(BusLog(live), target)
    with target.transaction() as session:
        session.query(DeliveryRow).filter(DeliveryRow.fact != EventType.OPENED).delete()
    assert taken(target) != taken(live)
    Replay(BusLog(live), target, steps(rules, later), later).in_place(nothing)
    assert taken(target) == taken(live)


def test_rebuild_when_done_then_there_is_nothing_to_publish(live, target, rebuild):
    rebuild(BusLog(live), target)
    with target.reading() as session:
        assert session.query(OutboxRow).count()
        assert dead_letters.listed(session)
        assert not dead_letters.unpublished(session, 1)
    assert waiting(target) == 0


def test_rebuild_when_done_then_every_delivery_is_to_be_looked_for(live, target, rebuild):
    rebuild(BusLog(live), target)
    with target.reading() as session:
        assert all(row.uncertain_since == row.occurred_at for row in session.query(DeliveryRow))


@pytest.mark.parametrize(("minutes", "is_looked_for"), [(1, False), (11, True)])
def test_live_step_when_a_fact_is_entered_late_then_it_is_to_be_looked_for(
    database, rules, minutes, is_looked_for
):
    """A worker may enter, from a log it reads again, what an older copy of a ledger lacks."""
    take_in(engine(database, rules, lambda: at(3) + timedelta(minutes=minutes)), [observation(3)])
    with database.reading() as session:
        (row,) = session.query(DeliveryRow)
    assert row.uncertain_since == (row.occurred_at if is_looked_for else None)


def test_rebuild_when_done_then_polling_remembers_what_was_published(target, rebuild, rules, live):
    take_in(engine(live, rules, later), [observation(0, external_id="old")], backfill=True)
    rebuild(BusLog(live), target)
    with target.reading() as session:
        known = sources.published(session, "regjeringen", ["old", "1", "x"])
        assert known.keys() == {"old", "1"}
        assert known["old"].backfill
        last = observation(3, external_id="1", deadlines=(deadline("2026-09-14"),))
        assert known["1"].meaning_hash == last.meaning_hash
        assert not sources.was_first_run(session, "regjeringen", at(1))


def test_rebuild_when_all_that_is_known_is_from_a_first_run_then_that_run_may_go_on(
    database, target, rules, rebuild
):
    take_in(engine(database, rules, later), [observation()], backfill=True)
    rebuild(BusLog(database), target)
    with target.reading() as session:
        assert sources.was_first_run(session, "regjeringen", at(9))


def test_rebuild_when_an_event_was_never_published_then_it_is_handled_all_the_same(
    live, target, rules, rebuild
):
    carrier = engine(live, rules, later)
    carrier.publish([record(observation(30, external_id="late"))])
    _intake_alone(live, rules)
    rebuild(BusLog(live), target)
    assert taken(target) != taken(live)
    carrier.drain()
    assert taken(target) == taken(live)


def _intake_alone(database, rules):
    """The process dies between intake's commit and the publishing of what it wrote."""
    with database.reading() as session:
        batch = bus.read(session, INTAKE, SOURCE_RECORDS, 9)
    intake, *_ = steps(rules, later)
    StepRunner(
        database, intake, later, lambda session, last: bus.advance(session, INTAKE, last)
    ).take(batch)


def test_rebuild_when_only_the_first_steps_are_asked_for_then_nobody_is_owed_anything(
    live, target, rules
):
    first = steps(rules, later)[:2]
    Replay(BusLog(live), target, first, later).rebuild(nothing)
    by_table = {one.table: one for one in taken(target)}
    expected = {one.table: one for one in taken(live)}
    assert by_table["deliveries"].rows == 0
    assert by_table["decisions"] == expected["decisions"]
    assert waiting(target) == 0


def test_rebuild_when_it_ends_before_the_latest_then_the_state_is_the_earlier_one(
    database, target, rules, rebuild
):
    now = at(1)
    carrier = engine(database, rules, lambda: now)
    take_in(carrier, [observation()])
    before = taken(database)
    now = at(5)
    take_in(carrier, [observation(4, title="Noe annet")])
    rebuild(BusLog(database), target, until=at(3))
    assert taken(target) == before
    assert taken(target) != taken(database)


def test_count_when_a_span_is_given_then_what_stands_outside_it_is_left(database, rules):
    now = at(1)
    carrier = engine(database, rules, lambda: now)
    take_in(carrier, [observation()])
    now = at(5)
    take_in(carrier, [observation(4, title="Noe annet")])
    log = BusLog(database)
    assert log.count(SOURCE_RECORDS, None, None) == 2
    assert log.count(SOURCE_RECORDS, at(3), None) == 1
    assert log.count(SOURCE_RECORDS, None, at(1)) == 0


def test_log_when_something_is_added_after_it_was_opened_then_that_is_not_read(database):
    put(database, SOURCE_RECORDS, b"1")
    log = BusLog(database)
    put(database, SOURCE_RECORDS, b"2")
    assert log.count(SOURCE_RECORDS, None, None) == 1
    assert [m.value for batch in log.read(SOURCE_RECORDS, None, None) for m in batch] == [b"1"]


def test_rebuild_when_a_flood_in_the_log_could_not_be_read_then_it_goes_on(
    database, target, rebuild, monkeypatch
):
    monkeypatch.setattr(log_module, "BATCH", 4)
    monkeypatch.setattr(step_module, "UNREADABLE_IN_A_ROW", 5)
    put(database, SOURCE_RECORDS, *(b"%d" % n for n in range(20)))
    rebuild(BusLog(database), target)
    assert rows(target)["dead_letters"] == 20


def test_rebuild_when_the_database_is_away_for_a_moment_then_it_goes_on(
    database, target, monkeypatch
):
    monkeypatch.setattr(replaying, "LONGEST_WAIT_SECONDS", 0)
    put(database, EVENTS, b"1", b"2")
    calls = iter([DatabaseUnavailable[0]("x", None, Exception("database is locked")), None])
    seen = []

    def handle(_session, batch):
        if problem := next(calls):
            raise problem
        seen.extend(message.value for message in batch)
        return StepResult(len(batch))

    Replay(BusLog(database), target, [Step(ROUTING, EVENTS, handle)], later).rebuild(nothing)
    assert seen == [b"1", b"2"]


def test_rebuild_when_everything_fails_then_it_stops_and_says_where(database, target):
    put(database, EVENTS, *(b"%d" % n for n in range(30)))

    def handle(_session, _batch):
        raise ZeroDivisionError

    again = Replay(BusLog(database), target, [Step(ROUTING, EVENTS, handle)], later)
    with pytest.raises(StepStopped, match=r"events\.v1/0 nr\. 20"):
        again.rebuild(nothing)


def test_rebuild_when_under_way_then_progress_adds_up_to_the_count(live, target, rules):
    told = []
    again = Replay(BusLog(live), target, steps(rules, later), later)
    again.rebuild(told.append)
    assert sum(told) == again.count()


def test_open_empty_when_there_is_something_in_it_then_refuses_and_says_what(live, tmp_path):
    with pytest.raises(ConfigError, match=r"ikke tom: tabellen .* har innhold"):
        rebuilding.open_empty(f"sqlite:///{tmp_path / 'test.db'}")


def test_open_empty_when_it_is_somebody_elses_then_refuses(tmp_path):
    with sqlite3.connect(tmp_path / "theirs.db") as theirs:
        theirs.execute("CREATE TABLE theirs (x)")
    theirs.close()
    with pytest.raises(ConfigError, match="tabellen theirs er ikke vår"):
        rebuilding.open_empty(f"sqlite:///{tmp_path / 'theirs.db'}")


def test_open_empty_when_it_is_no_database_then_refuses(tmp_path):
    (tmp_path / "text.db").write_text("slett ingen database, bare tekst" * 100)
    with pytest.raises(ConfigError, match="kan ikke brukes"):
        rebuilding.open_empty(f"sqlite:///{tmp_path / 'text.db'}")


def test_open_empty_when_the_address_is_none_then_says_how_one_looks(tmp_path):
    with pytest.raises(ConfigError, match="--into er ingen database") as refused:
        rebuilding.open_empty("postgresql://u:hem@melig@h/d")
    assert "melig" not in str(refused.value)


repeated = observations.flatmap(lambda seen: st.permutations(seen + seen[:2]))


@pytest.fixture(scope="module")
def new(tmp_path_factory):
    """A function that makes an empty database of the given name."""
    folder = tmp_path_factory.mktemp("replay")
    empty = Database(f"sqlite:///{folder / 'empty.db'}")
    empty.migrate()
    empty.close()

    def make(name):
        shutil.copy(folder / "empty.db", folder / name)
        return closing(Database(f"sqlite:///{folder / name}"))

    return make


@settings(max_examples=25, deadline=None)
@given(seen=repeated, size=st.integers(1, 4), bad=st.integers(0, 2))
def test_rebuild_whatever_the_order_and_number_of_records_then_the_state_is_the_live_one(
    new, rules, seen, size, bad
):
    with new("live.db") as live, new("rebuilt.db") as target:
        carrier = engine(live, rules, lambda: at(9))
        for start in range(0, len(seen), size):
            take_in(carrier, seen[start : start + size])
            put(live, SOURCE_RECORDS, *(b"%d" % n for n in range(bad)))
        carrier.drain()
        Replay(BusLog(live), target, steps(rules, later), later).rebuild(nothing)
        assert taken(target) == taken(live)


wishes = st.lists(
    st.tuples(
        st.sampled_from(["regjeringen:1", "regjeringen:2"]),
        st.builds(
            Wish,
            st.sampled_from(["Kari", "Ola"]),
            st.sampled_from(["kultur", "oppvekst", "none", None]),
            st.sampled_from([True, False, None]),
        ),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=20, deadline=None)
@given(seen=observations, said=wishes, places=st.lists(st.integers(0, 6), min_size=6, max_size=6))
def test_rebuild_whatever_people_said_and_when_then_the_state_is_the_live_one(
    new, rules, seen, said, places
):
    seen = [one.model_copy(update={"observed_at": at(n)}) for n, one in enumerate(seen)]
    with new("live.db") as live, new("rebuilt.db") as target:
        carrier = engine(live, rules, lambda: at(9))
        for place in range(7):
            take_in(carrier, seen[place : place + 1])
            take_in(carrier, seen[: place // 2])
            for (key, wish), where in zip(said, places, strict=False):
                if where == place:
                    with suppress(NotFound, Refused):
                        say(live, rules, wish, at=at(0), key=key)
            carrier.drain()
        Replay(BusLog(live), target, steps(rules, later), later).rebuild(nothing)
        assert taken(target) == taken(live)
        Replay(BusLog(live), live, steps(rules, later), later).in_place(nothing)
        assert taken(target) == taken(live)


@settings(max_examples=10, deadline=None)
@given(
    seen=observations.flatmap(st.permutations),
    said=wishes,
    places=st.lists(st.integers(0, 6), min_size=6, max_size=6),
)
def test_rebuild_when_records_from_before_a_correction_came_after_it_then_nobody_is_owed_more(
    new, rules, seen, said, places
):
    with new("live.db") as live, new("rebuilt.db") as target:
        carrier = engine(live, rules, lambda: at(9))
        for place in range(7):
            take_in(carrier, seen[place : place + 1])
            for (key, wish), where in zip(said, places, strict=False):
                if where == place:
                    with suppress(NotFound, Refused):
                        say(live, rules, wish, at=at(0), key=key)
            carrier.drain()
        Replay(BusLog(live), target, steps(rules, later), later).rebuild(nothing)
        differ = {a.table for a, b in zip(taken(live), taken(target), strict=True) if a != b}
        assert differ <= {"deliveries"}
        assert set(ledger_keys(target)) <= set(ledger_keys(live))
