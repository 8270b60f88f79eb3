"""The headings and goals of KS: the real file, what is suggested, and broken files."""

from datetime import date
from pathlib import Path

import pytest

from consultations import config_file
from consultations.domain.errors import ConfigError
from consultations.domain.response.priorities import Period, Priorities, Priority

CONFIG = Path(__file__).parents[3] / "config"
TODAY = date(2026, 7, 4)


def priorities(**given):
    facts = {
        "name": "2024–2027", "first": date(2024, 1, 1), "last": date(2027, 12, 31),
        "headings": {
            "gronn": Priority(name="Grønn fremtid", words=("klima-", "natur"), sections=("klima",)),
            "trygt": Priority(name="Trygt samfunn", words=("-beredskap", "digital sikkerhet")),
        },
        "goals": {"rom": Priority(name="Handlingsrom", words=("detaljstyring-",))},
        **given,
    }  # fmt: skip
    return Priorities(periods=(Period(**facts),))


def suggested(title, summary="", sections=()):
    found = priorities().suggest(title, summary, sections, on=TODAY)
    return {one.id: one.because for one in found}


def test_real_file_then_it_has_the_five_headings_and_the_three_goals():
    read = config_file.load(CONFIG / "priorities.yaml", Priorities)
    assert list(read.headings(TODAY).values()) == [
        "Sterkt lokaldemokrati", "Bærekraftig velferd", "Inkluderende arbeids- og samfunnsliv",
        "Grønn fremtid", "Trygt og sikkert samfunn",
    ]  # fmt: skip
    assert len(read.goals(TODAY)) == 3


def test_real_file_then_every_section_in_it_exists(rules):
    read = config_file.load(CONFIG / "priorities.yaml", Priorities)
    assert list(read.mistakes(rules.life.living)) == []


@pytest.mark.parametrize(
    ("title", "because"),
    [
        ("Ny lov om Klimatilpasning", ("Klimatilpasning",)),
        ("Vern av natur", ("natur",)),
        ("Naturlig monopol", None),
        ("Mikroklima", None),
    ],
)
def test_suggest_when_a_word_begins_or_stands_alone_then_only_what_it_means_is_found(
    title, because
):
    assert suggested(title).get("gronn") == because


@pytest.mark.parametrize("title", ["Atomberedskap", "beredskap", "Digital  sikkerhet i kommunene"])
def test_suggest_when_a_word_ends_or_words_follow_each_other_then_they_are_found(title):
    assert "trygt" in suggested(title)


@pytest.mark.parametrize(
    "sender",
    [
        "Klima- og miljødepartementet", "klima- og miljødepartementets",
        "Landbruks-, klima- og miljøministeren", "Klimadirektoratet", "Klimakomiteen",
    ],
)  # fmt: skip
def test_suggest_when_only_the_name_of_a_body_has_the_word_then_nothing_is_suggested(sender):
    assert suggested("Ny lov", f"{sender} sender forslaget på høring") == {}
    assert suggested("Ny lov", f"{sender} vil verne klimaet")["gronn"] == ("klimaet",)


def test_suggest_when_several_fit_then_what_the_title_says_comes_first():
    assert list(suggested("Atomberedskap", "om klimatilpasning")) == ["trygt", "gronn"]


def test_suggest_when_a_section_speaks_for_it_then_it_says_so():
    (one,) = priorities().suggest("Noe annet", "", ["klima"], on=TODAY)
    assert one.in_words({"klima": "Klima og miljø"}) == "Grønn fremtid (seksjonen Klima og miljø)"


def test_suggest_when_nothing_fits_then_nothing_is_suggested():
    assert priorities().suggest("Om noe helt annet", "", ["kultur"], on=TODAY) == ()
    assert Priorities().suggest("Klima", "", [], on=TODAY) == ()


def test_suggest_when_a_word_stands_twice_then_it_is_named_once():
    assert suggested("Klima og klima", "klima")["gronn"] == ("Klima",)


def test_goals_when_their_words_are_there_then_they_are_suggested():
    found = priorities().suggest_goals("Mindre detaljstyring", "", [], on=TODAY)
    assert [one.name for one in found] == ["Handlingsrom"]


def test_period_when_the_next_has_begun_then_old_headings_are_still_named():
    later = Period(
        name="2028–2031", first=date(2028, 1, 1), last=date(2031, 12, 31),
        headings={"ny": Priority(name="Ny overskrift")},
    )  # fmt: skip
    both = Priorities(periods=(*priorities().periods, later))
    assert dict(both.headings(date(2028, 1, 1))) == {"ny": "Ny overskrift"}
    assert both.names["gronn"] == "Grønn fremtid"


def test_period_when_the_next_is_not_written_then_the_last_one_goes_on():
    assert "gronn" in priorities().headings(date(2029, 1, 1))
    assert priorities().headings(date(2020, 1, 1)) == {}


PERIOD = """periods:
  - name: Nå
    first: 2024-01-01
    last: 2027-12-31
    headings:
      gronn:
        name: Grønn fremtid
"""
NEXT = PERIOD.replace("periods:\n", "").replace("Nå", "Senere")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PERIOD.replace("last: 2027", "last: 2020"), "slutter før den begynner"),
        (PERIOD + NEXT, "går over i hverandre"),
        (
            PERIOD + NEXT.replace("2024", "2028").replace("2027", "2031").replace("Grønn", "Blå"),
            "gi den en ny id",
        ),
        (PERIOD + "    goals: {gronn: {name: Mål}}\n", "både overskrift og mål"),
        (PERIOD.replace("gronn", "Grønn"), "linje"),
        (PERIOD.replace("2024-01-01", "i fjor"), "linje 3"),
        (PERIOD.replace("headings", "heading"), "mente du «headings»"),
    ],
)
def test_file_when_it_cannot_be_then_the_error_says_where_and_what_to_do(tmp_path, text, said):
    (tmp_path / "priorities.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said) as problem:
        config_file.load(tmp_path / "priorities.yaml", Priorities)
    assert "priorities.yaml linje " in str(problem.value)


def test_file_when_it_names_an_unknown_section_then_its_place_is_told(tmp_path):
    text = PERIOD + "        sections: [finnes-ikke]\n"
    (tmp_path / "priorities.yaml").write_text(text, encoding="utf-8")
    read = config_file.read(tmp_path / "priorities.yaml", Priorities)
    ((place, problem),) = read.content.mistakes(["klima"])
    assert "priorities.yaml linje 8: ukjent seksjon «finnes-ikke»" in str(
        read.error(place, problem)
    )
