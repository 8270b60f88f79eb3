"""The small pieces: marks that never nest, KS among other names, numbers and sizes."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.domain.consultees import is_ks
from consultations.domain.decision import Evidence
from consultations.web import wording
from consultations.web.highlight import passages
from consultations.web.views.dead_letters import Preview, preview


def evidence(text: str, start: int, end: int) -> Evidence:
    return Evidence(
        field="body", start=start, end=end, quote=text[start:end], rule="r", section="s", weight=1
    )


@st.composite
def texts_with_spans(
    draw: st.DrawFn,
) -> tuple[str, list[tuple[int, int]], list[tuple[int, int]]]:
    text = draw(st.text(max_size=40))
    place = st.integers(0, len(text) + 3)
    spans = st.lists(st.tuples(place, place), max_size=6)
    return text, draw(spans), draw(spans)


@settings(max_examples=150)
@given(texts_with_spans())
def test_passages_joined_then_the_text_itself(
    case: tuple[str, list[tuple[int, int]], list[tuple[int, int]]],
) -> None:
    text, section_spans, eu_spans = case
    cut = passages(
        text,
        [evidence(text, *span) for span in section_spans],
        [evidence(text, *span) for span in eu_spans],
    )
    assert "".join(p.text for p in cut) == text
    marked = [p.section for p in cut for _ in p.text]
    exact = [(s, e) for s, e in section_spans if s < e <= len(text)]
    clipped = [(s, len(text)) for s, e in section_spans if s < len(text) < e]
    expected = [any(s <= i < e for s, e in exact + clipped) for i in range(len(text))]
    assert marked == expected
    assert all((a.section, a.eu) != (b.section, b.eu) for a, b in pairwise(cut))


@pytest.mark.parametrize(
    "name",
    ["KS", "KS - Kommunesektorens organisasjon", "KS – Kommunesektorens Organisasjon",
     "Kommunesektorens organisasjon (KS)", "KS-Kommunesektorens organisasjon",
     "Kommunesektorens interesse- og arbeidsgiverorganisasjon", "Kommunenes Sentralforbund",
     "KS, Oslo", "KS v/ område for velferd", "  KS  ", "Bergen kommune; KS"],
)  # fmt: skip
def test_name_of_ks_then_known(name: str) -> None:
    assert is_ks(name)


@pytest.mark.parametrize(
    "name",
    ["KS1", "KS2-rapporten", "AKS", "NKS", "KSF", "Solvind KS", "KS Bedrift", "ks", "KS&A",
     "Norske KS-selskaper", "Kommunesektoren", "Oslo kommune", ""],
)  # fmt: skip
def test_name_of_another_then_not_taken_for_ks(name: str) -> None:
    assert not is_ks(name)


@pytest.mark.parametrize(
    ("value", "text"),
    [(2.5, "2,5"), (3.0, "3"), (1.25, "1,25"), (-1, "−1"), (12000, "12\u00a0000"), (0, "0"),
     (100, "100"), (0.004, "0")],
)  # fmt: skip
def test_number_then_norwegian(value: float, text: str) -> None:
    assert wording.number(value) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 byte"), (999, "999 byte"), (1500, "1,5 kB"), (50_000_000, "50 MB")]
)
def test_size_then_in_fitting_units(count: int, text: str) -> None:
    assert wording.size(count) == text


@settings(max_examples=100)
@given(st.binary(max_size=60))
def test_preview_of_any_bytes_then_text_or_nothing(body: bytes) -> None:
    shown = preview(body)
    assert shown is None or not any(c in shown.text for c in "\0\x1b\u202e")


def test_preview_cut_inside_a_character_then_whole_characters() -> None:
    body = b"a" + "€".encode() * 10_000
    assert preview(body) == Preview("a" + "€" * 3999, cut=True)


def test_preview_of_old_text_ending_in_a_letter_of_its_own_then_whole() -> None:
    assert preview("fra nord til sør".encode("cp1252")) == Preview("fra nord til sør", cut=False)
