"""Who reads the weekly mail, read from ``config/readers.yaml`` and checked."""

from pathlib import Path

from consultations import config_file
from consultations.domain.decision import NONE_SECTION
from consultations.domain.readers import Reader, Readers
from consultations.routing import RuleSet
from consultations.routing.section_life import SectionLife


def read_readers(config_dir: Path, rules: RuleSet) -> Readers:
    """Read the readers, so that they follow what was filed under the old ids of sections too."""
    read = config_file.read(config_dir / "readers.yaml", Readers)
    known = [section for section in rules.life.living if section != NONE_SECTION]
    for id_, reader in read.content.readers.items():
        for place, listed in enumerate(reader.sections):
            if rules.life.current(listed) not in known:
                expected = ", ".join(known)
                raise read.error(
                    ("readers", id_, "sections", place),
                    f"ukjent seksjon «{listed}», ventet en av: {expected}",
                )
    followed = {id_: _following(one, rules.life) for id_, one in read.content.readers.items()}
    return read.content.model_copy(update={"readers": followed})


def _following(reader: Reader, life: SectionLife) -> Reader:
    ids = (id_ for section in reader.sections for id_ in life.ids(section))
    return reader.model_copy(update={"sections": tuple(dict.fromkeys(ids))})
