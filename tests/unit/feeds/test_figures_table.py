"""The figures as a table for spreadsheets and as JSON."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultations.feeds import figures
from consultations.store.outcomes import NOWHERE, By, Counts, Figure

COUNTS = Counts(consultations=3, answered=2, not_answered=1, sent_late=1, demands=4, followed=1,
                partly=1, not_followed=1)  # fmt: skip


def rows(*found, names=None):
    text = figures.as_csv(found, names or {}).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_table_then_it_opens_in_norwegian_excel():
    table = figures.as_csv([Figure(By.ALL, NOWHERE, 2026, COUNTS)], {})
    assert table.startswith(b"\xef\xbb\xbfinndeling;navn;")
    assert table.endswith(b"\r\n")
    row = dict(zip(*rows(Figure(By.ALL, NOWHERE, 2026, COUNTS)), strict=True))
    assert row["krav vurdert (n)"] == "3"
    assert row["fulgt helt eller delvis, prosent av n"] == "66,7"
    assert row["merknad"] == "lite grunnlag"


def test_table_when_no_demand_is_judged_then_no_share_is_given():
    row = dict(zip(*rows(Figure(By.ALL, NOWHERE, None, Counts(demands=2))), strict=True))
    assert row["fulgt helt eller delvis, prosent av n"] == ""
    assert row["år"] == "alle år"


def test_table_then_headings_are_named_and_ministries_name_themselves():
    found = [
        Figure(By.HEADING, "gronn", 2026, COUNTS), Figure(By.HEADING, NOWHERE, 2026, COUNTS),
        Figure(By.MINISTRY, "Finansdepartementet", 2026, COUNTS),
    ]  # fmt: skip
    names = [row[1] for row in rows(*found, names={"gronn": "Grønn fremtid"})[1:]]
    assert names == ["Grønn fremtid", "uten overskrift", "Finansdepartementet"]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t=", "\r=", " =", "\n=", "＝", "\u00a0="])
def test_cell_when_it_begins_like_a_formula_then_it_is_text(begin):
    (_, row) = rows(Figure(By.MINISTRY, f"{begin}cmd|'/c calc'!A1", 2026, COUNTS))
    assert row[1].startswith("'")


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1))
def test_table_whatever_a_sender_is_called_then_it_is_one_cell_of_one_row(name):
    (heading, row) = rows(Figure(By.MINISTRY, name, 2026, COUNTS))
    assert len(row) == len(heading)
    assert row[1] in {name, f"'{name}"}
    assert not row[1].lstrip().startswith(("=", "+", "-", "@"))


def test_json_then_a_share_never_stands_without_what_it_is_of():
    said = json.loads(figures.as_json([Figure(By.SECTION, "oppvekst", 2026, COUNTS)], {}))
    assert said["followed_wholly_or_partly"] == {"share": 2 / 3, "of": 3, "small": True}
    assert said["demands"] == 4
