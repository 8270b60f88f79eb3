"""The real process: starting again, starting twice, stopping, and news on the second day."""

import random
import signal
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from consultations.store import sources
from tests.fake_slack import TOKEN, Stored
from tests.service import (
    ROOT,
    Ended,
    Service,
    World,
    environment,
    running,
    wait_until,
    world_in,
)

pytestmark = pytest.mark.services


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_in(tmp_path / "world", random.Random(1)) as world:
        yield world


@pytest.fixture
def demo_folder(tmp_path: Path) -> Path:
    """A folder where ``consultations demo`` finds what it needs and leaves what it makes."""
    folder = tmp_path / "demo-folder"
    folder.mkdir()
    for name in ("demo", "config"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def refused(world: World, **given: object) -> Ended:
    """Run the service with settings that it must not accept, to its end."""
    with running(world.folder / "refused", world.settings() | environment(**given)) as service:
        return service.ended(20)


def test_service_when_started_again_then_it_tells_nothing_twice(world):
    world.finish()
    told = list(world.slack.messages)
    assert told
    with world.start() as service:
        service.wait_for_address()
        service.wait_until(world.is_done)
        service.stop()
    assert world.slack.messages == told


def test_service_when_another_runs_on_the_database_then_it_refuses_and_says_what_to_do(world):
    with world.start() as service:
        service.wait_for_address()
        second = refused(world)
        assert service.process.poll() is None
    assert second.code == 1
    assert second.err.startswith("Feil: Tjenesten kjører allerede på ")
    assert "CONSULTATIONS_DATABASE_URL" in second.err
    assert "Traceback" not in second.err


def test_service_when_its_port_is_taken_then_it_says_what_to_do(world):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = refused(world, port=port)
    assert ended.code == 1
    assert ended.err == (
        f"Feil: Port {port} er opptatt. "
        "Sett CONSULTATIONS_PORT til en annen, eller 0 for en ledig.\n"
    )


def at_once(_world: World) -> bool:
    return True


def in_the_middle_of_deliveries(world: World) -> bool:
    return bool(world.slack.messages)


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("moment", [at_once, in_the_middle_of_deliveries, World.is_done])
def test_service_when_told_to_stop_then_it_stops_soon_and_quietly(
    world: World, told: signal.Signals, moment: Callable[[World], bool]
):
    with world.start() as service:
        service.wait_for_address()
        service.wait_until(lambda: moment(world))
        service.process.send_signal(told)
        ended = service.ended(10)
    assert (ended.code, ended.err) == (0, "")


def test_service_when_stopped_in_the_middle_then_the_next_start_tells_the_rest_once(world):
    with world.start() as service:
        service.wait_for_address()
        service.wait_until(lambda: world.slack.messages)
        service.stop()
    before = len(world.slack.messages)
    world.finish()
    assert len(world.slack.messages) > before
    assert set(world.slack.visible().values()) == {1}


@pytest.mark.parametrize("cut_off", [Service.kill, Service.stop])
def test_poll_when_cut_off_then_the_next_start_takes_it_up_at_once(tmp_path, cut_off):
    with world_in(tmp_path / "world", random.Random(1), every_minute=False) as world:
        with world.start() as service:
            service.wait_for_address()
            service.wait_until(lambda: has_begun_to_poll(world))
            cut_off(service)
        assert not is_polled(world)
        with world.start(after=timedelta(seconds=10)) as service:
            service.wait_for_address()
            service.wait_until(lambda: is_polled(world))


def has_begun_to_poll(world: World) -> bool:
    with world.database.reading() as session:
        return len(sources.all_sources(session)) == 2


def is_polled(world: World) -> bool:
    with world.database.reading() as session:
        return all(sources.has_ended(row) for row in sources.all_sources(session))


def about(world: World, words: str) -> list[Stored]:
    return [m for m in world.slack.messages if any(words in key for key in m.keys)]


@pytest.fixture(scope="module")
def second_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A first day told to its end, a poll of the second day's answers, and their telling."""
    with world_in(tmp_path_factory.mktemp("days") / "world", random.Random(1)) as world:
        world.finish()
        (parent,) = about(world, "regjeringen:3168004|")
        assert "11. august" in parent.text + str(parent.blocks)
        assert not about(world, "stortinget:19080171|")
        world.a_day_later()
        with world.start(arguments=("poll", "--once")) as polling:
            assert polling.ended().code == 0
        assert parent.edits == 0
        world.finish()
        yield world


def test_deadline_when_moved_then_it_is_told_in_the_thread_and_the_first_message_is_updated(
    second_day,
):
    parent, reply = about(second_day, "regjeringen:3168004|")
    assert reply.keys == [key for key in reply.keys if "|deadline_moved/" in key]
    assert (parent.thread_ts, reply.thread_ts) == (None, parent.ts)
    assert "25. august" in reply.text
    assert parent.edits == 1
    assert "25. august" in parent.text + str(parent.blocks)


def test_hearing_when_cancelled_then_the_section_it_concerns_is_told(second_day):
    (message,) = about(second_day, "stortinget:19080171|cancelled")
    assert "avlyst" in message.text.lower()


def test_demo_when_run_then_the_page_opens_and_the_alerts_come_in_the_window(demo_folder):
    with running(demo_folder, environment(), "demo", "--port", "0") as service:
        page = httpx.get(service.wait_for_address(), trust_env=False)
        assert page.status_code == 200
        assert "Demo på lagrede svar" in page.text
        service.wait_until(lambda: "3168004" in service.out)
        ended = service.stop(signal.SIGINT)
    assert (ended.code, ended.err) == (0, "")
    assert "Klokka er stilt til 4. juli 2026." in ended.out


def test_demo_when_a_slack_token_is_set_then_it_tells_slack(demo_folder, world):
    settings = environment(
        slack_token=TOKEN, slack_api_url=world.slack_url, config_dir=world.config
    )
    with running(demo_folder, settings, "demo", "--port", "0"):
        assert wait_until(lambda: "3168004" in str(world.slack.calls), 20)
