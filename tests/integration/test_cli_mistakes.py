"""What the command line says when something around it, or what was typed, is wrong."""

import re
from collections.abc import Iterator

import click
import pytest

from consultations.cli import main
from tests.service import said

# what is wrong around it


def test_config_when_its_yaml_is_broken_then_names_file_and_line(run, config):
    path = config / "channels.yaml"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines, "\tname: x"]), "utf-8")
    message = said(run("alerts", "list", config_dir=config))
    assert f"config/channels.yaml linje {len(lines) + 1}: tabulator i filen" in message


def test_config_when_a_key_is_unknown_then_names_file_line_and_what_was_expected(run, config):
    path = config / "sources.yaml"
    path.write_text(path.read_text("utf-8").replace("    hosts:", "    host:", 1), "utf-8")
    line = path.read_text("utf-8").splitlines().index("    host: [www.regjeringen.no]") + 1
    message = said(run("alerts", "list", config_dir=config))
    assert f"config/sources.yaml linje {line}: ukjent nøkkel «host», ventet en av: " in message


def test_config_when_a_rhythm_is_no_crontab_then_names_the_source(run, config):
    path = config / "sources.yaml"
    path.write_text(path.read_text("utf-8").replace("*/20 * * * *", "hver time", 1), "utf-8")
    message = said(run("alerts", "list", config_dir=config))
    assert "kilden «regjeringen»: poll skal være crontab-linjer" in message


@pytest.mark.parametrize("command", [("alerts", "list"), ("route",), ("route", "--selftest")])
def test_config_when_its_folder_is_missing_then_says_what_to_set(run, command):
    message = said(run(*command, config_dir="finnes/ikke"))
    assert message.startswith("Finner ikke mappen finnes/ikke.")
    assert "CONSULTATIONS_CONFIG_DIR" in message


def test_database_when_its_folder_cannot_be_made_then_says_what_to_set(run, tmp_path):
    (tmp_path / "file").touch()
    message = said(run("alerts", "list", database_url=f"sqlite:///{tmp_path}/file/c.db"))
    assert "CONSULTATIONS_DATABASE_URL" in message


def test_database_when_it_cannot_be_opened_then_says_what_to_check(run, tmp_path):
    message = said(run("alerts", "list", database_url=f"sqlite:///{tmp_path}"))
    assert message.startswith("Databasen svarer ikke (unable to open database file)")
    assert "CONSULTATIONS_DATABASE_URL" in message


@pytest.mark.parametrize("content", [b"\x07\x91 not a database" * 100, b"SQLite format 3\x00ouch"])
def test_database_when_the_file_is_something_else_then_says_so_and_leaves_it(
    run, tmp_path, content
):
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    message = said(run("alerts", "list", database_url=f"sqlite:///{path}"))
    assert "file is not a database" in message
    assert path.read_bytes() == content


def test_database_when_a_later_version_made_it_then_says_so(run, stored):
    with stored.transaction() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert "9999" in said(run("alerts", "list"))


def test_database_when_its_address_is_wrong_then_shows_no_password(run):
    message = said(run("alerts", "list", database_url="nosuch://me:hemmelig@host/db"))
    assert "CONSULTATIONS_DATABASE_URL" in message
    assert "hemmelig" not in message


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("port", "åtti", "ventet et helt tall."),
        ("port", "70000", "ventet et tall på høyst 65535."),
        ("news_days", "-1", "ventet et tall på minst 0."),
        ("clock_starts_at", "2026-07-04", "ventet et tidspunkt med tidssone"),
        ("clock_starts_at", "i går", "ventet et tidspunkt med tidssone"),
    ],
)
def test_setting_when_it_is_wrong_then_says_what_was_expected(run, name, value, wanted):
    message = said(run("alerts", "list", **{name: value}))
    assert message.startswith(f"CONSULTATIONS_{name.upper()}: {wanted}")


# how it is typed


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        (("tull",), "Kommandoen ble ikke forstått (No such command 'tull')."),
        (("--tull",), "Valget --tull finnes ikke."),
        (("poll",), "--once mangler."),
        (("dead-letters", "show"), "LETTER_ID mangler."),
        (("dead-letters", "show", "x"), "LETTER_ID kan ikke brukes"),
        (("parse", "regjeringen", "borte.html"), "FILE kan ikke brukes"),
    ],
)
def test_command_when_mistyped_then_says_where_help_is(run, typed, wanted):
    message = said(run(*typed), code=2)
    assert message.startswith(wanted)
    assert re.search(r"Skriv «consultations.* --help» for å se hva den tar\.$", message)


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


@pytest.mark.parametrize("path", [(), *commands()], ids=" ".join)
def test_command_when_asked_for_help_then_explains_itself_and_every_option(run, path):
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    shown = run(*path, "--help")
    assert shown.exit_code == 0
    assert command.help
    assert command.help.split(".")[0] in " ".join(shown.stdout.split())
    assert not command.get_short_help_str(200).endswith("...")
    for option in command.params:
        assert not isinstance(option, click.Option) or option.help
