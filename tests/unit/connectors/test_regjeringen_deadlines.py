"""Deadlines to answer, told from the other dates in a letter."""

from datetime import date

import pytest

from connectors.regjeringen.deadlines import deadlines_in_field, deadlines_in_text
from consultations.domain.observation import FoundIn

SINCE = date(2026, 7, 3)


def read(text):
    return [(d.in_words, d.quote) for d in deadlines_in_text(text, FoundIn.LETTER, SINCE)]


@pytest.mark.parametrize(
    ("marked", "day"),
    [
        (">Fristen for å gi innspill er 7. august 2026<.", "7. august 2026"),
        (">Høyringsfristen er fredag 14. august 2026<. For å", "14. august 2026"),
        (">Høringssvar bes sendt innen 2.11.2026 kl. 12:00<.", "2. november 2026 kl. 12.00"),
        ("Vi ber om eventuelle >merknader innen 9. august 2026<", "9. august 2026"),
        (">Frist: 1. oktober 2026<", "1. oktober 2026"),
        ("sendes på høring med >frist 1. oktober 2026<", "1. oktober 2026"),
        (">Høringsfristen er utsatt til 1. november 2026<", "1. november 2026"),
        ("Ny >frist er 1. november 2026<", "1. november 2026"),
        ("Departementet ber om >innspill senest 1. oktober<.", "1. oktober 2026"),
        (">Uttalelser må være oss i hende innan 1. november 2026<", "1. november 2026"),
        (">Svarfristen for saken vi sendte 9. januar 2026 er 1.9.2026<.", "1. september 2026"),
        ("Det er kort >frist, og vi ber om svar senest den 3. august 2026<", "3. august 2026"),
        (">Høringsfrist:\n1. oktober 2026<", "1. oktober 2026"),
        (">Høringsfristen er\n1. oktober 2026<", "1. oktober 2026"),
        (">Fristen for høringsinnspill er 1. oktober 2026<.", "1. oktober 2026"),
        (">Høyringsinnspel må sendast innan 1. oktober 2026<.", "1. oktober 2026"),
        (">Fristen for å sende høyringsinnspel er 1. oktober 2026<.", "1. oktober 2026"),
        (">Høringsfristen er satt til 1. okt. 2026<.", "1. oktober 2026"),
        ("Vi ber om >svar innan utgangen av september 2026<.", "30. september 2026"),
        (">Fristen er ved utgangen av september<.", "30. september 2026"),
        (">Høringsfrist: utgangen av februar<", "28. februar 2027"),
    ],
)
def test_deadlines_in_text_when_the_sentence_says_so_then_day_and_words_are_kept(marked, day):
    quote = " ".join(marked[marked.index(">") + 1 : marked.index("<")].split())
    assert read(marked.replace(">", "").replace("<", "")) == [(day, quote)]


@pytest.mark.parametrize(
    "text",
    [
        "Vi viser til brev 19. august 2025, der direktoratet sendte forskriften på høring.",
        "I EU skal forordningen iverksettes 30. desember 2026.",
        "Fristen for gjennomføring av direktivet er 1. januar 2027.",
        "Implementeringsfristen er 1. mars 2027.",
        "Høringsfristen er kort fordi loven trer i kraft 1. januar 2027.",
        "Kommunene får frist til 1. januar 2028 med å innføre ordningen.",
        "Saken er på høring med kort frist. Loven trer i kraft 1. juli 2027.",
        "Høringsfristen var 1. mars 2026.",
        "Ansvaret overføres innen 1. mars 2027.",
        "Søknadsfristen er 1. mai 2027.",
        "Høringssvar til lov av 17. juni 2005 nr. 62 leses.",
        "Høringsfristen er seks uker\nMøtet er 1. september 2026",
        "Ordningen opphører ved utgangen av september 2026.",
        "Møtet er 1. okt. 2026.",
    ],
)
def test_deadlines_in_text_when_the_date_is_about_something_else_then_it_is_left(text):
    assert read(text) == []


def test_deadlines_in_text_when_two_are_stated_then_both_are_found_in_order():
    text = "Høringsfristen er 1. september 2026. Kommuner har utsatt frist 15. september 2026."
    assert [day for day, _ in read(text)] == ["1. september 2026", "15. september 2026"]


@pytest.mark.parametrize(
    ("value", "days"),
    [
        ("07.08.2026", ["7. august 2026"]),
        ("15.09.2026, utsatt til 01.10.2026", ["1. oktober 2026"]),
        ("15.09.2026 – utsett til 1. okt. 2026", ["1. oktober 2026"]),
        ("15.09.2026. Ny frist 01.10.2026", ["1. oktober 2026"]),
        ("15.09.2026, utsatt til 01.10.2026, ny høringsfrist: 20.10.2026", ["20. oktober 2026"]),
        ("01.10.2026 (utsatt fra 15.09.2026)", ["1. oktober 2026", "15. september 2026"]),
        ("Utgangen av september 2026", ["30. september 2026"]),
        ("Løpende", []),
    ],
)
def test_deadlines_in_field_when_it_was_moved_then_the_day_it_was_moved_to_counts(value, days):
    found = deadlines_in_field("Høringsfrist", value)
    assert [deadline.in_words for deadline in found] == days
    assert {deadline.quote for deadline in found} <= {f"Høringsfrist: {value}"}
