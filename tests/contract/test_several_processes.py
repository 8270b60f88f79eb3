"""What several processes do at once on one PostgreSQL, over connections of their own."""

import random
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import InternalError, ProgrammingError

from consultations.domain.errors import ConfigError
from consultations.domain.events import Event, EventType
from consultations.domain.history import Fact
from consultations.store import bus, claiming, consultations, ledger, outbox
from consultations.store.database import Database, DatabaseUnavailable, Session, reason_of
from consultations.store.leader import Leadership
from consultations.store.ledger import Debt, Posted
from consultations.store.tables import BusPositionRow, DeliveryRow, PublishedRow, SourceRow
from consultations.store.upsert import upsert
from tests.building import at, history, observation
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.services

NOW = at(0)
LEASE = timedelta(minutes=1)
SECONDS = 30


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    with opened(postgres_url) as database:
        yield database


@pytest.fixture
def other(postgres_url: str) -> Iterator[Database]:
    """The same database, as another process has it."""
    with opened(postgres_url) as database:
        yield database


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


def at_once(many: int, do: Callable[[int], object]) -> list:
    """Do something in so many threads that all start together."""
    gate = threading.Barrier(many)

    def wait_and_do(number: int) -> object:
        gate.wait(SECONDS)
        return do(number)

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(wait_and_do, range(many)))


def is_waiting_for_a_lock(database: Database) -> bool:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with database.reading() as session:
        return bool(session.scalar(sa.text(query)))


def until(true: Callable[[], object]) -> None:
    waiting = threading.Event()
    for _ in range(SECONDS * 50):
        if true():
            return
        waiting.wait(0.02)
    raise TimeoutError


# The ledger


def owe(database: Database, consultation_count: int = 1, facts: int = 2) -> None:
    seen = [observation(external_id=str(n)) for n in range(consultation_count)]
    with database.transaction() as session:
        ids = consultations.save_state(session, [history(one) for one in seen])
        ledger.owe(
            session,
            [
                Debt(id_, key, channel, Fact(EventType.AMENDED, f"amended/{n}", at(n), "Endret."))
                for key, id_ in ids.items()
                for channel in ("jus", "oppvekst")
                for n in range(facts)
            ],
            NOW,
        )


def test_claim_while_another_claims_the_same_leaves_all_of_it_to_that_one(database, other):
    owe(database)
    with database.transaction() as mine, other.transaction() as its:
        assert len(claiming.claim(mine, NOW, LEASE).due) == 2
        assert claiming.claim(its, NOW, LEASE) is None
    with other.transaction() as its:
        assert claiming.claim(its, NOW, LEASE).channel == "oppvekst"
    with other.transaction() as its:
        assert claiming.claim(its, NOW, LEASE) is None


def test_claim_when_many_relays_claim_gives_each_channel_of_each_consultation_to_one(postgres_url):
    with opened(postgres_url) as database:
        owe(database, consultation_count=30, facts=3)

    def relay(_number: int) -> list:
        taken, idle = [], 0
        with opened(postgres_url) as database:
            while idle < 3:
                with database.transaction() as session:
                    claim = claiming.claim(session, NOW, LEASE)
                idle = 0 if claim else idle + 1
                taken += [claim] if claim else []
        return taken

    taken = [claim for claims in at_once(6, relay) for claim in claims]
    counted = Counter((claim.consultation, claim.channel) for claim in taken)
    assert len(counted) == 60
    assert set(counted.values()) == {1}
    assert {len(claim.due) for claim in taken} == {3}


def test_hold_channel_when_very_much_waits_puts_all_of_it_off_save_what_another_has_in_hand(
    database, other
):
    many = 70_000  # more than a statement may name one by one
    owe(database, facts=1)
    with database.transaction() as session:
        copy = (
            "INSERT INTO deliveries (key, consultation_id, channel, fact, words, occurred_at,"
            " state, attempts, next_attempt_at) SELECT key || n, consultation_id, channel, fact,"
            " words, occurred_at, state, attempts, next_attempt_at"
            f" FROM deliveries, generate_series(1, {many}) n WHERE channel = 'jus'"
        )
        execute(session, copy)
    until = NOW + LEASE
    with database.transaction() as session:
        execute(session, "SELECT FROM deliveries WHERE channel = 'jus' LIMIT 1 FOR UPDATE")
        with other.transaction() as relay:
            ledger.hold_channel(relay, "jus", until)
    with database.reading() as session:
        put_off = DeliveryRow.next_attempt_at == until
        assert session.scalar(sa.select(sa.func.count()).where(put_off)) == many


def test_claim_while_a_step_writes_what_is_owed_is_not_held_up(database, other):
    owe(database)
    with other.transaction() as step:
        (id_,) = step.scalars(sa.select(DeliveryRow.consultation_id).distinct())
        debt = Debt(id_, "regjeringen:0", "ny", Fact(EventType.OPENED, "opened", NOW, "Ny."))
        ledger.owe(step, [debt], NOW)
        with database.transaction() as session:
            assert claiming.claim(session, NOW, LEASE) is not None


def test_claim_when_the_late_holder_is_just_saying_that_it_was_sent_does_not_send_again(
    database, other
):
    owe(database, facts=1)
    with database.transaction() as session:
        late = claiming.claim(session, NOW, LEASE)
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            ledger.mark_sent(session, late.due, NOW, Posted("slack", "C1", "1"), thread_id=None)

            def take_over():
                with other.transaction() as its:
                    return claiming.claim(its, NOW + LEASE, LEASE, not_channels=["oppvekst"])

            taking_over = pool.submit(take_over)
            until(lambda: is_waiting_for_a_lock(database))
        assert taking_over.result(SECONDS) is None


# The outbox and the bus


def event(key: str, number: int) -> Event:
    return Event(id=f"{key}/{number}", type=EventType.OPENED, consultation=key, occurred_at=NOW)


def test_claim_when_many_relays_publish_gives_every_event_once_in_the_order_of_its_key(
    postgres_url,
):
    keys, published, is_telling = "abcde", [], threading.Lock()
    with opened(postgres_url) as database, database.transaction() as session:
        outbox.write(session, [event(key, n) for n in range(40) for key in keys])

    def relay(_number: int) -> None:
        with opened(postgres_url) as database:
            while True:
                with database.transaction() as session:
                    claimed = outbox.claim(session, NOW, LEASE, 7)
                    waiting = outbox.backlog(session)
                with is_telling:
                    published.extend(Event.model_validate_json(one.value) for one in claimed)
                with database.transaction() as session:
                    outbox.mark_published(session, [one.id for one in claimed], NOW)
                if not waiting:
                    return

    at_once(4, relay)
    for key in keys:
        assert [one.id for one in published if one.consultation == key] == [
            f"{key}/{n}" for n in range(40)
        ]


def test_append_when_another_has_not_committed_waits_so_that_no_reader_passes_it(database, other):
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as slow:
            bus.append(slow, "t", [("a", b"first")], NOW)

            def append():
                with other.transaction() as quick:
                    bus.append(quick, "t", [("b", b"second")], NOW)

            appending = pool.submit(append)
            until(lambda: is_waiting_for_a_lock(database))
            with other.reading() as reader:
                assert bus.read(reader, "one", "t", 9) == []
        appending.result(SECONDS)
    with database.reading() as reader:
        assert [m.value for m in bus.read(reader, "one", "t", 9)] == [b"first", b"second"]


def test_advance_when_two_processes_handle_the_same_never_moves_back(database, other):
    with database.transaction() as session:
        bus.append(session, "t", [("k", b"%d" % n) for n in range(200)], NOW)
        messages = bus.read(session, "one", "t", 200)

    furthest = [0]

    def advance(number: int) -> None:
        for message in messages[:: number + 1]:
            committed = furthest[0]
            with (database, other)[number].transaction() as session:
                bus.advance(session, "one", message)
                position = session.scalar(sa.select(BusPositionRow.position))
                assert position >= committed
            furthest[0] = max(furthest[0], position)

    at_once(2, advance)
    with database.reading() as session:
        assert bus.lag(session, "one", "t") == 0


# Upserts and locks on consultations


def test_upsert_when_two_write_the_same_rows_in_opposite_order_does_not_deadlock(database, other):
    rows = [
        {"source": "s", "external_id": f"{n:03}", "meaning_hash": "m", "backfill": False}
        for n in range(300)
    ]

    def write(number: int) -> None:
        for _ in range(15):
            with (database, other)[number].transaction() as session:
                given = rows if number else rows[::-1]
                upsert(session, PublishedRow, given, ["source", "external_id"])

    at_once(2, write)


def test_hold_when_two_hold_some_of_the_same_takes_turns(database, other):
    keys, inside, most = [f"regjeringen:{n}" for n in range(400)], [0], []

    def work(number: int) -> None:
        chosen = random.Random(number)
        for _ in range(15):
            with (database, other)[number].transaction() as session:
                consultations.hold(session, ["regjeringen:0", *chosen.sample(keys, 200)])
                inside[0] += 1
                most.append(inside[0])
                session.execute(sa.text("SELECT pg_sleep(0.001)"))
                inside[0] -= 1

    at_once(2, work)
    assert set(most) == {1}


def test_hold_when_a_batch_takes_longer_than_the_time_limit_for_locks_waits_for_it(postgres_url):
    impatient = postgres_url + "?options=-c%20lock_timeout%3D50"
    with opened(postgres_url) as database, opened(impatient) as other:

        def take(_number: int) -> str:
            with other.transaction() as session:
                consultations.hold(session, ["regjeringen:1"])
                return session.scalar(sa.text("SHOW lock_timeout"))

        with ThreadPoolExecutor(1) as pool, database.transaction() as batch:
            consultations.hold(batch, ["regjeringen:1"])
            taken = pool.submit(take, 1)
            until(lambda: is_waiting_for_a_lock(database))
            execute(batch, "SELECT pg_sleep(0.2)")
            assert not taken.done()
            batch.commit()
            assert taken.result(SECONDS) == "50ms"


# Leadership


def test_held_when_two_ask_is_true_for_one_until_it_lets_go(database, other):
    first, second = Leadership(database), Leadership(other)
    assert [first.held(), second.held(), first.held(), second.held()] == [True, False] * 2
    first.release()
    assert [second.held(), first.held()] == [True, False]
    second.release()


def test_held_when_many_ask_at_once_is_true_for_one(postgres_url):
    with opened(postgres_url) as database:
        wishes = [Leadership(database) for _ in range(8)]
        assert sum(at_once(8, lambda number: wishes[number].held())) == 1
        for wish in wishes:
            wish.release()


def test_held_when_the_connection_was_cut_is_lost_and_another_may_lead(database, other, caplog):
    caplog.set_level("INFO")
    first, second = Leadership(database), Leadership(other)
    assert first.held()
    cut_all_others(other)
    until(second.held)
    assert not first.held()
    assert "Vet ikke hvem som leder" in caplog.text
    assert not first.held()
    second.release()
    until(first.held)
    first.release()


def test_held_when_the_server_is_away_is_false_and_comes_back_with_it(own_postgres):
    with own_postgres.migrated() as url, opened(url) as database:
        wish = Leadership(database)
        assert wish.held()
        own_postgres.stop(immediate=True)
        assert not wish.held()
        assert not wish.held()
        own_postgres.start()
        until(wish.held)
        wish.release()


def test_held_on_sqlite_is_always_true(tmp_path):
    with opened(f"sqlite:///{tmp_path / 'x.db'}") as database:
        assert Leadership(database).held()


def cut_all_others(database: Database) -> None:
    with database.transaction() as session:
        session.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


# When the database is away, slow or full


def execute(session: Session, *statements: str) -> None:
    for statement in statements:
        session.execute(sa.text(statement))


def test_connections_are_set_up_as_we_rely_on(database):
    with database.transaction() as session:
        shown = [
            session.scalar(sa.text(f"SHOW {name}"))
            for name in ("statement_timeout", "lock_timeout", "timezone", "transaction_isolation",
                         "idle_in_transaction_session_timeout", "application_name")
        ]  # fmt: skip
    assert shown == ["10s", "3s", "UTC", "read committed", "1min", "consultations"]


def test_connections_when_the_address_says_otherwise_do_as_it_says(postgres_url):
    said = "?options=-c%20statement_timeout%3D7000&application_name=annen"
    with opened(postgres_url + said) as database, database.reading() as session:
        assert session.scalar(sa.text("SHOW statement_timeout")) == "7s"
        assert session.scalar(sa.text("SHOW lock_timeout")) == "3s"
        assert session.scalar(sa.text("SHOW application_name")) == "annen"


def test_reading_when_it_would_change_something_is_a_mistake_of_ours(database):
    with pytest.raises(InternalError, match="read-only"), database.reading() as session:
        execute(session, "DELETE FROM outbox")


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["SET LOCAL statement_timeout = 10", "SELECT pg_sleep(5)"], "statement timeout"),
        (["SELECT pg_terminate_backend(pg_backend_pid())", "SELECT 1"], "terminating connection"),
        (["SET LOCAL transaction_read_only = on", "DELETE FROM outbox"], "read-only"),
        (["SET LOCAL work_mem = 64", "SET LOCAL temp_file_limit = 1",
          "SELECT count(*) FROM (SELECT g FROM generate_series(1, 200000) g ORDER BY -g) x"],
         "temporary file size"),
    ],
)  # fmt: skip
def test_transaction_when_the_server_gives_up_is_unavailable_in_its_own_words(
    database, statements, words
):
    with pytest.raises(DatabaseUnavailable) as caught, database.transaction() as session:
        execute(session, *statements)
    assert words in reason_of(caught.value)
    with database.transaction() as session:
        execute(session, "SELECT 1")


def test_transaction_when_it_holds_too_much_is_a_mistake_of_ours(database):
    too_long = secrets.token_hex(9000)
    with pytest.raises(ProgrammingError, match="index row"), database.transaction() as session:
        session.add(SourceRow(source=too_long))


def test_transaction_when_it_was_idle_for_too_long_is_unavailable(database, other):
    with pytest.raises(DatabaseUnavailable), database.transaction() as session:
        be_idle_for_too_long(session, other)
    with database.transaction() as session:
        execute(session, "SELECT 1")


def be_idle_for_too_long(session: Session, other: Database) -> None:
    execute(session, "SET LOCAL idle_in_transaction_session_timeout = 50", "SELECT 1")
    until(lambda: not connections_of_others(other))
    execute(session, "SELECT 1")


def connections_of_others(database: Database) -> int:
    query = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with database.reading() as session:
        return session.scalar(sa.text(query))


def test_transaction_when_another_holds_the_row_for_too_long_is_unavailable(database, other):
    with database.transaction() as session:
        session.add(SourceRow(source="s"))
    with database.transaction() as slow:
        execute(slow, "UPDATE sources SET fetched = 1")
        with pytest.raises(DatabaseUnavailable) as caught, other.transaction() as session:
            execute(session, "SET LOCAL lock_timeout = 20", "UPDATE sources SET fetched = 2")
    assert "lock timeout" in reason_of(caught.value)


def test_transaction_when_every_connection_is_taken_is_unavailable(postgres_url, monkeypatch):
    pool = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.05}
    monkeypatch.setattr("consultations.store.engine.POOL", pool)
    with opened(postgres_url) as database, database.transaction() as session:
        execute(session, "SELECT 1")
        with pytest.raises(DatabaseUnavailable) as caught, database.transaction() as another:
            execute(another, "SELECT 1")
    assert reason_of(caught.value) == "alle forbindelsene til databasen er opptatt"


def test_transaction_when_the_server_was_restarted_goes_on(own_postgres):
    with own_postgres.migrated() as url, opened(url) as database:
        with database.transaction() as session:
            bus.append(session, "t", [("k", b"1")], NOW)
        own_postgres.stop(immediate=True)
        with pytest.raises(DatabaseUnavailable) as caught, database.reading() as session:
            bus.end(session)
        assert "\n" not in reason_of(caught.value)
        own_postgres.start()
        with database.reading() as session:
            assert bus.end(session) == 1


# Migrations and addresses


def test_migrate_when_two_do_it_at_once_both_find_it_done(postgres):
    with postgres.empty() as url:

        def migrate(_number: int) -> None:
            with opened(url) as database:
                database.migrate()
                database.check_schema()

        at_once(4, migrate)


@pytest.fixture
def wrong(postgres: Postgres, postgres_url: str) -> Callable[..., Database]:
    def open_wrong(**parts: str) -> Database:
        address = sa.make_url(postgres_url).set(**parts)
        return Database(address.render_as_string(hide_password=False))

    return open_wrong


@pytest.mark.parametrize("use", [Database.migrate, Database.check_schema])
@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"password": "hemmelig"}, "brukeren eller passordet er feil"),
        ({"database": "finnesikke"}, "brukeren eller databasen finnes ikke"),
    ],
)
def test_database_when_the_server_refuses_says_why_without_the_password(wrong, use, parts, words):
    database = wrong(**parts)
    with pytest.raises(ConfigError, match=words) as refused:
        use(database)
    database.close()
    assert "hemmelig" not in str(refused.value)


@pytest.mark.parametrize("use", [Database.migrate, Database.check_schema])
def test_database_when_others_have_all_the_connections_is_unavailable(postgres, wrong, use):
    user = f"test_{secrets.token_hex(6)}"
    postgres.execute("CREATE ROLE {} LOGIN PASSWORD 'p' CONNECTION LIMIT 0", user)
    database = wrong(username=user, password="p")
    with pytest.raises(DatabaseUnavailable, match="too many connections"):
        use(database)
    database.close()
    postgres.execute("DROP ROLE {}", user)


def test_migrate_when_nobody_answers_is_unavailable_in_one_line(wrong):
    database = wrong(port=1)
    with pytest.raises(DatabaseUnavailable) as caught:
        database.migrate()
    database.close()
    assert "\n" not in reason_of(caught.value)
