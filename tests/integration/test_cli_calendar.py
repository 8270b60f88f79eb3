"""The working calendar from the command line: shown, and meetings imported into it."""

import difflib

import pytest

from consultations import calendar_file

ICS = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//NO
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20270128
SUMMARY:Hovedstyret\\, januar
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART;TZID=Europe/Oslo:20270310T100000
RRULE:FREQ=MONTHLY;COUNT=2;BYDAY=2WE
SUMMARY:Hovedstyret
END:VEVENT
{more}END:VCALENDAR
"""
UNREADABLE = "BEGIN:VEVENT\nSUMMARY:Uten dag\nEND:VEVENT\n"


@pytest.fixture
def calendar(config):
    return config / "calendar.yaml"


@pytest.fixture
def imported(tmp_path, config, run):
    def imported(*options, body="hovedstyret", more="", content=None):
        file = tmp_path / "møter.ics"
        file.write_bytes(content if content is not None else ICS.format(more=more).encode())
        command = ["calendar", "import", str(file), "--body", body, *options]
        return run(*command, config_dir=config)

    return imported


def meetings(calendar, body="hovedstyret"):
    lines = calendar_file.read(calendar).content.bodies[body].meetings
    return [one.day.isoformat() for one in lines]


def test_import_then_says_what_changed_and_writes_only_that(imported, calendar):
    before = calendar.read_text("utf-8").splitlines()
    told = imported().output
    assert told.startswith(
        "Lest 2 hendelser.\n"
        "+ 28. januar 2027  Hovedstyret, januar\n"
        "+ 14. april 2027  Hovedstyret\n"
        "1 møte står der fra før.\n"
        "Skrevet i "
    )
    after = calendar.read_text("utf-8").splitlines()
    changed = [line for line in difflib.ndiff(before, after) if not line.startswith(" ")]
    assert changed == ["+       - {day: 2027-01-28}", "+       - {day: 2027-04-14}"]
    assert meetings(calendar) == sorted(meetings(calendar))


def test_import_when_a_meeting_in_its_time_is_not_in_it_then_it_is_struck(imported, calendar):
    told = imported(more="BEGIN:VEVENT\nDTSTART;VALUE=DATE:20270609\nEND:VEVENT\n").output
    assert "- 21. april 2027  står ikke i filen\n" in told
    assert "2027-04-21" not in meetings(calendar)
    assert {"2026-12-02", "2027-06-09", "2027-08-25"} <= {*meetings(calendar)}


def test_import_when_something_could_not_be_read_then_strikes_nothing(imported, calendar):
    more = f"BEGIN:VEVENT\nDTSTART;VALUE=DATE:20270609\nEND:VEVENT\n{UNREADABLE}"
    told = imported(more=more).output
    assert "Kunne ikke leses: hendelse 4 («Uten dag»): kan ikke brukes (mangler en dato" in told
    assert "Fordi noe ikke kunne leses, strykes ingen møter." in told
    assert "2027-04-21" in meetings(calendar)


def test_import_when_done_twice_then_changes_nothing_the_second_time(imported, calendar):
    imported()
    once = calendar.read_bytes()
    assert "Ingenting er skrevet." in imported().output
    assert calendar.read_bytes() == once


def test_import_when_dry_then_shows_it_and_writes_nothing(imported, calendar):
    before = calendar.read_bytes()
    told = imported("--dry-run").output
    assert "+ 28. januar 2027" in told
    assert told.endswith("Ingenting er skrevet.\n")
    assert calendar.read_bytes() == before


def test_import_when_the_file_has_no_events_then_nothing_is_changed(imported, calendar):
    before = calendar.read_bytes()
    empty = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
    assert imported(content=empty).output == "Lest 0 hendelser.\nIngenting er skrevet.\n"
    assert calendar.read_bytes() == before


def test_import_when_it_has_ten_thousand_events_then_is_written_and_read_again(imported, calendar):
    events = "".join(
        f"BEGIN:VEVENT\nUID:x{n}\nDTSTART;VALUE=DATE:{2026 + n % 4}"
        f"{n // 4 % 12 + 1:02}{n // 48 % 28 + 1:02}\nEND:VEVENT\n"
        for n in range(10_000)
    )
    assert "Lest 10002 hendelser." in imported(more=events).output
    assert len(meetings(calendar)) > 1300


@pytest.mark.parametrize("written", ["    meetings: []\n", ""])
def test_import_when_a_body_has_no_meetings_then_they_begin_with_these(imported, calendar, written):
    text = calendar.read_text("utf-8")
    text += f"  nemnda:\n    name: Nemnda # ny\n{written}"
    calendar.write_text(text, encoding="utf-8")
    imported(body="nemnda")
    assert meetings(calendar, "nemnda") == ["2027-01-28", "2027-03-10", "2027-04-14"]
    assert "name: Nemnda # ny\n" in calendar.read_text("utf-8")


def test_import_when_meetings_have_comments_and_papers_then_they_are_kept(imported, calendar):
    text = calendar.read_text("utf-8")
    old, new = (
        "- {day: 2027-03-10}",
        "# i Bergen\n      - day: 2027-03-10 # to dager\n        papers: 2027-02-26",
    )
    calendar.write_text(text.replace(old, new, 1), encoding="utf-8")
    imported()
    assert new in calendar.read_text("utf-8")
    assert {"2027-01-28", "2027-03-10", "2027-04-14"} <= {*meetings(calendar)}


@pytest.mark.parametrize("flow", ["meetings: [{day: 2027-02-01}, {day: 2027-02-02}]"])
def test_import_when_meetings_stand_on_one_line_then_says_how_to_write_them(
    imported, calendar, flow
):
    calendar.write_text(f"bodies:\n  hovedstyret:\n    name: H\n    {flow}\n", encoding="utf-8")
    before = calendar.read_bytes()
    told = imported()
    assert told.exit_code == 1
    assert "linje 4: møtene må stå ett på hver linje, som «- {day: 2026-01-28}»" in told.output
    assert calendar.read_bytes() == before


def test_import_when_the_file_is_written_in_another_way_then_nothing_is_written(imported, calendar):
    calendar.write_text("bodies: {hovedstyret: {name: H}}\n", encoding="utf-8")
    told = imported()
    assert told.exit_code == 1
    assert "Skriv datoene inn for hånd." in told.output
    assert calendar.read_text("utf-8") == "bodies: {hovedstyret: {name: H}}\n"


def test_import_when_the_body_is_unknown_then_says_which_there_are(imported):
    told = imported(body="styret")
    assert told.exit_code == 1
    assert "Ukjent organ «styret», ventet et av: hovedstyret, kdu" in told.output


def test_import_when_the_file_is_no_calendar_then_says_what_to_do(imported):
    told = imported(content=b"PK\x03\x04")
    assert told.exit_code == 1
    assert "Eksporter kalenderen på nytt som iCalendar (.ics)." in told.output


def test_show_then_tells_what_is_free_and_when_the_bodies_meet(run):
    told = run("calendar", "show").output
    assert "  25. mars 2027\n" in told
    assert "Halve dager:\n  24. mars 2027\n" in told
    assert "  29. juni 2026 – 7. august 2026 (sommerferien)\n" in told
    assert "Hovedstyret (hovedstyret):\n  26. august 2026\n" in told


def test_show_when_asked_for_one_body_then_only_that_one(run):
    told = run("calendar", "show", "--body", "landsstyret").output
    assert told == (
        "Landsstyret (landsstyret):\n  24. november 2026\n  2. mars 2027\n  23. november 2027\n"
    )
