"""Channels hear of what was filed under the old ids of their sections; nobody's matter is lost."""

import re
import shutil
from pathlib import Path

import pytest

from consultations.bootstrap.configuration import read_channels, read_rules
from consultations.domain.channels import ChannelMap
from consultations.domain.decision import Decision
from consultations.domain.errors import ConfigError

CONFIG = Path(__file__).parents[2] / "config"
RETIRED = (
    "sections:\n  - {id: idrett, name_no: Idrett, name_en: Sports, remit: Idrett., retired: true}\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONFIG, tmp_path / "config"))


def rewrite(folder: Path, name: str, pattern: str, new: str) -> None:
    path = folder / name
    text, done = re.subn(pattern, new, path.read_text("utf-8"), count=1, flags=re.MULTILINE)
    assert done
    path.write_text(text, encoding="utf-8")


def channels(folder: Path) -> ChannelMap:
    return read_channels(folder, read_rules(folder))


def hearing(folder: Path, lead: str) -> tuple[str, ...]:
    return channels(folder).hearing(Decision(lead=lead, score=9, rules_hash="x"))


def test_channel_when_its_section_is_renamed_then_hears_of_both_ids(folder):
    rewrite(folder, "sections.yaml", "id: kultur$", "id: kunst\n    formerly: {kultur: Kultur}")
    assert hearing(folder, "kunst") == hearing(folder, "kultur") == ("kultur",)


def test_channel_when_it_lists_the_new_id_then_hears_of_the_old_one_too(folder):
    rewrite(folder, "sections.yaml", "id: kultur$", "id: kunst\n    formerly: {kultur: Kultur}")
    rewrite(folder, "channels.yaml", r"\[kultur\]", "[kunst]")
    assert hearing(folder, "kunst") == hearing(folder, "kultur") == ("kultur",)


def test_retired_section_when_no_channel_lists_it_then_triage_hears(folder):
    rewrite(folder, "sections.yaml", "^sections:\n", RETIRED)
    assert hearing(folder, "idrett") == ("triage",)


def test_retired_section_when_a_channel_lists_it_then_that_one_hears(folder):
    rewrite(folder, "sections.yaml", "^sections:\n", RETIRED)
    rewrite(folder, "channels.yaml", r"\[kultur\]", "[kultur, idrett]")
    assert hearing(folder, "idrett") == ("kultur",)


def test_channels_when_two_list_what_is_one_section_now_then_refused_with_line(folder):
    rewrite(folder, "sections.yaml", "id: kultur$", "id: kultur\n    formerly: {idrett: Idrett}")
    rewrite(folder, "channels.yaml", r"\[jus\]", "[jus, idrett]")
    with pytest.raises(ConfigError, match=r"channels\.yaml linje \d+: «idrett» er i dag «kultur»"):
        channels(folder)


def test_channels_when_a_section_is_unknown_then_refused_with_line(folder):
    rewrite(folder, "channels.yaml", r"\[jus\]", "[jus, juss]")
    with pytest.raises(ConfigError, match=r"channels\.yaml linje \d+: ukjent seksjon «juss»"):
        channels(folder)


def test_channels_when_a_section_has_none_then_refused_with_its_id(folder):
    rewrite(folder, "channels.yaml", r"\[jus\]", "[]")
    with pytest.raises(ConfigError, match="ingen kanal hører om seksjonene jus"):
        channels(folder)
