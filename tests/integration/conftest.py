"""The command line, run in this process on a database and settings of the test's own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from consultations.cli import main
from consultations.store.database import Database
from tests.service import ROOT, Run, environment


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
