"""The real rules, and a way to change a copy of them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from consultations.routing import RuleSet, load_rules

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    return load_rules(CONFIG)


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """Copy the real configuration with one text in one file replaced; give the folder."""
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder)

    def change(name: str, old: str, new: str) -> Path:
        path = folder / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return change
