"""What routing is taught by, and where a model is installed."""

import os
import tempfile
from pathlib import Path

from consultations.domain.errors import ConfigError
from consultations.routing import RuleSet
from consultations.routing.labelled import LabelledMatter, read_labelled
from consultations.routing.model import MODEL_FILE, Model
from consultations.settings import read_settings
from consultations.store import corrections
from consultations.store.database import Database

LABELLED_FILE = "labelled_matters.jsonl"


def labelled_file() -> Path:
    """Return where the labelled matters stand that a model learns from."""
    return read_settings().config_dir / LABELLED_FILE


def labelled(rules: RuleSet) -> tuple[LabelledMatter, ...]:
    return read_labelled(labelled_file(), rules.life)


def install(model: Model) -> Path:
    """Put a model where the tracker reads it at its next start; it is whole or not there.

    Raises ``ConfigError`` where the folder cannot be written in.
    """
    path = read_settings().config_dir / MODEL_FILE
    try:
        _write_whole(path, model.as_file())
    except OSError as problem:
        raise ConfigError(
            f"{path} kan ikke skrives ({problem.strerror}). Kjør kommandoen der mappen kan "
            "skrives i, og legg filen i config/ hos alle prosessene."
        ) from problem
    return path


def _write_whole(path: Path, content: str) -> None:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)


def corrected(database: Database, rules: RuleSet) -> tuple[LabelledMatter, ...]:
    """Read the matters that people have placed, as they placed them.

    One where only the EU/EEA mark was corrected is left out: its section is the tracker's guess.
    """
    with database.reading() as session:
        placed = [
            LabelledMatter(
                id=key,
                title=text.title,
                sender=text.sender,
                summary=text.summary,
                body=text.body,
                lang=text.lang,
                primary_section=decision.lead,
                secondary_sections=decision.seconds,
                brussels=decision.brussels,
            )
            for key, text, decision in corrections.examples(session)
            if any(one.lead is not None for one in decision.corrections)
        ]
    return tuple(today for matter in placed if (today := matter.of_today(rules.life)))
