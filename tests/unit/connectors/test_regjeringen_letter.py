"""Letters: lines kept, people left out."""

import lxml.html
import pytest

from connectors.regjeringen.letter import lines_of, reference_in, without_signatories


@pytest.mark.parametrize(
    "closing",
    ["Med hilsen", "Med vennlig hilsen", "Vennlig hilsen", "Med helsing", "Venleg helsing",
     "Hilsen", "Mvh", "med hilsen Kari Nordmann"],
)  # fmt: skip
def test_without_signatories_when_the_letter_closes_then_the_rest_is_left_out(closing):
    lines = ("Vi ber om svar.", closing, "Kari Nordmann", "avdelingsdirektør", "Vedlegg")
    assert without_signatories(lines) == ("Vi ber om svar.",)


@pytest.mark.parametrize(
    "people",
    [
        ("Kari Nordmann (e.f.)", "Ola Nordmann"),
        ("Kari Nordmann", "ekspedisjonssjef"),
        ("Kari Nordmann", "fung. avdelingsdirektør", "Ola Nordmann", "seniorrådgiver"),
        ("Kari Nordmann", "fyrstekonsulent"),
        ("Saksbehandler: Kari Nordmann, tlf. 22 00 00 00",),
        ("Kontaktperson er Kari Nordmann.",),
    ],
)
def test_without_signatories_when_people_are_named_without_closing_then_they_are_left_out(people):
    assert without_signatories(("Vi ber om svar.", *people)) == ("Vi ber om svar.",)


def test_without_signatories_when_a_line_only_begins_alike_then_it_is_kept():
    lines = ("Helsen til innbyggerne er viktig.", "Rådgivere i kommunen er hørt.", "Medhold gis.")
    assert without_signatories(lines) == lines


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("Vår ref.: 26/2371", "26/2371"),
        ("Vår ref 26/4711-2", "26/4711-2"),
        ("Vår referanse: 26/1", "26/1"),
        ("Vårt ref.: 26/1", "26/1"),
        ("26/1", "26/1"),
        ("Vår ref.:", None),
        ("", None),
    ],
)
def test_reference_in_when_the_label_is_there_or_not_then_only_the_reference_is_left(
    text, reference
):
    assert reference_in(text) == reference


def test_lines_of_when_text_is_broken_by_blocks_then_words_stay_whole_and_lines_apart():
    html = (
        "<div>En\nlinje <b>H</b>øring<p>To<br/>Tre &nbsp;</p><td>Fire</td><script>x</script></div>"
    )
    assert lines_of(lxml.html.fromstring(html)) == ("En linje Høring", "To", "Tre", "Fire")
