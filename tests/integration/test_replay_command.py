"""The replay command as people use it, on what the recorded answers gave."""

import re
import sqlite3
from contextlib import closing

import pytest

from consultations.store.checksums import COVERED
from streams.log import BusLog
from tests.service import said

TABLES = {one.rows.__tablename__ for one in COVERED}


@pytest.fixture
def polled(run):
    """Everything in the recorded answers, taken in and routed."""
    run("poll", "--once")
    return run


@pytest.fixture
def into(tmp_path):
    return f"sqlite:///{tmp_path / 'rebuilt.db'}"


def lines(output):
    """The table that was printed: name -> (rows, checksum, verdict)."""
    found = re.findall(r"^(\w+) +([\d ]+)  ([0-9a-f]{16})(?:  (\w+))?$", output, re.MULTILINE)
    return {name: rest for name, *rest in found}


def change(tmp_path, statement):
    with closing(sqlite3.connect(tmp_path / "c.db")) as database, database:
        database.execute(statement)


def test_replay_into_an_empty_database_gives_what_is_in_use(polled, into):
    result = polled("replay", "--into", into)
    assert result.exit_code == 0, result.output
    table = lines(result.stdout)
    assert table.keys() == TABLES
    assert {verdict for _, _, verdict in table.values()} == {"lik"}
    assert int(table["consultations"][0]) > 10


def test_replay_when_a_row_in_use_is_changed_then_says_which_table_and_exits_with_1(
    polled, into, tmp_path
):
    change(tmp_path, "UPDATE consultations SET title = 'Noe annet' WHERE id = 1")
    result = polled("replay", "--into", into)
    assert result.exit_code == 1
    verdicts = {name: verdict for name, (_, _, verdict) in lines(result.stdout).items()}
    assert verdicts.pop("consultations") == "ulik"
    assert set(verdicts.values()) == {"lik"}


def test_replay_when_only_a_part_is_asked_for_then_unequal_is_no_failure(polled, into):
    result = polled("replay", "--into", into, "--step", "intake")
    assert result.exit_code == 0
    assert lines(result.stdout)["decisions"][2] == "ulik"
    assert lines(result.stdout)["sightings"][2] == "lik"


def test_replay_when_decided_under_other_rules_then_says_so(polled, into, tmp_path):
    change(
        tmp_path, "UPDATE decisions SET decision = replace(decision, '\"rules_hash\":\"', '$0x')"
    )
    change(
        tmp_path, "UPDATE decisions SET decision = replace(decision, '$0x', '\"rules_hash\":\"x')"
    )
    result = polled("replay", "--into", into)
    assert result.exit_code == 1
    assert "er gjort etter andre regler enn dagens" in result.stdout
    assert lines(result.stdout)["decisions"][2] == "ulik"


def test_replay_when_the_log_has_lost_its_beginning_then_warns_and_unequal_is_no_failure(
    polled, into, tmp_path, monkeypatch
):
    monkeypatch.setattr(BusLog, "lost", lambda _log, _topic: 700)
    change(tmp_path, "UPDATE consultations SET title = 'Noe annet' WHERE id = 1")
    result = polled("replay", "--into", into)
    assert result.exit_code == 0
    assert "1 400 meldinger er tatt bort fra begynnelsen av den" in result.stderr


def test_replay_in_place_when_answered_ja_then_changes_nothing(polled, into):
    polled("replay", "--into", into)
    before = lines(polled("replay", "--yes").stdout)
    result = polled("replay", given="ja\n")
    assert result.exit_code == 0
    assert "meldinger gjennom stegene på nytt" in result.stdout
    assert lines(result.stdout) == before


@pytest.mark.parametrize("answer", ["\n", "nei\n", "tja\n"])
def test_replay_in_place_when_not_answered_ja_then_does_nothing(run, answer):
    assert said(run("replay", given=answer)) == "Ingenting er kjørt."


def test_replay_in_place_when_nobody_answers_then_says_how_to_go_on(run):
    assert "--yes" in said(run("replay", given=""))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--step", "henting"), "Ukjent steg «henting», ventet en av: intake, routing, tracking"),
        (("--from", "i går"), "«i går» i --from er verken en dato eller et tidspunkt."),
        (("--to", "2026-13-01"), "«2026-13-01» i --to er verken en dato"),
        (("--to", "9999-12-31"), "«9999-12-31» i --to er verken en dato"),
        (("--from", "2026-10-16", "--to", "2026-10-15"), "--from må være før --to."),
        (("--into", "tull"), "Adressen i --into er ingen database"),
    ],
)
def test_replay_when_typed_in_a_way_it_cannot_be_then_says_what_is_wrong(run, arguments, message):
    assert message in said(run("replay", *arguments))


def test_replay_when_the_target_cannot_be_reached_then_says_so(run):
    message = said(run("replay", "--into", "postgresql://a:b@127.0.0.1:1/c"))
    assert message.startswith("Databasen i --into kan ikke brukes")


def test_replay_when_the_target_is_the_database_in_use_then_refuses(polled, settings):
    message = said(polled("replay", "--into", settings["CONSULTATIONS_DATABASE_URL"]))
    assert message.startswith("Databasen i --into er ikke tom: tabellen ")


def test_replay_when_the_target_has_an_older_schema_and_nothing_in_it_then_it_is_migrated(
    polled, into, tmp_path
):
    with closing(sqlite3.connect(tmp_path / "rebuilt.db")) as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    assert polled("replay", "--into", into).exit_code == 0


def test_replay_of_one_day_when_a_date_is_given_then_takes_the_whole_day_in_oslo(polled, into):
    day = polled("replay", "--from", "2026-07-04", "--to", "2026-07-04", "--into", into)
    assert {verdict for _, _, verdict in lines(day.stdout).values()} == {"lik"}


def test_replay_from_the_day_after_gives_nothing(polled, into):
    later = polled("replay", "--from", "2026-07-05", "--into", into)
    assert later.exit_code == 0
    assert lines(later.stdout)["consultations"][0] == "0"


def test_recover_without_kafka_says_that_the_table_is_all_there_is(run):
    assert "finnes de døde brevene bare i databasen" in said(run("dead-letters", "recover"))
