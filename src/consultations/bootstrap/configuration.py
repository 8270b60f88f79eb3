"""What KS decides, read from the files in the configuration folder and checked."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from connectors.registry import CONNECTORS
from consultations import calendar_file, config_file
from consultations.config_file import ConfigFile
from consultations.domain.channels import ChannelMap
from consultations.domain.decision import NONE_SECTION
from consultations.domain.errors import ConfigError
from consultations.domain.people import People, Person
from consultations.domain.response.office import Office
from consultations.domain.response.plan import PlanTemplates
from consultations.domain.response.priorities import Priorities
from consultations.domain.source import Source, SourceMap
from consultations.routing import RuleSet, load_rules
from consultations.routing.section_life import SectionLife
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
    """Read the channels, so that they hear of matters filed under the old ids of sections too.

    What was filed under a retired section that no channel lists, goes to triage.
    """
    read = config_file.read(config_dir / "channels.yaml", ChannelMap)
    heard = _heard(read, rules.life)
    missing = [section for section in rules.sections if section not in {*heard, NONE_SECTION}]
    if missing:
        problem = f"ingen kanal hører om seksjonene {', '.join(missing)}; sett dem inn under en"
        raise read.error(("channels",), problem)
    retired = [s.id for s in rules.life.sections if s.retired]
    return _hearing(read.content, {**dict.fromkeys(retired, read.content.triage), **heard}, rules)


def read_office(config_dir: Path, rules: RuleSet) -> Office:
    """Read what KS goes by in its response work: plans, calendar, people and priorities."""
    calendar = calendar_file.work_calendar(calendar_file.read(config_dir / "calendar.yaml").content)
    templates = config_file.read(config_dir / "response-plans.yaml", PlanTemplates)
    mistakes = templates.content.mistakes(calendar.bodies)
    if wrong := [str(templates.error(place, problem)) for place, problem in mistakes]:
        raise ConfigError("\n".join(wrong))
    priorities = config_file.read(config_dir / "priorities.yaml", Priorities)
    unknown = priorities.content.mistakes(rules.life.names)
    if wrong := [str(priorities.error(place, problem)) for place, problem in unknown]:
        raise ConfigError("\n".join(wrong))
    return Office(
        templates=templates.content,
        calendar=calendar,
        people=_people(config_file.read(config_dir / "people.yaml", People), rules.life),
        priorities=priorities.content.filed_under(rules.life.ids),
    )


def _people(read: ConfigFile[People], life: SectionLife) -> People:
    """Give people their sections by the ids of today."""
    today: dict[str, Person] = {}
    for id_, person in read.content.people.items():
        listed = {"sections": person.sections, "head_of": person.head_of}
        for key, sections in listed.items():
            for i, section in enumerate(sections):
                if life.current(section) not in life.names:
                    problem = f"ukjent seksjon «{section}», ventet en av: {', '.join(life.living)}"
                    raise read.error(("people", id_, key, i), problem)
        now = {key: tuple(map(life.current, sections)) for key, sections in listed.items()}
        today[id_] = person.model_copy(update=now)
    return People(people=today)


def _hearing(channels: ChannelMap, heard: Mapping[str, str], rules: RuleSet) -> ChannelMap:
    sections: dict[str, list[str]] = defaultdict(list)
    for section, channel in heard.items():
        sections[channel] += rules.life.ids(section)
    today = {
        id_: channel.model_copy(update={"sections": tuple(sections[id_])})
        for id_, channel in channels.channels.items()
    }
    return channels.model_copy(update={"channels": today})


def _heard(read: ConfigFile[ChannelMap], life: SectionLife) -> dict[str, str]:
    """Find the channel that hears of each section, by the section's id of today."""
    heard: dict[str, str] = {}
    for id_, channel in read.content.channels.items():
        for i, listed in enumerate(channel.sections):
            at, section = ("channels", id_, "sections", i), life.current(listed)
            if section not in life.names:
                expected = ", ".join(life.living)
                raise read.error(at, f"ukjent seksjon «{listed}», ventet en av: {expected}")
            if heard.setdefault(section, id_) != id_:
                problem = (
                    f"«{listed}» er i dag «{section}», som kanalen «{heard[section]}» alt hører "
                    "om; la den stå i én av dem"
                )
                raise read.error(at, problem)
    return heard
