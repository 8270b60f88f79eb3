import alembic.autogenerate
import alembic.command
import alembic.migration
import pytest
import sqlalchemy as sa

from consultations.domain.errors import ConfigError
from consultations.store import bus, consultations, dead_letters, sources
from consultations.store import database as database_module
from consultations.store.database import Database
from consultations.store.tables import Base, ConsultationRow, DeadLetterRow
from tests.building import at, history, observation


@pytest.fixture
def empty(database: Database, tmp_path, request):
    """A database of the same kind without tables."""
    if not database.is_server:
        empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
        yield empty
        empty.close()
        return
    with request.getfixturevalue("postgres").empty() as url:
        empty = Database(url)
        yield empty
        empty.close()


def upgrade(database: Database, revision: str) -> None:
    config = database_module._config()
    with database._engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, revision)


def pretend_newer(database: Database) -> None:
    with database.transaction() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))


def test_migrate_gives_exactly_the_mapped_tables(database: Database):
    with database._engine.connect() as connection:
        context = alembic.migration.MigrationContext.configure(connection)
        assert alembic.autogenerate.compare_metadata(context, Base.metadata) == []


def test_migrate_when_run_again_changes_nothing(database: Database):
    database.migrate()


def test_migrate_from_the_first_schema_keeps_what_was_there(empty: Database):
    upgrade(empty, "0001")
    with empty.transaction() as session:
        session.execute(sa.insert(sa.table("dead_letters", *map(sa.column, LETTER))).values(LETTER))
        session.execute(sa.text("INSERT INTO bus (topic, key, value) VALUES ('t', 'k', 'x')"))
    empty.migrate()
    empty.check_schema()
    with empty.reading() as session:
        (letter,) = dead_letters.listed(session)
        assert (letter.body, letter.times, letter.published_times) == (b"x", 3, 0)
        assert bus.count(session, "t", None, at(0), 9) == 1
        assert bus.count(session, "t", at(0), None, 9) == 0
    with empty._engine.connect() as connection:
        context = alembic.migration.MigrationContext.configure(connection)
        assert alembic.autogenerate.compare_metadata(context, Base.metadata) == []


LETTER = {
    "fingerprint": "f", "step": "intake", "place": "p", "reason": "r", "media_type": "m",
    "body": b"x", "first_at": at(0), "last_at": at(0), "times": 3, "state": "open",
}  # fmt: skip


def test_check_schema_when_it_is_the_right_one_says_nothing(database: Database):
    database.check_schema()


def test_check_schema_when_the_database_is_empty_says_migrate(empty: Database):
    with pytest.raises(ConfigError, match="consultations migrate"):
        empty.check_schema()


def test_check_schema_when_the_schema_is_older_says_migrate(empty: Database):
    upgrade(empty, "0001")
    with pytest.raises(ConfigError, match="consultations migrate"):
        empty.check_schema()


@pytest.mark.parametrize("use", [Database.check_schema, Database.migrate])
def test_schema_when_it_is_newer_than_the_program_says_so(database: Database, use):
    pretend_newer(database)
    with pytest.raises(ConfigError, match="eldre enn databasen"):
        use(database)


@pytest.mark.parametrize(
    "url",
    [
        "tull-hemmelig",
        "mysql://u:hemmelig@h/d",
        "postgres://u:hemmelig@h/d",
        "postgresql+psycopg2://u:hemmelig@h/d",
        "postgresql://u:hem@melig@h/d",
        "postgresql://u:p@hemmelig/x@h/d",
        "postgresql://u:p@h:hemmelig/d",
    ],
)
def test_database_when_the_address_is_not_one_says_so_without_the_password(url):
    with pytest.raises(ConfigError, match="CONSULTATIONS_DATABASE_URL") as refused:
        Database(url)
    assert "melig" not in str(refused.value)


def test_reading_while_another_writes_sees_the_state_before(database: Database):
    with database.transaction() as writer:
        bus.append(writer, "t", [("a", b"1")], at(0))
        writer.flush()
        with database.reading() as reader:
            assert bus.lag(reader, "one", "t") == 0


def test_reading_sees_one_state_while_another_commits(database: Database):
    with database.reading() as reader:
        assert bus.lag(reader, "one", "t") == 0
        with database.transaction() as writer:
            bus.append(writer, "t", [("a", b"1")], at(0))
        assert bus.lag(reader, "one", "t") == 0


def test_rows_when_read_back_are_what_was_written(database: Database):
    seen = observation(title="Høyring om sámi giella: čđŋšŧž ÆØÅ «—» 𝄞", senders=("Å", 'B"\\'))
    cursor = {"sett": ["æ", None, 1.5, {"dypt": True}], "tom": ""}
    with database.transaction() as session:
        consultations.save_state(session, [history(seen)])
        sources.begin_poll(session, "regjeringen", at(0))
        sources.save_cursor(session, "regjeringen", cursor)
    with database.reading() as session:
        row = session.scalars(sa.select(ConsultationRow)).one()
        assert (row.title, row.senders) == (seen.title, list(seen.senders))
        assert (row.first_seen_at, row.first_seen_at.utcoffset()) == (at(0), at(0).utcoffset())
        (source,) = sources.all_sources(session)
        assert (source.cursor, source.last_started_at) == (cursor, at(0))


def test_text_when_it_holds_what_no_database_takes_is_kept_without(database: Database):
    with database.transaction() as session:
        consultations.hold(session, ["a\0b", "\ud800"])
        dead_letters.keep(
            session, dead_letters.DeadLetter("s", "\0", "\ud83d", "a\0b", "m", b"\0"), at(0)
        )
    with database.reading() as session:
        row = session.scalars(sa.select(DeadLetterRow).where(DeadLetterRow.reason == "a\0b")).one()
        assert (row.source, row.place, row.reason, row.body) == ("�", "�", "a�b", b"\0")
