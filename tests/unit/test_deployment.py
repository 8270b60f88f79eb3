"""The image and the compose files agree with the code, with each other and with good manners.

There is no engine here: the files are read, not run.
"""

import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from consultations import __version__
from consultations.alerts.relay import LEASE
from consultations.bootstrap.sources import SOURCE_TIMEOUT_SECONDS
from consultations.settings import PREFIX, Settings
from streams.faust_settings import REBALANCE_SECONDS
from streams.topics import TOPICS
from tests.command_line import parse

ROOT = Path(__file__).parents[2]
BASE, OVERRIDE = "docker-compose.yml", "docker-compose.three-brokers.yml"
ENV_EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
POM = (ROOT / "tests" / "servers" / "pom.xml").read_text("utf-8")
BROKER_IMAGE = "apache/kafka:" + re.search(r"<version>(\d+\.\d+\.\d+)</version>", POM)[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

GOING_ON = ["scheduler", "worker-intake", "worker-routing", "worker-tracking", "relay", "web"]
ONCE = ["migrate", "topics"]

Yaml = dict[str, Any]


def read(name: str) -> Yaml:
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


def laid_over(under: Any, over: Any) -> Any:
    """Merge as compose does the parts that our files use: mappings by key, all else replaced."""
    if isinstance(under, dict) and isinstance(over, dict):
        merged = {key: laid_over(under.get(key), value) for key, value in over.items()}
        return {**under, **merged}
    return over


def extended(service: Yaml) -> Yaml:
    source = service.get("extends")
    if not source:
        return service
    parent = read(source["file"])["services"][source["service"]]
    own = {key: value for key, value in service.items() if key != "extends"}
    return laid_over(parent, own)


def with_three_brokers() -> Yaml:
    override = read(OVERRIDE)
    services = {name: extended(service) for name, service in override["services"].items()}
    return laid_over(read(BASE), {**override, "services": services})


PROJECTS = {"one broker": read(BASE), "three brokers": with_three_brokers()}
SERVICES = {
    f"{name}, {project}": service
    for project, content in PROJECTS.items()
    for name, service in content["services"].items()
}
OURS = {name: service for name, service in SERVICES.items() if "build" in service}

each_project = pytest.mark.parametrize("project", PROJECTS.values(), ids=PROJECTS)
each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
each_of_ours = pytest.mark.parametrize("service", OURS.values(), ids=OURS)


def is_once(service: Yaml) -> bool:
    return service["restart"].startswith("on-failure")


def seconds(duration: str) -> int:
    minutes, rest = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", duration).groups()
    return 60 * int(minutes or 0) + int(rest or 0)


def strings(content: Any) -> Iterator[str]:
    match content:
        case dict():
            for key, value in content.items():
                yield from strings(key)
                yield from strings(value)
        case list():
            for value in content:
                yield from strings(value)
        case _:
            yield str(content)


def instructions() -> list[tuple[str, str]]:
    """Every instruction of the Dockerfile, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = re.sub(r"^#.*\n|\\\n", "", text, flags=re.MULTILINE).splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]


def told(instruction: str) -> list[str]:
    return [arguments for name, arguments in instructions() if name == instruction]


def last_stage() -> list[tuple[str, str]]:
    starts = [place for place, (name, _) in enumerate(instructions()) if name == "FROM"]
    return instructions()[starts[-1] :]


def copied() -> set[str]:
    """What the Dockerfile copies out of the checkout."""
    lines = [line.split() for line in told("COPY") if not line.startswith("--from")]
    return {source for *sources, _goal in lines for source in sources}


# Commands and settings


@each_of_ours
def test_command_when_a_service_runs_it_then_it_exists(service):
    parse(service["command"])


def test_command_when_the_image_checks_its_health_then_it_exists():
    (check,) = told("HEALTHCHECK")
    program, *words = yaml.safe_load(check.partition("CMD")[2])
    assert [program] == yaml.safe_load(told("ENTRYPOINT")[0]) == list(PROJECT["project"]["scripts"])
    parse(words)


@each_of_ours
def test_settings_when_given_then_all_of_them_are_read(service):
    assert {name.removeprefix(PREFIX).lower() for name in service["environment"]} <= set(
        Settings.model_fields
    )


@each_of_ours
def test_settings_when_given_then_they_are_accepted(service, monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{PREFIX}{name.upper()}", raising=False)
    given = {
        name.removeprefix(PREFIX).lower(): re.sub(r"\$\{.*?\}", "x1", value)
        for name, value in service["environment"].items()
        if value is not None
    }
    settings = Settings(**given, _env_file=None)
    assert settings.database_url.startswith("postgresql://")
    assert settings.kafka_servers


@each_of_ours
def test_setting_when_it_is_as_the_code_has_it_then_it_is_not_repeated(service):
    for name, value in service["environment"].items():
        default = Settings.model_fields[name.removeprefix(PREFIX).lower()].default
        assert value != str(default), name


@pytest.mark.parametrize("name", [BASE, OVERRIDE])
def test_topics_when_declared_then_only_in_the_code(name):
    text = (ROOT / name).read_text("utf-8")
    assert not [topic.name for topic in TOPICS if topic.name in text]
    assert not re.search(r"KAFKA_(NUM_PARTITIONS|LOG_RETENTION|LOG_CLEANUP)|KAFKA_PARTITIONS", text)


def test_services_when_listed_then_every_process_is_there():
    services = PROJECTS["one broker"]["services"]
    assert set(services) == {"kafka", "postgres", *ONCE, *GOING_ON, "mail"}
    assert {name for name, service in services.items() if "build" in service} == {*ONCE, *GOING_ON}
    assert {name for name in services if is_once(services[name])} == set(ONCE)


def test_variables_when_the_files_ask_for_them_then_the_example_has_them():
    text = (ROOT / BASE).read_text("utf-8")
    required = set(re.findall(r"\$\{(\w+):\?", text))
    passed_on = {
        name for service in OURS.values() for name, v in service["environment"].items() if v is None
    }
    example = set(re.findall(r"^#?([A-Z_]+)=", ENV_EXAMPLE, re.MULTILINE))
    assert required == set(re.findall(r"^([A-Z_]+)=", ENV_EXAMPLE, re.MULTILINE))
    assert example <= required | passed_on
    assert set(re.findall(r"\$\{(\w+)", text)) == required


# Secrets


def test_secrets_when_looked_for_then_none_stands_in_a_file():
    for name in (BASE, OVERRIDE):
        for value in strings(read(name)):
            for password in re.findall(r"://[^/:\s]+:([^@]+)@", value):
                assert password.startswith("${"), name
    assert not re.search(r"^#?[A-Z_]+=.", ENV_EXAMPLE, re.MULTILINE)


@each_service
def test_secret_when_a_service_needs_one_then_it_comes_from_outside(service):
    for name, value in service.get("environment", {}).items():
        if re.search(r"PASSWORD|TOKEN|SECRET|CREDENTIAL", name):
            assert value is None or value.startswith("${"), name


@pytest.mark.parametrize("secret", ["CONSULTATIONS_SLACK_TOKEN", "CONSULTATIONS_SMTP_PASSWORD"])
def test_secret_when_handed_out_then_only_to_what_sends(secret):
    holders = {
        name
        for name, service in PROJECTS["one broker"]["services"].items()
        if secret in service.get("environment", {})
    }
    assert holders == {"relay"}


# Images


@each_service
def test_image_when_named_then_it_is_of_one_version(service):
    name, _, version = service["image"].partition(":")
    assert name
    assert re.fullmatch(r"v?\d+\.\d+(\.\d+)?(-[a-z]+)?", version)


@each_of_ours
def test_image_when_ours_then_its_version_is_the_packages(service):
    assert service["image"].endswith(f":{__version__}")


def test_image_when_it_is_the_brokers_then_the_tests_run_on_the_same():
    assert PROJECTS["one broker"]["services"]["kafka"]["image"] == BROKER_IMAGE


def test_image_when_it_is_the_databases_then_it_is_new_enough():
    version = PROJECTS["one broker"]["services"]["postgres"]["image"].partition(":")[2]
    assert int(version.partition(".")[0]) >= 15


# What a container may do


@each_service
def test_container_when_running_then_it_is_confined(service):
    assert service["read_only"] is True
    assert "/tmp" in service["tmpfs"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert service["mem_limit"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & set(service)
    assert "docker.sock" not in str(service.get("volumes", ""))


@each_service
def test_container_when_running_then_it_is_not_root(service):
    user = service.get("user") or told("USER")[-1]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert "user" in service or "build" in service


@each_service
def test_container_when_it_logs_then_the_log_is_bounded(service):
    options = service["logging"]["options"]
    assert options["max-size"]
    assert int(options["max-file"]) > 1


@each_service
def test_port_when_published_then_only_on_this_machine(service):
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:")


def test_port_when_published_then_it_is_the_pages_or_a_tool():
    services = PROJECTS["three brokers"]["services"]
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    pages = Settings.model_fields["port"].default
    assert published.pop("web") == [f"127.0.0.1:{pages}:{pages}"]
    assert all("profiles" in services[name] for name in published)


# Start, stop and health


@each_service
def test_service_when_it_ends_then_it_is_started_again(service):
    assert service["restart"] == "unless-stopped" or is_once(service)


@each_service
def test_health_when_a_service_goes_on_then_it_is_asked_and_given_time_to_start(service):
    check = service.get("healthcheck")
    if is_once(service):
        assert check == {"disable": True}
    elif check:
        assert check["test"][0] == "CMD"
        assert seconds(check["start_period"]) > 0
    else:
        assert "build" in service
        assert "--start-period=" in told("HEALTHCHECK")[0]


@each_project
def test_start_when_a_service_waits_then_for_something_that_can_come(project):
    services = project["services"]
    for service in services.values():
        for name, wanted in service.get("depends_on", {}).items():
            condition = wanted["condition"]
            goes_on = not is_once(services[name])
            assert condition == (
                "service_healthy" if goes_on else "service_completed_successfully"
            ), name


@each_project
@pytest.mark.parametrize("name", GOING_ON)
def test_start_when_a_process_goes_on_then_tables_and_topics_are_there(name, project):
    assert set(ONCE) <= set(project["services"][name]["depends_on"])


@each_project
def test_start_when_topics_are_made_then_every_broker_is_up(project):
    assert set(project["services"]["topics"]["depends_on"]) == set(brokers(project))


@pytest.mark.parametrize("name", GOING_ON)
def test_stop_when_something_is_under_way_then_there_is_time_for_it(name):
    longest = {"scheduler": SOURCE_TIMEOUT_SECONDS, "relay": LEASE.total_seconds(), "web": 0}
    grace = PROJECTS["one broker"]["services"][name].get("stop_grace_period", "10s")
    assert seconds(grace) >= longest.get(name, REBALANCE_SECONDS) + 10


# Brokers and volumes


def brokers(project: Yaml) -> dict[str, Yaml]:
    services = project["services"]
    return {n: s["environment"] for n, s in services.items() if s["image"] == BROKER_IMAGE}


def test_brokers_when_counted_then_one_or_three():
    assert [list(brokers(project)) for project in PROJECTS.values()] == [
        ["kafka"],
        ["kafka", "kafka-2", "kafka-3"],
    ]


@each_project
def test_brokers_when_joined_then_they_know_each_other(project):
    found = brokers(project)
    assert len({broker["CLUSTER_ID"] for broker in found.values()}) == 1
    voters = [f"{broker['KAFKA_NODE_ID']}@{name}:9093" for name, broker in found.items()]
    assert len({voter.partition("@")[0] for voter in voters}) == len(found)
    for name, broker in found.items():
        assert broker["KAFKA_CONTROLLER_QUORUM_VOTERS"] == ",".join(voters)
        assert broker["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://{name}:9092"
        assert broker["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


@each_project
def test_copies_when_there_are_brokers_then_each_has_one_and_one_may_be_away(project):
    found = brokers(project)
    for broker in found.values():
        assert broker["KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR"] == str(len(found))
        assert broker["KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR"] == str(len(found))
        assert broker["KAFKA_TRANSACTION_STATE_LOG_MIN_ISR"] == str(max(1, len(found) - 1))


@each_project
def test_processes_when_there_are_brokers_then_they_know_them_all(project):
    found = brokers(project)
    replication = Settings.model_fields["kafka_replication"].default
    for service in project["services"].values():
        if "build" in service:
            given = service["environment"]
            assert given["CONSULTATIONS_KAFKA_SERVERS"] == ",".join(f"{n}:9092" for n in found)
            assert int(given.get("CONSULTATIONS_KAFKA_REPLICATION", replication)) == len(found)


@each_project
def test_volumes_when_named_then_declared_and_each_with_one_owner(project):
    mounts = [
        mount.split(":")[:2]
        for service in project["services"].values()
        for mount in service.get("volumes", [])
    ]
    named = [source for source, _ in mounts if "/" not in source]
    assert sorted(named) == sorted(project["volumes"])
    assert {goal for source, goal in mounts if source.startswith("kafka")} == {
        brokers(project)["kafka"]["KAFKA_LOG_DIRS"]
    }
    assert all((ROOT / source).exists() for source, _ in mounts if "/" in source)


# The image


def test_image_when_built_then_in_stages_and_the_last_has_only_what_runs():
    assert len(told("FROM")) > 1
    assert "RUN" not in dict(last_stage())
    assert "--from=build /opt/venv /opt/venv" in [
        arguments for name, arguments in last_stage() if name == "COPY"
    ]


def test_image_when_built_then_on_the_oldest_python_we_promise():
    first, *others = told("FROM")
    base, _, stage = first.partition(" AS ")
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=")
    assert re.fullmatch(rf"python:{re.escape(oldest)}\.\d+-slim-\w+", base)
    assert {other.split()[0] for other in others} == {stage}


def test_image_when_built_then_only_what_the_lock_has_is_installed():
    assert not told("ADD")
    runs = [step.strip() for line in told("RUN") for step in line.split("&&")]
    downloads = [run for run in runs if run.startswith("pip") and "--no-index" not in run]
    assert ["--require-hashes" in run for run in downloads] == [True]
    assert not [run for run in runs if re.search(r"\b(curl|wget|git|apt-get)\b", run)]


def test_image_when_built_then_the_sources_are_in_the_checkout_and_let_through():
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    let_through = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert copied() == let_through
    assert all((ROOT / source).exists() for source in copied())
    assert not [source for source in copied() if fnmatch(source, "*.env*")]


def test_image_when_built_then_every_package_of_ours_is_in_it():
    packages = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {package.partition("/")[0] for package in packages} <= copied()
    assert str(Settings.model_fields["config_dir"].default) in copied()


def test_image_when_run_then_nothing_is_written_beside_the_program():
    assert any("PYTHONDONTWRITEBYTECODE=1" in line for line in told("ENV"))
    assert [name for name, _ in last_stage() if name == "USER"]
