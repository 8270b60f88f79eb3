"""What KS goes by in its response work: the real files, and what is said of broken ones."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations import calendar_file, config_file
from consultations.bootstrap.configuration import read_office, read_rules
from consultations.calendar_file import YEARS, CalendarFile
from consultations.domain.errors import ConfigError
from consultations.domain.observation import Kind
from consultations.domain.response.case import Case
from consultations.domain.response.plan import PlanTemplates, lay
from tests.building import deadline

CONFIG = Path(__file__).parents[2] / "config"

EASTER = (
    "04-12 04-04 04-17 04-09 03-31 04-20 04-05 03-28 04-16 04-01 04-21 04-13 03-28 04-17 04-09 "
    "03-25 04-13 04-05 04-25 04-10 04-01 04-21 04-06 03-29 04-17 04-09 03-25 04-14 04-05 04-18 "
    "04-10 04-02 04-21 04-06 03-29 04-18 04-02 04-22 04-14 03-30 04-18"
)
"""Easter Day of every year from 2020 to 2060, by Meeus' algorithm."""

TEMPLATES = config_file.load(CONFIG / "response-plans.yaml", PlanTemplates)
DAYS = calendar_file.work_calendar(calendar_file.read(CONFIG / "calendar.yaml").content)


FIRST_MEETING = r"^      - \{day: 2026-01-28\}"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(CONFIG, tmp_path / "config"))


def rewrite(folder, name, pattern, new):
    path = folder / name
    text, done = re.subn(pattern, new, path.read_text("utf-8"), count=1, flags=re.MULTILINE)
    assert done
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def refused(folder, rules):
    def refused():
        with pytest.raises(ConfigError) as refusal:
            read_office(folder, rules)
        return str(refusal.value)

    return refused


def closed(text):
    return not DAYS.is_working_day(date.fromisoformat(text))


@pytest.mark.parametrize(("year", "easter"), [*zip(range(2020, 2061), EASTER.split(), strict=True)])
def test_easter_when_asked_for_then_is_as_known(year, easter):
    assert calendar_file.in_year("easter", year) == date.fromisoformat(f"{year}-{easter}")
    assert closed(calendar_file.in_year("easter-3", year).isoformat())
    assert closed(calendar_file.in_year("easter+1", year).isoformat())


@pytest.mark.parametrize(
    "holiday",
    [
        "2026-01-01", "2026-04-02", "2026-04-03", "2026-04-06", "2026-05-01", "2026-05-14",
        "2026-05-25", "2026-12-25", "2027-05-17", "2027-05-06", "2028-05-01", "2028-05-17",
        "2028-05-25", "2028-06-05", "2026-12-24", "2026-12-31",
    ],
)  # fmt: skip
def test_calendar_when_a_weekday_is_a_holiday_then_nobody_works(holiday):
    assert date.fromisoformat(holiday).weekday() < 5
    assert closed(holiday)


@pytest.mark.parametrize("weekday", ["2026-05-18", "2026-12-28", "2026-04-01", "2026-07-29"])
def test_calendar_when_it_is_an_ordinary_weekday_then_people_work(weekday):
    assert not closed(weekday)


def test_calendar_when_it_is_the_day_before_maundy_thursday_then_half():
    assert {date(2026, 4, 1), date(2027, 3, 24)} <= DAYS.half


def test_calendar_when_a_period_goes_over_the_new_year_then_ends_in_the_next():
    found = {(one.name, one.first, one.last) for one in DAYS.periods}
    assert ("julen", date(2026, 12, 21), date(2027, 1, 2)) in found
    assert ("påsken", date(2027, 3, 20), date(2027, 3, 29)) in found


def test_calendar_when_the_years_are_over_then_only_weekends_are_free():
    assert DAYS.is_working_day(date(YEARS.stop, 5, 17))


def test_calendar_when_meetings_are_in_it_then_all_are_on_working_days():
    assert {"hovedstyret", "kdu", "fylkesstyrene", "landsstyret"} == {*DAYS.bodies}
    for body in DAYS.bodies.values():
        assert all(DAYS.is_working_day(meeting.on) for meeting in body.meetings)


def test_office_when_it_reads_the_real_files_then_has_a_template_for_every_kind(rules):
    office = read_office(CONFIG, rules)
    assert {*office.templates.templates} == {*Kind}


REAL_DAYS = st.dates(date(2025, 12, 1), date(2027, 12, 31))


@settings(max_examples=200)
@given(st.sampled_from([*Kind]), REAL_DAYS, REAL_DAYS)
def test_plan_when_laid_by_the_real_files_then_keeps_its_promises(kind, begun, on):
    plan = lay(
        TEMPLATES, DAYS, kind=kind, deadlines=[deadline(on)], case=Case(),
        begun_on=begun, published_on=None, eea=False,
    )  # fmt: skip
    assert [one.step.rank for one in plan.steps] == sorted(one.step.rank for one in plan.steps)
    assert all(begun <= one.due <= on for one in plan.steps)
    assert all(DAYS.is_working_day(one.due) for one in plan.steps)


@pytest.mark.parametrize(
    ("pattern", "new", "line", "problem"),
    [
        ("step: draft, days: 5, before: legal_check", "step: draft, before: legalcheck",
         "step: draft", "ukjent steg «legalcheck» i before, ventet en av: member_input, draft, "),
        ("step: legal_check, days: 1, before: board", "step: legal_check, before: draft",
         "step: draft", "stegene regnes i ring: draft → legal_check → draft"),
        ("step: draft, days: 5, before: legal_check", "step: draft, before: draft",
         "step: draft", "stegene regnes i ring: draft → draft"),
        ("step: legal_check, days: 1, before: board", "step: legal_check, before: member_input",
         "step: member_input", "stegene regnes i ring: member_input → draft → legal_check → "),
        ("meeting: hovedstyret", "meeting: hovudstyret", "step: board",
         "ukjent organ «hovudstyret», ventet en av: hovedstyret, kdu, fylkesstyrene, landsstyret"),
        ("step: draft, days: 5", "step: utkast, days: 5", "step: utkast", "en av: "),
        ("step: draft, days: 5", "step: approved, days: 5", "step: approved",
         "steget «approved» står to ganger"),
        ("days: 5, before: legal_check", "days: -5, before: legal_check", "step: draft",
         "et tall på minst 0"),
        ("  agency:", "  etat:", "  etat:", "etat"),
        ('opens: "08.00"', "opens: 08.00", "opens:", "skriv det i anførselstegn"),
    ],
)  # fmt: skip
def test_templates_when_broken_then_says_file_line_and_what_was_expected(
    folder, refused, pattern, new, line, problem
):
    rewrite(folder, "response-plans.yaml", pattern, new)
    lines = (folder / "response-plans.yaml").read_text("utf-8").splitlines()
    number = next(n for n, one in enumerate(lines, 1) if line in one and not one.startswith("#"))
    words = refused()
    assert f"config/response-plans.yaml linje {number}: " in words
    assert problem in words


def test_templates_when_a_kind_is_missing_then_says_which(folder, refused):
    rewrite(folder, "response-plans.yaml", r"  eu_initiative:\n(    - .*\n)+", "")
    assert "mangler malen «eu_initiative»" in refused()


def test_templates_when_nothing_is_sent_then_says_so(folder, refused):
    rewrite(folder, "response-plans.yaml", r"    - \{step: sent.*\n", "")
    assert "malen mangler steget «sent»" in refused()


@pytest.mark.parametrize(
    ("pattern", "new", "problem"),
    [
        ('day: "12-24"', 'day: "13-24"', "«13-24» er ingen dag"),
        ('day: "12-24"', 'day: "02-29"', "«02-29» er ingen dag"),
        ("day: easter-4", "day: easter-x", "«easter-x» er ingen dag"),
        ("day: easter-4", "day: easter-99999999999999", "er ingen dag"),
        (FIRST_MEETING, "      - {day: 2026-03-11}", "møtet 2026-03-11 står to ganger"),
        (FIRST_MEETING, "      - {day: 2026-01-28, papers: 2026-02-01}", "kommer etter møtet"),
        (FIRST_MEETING, "      - {day: snart}", "ventet en dato"),
        (FIRST_MEETING, "      - {dag: 2026-01-28}", "ukjent nøkkel «dag»"),
        ("  kdu:", "  KDU 1:", "kdu" ),
    ],
)  # fmt: skip
def test_calendar_when_broken_then_says_file_line_and_remedy(
    folder, refused, pattern, new, problem
):
    rewrite(folder, "calendar.yaml", pattern, new)
    words = refused()
    assert re.search(r"config/calendar.yaml linje \d+: ", words)
    assert problem in words.lower() if problem == "kdu" else problem in words


def test_people_when_a_section_is_unknown_then_says_file_and_line(folder, refused):
    rewrite(folder, "people.yaml", r"sections: \[helse-omsorg\]", "sections: [helsa]")
    assert re.search(r"config/people.yaml linje \d+: ukjent seksjon «helsa»", refused())


def test_people_when_a_section_has_a_new_id_then_they_follow_it(folder):
    rewrite(
        folder, "sections.yaml", "id: klima-miljo$", "id: klima\n    formerly: {klima-miljo: K}"
    )
    office = read_office(folder, read_rules(folder))
    assert office.people.head_of("klima") == "per-eksempel"


def test_calendar_when_empty_of_everything_then_is_a_calendar_all_the_same():
    assert calendar_file.work_calendar(CalendarFile()).bodies == {}


def test_priorities_when_a_section_is_unknown_then_says_file_and_line(folder, refused):
    rewrite(folder, "priorities.yaml", r"sections: \[demokrati-styring\]", "sections: [demokrati]")
    assert re.search(r"priorities\.yaml.*linje \d+.*ukjent seksjon «demokrati»", refused())


def test_priorities_when_a_section_has_a_new_id_then_matters_under_both_have_its_suggestions(
    folder,
):
    rewrite(
        folder,
        "sections.yaml",
        r"^  - id: oppvekst$",
        "  - id: barn-unge\n    formerly: {oppvekst: Oppvekst}",
    )
    office = read_office(folder, read_rules(folder))
    for section in ("oppvekst", "barn-unge"):
        (one,) = office.priorities.suggest("Høring", "", [section], on=date(2026, 7, 1))
        assert one.id == "baerekraftig-velferd"
