"""Measuring and teaching as a person does it: figures, a better model, a worse one, the page."""

import importlib.util
import json
import re
import subprocess
import sys

import pytest

from consultations.routing.model import load_model
from tests.service import ROOT, said

LABELLED = ROOT / "config" / "labelled_matters.jsonl"
WORDS = ("eple", "pære", "plomme", "moreller", "rips", "solbær", "bringebær", "jordbær")


def rows(word, section, count=24, **more):
    return [
        {"id": f"{word}-{n}", "title": f"{word} {WORDS[n % 8]}{n} {WORDS[n % 7]}{n}x",
         "primary_section": section} | more
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture
def school(config):
    """Write labelled matters in place of the real ones, and remove the model."""
    (config / "model.json").unlink(missing_ok=True)

    def write(*groups):
        lines = (json.dumps(row) for group in groups for row in group)
        (config / "labelled_matters.jsonl").write_text("\n".join(lines), "utf-8")
        return config

    return write


def test_train_when_matters_teach_something_then_the_model_is_installed_and_used(run, school):
    folder = school(rows("bokrøkt", "kultur"), rows("steinrøkt", "jus"))
    result = run("route", "train", config_dir=folder)
    assert result.exit_code == 0, result.output
    assert re.search(r"kultur +\d+ +0 +\d+", result.output)
    assert "gjelder fra neste start" in result.output
    answer = run("route", given='{"title": "Bokrøkt i byen"}', config_dir=folder)
    assert json.loads(answer.output)["primary_section"] == "kultur"


def test_train_when_the_new_model_is_worse_then_the_old_one_stays(run, school):
    right = rows("bokrøkt", "kultur", 40), rows("steinrøkt", "jus", 40)
    folder = school(*right)
    run("route", "train", config_dir=folder)
    before = load_model(folder / "model.json")
    # the same matters to be tested on, and everything there is to learn from turned around
    text = (folder / "labelled_matters.jsonl").read_text("utf-8").splitlines()
    held = held_out_ids(folder)
    turned = [json.loads(line) for line in text]
    for row in turned:
        if row["id"] not in held:
            row["primary_section"] = "jus" if row["primary_section"] == "kultur" else "kultur"
    school(turned)
    result = run("route", "train", config_dir=folder)
    assert result.exit_code == 1
    assert "færre saker får riktig seksjon" in result.output
    assert load_model(folder / "model.json") == before
    assert run("route", "train", "--even-if-worse", config_dir=folder).exit_code == 0
    assert load_model(folder / "model.json") != before


def held_out_ids(folder):
    from consultations.routing import load_rules  # noqa: PLC0415 - SciPy only where it is tested
    from consultations.routing.evaluation import held_out  # noqa: PLC0415
    from consultations.routing.labelled import read_labelled  # noqa: PLC0415

    matters = read_labelled(folder / "labelled_matters.jsonl", load_rules(folder).life)
    return {matter.id for matter in held_out(matters)[1]}


def test_train_when_a_person_has_corrected_a_matter_then_it_is_learned_from(run, school):
    folder = school(rows("bokrøkt", "kultur"), rows("steinrøkt", "jus"))
    run("poll", "--once", "regjeringen")
    run("route", "correct", "regjeringen:3168525", "--section", "pensjon", "--by", "Kari Nordmann")
    result = run("route", "train", config_dir=folder)
    assert result.exit_code == 0, result.output
    assert "49 saker med fasit, 1 av dem rettet av mennesker" in result.output


def test_train_when_only_the_eu_mark_was_corrected_then_the_guessed_section_teaches_nothing(
    run, school
):
    folder = school(rows("bokrøkt", "kultur"), rows("steinrøkt", "jus"))
    run("poll", "--once", "regjeringen")
    run("route", "correct", "regjeringen:3168525", "--eu", "ja", "--by", "Kari Nordmann")
    result = run("route", "train", config_dir=folder)
    assert "48 saker med fasit, 0 av dem rettet av mennesker" in result.output


def test_train_when_the_folder_cannot_be_written_then_it_says_so(run, school, monkeypatch):
    def refuse(*_arguments, **_named):
        raise PermissionError(13, "Permission denied")

    folder = school(rows("bokrøkt", "kultur"), rows("steinrøkt", "jus"))
    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    result = run("route", "train", config_dir=folder)
    assert result.exit_code == 1
    assert "kan ikke skrives" in said(result)


def test_evaluate_when_given_matters_then_the_figures_and_each_miss_are_shown(run, school):
    file = school(rows("bokrøkt", "kultur", 3)) / "labelled_matters.jsonl"
    result = run("route", "evaluate", str(file), "--misses")
    assert result.exit_code == 0, result.output
    assert "3 saker med fasit" in result.output
    assert re.search(r"riktig seksjon +0\.00 \(0\.00–0\.56\) +0 av 3", result.output)
    assert "fasit kultur" in result.output
    assert "avgjort none" in result.output


def test_evaluate_when_a_title_is_hostile_then_a_miss_is_shown_without_what_nobody_sees(
    run, school
):
    file = school(rows("bokrøkt\x1b[2J\u202e\n\nlov", "kultur", 1)) / "labelled_matters.jsonl"
    shown = run("route", "evaluate", str(file), "--misses").output
    assert "bokrøkt[2J lov-0: bokrøkt[2J lov " in shown


def test_evaluate_when_the_model_learned_from_these_then_it_warns(run, school):
    folder = school(rows("bokrøkt", "kultur"), rows("steinrøkt", "jus"))
    run("route", "train", config_dir=folder)
    held = held_out_ids(folder)
    file = folder / "labelled_matters.jsonl"
    lines = file.read_text("utf-8").splitlines()
    learned = "\n".join(line for line in lines if json.loads(line)["id"] not in held)
    (folder / "learned.jsonl").write_text(learned, "utf-8")
    warned = run("route", "evaluate", str(folder / "learned.jsonl"), config_dir=folder)
    assert "tallene er for gode" in warned.stderr
    whole = run("route", "evaluate", str(file), config_dir=folder)
    assert "tallene er for gode" in whole.stderr


def test_evaluate_when_the_model_learned_from_corrections_too_then_it_warns_all_the_same(
    run, school
):
    folder = school(rows("bokrøkt", "kultur"), rows("steinrøkt", "jus"))
    run("poll", "--once", "regjeringen")
    for number in (3168525, 3167072):  # one of them at least is not held out
        run("route", "correct", f"regjeringen:{number}", "--section", "pensjon", "--by", "Kari")
    run("route", "train", "--even-if-worse", config_dir=folder)
    measured = run("route", "evaluate", str(folder / "labelled_matters.jsonl"), config_dir=folder)
    assert "tallene er for gode" in measured.stderr


def test_evaluate_when_the_file_is_wrong_then_file_line_and_remedy_are_said(run, tmp_path):
    file = tmp_path / "fasit.jsonl"
    file.write_text('{"id": "a", "title": "x", "primary_section": "trolldom"}', "utf-8")
    result = run("route", "evaluate", str(file))
    assert result.exit_code == 1
    assert "fasit.jsonl linje 1: ukjent seksjon «trolldom», ventet en av:" in said(result)


def test_commands_when_started_then_scipy_is_not_loaded():
    code = "import sys, consultations.cli; print(sorted({'scipy', 'numpy'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    assert found.stdout.strip() == b"[]"


def test_table_in_the_docs_when_measured_again_then_it_is_the_same():
    spec = importlib.util.spec_from_file_location("figures", ROOT / "docs" / "figures.py")
    figures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(figures)
    assert figures.told() == figures.measured(), "kjør make figures"
