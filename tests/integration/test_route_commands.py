"""`route explain` and `route diff` as people meet them: what they answer, and how they end."""

import json
import re
import shutil

import pytest

from consultations import bootstrap
from consultations.domain.correction import Correction
from consultations.domain.events import Event
from consultations.store import consultations
from tests.building import DAY_ONE, observation
from tests.pipeline import engine, take_in
from tests.service import said
from tests.unit.web.checked_client import CheckedClient

KEY = "regjeringen:3167072"
SECTION = "oppvekst"
TITLE = "Høring om endringer i barnevernsloven"


@pytest.fixture
def matters(stored, rules):
    """Take in a matter for each title, decided by the real rules."""

    def take(*titles: str) -> None:
        seen = [
            observation(external_id=str(3167072 + number), title=title)
            for number, title in enumerate(titles)
        ]
        take_in(engine(stored, rules, lambda: DAY_ONE), seen)

    return take


def correct(stored, **said_of_it) -> None:
    correction = Correction(at=DAY_ONE, seen_at=DAY_ONE, by="Kari Nordmann", **said_of_it)
    with stored.transaction() as session:
        consultations.keep_corrections(session, [Event.of_correction(KEY, correction)])


def change(config, name, old, new):
    path = config / name
    text = path.read_text("utf-8")
    assert re.search(old, text, re.MULTILINE)
    path.write_text(re.sub(old, new, text, count=1, flags=re.MULTILINE), "utf-8")


# explain


def test_explain_when_a_matter_is_stored_then_tells_section_words_and_versions(run, matters):
    matters(TITLE)
    result = run("route", "explain", KEY)
    assert result.exit_code == 0
    assert TITLE in result.stdout
    assert "Seksjon:       Oppvekst" in result.stdout
    assert "«barnevernsloven» i tittelen" in result.stdout
    assert "(dagens)" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_explain_when_a_person_moved_it_then_says_who_and_what_the_tracker_chose(
    run, matters, stored
):
    matters(TITLE)
    correct(stored, lead="jus", reason="Gjelder bare klageretten")
    shown = " ".join(run("route", "explain", KEY).stdout.split())
    assert "Kari Nordmann flyttet saken til Jus" in shown
    assert "Grunn: Gjelder bare klageretten" in shown
    assert "Uten rettelse: Oppvekst" in shown


def test_explain_when_there_is_no_such_matter_then_says_where_ids_are_found(run, stored):
    message = said(run("route", "explain", "regjeringen:1"))
    assert message.startswith("Ingen høring har ID-en «regjeringen:1».")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('{"id": "a", "title": "Endringer i barnehageloven"}', "Barnehage, skole"),
        ("Endringer i barnehageloven\nOm skolen også.", "Barnehage, skole"),
        ('{"title": "Orientering"}', "Ingen ord i teksten peker mot noen seksjon"),
        ('{"title": "Diverse endringer", "sender": "Finansdepartementet"}', "må til. Nærmest er"),
        ('{"title": "Gjennomføring av avløpsdirektivet"}', "Brussel-kontoret får vite det"),
    ],
)
def test_explain_when_given_one_matter_then_explains_it(run, given, expected):
    assert expected in " ".join(run("route", "explain", "-", given=given).stdout.split())


def test_explain_when_the_title_tries_to_steer_the_terminal_then_it_cannot(run):
    result = run("route", "explain", "-", given='{"title": "Skole \\u001b[2J\\u202e\\ud83d"}')
    assert result.exit_code == 0
    assert not re.search("[\x1b\u202e]", result.stdout)


def test_explain_when_asked_for_json_then_gives_the_decision_whole(run):
    result = run(
        "route", "explain", "-", "--json", given='{"id": 7, "title": "Barnehage og ferje"}'
    )
    told = json.loads(result.stdout)
    assert told["id"] == "7"
    assert told["hesitation"] == "too_close"
    assert told["decision"]["abstained"] is True
    assert told["runner_up_lacked"]["words"][0]["quote"] in {"Barnehage", "ferje"}


@pytest.mark.parametrize(
    "given", ["", "  \n", '{"id": 1}', '{"title": ', '{"title": [1]}', "[" * 9999]
)
def test_explain_when_given_what_is_no_matter_then_says_what_it_wants(run, given):
    result = run("route", "explain", "-", given=given)
    if result.exit_code:
        assert re.search("Ingenting kom inn|ventet ett objekt med title", said(result))
    else:
        assert given.startswith("[")  # any text will do as a title


def test_explain_when_the_text_is_not_utf_8_then_says_so(run):
    result = run("route", "explain", "-", given="Høring om skole".encode("latin-1"))
    assert result.exit_code == 1
    assert "ikke UTF-8. Lagre teksten som UTF-8" in said(result)


# diff


def test_diff_when_nothing_is_changed_then_nothing_moves(run, matters):
    matters(TITLE)
    result = run("route", "diff")
    assert (result.exit_code, result.stdout) == (0, "0 saker av 1 ville flyttet seg.\n")


def test_diff_when_a_word_goes_to_another_section_then_shows_matter_words_and_ends_with_3(
    run, matters, config
):
    matters(TITLE, "Kommunereform")
    for word in ("barnevernsloven", "barnevernloven", "-barnevern-"):
        text = (config / "sections.yaml").read_text("utf-8")
        (config / "sections.yaml").write_text(text.replace(f"{word},", ""), "utf-8")
    change(
        config, "sections.yaml", "(id: jus\n(?:.*\n)*?    laws:\n +)\\[", r"\1[barnevernsloven, "
    )
    result = run("route", "diff", "--config", str(config))
    assert result.exit_code == 3
    assert "1 sak av 2 ville flyttet seg." in result.stdout
    assert f"{KEY}  {TITLE}" in result.stdout
    assert "«barnevernsloven» i tittelen for Jus" in result.stdout


def test_diff_when_a_person_has_corrected_it_then_it_stands_and_is_counted(
    run, matters, stored, config
):
    matters(TITLE)
    correct(stored, lead="kultur")
    change(config, "routing.yaml", "^  abstain_score: .*", "  abstain_score: 900")
    result = run("route", "diff", config_dir=config)
    assert result.exit_code == 0
    assert "1 sak til ville flyttet seg, men er rettet av mennesker." in result.stdout


def test_diff_when_thresholds_alone_change_then_says_that_words_count_as_before(
    run, matters, config
):
    matters(TITLE)
    change(config, "routing.yaml", "^  abstain_score: .*", "  abstain_score: 900")
    result = run("route", "diff", config_dir=config)
    assert result.exit_code == 3
    assert "1  må avgjøres av et menneske" in result.stdout
    assert "Ordene teller som før: grensene er endret" in result.stdout


def test_diff_when_older_rules_decided_then_only_the_effect_of_the_change_is_shown(
    run, matters, config, tmp_path
):
    matters(TITLE)
    change(config, "routing.yaml", "^  abstain_score: .*", "  abstain_score: 900")
    same = shutil.copytree(config, tmp_path / "same")
    assert run("route", "diff", config_dir=config).exit_code == 3
    assert run("route", "diff", "--config", str(same), config_dir=config).exit_code == 0


def test_diff_when_a_section_is_only_renamed_then_nothing_moves(run, matters, config):
    matters(TITLE)
    change(
        config, "sections.yaml", f"id: {SECTION}$", f"id: ny\n    formerly: {{{SECTION}: Gammel}}"
    )
    assert run("route", "diff", "--config", str(config)).exit_code == 0


def test_diff_when_asked_for_json_then_gives_a_line_each_and_a_summary(run, matters, config):
    matters(TITLE)
    change(config, "routing.yaml", "^  abstain_score: .*", "  abstain_score: 900")
    result = run("route", "diff", "--json", config_dir=config)
    moved, summary = map(json.loads, result.stdout.splitlines())
    assert (moved["id"], moved["kind"]) == (KEY, "undecided")
    assert (moved["before"]["abstained"], moved["after"]["abstained"]) == (False, True)
    assert summary == {"summary": {"undecided": 1}}


def test_diff_when_the_folder_is_not_there_then_says_how_to_make_it(run, stored):
    assert "cp -r config config-ny" in said(run("route", "diff", "--config", "config-ny"))


def test_diff_when_the_other_rules_are_wrong_then_says_file_and_line(run, stored, config):
    change(config, "routing.yaml", "^  abstain_score: .*", "  abstain_score: mye")
    assert "routing.yaml linje" in said(run("route", "diff", "--config", str(config)))


# old sections


def test_pages_when_a_section_was_renamed_then_list_and_filter_know_the_old_matters(
    run, settings, matters, config, monkeypatch
):
    matters(TITLE)
    change(
        config, "sections.yaml", f"id: {SECTION}\n    name_no: .*",
        f"id: barn-unge\n    name_no: Barn og unge\n    formerly: {{{SECTION}: Oppvekst}}",
    )  # fmt: skip
    for name, value in {**settings, "CONSULTATIONS_CONFIG_DIR": str(config)}.items():
        monkeypatch.setenv(name, value)
    tracker = bootstrap.tracker()
    client = CheckedClient(tracker.pages())
    for section in ("barn-unge", SECTION):
        page = client.get(f"/?seksjon={section}")
        assert "Oppvekst (nå Barn og unge)" in page.text
        (chosen,) = page.find("//option[@selected]")
        assert (chosen.get("value"), chosen.text) == ("barn-unge", "Barn og unge")
    tracker.database.close()
