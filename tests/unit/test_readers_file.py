"""config/readers.yaml: what is wrong in it is told with file, line and what to do."""

import re
import shutil
from pathlib import Path

import pytest

from consultations.bootstrap.configuration import read_rules
from consultations.bootstrap.digest_readers import read_readers
from consultations.domain.errors import ConfigError
from consultations.domain.readers import Readers

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONFIG, tmp_path / "config"))


def rewrite(folder: Path, name: str, pattern: str, new: str) -> None:
    path = folder / name
    text, done = re.subn(pattern, new, path.read_text("utf-8"), count=1, flags=re.MULTILINE)
    assert done
    path.write_text(text, encoding="utf-8")


def read(folder: Path) -> Readers:
    return read_readers(folder, read_rules(folder))


def test_readers_file_when_as_it_is_then_everyone_in_it_is_invented():
    readers = read(CONFIG)
    assert readers.readers
    assert all(one.email.endswith("example.org") for one in readers.readers.values())


def test_readers_file_when_a_section_was_renamed_then_its_reader_follows_both_ids(folder):
    rewrite(
        folder, "sections.yaml", "id: helse-omsorg$", "id: helse\n    formerly: {helse-omsorg: Hel}"
    )
    assert set(read(folder).readers["kari-eksempel"].sections) == {"helse", "helse-omsorg"}


@pytest.mark.parametrize(
    ("pattern", "new", "words"),
    [(r"\[helse-omsorg\]", "[helse-omsrg]", r"readers\.yaml linje \d+.*ukjent seksjon"),
     (r"\[helse-omsorg\]", "[none]", r"readers\.yaml linje \d+.*ukjent seksjon «none»"),
     (r'^time: "07.00"', "time: 07.00", r"readers\.yaml linje \d+.*anførselstegn"),
     (r'^time: "07.00"', 'time: "7"', r'skriv det slik: "07\.00"'),
     (r"^day: monday", "day: mandag", r"readers\.yaml linje \d+"),
     (r"brussels: true", "brussel: true", r"mente du «brussels»"),
     (r"kari\.eksempel@example\.org", "kari eksempel", r"ingen e-postadresse"),
     (r"when_nothing: silent", "when_nothing: never", r"readers\.yaml linje \d+")],
)  # fmt: skip
def test_readers_file_when_something_is_wrong_then_says_where_and_what(folder, pattern, new, words):
    rewrite(folder, "readers.yaml", pattern, new)
    with pytest.raises(ConfigError, match=words):
        read(folder)


def test_readers_file_when_nobody_is_in_it_then_nobody_gets_anything(folder):
    path = folder / "readers.yaml"
    path.write_text("readers: {}\n", encoding="utf-8")
    assert read(folder).readers == {}
