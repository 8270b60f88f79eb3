"""The working calendar as it is written: read by the commands about it, and written by import."""

import shutil
import tempfile
from collections.abc import Collection
from datetime import date
from pathlib import Path

from consultations import calendar_file
from consultations.bootstrap.tracker import clock_of
from consultations.calendar_file import CalendarFile
from consultations.config_file import ConfigFile
from consultations.domain.calendar import local_day
from consultations.domain.errors import ConfigError
from consultations.settings import read_settings


def written() -> ConfigFile[CalendarFile]:
    """Read ``config/calendar.yaml``, with the line of everything in it."""
    return calendar_file.read(read_settings().config_dir / "calendar.yaml")


def today() -> date:
    """Return the Oslo day it is, by the clock that everything else goes by."""
    return local_day(clock_of(read_settings())())


def install(path: Path, text: str, body: str, wanted: Collection[date]) -> None:
    """Put a new text in the calendar's place; it is whole or not there.

    Raises ``ConfigError`` where it does not say that the body meets on the ``wanted`` days and on
    no other, or where the folder cannot be written in.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            new = Path(folder) / path.name
            new.write_text(text, encoding="utf-8")
            shutil.copymode(path, new)
            if _meetings(new, body) != {*wanted}:
                raise ConfigError(
                    f"{path} er skrevet på en måte import ikke kan endre trygt, og er ikke endret. "
                    "Skriv datoene inn for hånd."
                )
            new.replace(path)
    except OSError as problem:
        raise ConfigError(
            f"{path} kan ikke skrives ({problem.strerror}). Kjør kommandoen der mappen kan "
            "skrives i."
        ) from problem


def _meetings(path: Path, body: str) -> set[date] | None:
    try:
        bodies = calendar_file.read(path).content.bodies
    except ConfigError:
        return None
    return {one.day for one in bodies[body].meetings} if body in bodies else None
