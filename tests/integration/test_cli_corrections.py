"""Correcting from the command line, and where the pages let people do it."""

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from starlette.routing import Route

from consultations import bootstrap
from consultations.cli.corrections import correct, corrections
from consultations.domain.errors import InvalidRecord, NotFound
from consultations.store import consultations
from consultations.store.tables import ConsultationRow
from streams.embedded import EmbeddedEngine
from streams.step import StepStopped

KEY = "regjeringen:3167072"


@pytest.fixture
def tell(settings, stored, run):
    """Run one of the commands on a database with what the recorded answers hold."""

    def tell(command, *arguments: str) -> Result:
        return CliRunner(env=settings).invoke(command, arguments, catch_exceptions=False)

    return tell


@pytest.fixture
def key(run, stored) -> str:
    """A matter that is taken in and decided."""
    run("poll", "regjeringen", "--once")
    with stored.reading() as session:
        return consultations.known(session, [KEY]) and KEY


def test_correct_then_kept_shown_and_listed(tell, key, stored, rules):
    made = tell(
        correct, key, "--section", "kultur", "--eu", "nei", "--by", "Kari", "--reason", "Fordi"
    )
    assert made.output == (
        "Rettelsen er lagret.\n"
        f"Holder pennen: {rules.sections['kultur'].name_no}. "
        "Brussel-kontoret hører ikke om saken.\n"
    )
    with stored.reading() as session:
        assert consultations.find(session, [key])[key].decision.lead == "kultur"
    listed = tell(corrections).output
    assert "Kari: seksjon kultur, EU/EØS nei (Fordi)" in listed
    assert key in listed
    (line,) = tell(corrections, "--json").output.splitlines()
    said = json.loads(line)
    assert (said["id"], said["by"], said["lead"], said["brussels"]) == (
        key,
        "Kari",
        "kultur",
        False,
    )


def test_correct_when_the_steps_have_stopped_then_says_all_the_same_that_it_is_kept(
    tell, key, monkeypatch
):
    def stop(_self):
        raise StepStopped("routing står")

    monkeypatch.setattr(EmbeddedEngine, "drain", stop)
    told: list[str] = []
    monkeypatch.setattr("click.echo", told.append)
    with pytest.raises(StepStopped):
        tell(correct, key, "--section", "kultur", "--by", "Kari")
    assert told[0] == "Rettelsen er lagret."


def test_corrections_when_a_title_is_hostile_then_listed_without_what_nobody_sees(
    tell, key, stored
):
    tell(correct, key, "--section", "kultur", "--by", "Kari")
    with stored.transaction() as session:
        session.execute(sa.update(ConsultationRow).values(title="Høring\x1b[2J \u202eom veier"))
    assert f"    {key} Høring[2J om veier\n" in tell(corrections).output


def test_correct_when_it_was_said_before_then_says_so(tell, key):
    for expected in ("Rettelsen er lagret.", "Det samme var sagt før."):
        assert tell(correct, key, "--not-for-ks", "--by", "Kari").output.startswith(expected)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((KEY, "--section", "kulturr", "--by", "Kari"), "ventet en av: arbeidsgiver"),
        ((KEY, "--section", "kultur", "--not-for-ks", "--by", "Kari"), "ikke begge"),
        ((KEY, "--by", "Kari"), "Velg en seksjon"),
        ((KEY, "--section", "kultur", "--by", " "), "Skriv navnet"),
    ],
)
def test_correct_when_typed_wrongly_then_says_what_to_do(tell, arguments, words):
    with pytest.raises(InvalidRecord, match=words):
        tell(correct, *arguments)


def test_correct_when_there_is_no_such_matter_then_says_where_numbers_stand(tell):
    with pytest.raises(NotFound, match="står på høringens side"):
        tell(correct, "finnes:ikke", "--section", "kultur", "--by", "Kari")


def test_corrections_when_nobody_has_said_anything_then_says_so(tell):
    assert tell(corrections).output == "Ingen har rettet noe.\n"
    assert tell(corrections, "--json").output == ""


@pytest.mark.parametrize(
    ("given", "open_"),
    [
        ({}, True),
        ({"host": "localhost"}, True),
        ({"host": "::1"}, True),
        ({"page_url": "http://127.0.0.1:8010"}, True),
        ({"host": "0.0.0.0"}, False),
        ({"page_url": "https://horinger.ks.example/"}, False),
    ],
)
def test_pages_then_take_what_people_say_only_where_nobody_else_reaches_them(
    settings, monkeypatch, given, open_
):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    tracker = bootstrap.tracker(**given)
    routes = [route for route in tracker.pages().routes if isinstance(route, Route)]
    tracker.database.close()
    forms = {route.path for route in routes if "POST" in (route.methods or ())}
    assert "/avmeld/{token}" in forms, "the way out of a mail asks nobody to sign in"
    assert bool(forms - {"/avmeld/{token}"}) == open_
