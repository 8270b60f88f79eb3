"""What KS decides, read from the files in the configuration folder and checked."""

from collections.abc import Mapping
from pathlib import Path

from connectors.registry import CONNECTORS
from consultations import config_file
from consultations.domain.channels import ChannelMap
from consultations.domain.errors import ConfigError
from consultations.domain.source import Source, SourceMap
from consultations.routing import RuleSet, load_rules
from consultations.scheduler import rhythm


def read_rules(config_dir: Path) -> RuleSet:
    if not config_dir.is_dir():
        raise ConfigError(
            f"Finner ikke mappen {config_dir}. Start fra prosjektets mappe, eller sett "
            "CONSULTATIONS_CONFIG_DIR til mappen med sections.yaml og de andre filene."
        )
    return load_rules(config_dir)


def read_sources(config_dir: Path) -> Mapping[str, Source]:
    path = config_dir / "sources.yaml"
    loaded = config_file.load(path, SourceMap).sources
    for name in loaded:
        if name not in CONNECTORS:
            known = ", ".join(CONNECTORS)
            raise ConfigError(f"{path}: kilden «{name}» er ukjent, ventet en av: {known}")
        try:
            rhythm(loaded[name].poll)
        except ValueError as problem:
            raise ConfigError(
                f"{path}: kilden «{name}»: poll skal være crontab-linjer som "
                f"«*/20 * * * *» ({problem})"
            ) from problem
    return loaded


def read_channels(config_dir: Path, rules: RuleSet) -> ChannelMap:
    path = config_dir / "channels.yaml"
    channels = config_file.load(path, ChannelMap)
    missing = channels.without_channel(rules.sections)
    if missing:
        raise ConfigError(f"{path}: ingen kanal hører om seksjonene {', '.join(missing)}")
    return channels
