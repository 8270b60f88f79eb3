"""The doctor's lines: what is looked at, how it is told, and that nothing hides the rest."""

import threading
from datetime import timedelta

import pytest

from consultations import doctor
from consultations.doctor import Light, examine, good
from consultations.domain.channels import Channel, ChannelMap
from consultations.domain.errors import BrokerUnavailable, ConfigError
from consultations.handlers.step import INTAKE
from consultations.store import bus, dead_letters, outbox
from consultations.store.database import Database
from consultations.store.dead_letters import DeadLetter
from tests import digest_building
from tests.building import DAY_ONE


def fine():
    yield good("svarer")


def broken():
    raise ZeroDivisionError("noe")
    yield


def away():
    raise BrokerUnavailable("Kafka svarer ikke")
    yield


def lights(findings):
    return [finding.light for finding in findings]


def test_examine_when_a_check_breaks_then_the_others_are_told_all_the_same():
    found = examine({"a": broken, "b": away, "c": fine})
    assert [(name, finding.light) for name, finding in found] == [
        ("a", Light.RED),
        ("b", Light.RED),
        ("c", Light.GOOD),
    ]
    assert "ZeroDivisionError" in found[0][1].says
    assert found[1][1].says == "Kafka svarer ikke"


def test_examine_when_several_things_are_wrong_then_a_line_for_each():
    def settings():
        raise ConfigError("linje 1: feil\nlinje 9: feil")

    found = examine({"innstillinger": settings})
    assert [finding.says for _, finding in found] == ["linje 1: feil", "linje 9: feil"]
    assert doctor.red_ones(found) == {"innstillinger"}


def test_examine_when_a_check_hangs_then_says_so_and_goes_on():
    for_ever = threading.Event()

    def hangs():
        for_ever.wait()
        yield good("")

    found = dict(examine({"a": hangs, "b": fine}, limit_seconds=0.05))
    for_ever.set()
    assert found["a"].light is Light.RED
    assert "svarer ikke på 0.05 sekunder" in found["a"].says
    assert found["b"].light is Light.GOOD


def test_examine_when_the_database_is_away_then_says_what_to_check(tmp_path):
    database = Database(f"sqlite:///{tmp_path}")
    ((_, finding),) = examine({"døde brev": lambda: doctor.letters(database)})
    assert finding.light is Light.RED
    assert "CONSULTATIONS_DATABASE_URL" in finding.says


@pytest.mark.parametrize(
    ("waiting", "workers", "light"),
    [(0, 1, Light.GOOD), (7, 1, Light.GOOD), (0, 0, Light.WARNING), (7, 0, Light.WARNING)],
)
def test_groups_when_nobody_is_there_then_warns(waiting, workers, light):
    (finding,) = doctor.groups({INTAKE: waiting}, lambda _group: workers)
    assert finding.light is light
    assert f"{waiting} venter" in finding.says


def test_steps_when_messages_wait_then_counts_them(database):
    with database.transaction() as session:
        bus.append(session, "events.v1", [("a", b"1"), ("b", b"2")], DAY_ONE)
        bus.advance(session, "routing", bus.read(session, "routing", "events.v1", 1)[-1])
    (finding,) = doctor.steps(database)
    assert finding.says == "routing: 1 venter"


def test_schema_when_it_is_the_right_one_then_is_good(database):
    assert lights(doctor.schema(database)) == [Light.GOOD]


def test_events_when_none_wait_then_says_so(database):
    (finding,) = doctor.events(database)
    assert finding.says == "0 hendelser venter på å bli publisert"
    with database.reading() as session:
        assert outbox.first_waiting(session) is None


def test_letters_when_one_is_open_then_warns(database):
    with database.transaction() as session:
        letter = DeadLetter("poll", "x", "https://x.no", "Ukjent felt", "text/html", b"<html>")
        dead_letters.keep(session, letter, DAY_ONE)
    assert lights(doctor.letters(database)) == [Light.WARNING]


@pytest.mark.parametrize(("minutes", "light"), [(9, Light.GOOD), (11, Light.WARNING)])
def test_reminders_when_nobody_looks_at_what_is_due_then_warns(database, minutes, light):
    digest_building.keep(database, work={"look_at": DAY_ONE})
    now = DAY_ONE + timedelta(minutes=minutes)
    assert lights(doctor.reminders(database, now)) == [light]


def channel_map(*slack_ids):
    channels = {str(n): Channel(name=f"#{n}", slack_id=id_) for n, id_ in enumerate(slack_ids)}
    return ChannelMap(channels=channels, triage="0")


@pytest.mark.parametrize(
    ("ids", "needed", "light"),
    [
        (("C1234567",), True, Light.GOOD),
        (("C1234567", None), True, Light.WARNING),
        (("C1234567", None), False, Light.NOTE),
    ],
)
def test_channels_when_one_lacks_its_id_then_it_matters_only_with_a_token(ids, needed, light):
    (finding,) = doctor.channels(channel_map(*ids), is_needed=needed)
    assert finding.light is light


def test_slack_when_there_is_no_token_then_it_is_a_note():
    assert lights(doctor.slack(None, "http://127.0.0.1:1/")) == [Light.NOTE]


def test_slack_when_it_cannot_be_asked_then_it_is_a_warning():
    assert lights(doctor.slack("xoxb", "http://127.0.0.1:1/")) == [Light.WARNING]
