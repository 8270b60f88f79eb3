"""Secret addresses and figures from the command line, as they are typed."""

import csv
import io
import json

import pytest

from consultations import bootstrap
from consultations.web import feeds as pages
from tests.unit.web.checked_client import CheckedClient

PAGE_URL = "https://horinger.example.org"


@pytest.fixture
def made(run, stored):
    def made(*chosen, **changed):
        answer = run("feeds", "create", *chosen, "--by", "Kari", page_url=PAGE_URL, **changed)
        assert answer.exit_code == 0, answer.output
        return answer.output.strip()

    return made


def served(address):
    """Ask the pages as they are put together for the address."""
    path = address.removeprefix(PAGE_URL)
    return CheckedClient(bootstrap.tracker().pages()).fetch(path).status_code


@pytest.mark.parametrize(
    ("chosen", "path"),
    [
        (["--section", "oppvekst"], "/kalender/"),
        (["--section", "oppvekst", "--atom"], "/strom/"),
        (["--brussels"], "/kalender/"),
        (["--owner", "kari-eksempel"], "/kalender/"),
    ],
)
def test_create_then_the_address_is_whole_and_listed(made, run, chosen, path):
    address = made(*chosen)
    assert address.startswith(f"{PAGE_URL}{path}")
    listed = run("feeds", "list", page_url=PAGE_URL).output
    assert address in listed
    assert "av Kari" in listed


def test_create_when_nobody_reaches_the_pages_then_it_says_what_to_set(run, stored):
    answer = run("feeds", "create", "--brussels", "--by", "Kari", page_url=None)
    assert "CONSULTATIONS_PAGE_URL er ikke satt" in answer.stderr
    assert answer.stdout.startswith("/kalender/")


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ([], "Velg én av --section, --brussels og --owner."),
        (["--section", "oppvekst", "--brussels"], "Velg én av"),
        (["--brussels", "--atom"], "bare for seksjoner"),
        (["--section", "finnes-ikke"], "Ukjent seksjon «finnes-ikke», ventet en av: arbeidsgiver"),
        (["--section", "none"], "Ukjent seksjon"),
        (["--owner", "finnes-ikke"], "Ukjent person «finnes-ikke», ventet en av: kari-eksempel"),
    ],
)
def test_create_when_it_cannot_be_then_it_says_why(run, stored, chosen, said):
    answer = run("feeds", "create", *chosen, "--by", "Kari")
    assert answer.exit_code == 1
    assert said in answer.output
    assert run("feeds", "list").output.startswith("Ingen adresser.")


def test_revoke_when_the_whole_address_is_given_then_it_leads_nowhere(
    made, run, stored, settings, monkeypatch
):
    address = made("--section", "oppvekst")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert served(address) == 200
    answer = run("feeds", "revoke", address)
    assert answer.output == (
        "Trukket tilbake: kalender for seksjonen oppvekst. Adressen virker ikke lenger.\n"
    )
    assert served(address) == 404
    said = json.loads(run("feeds", "list", "--json", page_url=PAGE_URL).output)
    assert said["revoked_at"]
    assert (said["purpose"], said["target"], said["address"]) == (
        "calendar-section", "oppvekst", address,
    )  # fmt: skip


def test_revoke_when_there_is_no_such_address_then_it_says_so(run, stored):
    answer = run("feeds", "revoke", "finnes-ikke")
    assert answer.exit_code == 1
    assert "Ingen adresse i bruk begynner slik." in answer.output


def test_figures_when_nothing_has_needed_a_decision_then_it_says_so(run, stored):
    assert run("response", "figures").output == "Ingen saker har krevd en avgjørelse ennå.\n"
    assert run("response", "figures", "--json").output == ""


def test_figures_when_there_are_matters_then_they_are_shown_and_written(run, stored, tmp_path):
    run("poll", "regjeringen", "--once")
    shown = run("response", "figures").output
    assert shown.startswith("I alt\n  alle saker, 2026: ")
    assert "ingen krav vurdert" in shown
    lines = [json.loads(line) for line in run("response", "figures", "--json").output.splitlines()]
    file = tmp_path / "tall.csv"
    assert run("response", "figures", "--csv", str(file)).output == (
        f"Skrev {len(lines)} linjer i {file}.\n"
    )
    text = file.read_bytes().decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))) == len(lines) + 1


def test_figures_when_the_file_cannot_be_written_then_it_says_so(run, stored, tmp_path):
    answer = run("response", "figures", "--csv", str(tmp_path / "finnes" / "ikke.csv"))
    assert answer.exit_code == 1
    assert "Kan ikke skrive" in answer.output
    assert "Velg en annen fil." in answer.output


def test_routes_then_only_the_way_out_takes_anything():
    taking = [route.path for route in pages.routes(None, None) if "POST" in route.methods]
    assert taking == ["/avmeld/{token}"]
