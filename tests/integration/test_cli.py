"""The command line as people meet it: what it answers, and what it says when it cannot."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from consultations.cli import main
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.handlers.step import INTAKE
from consultations.store import consultations, dead_letters, ledger
from consultations.store.database import Database
from consultations.store.dead_letters import POLL, DeadLetter
from tests.building import DAY_ONE, history, observation
from tests.service import ROOT, environment

FIXTURES = ROOT / "tests" / "fixtures"
RAW_PAGES = {
    "3167072": "horing-id3167072-avskogingsforordningen-2026-07-03.html",
    "3168525": "hoyring-id3168525-nav-opplysingsplikt-nynorsk-2026-07-03.html",
}
PAGE = FIXTURES / "regjeringen" / RAW_PAGES["3167072"]
ADDRESS = "https://www.regjeringen.no/no/dokumenter/x/id3167072/"

Run = Callable[..., Result]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Stand in an empty folder, with the recorded answers for network."""
    monkeypatch.chdir(tmp_path)
    return environment(
        database_url=f"sqlite:///{tmp_path / 'c.db'}", config_dir=ROOT / "config",
        recorded_answers=ROOT / "demo" / "answers",
        clock_starts_at="2026-07-04T08:42:00+00:00",
    )  # fmt: skip


@pytest.fixture
def run(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command. An exception that is no message for people is let through."""

    def run(*arguments: str, given: str | bytes | None = None, **changed: object) -> Result:
        env: dict[str, str | None] = dict(settings)
        for name, value in changed.items():
            env[f"CONSULTATIONS_{name.upper()}"] = None if value is None else str(value)
        return CliRunner(env=env).invoke(
            main, arguments, input=given, catch_exceptions=False, prog_name="consultations"
        )

    return run


@pytest.fixture
def stored(settings: dict[str, str]) -> Iterator[Database]:
    database = Database(settings["CONSULTATIONS_DATABASE_URL"])
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "config", tmp_path / "config"))


def said(result: Result, *, code: int = 1) -> str:
    """Return the one message that a command ended with, for people to act on."""
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.stderr
    message = re.sub(r"^Feil: ", "", result.stderr)
    assert message != result.stderr, f"ingen «Feil: …» i: {result.stderr}"
    return message.strip()


# parse


@pytest.mark.parametrize("number", RAW_PAGES)
def test_parse_when_given_a_raw_page_then_prints_the_observation(run, number):
    page = FIXTURES / "regjeringen" / RAW_PAGES[number]
    golden = json.loads(page.with_suffix(".expected.json").read_text("utf-8"))
    result = run("parse", "regjeringen", str(page), "--url", golden["url"])
    read = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (read["source"], read["external_id"]) == ("regjeringen", number)
    assert (read["title"], read["senders"]) == (golden["title"], golden["senders"])


def test_parse_when_given_a_list_of_hearings_then_prints_each_of_them(run):
    page = FIXTURES / "stortinget" / "horinger-2025-2026.xml"
    url = "https://data.stortinget.no/eksport/horinger?sesjonid=2025-2026"
    result = run("parse", "stortinget", str(page), "--url", url)
    assert result.exit_code == 0
    assert len(re.findall(r'^  "external_id"', result.stdout, re.MULTILINE)) == page.read_text(
        "utf-8"
    ).count("<horing>")


@pytest.mark.parametrize(
    ("source", "name", "body"),
    [
        ("regjeringen", "side.html", b"\x00\xff\xfe garbage"),
        ("regjeringen", "side.html", b""),
        ("regjeringen", "side.xml", b"<horing/>"),
        ("stortinget", "svar.xml", b"\x8f\x00 garbage"),
        ("stortinget", "svar.xml", b""),
        ("stortinget", "svar.html", b"<html>Just a moment ...</html>"),
    ],
)
def test_parse_when_given_garbage_then_says_what_it_expected(run, tmp_path, source, name, body):
    (tmp_path / name).write_bytes(body)
    assert said(run("parse", source, name, "--url", ADDRESS))


def test_parse_when_the_source_is_unknown_then_names_the_known_ones(run):
    message = said(run("parse", "ssb", str(PAGE), "--url", ADDRESS))
    assert message == "Ukjent kilde «ssb», ventet en av: regjeringen, stortinget"


# poll


def test_poll_when_all_is_well_then_says_what_came_of_each_source(run):
    result = run("poll", "--once")
    assert result.exit_code == 0
    for source in ("regjeringen", "stortinget"):
        summary = rf"^{source}: hentet \d+, nye \d+, endret 0, uendret 0, uleselige 0$"
        assert re.search(summary, result.stdout, re.MULTILINE), result.stdout


def test_poll_when_one_source_is_named_then_leaves_the_others(run):
    result = run("poll", "stortinget", "--once")
    assert "stortinget: hentet 479, nye 479" in result.stdout
    assert "regjeringen" not in result.stdout


def test_poll_when_a_source_answers_nothing_known_then_says_so_and_the_others_go_on(run, tmp_path):
    answers = shutil.copytree(ROOT / "demo" / "answers", tmp_path / "answers")
    index = json.loads((answers / "index.json").read_text("utf-8"))
    kept = [entry for entry in index if "regjeringen.no" not in entry["url"]]
    (answers / "index.json").write_text(json.dumps(kept))
    result = run("poll", "--once", recorded_answers=answers)
    assert result.exit_code == 1
    assert "regjeringen: hentet 0" in result.stdout
    assert "stortinget: hentet 479" in result.stdout
    assert result.stderr.startswith("regjeringen: ")


def test_poll_when_the_source_is_unknown_then_names_the_known_ones(run):
    message = said(run("poll", "ssb", "--once"))
    assert message == "Ukjent kilde «ssb», ventet en av: regjeringen, stortinget"


@pytest.mark.parametrize("command", [("poll", "--once"), ("serve",)])
def test_fetching_when_no_contact_is_set_then_says_what_to_do(run, command):
    message = said(run(*command, recorded_answers=None, port=0))
    assert "CONSULTATIONS_CONTACT mangler. Sett den til en e-postadresse" in message


# route


def test_route_when_given_lines_then_each_has_an_answer_in_order(run):
    matters = [
        {"id": "a", "title": "Endringer i barnevernsloven", "lang": "nb"},
        {"id": 2, "title": "Endringer i plan- og bygningsloven", "sender": "x", "summary": "y"},
    ]
    lines = [json.dumps(matters[0]), "ikke json", "", json.dumps(matters[1]), '{"id": 3}']
    result = run("route", given="\n".join(lines))
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [answer["id"] for answer in answers] == ["a", None, 2, 3]
    assert answers[0]["primary_section"] == "oppvekst"
    assert answers[1]["error"].startswith("linje 2: ikke gyldig JSON")
    assert answers[3]["error"].startswith("linje 5: mangler")


def test_route_when_given_bytes_that_are_no_text_then_answers_with_an_error_line(run):
    result = run("route", given=b'\xff\xfe{"id": 1}\n{"id": 2, "title": "Barnevern"}\n')
    first, second = map(json.loads, result.stdout.splitlines())
    assert first["error"].startswith("linje 1: ")
    assert second["id"] == 2


def test_selftest_when_the_rules_hold_then_says_so(run):
    result = run("route", "--selftest")
    assert (result.exit_code, result.stdout) == (0, "Alle reglenes eksempler stemmer.\n")


def test_selftest_when_an_example_does_not_hold_then_names_it_and_fails(run, config):
    rules = config / "routing.yaml"
    example = "Høyring – endringar i barnehagelova, sender: Kunnskapsdepartementet, lead: "
    text = rules.read_text("utf-8")
    assert f"{example}utdanning" in text
    rules.write_text(text.replace(f"{example}utdanning", f"{example}pensjon"), "utf-8")
    result = run("route", "--selftest", config_dir=config)
    assert result.exit_code == 1
    assert "barnehagelova" in result.stderr
    assert "Feil: 1 av reglenes eksempler stemmer ikke." in result.stderr


# dead letters


def keep(database: Database, *letters: DeadLetter) -> None:
    with database.transaction() as session:
        for letter in letters:
            dead_letters.keep(session, letter, DAY_ONE)


def unreadable(body: bytes) -> DeadLetter:
    return DeadLetter(POLL, "regjeringen", ADDRESS, "Ukjent felt: Høyringstid", "text/html", body)


def test_letters_when_there_are_none_then_says_so(run):
    assert run("dead-letters", "list").stdout == "Ingen døde brev.\n"


def test_letters_when_listed_then_show_number_step_place_and_reason(run, stored):
    keep(stored, unreadable(b"<html>"))
    line = run("dead-letters", "list").stdout
    assert line.split() == ["1", "poll", f"{ADDRESS}:", "Ukjent", "felt:", "Høyringstid"]
    (as_json,) = run("dead-letters", "list", "--json").stdout.splitlines()
    assert json.loads(as_json)["nummer"] == 1


def test_letter_when_shown_then_gives_its_facts_and_content(run, stored):
    keep(stored, unreadable("<html>blåbær".encode()))
    shown = run("dead-letters", "show", "1").stdout
    assert "grunn: Ukjent felt: Høyringstid" in shown
    assert "4. juli 2026" in shown
    assert shown.endswith("<html>blåbær\n")


def test_letter_when_shown_raw_then_is_its_very_bytes(run, stored):
    body = bytes(range(256))
    keep(stored, unreadable(body))
    assert run("dead-letters", "show", "1", "--raw").stdout_bytes == body


def test_letter_when_it_can_be_read_now_then_replay_takes_it_in(run, stored):
    keep(stored, unreadable(PAGE.read_bytes()))
    result = run("dead-letters", "replay", "1")
    assert (result.exit_code, result.stdout) == (0, "Brev nr. 1 er sendt på nytt.\n")
    assert run("dead-letters", "list").stdout == "Ingen døde brev.\n"
    with stored.reading() as session:
        assert "regjeringen:3167072" in consultations.find(session, ["regjeringen:3167072"])


def test_letter_when_it_still_cannot_be_read_then_replay_says_why_and_keeps_it(run, stored):
    keep(stored, unreadable(b"<html><body>Noe annet</body></html>"))
    assert "page-horing" in said(run("dead-letters", "replay", "1"))
    assert "Høyringstid" in run("dead-letters", "list").stdout


def test_message_when_no_step_can_read_it_then_replay_says_why(run, stored):
    keep(stored, DeadLetter(INTAKE, None, "source-records.v1 nr. 1", "?", "application/json", b"x"))
    assert said(run("dead-letters", "replay", "1"))
    assert "intake" in run("dead-letters", "list").stdout


def test_letter_when_discarded_then_only_the_whole_list_shows_it(run, stored):
    keep(stored, unreadable(b"<html>"))
    assert run("dead-letters", "discard", "1").stdout == "Brev nr. 1 er kastet.\n"
    assert run("dead-letters", "list").stdout == "Ingen døde brev.\n"
    assert "Høyringstid" in run("dead-letters", "list", "--all").stdout


@pytest.mark.parametrize("command", ["show", "replay", "discard"])
def test_letter_when_the_number_is_unknown_then_says_where_the_numbers_are(run, command):
    message = said(run("dead-letters", command, "99"))
    assert "nr. 99" in message
    assert "«consultations dead-letters list --all»" in message


# alerts


def owe_one_that_was_refused(database: Database) -> None:
    told = history(observation())
    fact = Fact(EventType.OPENED, "opened", DAY_ONE, "Ny høring.")
    with database.transaction() as session:
        ids = consultations.save_state(session, [told])
        debts = [ledger.Debt(ids[told.latest.key], told.latest.key, c, fact) for c in ("jus", "x")]
        ledger.owe(session, debts, DAY_ONE)
        ledger.mark_refused(session, [1], "Kanalen «#jus» mangler slack_id.")


def test_alerts_when_there_are_none_then_says_so(run):
    assert run("alerts", "list").stdout == "Ingen varsler.\n"


def test_alerts_when_one_stands_then_says_why_and_retry_queues_it(run, stored):
    owe_one_that_was_refused(stored)
    listed = run("alerts", "list").stdout
    assert "står: 1\n" in listed
    assert "venter: 1\n" in listed
    assert "regjeringen:3167072|opened|jus: Kanalen «#jus» mangler slack_id.\n" in listed
    assert run("alerts", "retry").stdout == "1 varsler er lagt i kø igjen.\n"
    assert run("alerts", "list").stdout == "venter: 2\n"


# what is wrong around it


def test_config_when_its_yaml_is_broken_then_names_file_and_line(run, config):
    path = config / "channels.yaml"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines, "\tname: x"]), "utf-8")
    message = said(run("alerts", "list", config_dir=config))
    assert f"config/channels.yaml linje {len(lines) + 1}: ikke gyldig YAML" in message


def test_config_when_a_key_is_unknown_then_names_file_line_and_what_was_expected(run, config):
    path = config / "sources.yaml"
    path.write_text(path.read_text("utf-8").replace("    hosts:", "    host:", 1), "utf-8")
    line = path.read_text("utf-8").splitlines().index("    host: [www.regjeringen.no]") + 1
    message = said(run("alerts", "list", config_dir=config))
    assert f"config/sources.yaml linje {line}: ukjent nøkkel «host», ventet en av: " in message


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
