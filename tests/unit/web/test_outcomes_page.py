"""The page of what KS asked for and what came of it, and its file."""

import csv
import io

import pytest

from consultations.domain.response.acts import State, Verdict
from consultations.handlers.response import Advance, Demand, Judge
from tests.building import observation
from tests.unit.web.checked_client import words
from tests.unit.web.offices import answer, do
from tests.unit.web.seeding import CHILD_WELFARE, store

QUOTE, LINK = "Departementet er enig.", "https://www.regjeringen.no/prop"


def judged(database, *verdicts):
    """Answer a matter with a demand for each verdict, and say what came of them."""
    answer(database, CHILD_WELFARE)
    for number, _ in enumerate(verdicts):
        do(database, CHILD_WELFARE, Demand(f"Krav {number}"))
    skipped = tuple(s for s in State if State.ASSIGNED.rank < s.rank < State.SENT.rank)
    do(database, CHILD_WELFARE, Advance(State.SENT, skipped))
    for number, verdict in enumerate(verdicts, 3):
        do(database, CHILD_WELFARE, Judge(number, verdict, QUOTE, LINK))


def test_figures_then_numbers_with_a_bar_that_repeats_them(database, acting):
    judged(database, Verdict.FOLLOWED, Verdict.PARTLY, Verdict.NOT_FOLLOWED, Verdict.NOT_MENTIONED)
    page = acting.get("/gjennomslag")
    years = page.rows(0)
    assert years[0] == ["2026", "3", "1", "0", "4", "1", "1", "1", "1",
                        "50 % av 4 krav (lite grunnlag)"]  # fmt: skip
    bar = page.find("//table[1]")[0].xpath(".//svg")[0]
    assert bar.get("aria-hidden") == "true"
    assert [(r.get("x"), r.get("width")) for r in bar] == [
        ("0.0", "25.0"), ("25.0", "25.0"), ("50.0", "25.0"), ("75.0", "25.0"),
    ]  # fmt: skip


def test_figures_before_anything_is_judged_then_no_bar(acting):
    page = acting.get("/gjennomslag")
    assert page.rows(0)[0][-1] == "ingen krav vurdert"
    assert page.find("//table//svg") == []


def test_figures_of_nothing_then_says_so(client):
    assert "Ingen saker ennå." in client.get("/gjennomslag").text


def test_figures_then_per_heading_goal_sender_and_section(acting):
    headings = [words(h) for h in acting.get("/gjennomslag").find("//h2")]
    assert headings == [
        "År for år", "KS' prioriteringer, alle år", "KS' mål for perioden, alle år",
        "Avsendere, alle år", "Seksjoner i KS, alle år",
    ]  # fmt: skip


def test_figures_of_one_year_then_only_that_year(acting):
    page = acting.get("/gjennomslag?ar=2026")
    assert page.h1 == "Gjennomslag i 2026"
    assert "Seksjoner i KS, 2026" in page.text


@pytest.mark.parametrize("year", ["1999", "x", "-1", "20260", "%3Cscript%3E"])
def test_figures_of_a_year_there_is_none_for_then_refused(acting, year):
    assert acting.get(f"/gjennomslag?ar={year}", 400).h1 == ("Feil: Vi har ingen tall for det året")


def test_file_then_safe_from_formulas_and_not_for_the_page(database, acting):
    store(database, observation(senders=("=HYPERLINK(1)",)))
    answer(database, CHILD_WELFARE)
    response = acting.fetch("/gjennomslag.csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"].startswith("attachment")
    assert response.headers["x-content-type-options"] == "nosniff"
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    cells = [cell for row in rows for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert not [cell for cell in cells if cell.startswith("=")]
