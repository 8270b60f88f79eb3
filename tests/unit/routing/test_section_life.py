"""A section is added, renamed, merged or retired in the files alone; old decisions keep meaning."""

import re
from pathlib import Path

import pytest

from consultations.domain.decision import RoutingText
from consultations.domain.errors import ConfigError
from consultations.routing import decide, load_rules, selftest

BLOCK = re.compile(r"^  - id: pensjon\n(?:(?!  - id: ).*\n)*", re.MULTILINE)
NEW_SECTION = """  - id: idrett
    name_no: Idrett
    name_en: Sports
    remit: Idrettsanlegg og spillemidler.
    keywords: [curlinghall-]

"""
RETIRED = """  - id: {id}
    name_no: Idrett
    name_en: Sports
    remit: Idrettsanlegg.
    retired: true

"""


@pytest.fixture
def sections(changed):
    """Rewrite the file of sections, and give the folder it stands in."""

    def rewrite(pattern: str, new: str, count: int = 1) -> Path:
        folder = changed("sections.yaml", "sections:", "sections:")
        path = folder / "sections.yaml"
        text, done = re.subn(pattern, new, path.read_text("utf-8"), count=count, flags=re.MULTILINE)
        assert done
        path.write_text(text, encoding="utf-8")
        return folder

    return rewrite


def rename(sections) -> Path:
    return sections(
        r"  - id: oppvekst\n    name_no: .*\n",
        "  - id: barn-unge\n    name_no: Barn og unge\n    formerly: {oppvekst: Oppvekst}\n",
    )


def line_of(folder: Path, text: str) -> int:
    lines = (folder / "sections.yaml").read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def test_section_when_added_then_its_words_lead_there(sections):
    rules = load_rules(sections(r"^sections:\n", f"sections:\n{NEW_SECTION}"))
    assert decide(RoutingText(title="Ny curlinghall"), rules).lead == "idrett"


def test_section_when_renamed_then_rules_acts_and_examples_follow_the_old_id(sections):
    rules = load_rules(rename(sections))
    assert "oppvekst" not in rules.sections
    assert (
        decide(RoutingText(title="Forskrift om barnevernsinstitusjoner"), rules).lead == "barn-unge"
    )
    assert selftest(rules) == []


def test_section_when_renamed_then_both_ids_have_a_name_and_mean_the_same(sections):
    life = load_rules(rename(sections)).life
    assert life.names["barn-unge"] == "Barn og unge"
    assert life.names["oppvekst"] == "Oppvekst (nå Barn og unge)"
    assert life.current("oppvekst") == life.current("barn-unge") == "barn-unge"
    assert life.ids("barn-unge") == life.ids("oppvekst") == ("barn-unge", "oppvekst")


def test_section_when_only_the_id_changed_then_its_name_is_said_once(sections):
    folder = sections(
        r"  - id: kultur\n    name_no: (.*)\n",
        r"  - id: kulturen\n    name_no: \1\n    formerly: {kultur: '\1'}\n",
    )
    names = load_rules(folder).life.names
    assert names["kultur"] == names["kulturen"]


def test_sections_when_merged_then_each_keeps_the_name_it_had(sections):
    formerly = "    formerly: {pensjon: Pensjon, tariff: Tariff}\n"
    folder = sections(BLOCK.pattern, "")
    path = folder / "sections.yaml"
    text = path.read_text("utf-8").replace(
        "  - id: arbeidsgiver\n", f"  - id: arbeidsgiver\n{formerly}"
    )
    path.write_text(text, encoding="utf-8")
    life = load_rules(folder).life
    assert life.ids("arbeidsgiver") == ("arbeidsgiver", "pensjon", "tariff")
    assert life.names["tariff"].startswith("Tariff (nå Arbeidsgiver")


def test_section_when_retired_then_keeps_its_name_and_never_wins(sections):
    rules = load_rules(sections(r"^sections:\n", "sections:\n" + RETIRED.format(id="idrett")))
    assert rules.life.names["idrett"] == "Idrett (nedlagt)"
    assert "idrett" not in rules.sections
    assert rules.life.ids("idrett") == ("idrett",)


def test_section_when_never_known_then_stands_as_it_is(rules):
    assert rules.life.current("noe-annet") == "noe-annet"
    assert "noe-annet" not in rules.life.names


@pytest.mark.parametrize(
    ("pattern", "new", "at", "problem"),
    [
        (
            r"(  - id: kultur\n    name_no: .*\n)",
            r"\1    formerly: {jus: Jus}\n",
            "formerly: {jus",
            "«jus» er også en seksjon",
        ),
        (
            r"(  - id: kultur\n    name_no: .*\n)",
            r"\1    formerly: {kultur: Kultur}\n",
            "formerly: {kultur",
            "«kultur» er også en seksjon",
        ),
        (
            r"(  - id: (?:kultur|jus)\n    name_no: .*\n)",
            r"\1    formerly: {kunst: Kunst}\n",
            None,
            "«kunst» står også i formerly hos «kultur»",
        ),
        (
            r"(  - id: kultur\n    name_no: .*\n)",
            r"\1    formerly: {Kunst: Kunst}\n",
            "formerly: {Kunst",
            "ventet tekst på formen",
        ),
        (
            r"(  - id: kultur\n    name_no: .*\n)",
            r"\1    formerly: {kunst: ''}\n",
            "formerly: {kunst",
            "minst 1 tegn",
        ),
        (
            r"(  - id: kultur\n    name_no: .*\n)",
            r"\1    retired: true\n",
            None,
            "«kultur» er nedlagt (retired) og kan ikke ha «keywords»; flytt ordene",
        ),
        (
            r"(  - id: none\n    name_no: .*\n)",
            r"\1    retired: true\n",
            "retired: true",
            "«none» («ikke for KS») kan ikke nedlegges",
        ),
        (
            r"  - id: internasjonalt\n",
            "  - id: europa\n    formerly: {internasjonalt: Brussel}\n",
            "sections:",
            "mangler seksjonen «internasjonalt» (Brussel-kontoret); den må ha den id-en",
        ),
    ],
)
def test_life_when_it_contradicts_itself_then_is_refused_with_the_line(
    sections, pattern, new, at, problem
):
    folder = sections(pattern, new, count=0)
    with pytest.raises(ConfigError) as raised:
        load_rules(folder)
    said = str(raised.value)
    assert problem in said
    assert all(re.match(r"config/(sections|routing|eu-acts)\.yaml linje \d+: ", one)
               for one in said.splitlines())  # fmt: skip
    if at:
        assert f"config/sections.yaml linje {line_of(folder, at)}: " in said


def test_rules_when_they_point_to_a_retired_section_then_each_place_is_named(sections):
    folder = sections(BLOCK.pattern.replace("pensjon", "jus"), RETIRED.format(id="jus"))
    with pytest.raises(ConfigError) as raised:
        load_rules(folder)
    lines = str(raised.value).splitlines()
    assert all("seksjonen «jus» er nedlagt; ventet en av: arbeidsgiver" in one for one in lines)
    files = {one.partition(" linje ")[0] for one in lines}
    assert files == {"config/routing.yaml", "config/eu-acts.yaml"}
