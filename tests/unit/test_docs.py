"""The documentation keeps up with the code: nothing left out, no dead link, no false command."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from consultations.cli import main
from consultations.settings import PREFIX, Settings
from streams.topics import GROUPS, TOPICS
from tests.command_line import parse

ROOT = Path(__file__).parents[2]
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in DOCS}
OPERATIONS = TEXTS["docs/operations.md"]
DEPENDENCIES = TEXTS["docs/adr/0002-dependencies.md"]

UNFINISHED = re.compile(r"\b(TO-?DO|FIX-?ME|TBD|lorem ipsum|coming soon)\b", re.IGNORECASE)
WRONG_WORDS = re.compile(r"\binnen\b", re.IGNORECASE)
"""A deadline is «senest …» or «fristen er …»: «innen» leaves open whether the day counts."""


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split(" | ")]


def rows(text: str) -> dict[str, list[str]]:
    """Every table row, by its first cell without marks."""
    found = [cells(line) for line in text.splitlines() if line.startswith("| ")]
    return {first.strip("`"): rest for first, *rest in found}


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def quoted_commands() -> list[str]:
    """Every ``consultations …`` in a code fence or between backquotes."""
    found = []
    for text in TEXTS.values():
        fences = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        indented = re.findall(r"^    (\S.*)$", text, re.MULTILINE)
        inline = re.findall(r"`([^`\n]+)`", text)
        lines = [line for fence in fences for line in fence.splitlines()]
        found += [line.strip() for line in (*lines, *indented, *inline)]
    return sorted({line for line in found if re.match(r"(\S*/)?consultations\s", line)})


def dependencies() -> dict[str, set[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = {"runs": project["dependencies"], "builds": project["optional-dependencies"]["dev"]}
    return {
        group: {re.split(r"[<>=~! \[]", entry)[0] for entry in entries}
        for group, entries in groups.items()
    }


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))


@pytest.mark.parametrize("name", Settings.model_fields)
def test_setting_when_there_is_one_then_its_variable_and_default_are_told(name):
    default = Settings.model_fields[name].default
    told, meaning = rows(OPERATIONS)[f"{PREFIX}{name.upper()}"]
    assert told.strip("`") == ("none" if default is None else str(default))
    assert meaning


def test_settings_when_told_then_all_of_them_are_read():
    told = set(re.findall(rf"{PREFIX}([A-Z_]+)", "\n".join(TEXTS.values())))
    assert {name.lower() for name in told} <= set(Settings.model_fields)


@pytest.mark.parametrize("path", [path for path, _ in commands(main)])
def test_command_when_there_is_one_then_it_is_told(path):
    assert any(first.startswith(f"consultations {path}") for first in rows(OPERATIONS))


@pytest.mark.parametrize("line", quoted_commands())
def test_command_when_told_then_it_can_be_run_as_it_stands(line, monkeypatch):
    monkeypatch.chdir(ROOT)
    _, *words = shlex.split(line.partition(" > ")[0], comments=True)
    parse(words)


def test_topics_when_declared_then_each_is_told_with_its_groups():
    table = OPERATIONS.partition("## Topics and consumer groups")[2].partition("\n## ")[0]
    told = rows(table)
    for topic in TOPICS:
        groups = [f"`{group}`" for group, read in GROUPS.items() if read == topic.name]
        assert told[topic.name][1] == (", ".join(groups) or "none")
        assert (told[topic.name][2] == "for ever") == (topic.retention is None)
    assert len(told) == len(TOPICS) + 1  # and the heading


@pytest.mark.parametrize(("group", "heading"), [("runs", "What runs"), ("builds", "What builds")])
def test_dependencies_when_listed_then_the_record_says_why_and_names_no_other(group, heading):
    table = rows(DEPENDENCIES.partition(f"### {heading}")[2].partition("\n##")[0])
    table.pop("package")
    assert set(table) == dependencies()[group]
    assert all(why for why, *_ in table.values())


@pytest.mark.parametrize("target", sorted(targets() - {"help"}))
def test_make_target_when_public_then_it_is_told(target):
    assert f"`make {target}`" in TEXTS["CONTRIBUTING.md"]


def test_make_targets_when_told_then_all_of_them_exist():
    told = {
        name
        for text in TEXTS.values()
        for name in re.findall(r"(?:`|^|&& )make ([a-z-]+)", text, re.MULTILINE)
    }
    assert told <= targets()


def test_ci_when_it_asks_for_more_of_a_test_then_that_test_reads_it_and_contributors_know():
    asked = re.findall(r"(\w+_TEST_\w+)=(\d+)", (ROOT / ".ci" / "run").read_text("utf-8"))
    tests = "\n".join(p.read_text("utf-8") for p in (ROOT / "tests" / "integration").glob("*.py"))
    assert asked
    for name, number in asked:
        assert f'"{name}"' in tests
        assert f"{int(number):,}".replace(",", " ") in TEXTS["CONTRIBUTING.md"]


@pytest.mark.parametrize("path", sorted((ROOT / "config").iterdir()), ids=lambda path: path.name)
def test_configuration_file_when_there_is_one_then_it_is_told(path):
    assert f"`config/{path.name}`" in OPERATIONS


def test_lines_of_the_doctor_when_told_then_these_are_all():
    table = OPERATIONS.partition("### What the doctor finds")[2].partition("\n### ")[0]
    code = (ROOT / "src/consultations/bootstrap/examination.py").read_text("utf-8")
    assert {*rows(table)} - {"line"} == set(re.findall(r'"([^"]+)": [a-z]', code))


def test_answers_of_a_process_when_told_then_these_are_its_words():
    table = OPERATIONS.partition("### A process is not ready")[2].partition("\n### ")[0]
    told = [phrase for first in rows(table) for phrase in re.findall(r"«(.+?)»", first)]
    sources = [*ROOT.glob("src/**/*.py"), *ROOT.glob("streams/*.py")]
    code = re.sub(r"\{.*?\}", "…", "\n".join(path.read_text("utf-8") for path in sources))
    for phrase in told:
        for part in re.split(r"…|\bN\b", phrase):
            assert part.strip(" ()") in code, phrase


def links(name: str) -> set[str]:
    """Every address that a page links to inside the repository, and every picture."""
    found = re.findall(r"\]\(([^)\s]+)\)", TEXTS[name])
    return {address for address in found if not re.match(r"[a-z]+:", address)}


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", TEXTS)
def test_links_when_followed_then_they_lead_somewhere_in_the_repository(name):
    for address in links(name):
        path, _, anchor = address.partition("#")
        goal = (ROOT / name).parent.joinpath(path).resolve() if path else ROOT / name
        assert goal.is_relative_to(ROOT), address
        assert goal.exists(), address
        assert not anchor or anchor in anchors(goal.read_text("utf-8")), address


def test_pages_when_started_from_the_readme_then_all_are_reached():
    reached, ahead = set(), {"README.md"}
    while ahead:
        name = ahead.pop()
        reached.add(name)
        goals = {(ROOT / name).parent.joinpath(a.partition("#")[0]).resolve() for a in links(name)}
        ahead |= {g.relative_to(ROOT).as_posix() for g in goals if g in DOCS} - reached
    assert reached == set(TEXTS)


def test_pictures_when_taken_then_shown_and_small():
    pictures = list((ROOT / "docs" / "images").iterdir())
    shown = re.findall(r"images/([\w-]+\.png)", "\n".join(TEXTS.values()))
    assert {picture.name for picture in pictures} == set(shown)
    assert all(picture.stat().st_size < 250_000 for picture in pictures)


@pytest.mark.parametrize("name", TEXTS)
def test_words_when_read_then_finished_and_clear(name):
    assert not UNFINISHED.search(TEXTS[name])
    assert not WRONG_WORDS.search(TEXTS[name])


def test_readme_when_read_then_short():
    assert len(TEXTS["README.md"].splitlines()) <= 90
