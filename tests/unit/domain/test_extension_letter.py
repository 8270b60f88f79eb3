"""The letter that asks for more time: the whole of it once, and what it leaves out."""

from consultations.domain.observation import Kind
from consultations.domain.response.extension_letter import LaterMeeting, later_meeting, letter
from tests.planning_building import calendar, day, templates

FACTS = {
    "title": "Høring om endringer i barnevernsloven",
    "reference": "26/1234",
    "sender": "Barne- og familiedepartementet",
    "deadline": day("2026-08-14"),
    "body": "Hovedstyret",
    "later": LaterMeeting(day("2026-08-26"), day("2026-08-31")),
}
STEPS = templates().steps(Kind.MINISTRY)


def test_letter_when_a_meeting_would_fit_then_says_when_and_until_when():
    assert letter(**FACTS, reason="Fristen går over sommerferien.") == (
        """\
Til Barne- og familiedepartementet

Ber om utsatt høringsfrist: Høring om endringer i barnevernsloven
Deres referanse: 26/1234

KS viser til høringen «Høring om endringer i barnevernsloven». Fristen for å svare er 14. august 2026.

Hovedstyret i KS skal behandle svaret og har ikke noe møte som passer før fristen. Det første møtet som passer, er 26. august 2026.

Vi ber derfor om utsatt frist, slik at vi kan svare senest 31. august 2026.

Fristen går over sommerferien.

Kan dere ikke utsette fristen, ber vi om å få sende et foreløpig svar til fristen og ettersende det endelige når hovedstyret har behandlet saken.

Med hilsen
KS
"""  # noqa: E501 - as it is copied
    )


def test_letter_when_no_meeting_is_known_then_asks_for_time_until_the_next_one():
    words = letter(**{**FACTS, "later": None, "reference": None, "body": "KDU"})
    assert "Vi ber derfor om å få svare etter neste møte i KDU." in words
    assert "referanse" not in words
    assert "None" not in words


def test_letter_when_a_title_has_lines_and_marks_of_its_own_then_it_stands_on_one():
    words = letter(**{**FACTS, "title": "Høring\nBcc: alle\u202e\x00 om noe"})
    assert "Ber om utsatt høringsfrist: Høring Bcc: alle om noe\n" in words


def test_later_meeting_when_one_is_on_the_deadline_or_after_then_leaves_time_to_send():
    days = calendar("2026-08-12", "2026-08-26", "2026-09-23")
    found = later_meeting(days, STEPS, "board", day("2026-08-14"), day("2026-07-06"))
    assert found == LaterMeeting(day("2026-08-26"), day("2026-08-31"))


def test_later_meeting_when_its_papers_are_due_already_then_the_one_after():
    days = calendar("2026-08-26", "2026-09-23")
    found = later_meeting(days, STEPS, "board", day("2026-08-14"), day("2026-08-17"))
    assert found == LaterMeeting(day("2026-09-23"), day("2026-09-28"))


def test_later_meeting_when_no_step_goes_to_the_body_then_none():
    days = calendar("2026-08-26")
    assert later_meeting(days, STEPS[:2], "board", day("2026-08-14"), day("2026-07-06")) is None


def test_later_meeting_when_the_calendar_ends_then_none():
    assert later_meeting(calendar(), STEPS, "board", day("2026-08-14"), day("2026-07-06")) is None
