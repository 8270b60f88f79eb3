"""Each command as people meet it: what it answers, and what it says when it cannot."""

import json
import logging
import re
import shutil
import socket
from datetime import timedelta

import click
import pytest

from consultations import bootstrap
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.handlers.step import INTAKE
from consultations.store import claiming, consultations, dead_letters, ledger
from consultations.store.database import Database
from consultations.store.dead_letters import POLL, DeadLetter
from tests.building import DAY_ONE, history, observation
from tests.fake_slack import TOKEN, FakeSlack, serving
from tests.service import ROOT, said

FIXTURES = ROOT / "tests" / "fixtures"
RAW_PAGES = {
    "3167072": "horing-id3167072-avskogingsforordningen-2026-07-03.html",
    "3168525": "hoyring-id3168525-nav-opplysingsplikt-nynorsk-2026-07-03.html",
}
PAGE = FIXTURES / "regjeringen" / RAW_PAGES["3167072"]
ADDRESS = "https://www.regjeringen.no/no/dokumenter/x/id3167072/"


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


# what is said besides


@pytest.mark.parametrize(
    ("options", "level"), [((), logging.CRITICAL), (("--verbose",), logging.NOTSET)]
)
def test_command_when_verbose_or_not_then_the_storm_of_a_kafka_client_is_let_through_or_not(
    run, monkeypatch, options, level
):
    client = logging.getLogger("aiokafka")
    monkeypatch.setattr(client, "level", logging.NOTSET)
    run(*options, "route", "--selftest")
    assert client.level == level


@pytest.mark.parametrize("how", [KeyboardInterrupt, click.Abort])
def test_command_when_stopped_with_ctrl_c_then_says_so_in_norwegian(run, monkeypatch, how):
    def stopped():
        raise how

    monkeypatch.setattr(bootstrap, "rules", stopped)
    assert said(run("route", "--selftest")) == "Avbrutt."


# alerts


def owe_one_that_was_refused(database: Database) -> None:
    told = history(observation())
    fact = Fact(EventType.OPENED, "opened", DAY_ONE, "Ny høring.")
    with database.transaction() as session:
        ids = consultations.save_state(session, [told])
        debts = [ledger.Debt(ids[told.latest.key], told.latest.key, c, fact) for c in ("jus", "x")]
        ledger.owe(session, debts, DAY_ONE)
        claimed = claiming.claim(session, DAY_ONE, timedelta(minutes=1))
        ledger.mark_refused(session, claimed.due, "Kanalen «#jus» mangler slack_id.")


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


# doctor and healthy


def test_doctor_when_nothing_is_red_then_a_line_for_each_thing_and_0(run):
    run("poll", "--once")
    result = run("doctor")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert all(re.match(r"(✓ i orden|· merk|! advarsel|✗ feil) ", line) for line in lines)
    for name in ("innstillinger", "databasen", "tabellene", "stegene", "Slack", "kildene"):
        assert any(f" {name}: " in line for line in lines), name
    assert "Høringer i Stortinget: I orden" in result.stdout
    assert "Kafka" not in result.stdout


def test_doctor_when_something_is_red_then_says_what_to_do_and_1(run):
    result = run("doctor", recorded_answers=None)
    assert result.exit_code == 1
    assert "✗ feil      kontakt:       CONSULTATIONS_CONTACT mangler. Sett den til" in result.stdout


def test_doctor_when_the_servers_are_away_then_says_so_once_and_what_rests_on_them_is_left_out(run):
    result = run(
        "doctor", "--json",
        kafka_servers="127.0.0.1:1", database_url="postgresql://me:hemmelig@127.0.0.1:1/base",
    )  # fmt: skip
    told = json.loads(result.stdout)
    lights = {each["check"]: each["light"] for each in told["checks"]}
    assert result.exit_code == 1
    assert not told["ok"]
    assert lights["innstillinger"] == "ok"
    assert lights["Slack"] == "note"
    assert {name for name, light in lights.items() if light == "red"} == {"databasen", "Kafka"}
    assert not lights.keys() & {"tabellene", "emnene", "gruppene", "utboksen", "kildene"}
    assert "hemmelig" not in result.output


def test_doctor_when_a_setting_is_wrong_then_that_is_the_line(run):
    result = run("doctor", port="åtti")
    assert result.exit_code == 1
    assert result.stdout.startswith("✗ feil      innstillinger: CONSULTATIONS_PORT: ventet")


def test_doctor_when_a_file_is_wrong_then_it_is_told_once(run, tmp_path):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "config" / "channels.yaml").write_text("triage: 7\nchannels: {}\n", "utf-8")
    result = run("doctor", config_dir=tmp_path / "config")
    wrong = [line for line in result.stdout.splitlines() if line.startswith("✗ feil")]
    assert len(wrong) == result.stdout.count("channels.yaml") >= 1
    assert "kanalene:" not in result.stdout


def test_doctor_when_an_alert_stands_then_it_is_red(run, stored):
    owe_one_that_was_refused(stored)
    result = run("doctor")
    assert "✗ feil      varslene:      1 står. Se «consultations alerts list»" in result.stdout
    assert result.exit_code == 1


@pytest.mark.parametrize(("token", "sign"), [(TOKEN, "✓ i orden"), ("xoxb-feil", "✗ feil")])
def test_doctor_when_a_token_is_set_then_slack_is_asked_whose_it_is(run, token, sign):
    with serving(FakeSlack([])) as address:
        result = run("doctor", slack_token=token, slack_api_url=address)
    (line,) = [line for line in result.stdout.splitlines() if " Slack: " in line]
    assert line.startswith(sign)
    assert token not in result.output


@pytest.mark.parametrize("arguments", [(), ("--live",)])
def test_healthy_when_no_process_answers_then_says_what_to_check(run, arguments):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    message = said(run("healthy", *arguments, health_port=port))
    assert message.startswith(f"Ingen prosess svarer på http://127.0.0.1:{port}/")
    assert "CONSULTATIONS_HEALTH_PORT" in message


# the engine


ON_KAFKA = {
    "kafka_servers": "127.0.0.1:1",
    "database_url": "postgresql://me:hemmelig@127.0.0.1:1/base",
}


def test_serve_when_kafka_is_set_then_names_the_processes_to_start_instead(run):
    message = said(run("serve", **ON_KAFKA))
    assert "consultations worker tracking" in message
    assert "«consultations web»" in message


@pytest.mark.parametrize(
    "command",
    [("worker", "intake"), ("scheduler",), ("relay",), ("topics", "create"), ("topics", "check")],
)
def test_process_of_kafka_when_it_is_not_set_then_says_what_to_set(run, command):
    message = said(run(*command))
    assert "CONSULTATIONS_KAFKA_SERVERS er ikke satt" in message
    assert "«consultations serve»" in message


def test_command_when_the_database_server_is_away_then_says_what_to_check(run):
    message = said(run("alerts", "list", **ON_KAFKA))
    assert message.startswith("Databasen svarer ikke (")
    assert "CONSULTATIONS_DATABASE_URL" in message
    assert "hemmelig" not in message


def test_migrate_when_run_twice_then_the_database_is_ready_both_times(run):
    for _ in range(2):
        assert run("migrate").stdout == "Databasen er klar.\n"
