"""Calendars, read by parsers that are not ours."""

from datetime import UTC, date, datetime, timedelta

import ics
import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.domain.foreign_text import plain
from consultations.domain.observation import Deadline, DeadlineKind, FoundIn, Status
from consultations.domain.response.acts import State
from consultations.feeds import ical, occasions
from tests.building import at, deadline, observation
from tests.feeds_building import followed, laid, step
from tests.response_building import advanced, assigned, extended, linked, sent, triaged

NOW = at(10)
PAGE_URL = "https://horinger.example.org"


def timed(moment: datetime, kind=DeadlineKind.WRITTEN_ANSWER):
    return Deadline(
        kind=kind, at=moment, precision="datetime", found_in=FoundIn.FIELD, quote="kl. 12"
    )


def shown(*matters, now=NOW, page_url=PAGE_URL):
    """The deadlines of matters as both parsers read them."""
    return read(ical.written("Frister", occasions.deadlines(matters, now, page_url)))


def steps_shown(*matters, now=NOW):
    return read(ical.written("Planer", occasions.steps(matters, now, PAGE_URL)))


def read(text: bytes):
    """Read a calendar with one parser, and hold it against the other and the folding rules."""
    for line in text.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    assert b"\n" not in text.replace(b"\r\n", b"")
    first = vobject.readOne(text.decode())
    events = first.contents.get("vevent", [])
    second = {event.uid: event for event in ics.Calendar(text.decode()).events}
    assert len(second) == len(events)
    for event in events:
        other = second[event.uid.value]
        assert other.status == event.status.value
        for theirs, ours in ((other.name, event.summary), (other.description, event.description)):
            if "\\" not in ours.value:  # ics takes an escaped backslash before n for a line break
                assert theirs == ours.value
        assert other.all_day == (not isinstance(event.dtstart.value, datetime))
    return events


def one(*matters, **given):
    (event,) = shown(*matters, **given)
    return event


def test_deadline_when_only_the_day_is_known_then_the_event_is_all_of_that_oslo_day():
    event = one(followed(observation(deadlines=(deadline("2026-08-14"),))))
    assert event.dtstart.value == date(2026, 8, 14)
    assert event.dtend.value == date(2026, 8, 15)


def test_deadline_when_the_time_is_known_then_the_event_is_at_that_moment_in_utc():
    noon = datetime(2026, 8, 14, 10, 0, tzinfo=UTC)
    event = one(followed(observation(deadlines=(timed(noon),))))
    assert event.dtstart.value == noon
    assert event.dtstart.serialize().strip() == "DTSTART:20260814T100000Z"
    assert "dtend" not in event.contents


def test_event_then_it_says_what_where_and_how_far_we_have_come():
    event = one(followed(observation(), acts=[triaged(1)]))
    assert event.summary.value == "Svarfrist: Høring om endringer i barnevernsloven"
    assert event.description.value == (
        "Fra Barne- og familiedepartementet.\nVårt svar: vi skal svare.\n"
        "Fristen er 14. august 2026."
    )
    assert event.url.value == f"{PAGE_URL}/horinger/regjeringen:3167072"
    assert event.status.value == "CONFIRMED"
    assert event.transp.value == "TRANSPARENT"
    assert "valarm" not in event.contents


def test_event_when_nobody_reaches_our_pages_then_it_leads_to_the_source():
    event = one(followed(observation()), page_url=None)
    assert event.url.value == "https://www.regjeringen.no/no/dokumenter/x/id3167072/"


def test_event_when_the_source_gives_no_web_address_then_it_leads_nowhere():
    event = one(followed(observation(url="javascript:alert(1)")), page_url=None)
    assert "url" not in event.contents


def test_deadline_when_it_moves_then_it_is_the_same_event_with_a_higher_sequence():
    first = observation(deadlines=(deadline("2026-08-14"),))
    moved = observation(2, deadlines=(deadline("2026-08-28"),))
    before, after = one(followed(first)), one(followed(first, moved))
    assert before.uid.value == after.uid.value
    assert int(after.sequence.value) > int(before.sequence.value)
    assert after.dtstart.value == date(2026, 8, 28)
    assert after.last_modified.value == after.dtstamp.value == at(2)


def test_deadline_when_an_extension_is_agreed_then_the_event_moves_and_says_so():
    before = one(followed(observation(), acts=[triaged(1)]))
    acts = [triaged(1), extended(2, date(2026, 9, 1))]
    after = one(followed(observation(), acts=acts))
    assert after.dtstart.value == date(2026, 9, 1)
    assert "Utsatt etter avtale." in after.description.value
    assert int(after.sequence.value) > int(before.sequence.value)


def test_deadline_when_the_answer_is_sent_then_the_event_says_so():
    skipped = [one for one in State if State.ASSIGNED.rank < one.rank < State.SENT.rank]
    acts = [triaged(1), assigned(2), sent(3, skipped=skipped)]
    assert one(followed(observation(), acts=acts)).summary.value.startswith("Sendt – Svarfrist: ")


def test_two_deadlines_then_each_is_an_event_of_its_own_and_hearing_days_are_none():
    kinds = [DeadlineKind.WRITTEN_ANSWER, DeadlineKind.EU_FEEDBACK, DeadlineKind.HEARING_DAY]
    events = shown(
        followed(observation(deadlines=tuple(deadline("2026-08-14", kind) for kind in kinds)))
    )
    assert len({event.uid.value for event in events}) == 2


@pytest.mark.parametrize(
    "gone", [{"status": Status.CANCELLED}, {"deadlines": ()}], ids=["cancelled", "vanished"]
)
def test_deadline_when_it_is_gone_then_it_stays_as_cancelled_for_thirty_days(gone):
    matter = followed(observation(), observation(5, **gone))
    assert one(matter, now=at(35)).status.value == "CANCELLED"
    assert shown(matter, now=at(36)) == []


def test_deadline_when_it_comes_back_then_the_event_is_confirmed_again_and_later():
    gone = [observation(), observation(5, deadlines=())]
    cancelled, back = followed(*gone), followed(*gone, observation(6))
    assert one(back).status.value == "CONFIRMED"
    assert int(one(back).sequence.value) > int(one(cancelled).sequence.value)


def test_deadline_when_it_passed_long_ago_then_it_is_left_out():
    matter = followed(observation(deadlines=(deadline("2026-08-14"),)))
    assert shown(matter, now=datetime(2026, 9, 13, tzinfo=UTC))
    assert shown(matter, now=datetime(2026, 9, 14, tzinfo=UTC)) == []


def test_sequence_when_records_come_in_another_order_then_it_is_the_same():
    seen = [observation(0), observation(1, title="B"), observation(2, title="C")]
    assert (
        one(followed(*seen)).sequence.value == one(followed(*reversed(seen))).sequence.value == "2"
    )


def test_step_when_it_is_planned_then_it_is_all_of_its_day():
    draft = step(State.DRAFT, "2026-08-03")
    matter = followed(observation(), acts=[triaged(1), assigned(2)], plans=[laid(1, draft)])
    (event,) = steps_shown(matter)
    assert event.summary.value == "Utkast: Høring om endringer i barnevernsloven"
    assert event.dtstart.value == date(2026, 8, 3)
    assert event.dtend.value == date(2026, 8, 4)


def test_step_when_it_goes_to_a_meeting_then_it_says_when_and_when_papers_are_due():
    board = step(
        State.BOARD, "2026-08-10", meeting="hovedstyret", meeting_on=date(2026, 8, 12),
        papers_on=date(2026, 8, 5),
    )  # fmt: skip
    (event,) = steps_shown(followed(observation(), acts=[triaged(1)], plans=[laid(1, board)]))
    assert "Møtet er 12. august 2026." in event.description.value
    assert "Sakspapirene leveres senest 5. august 2026." in event.description.value


def test_step_when_it_is_done_then_it_is_cancelled_for_thirty_days():
    draft = step(State.DRAFT, "2026-08-03")
    acts = [triaged(1), assigned(2), advanced(3, State.LEGAL_CHECK, skipped=(State.MEMBER_INPUT,))]
    matter = followed(observation(), acts=acts, plans=[laid(1, draft)])
    (event,) = steps_shown(matter, now=at(20))
    assert event.status.value == "CANCELLED"
    assert steps_shown(matter, now=at(40)) == []


def test_step_when_a_new_plan_has_no_room_for_it_then_it_is_cancelled():
    draft, legal = step(State.DRAFT, "2026-08-03"), step(State.LEGAL_CHECK, "2026-08-05")
    matter = followed(
        observation(), acts=[triaged(1)], plans=[laid(1, draft, legal), laid(2, draft)]
    )
    found = {
        event.summary.value.partition(":")[0]: event.status.value for event in steps_shown(matter)
    }
    assert found == {"Utkast": "CONFIRMED", "Juridisk kontroll": "CANCELLED"}


def test_step_when_plans_begin_at_one_again_after_a_rebuild_then_its_sequence_does_not_fall():
    draft = step(State.DRAFT, "2026-08-03")
    before = followed(observation(), acts=[triaged(1)], plans=[laid(1, draft), laid(2, draft)])
    after = followed(observation(), acts=[triaged(1)], plans=[laid(1, draft, laid_at=at(9))])
    (old,), (new,) = steps_shown(before), steps_shown(after)
    assert old.uid.value == new.uid.value
    assert int(new.sequence.value) > int(old.sequence.value)


def test_sending_when_there_are_two_deadlines_then_each_has_its_own_event():
    steps = [step(State.SENT, "2026-08-13"),
             step(State.SENT, "2026-08-13", deadline=DeadlineKind.EU_FEEDBACK)]  # fmt: skip
    events = steps_shown(followed(observation(), acts=[triaged(1)], plans=[laid(1, *steps)]))
    assert len({event.uid.value for event in events}) == 2


def test_calendar_then_it_says_its_name_and_when_to_ask_again():
    text = ical.written("Klima, miljø 🌍", ()).decode().replace("\r\n ", "")
    assert "X-WR-CALNAME:Klima\\, miljø 🌍\r\n" in text
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in text
    assert "X-PUBLISHED-TTL:PT1H\r\n" in text
    assert "METHOD" not in text


def test_calendar_when_written_twice_then_every_byte_is_the_same():
    matters = [followed(observation()), followed(observation(external_id="2"))]
    texts = [
        ical.written("A", occasions.deadlines(m, NOW, PAGE_URL)) for m in (matters, matters[::-1])
    ]
    assert texts[0] == texts[1]


HOSTILE = st.text(
    st.one_of(
        st.sampled_from('nN\r\n\t\0\x0b\x0c\x1c\x85\u2028\u2029\u202e\u200b,;:\\"æøåÆØÅ🌍👩‍👩‍👧e\u0301='),
        st.characters(exclude_categories=("Cs",)),
    ),
    min_size=1, max_size=300,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(HOSTILE, HOSTILE)
def test_calendar_when_titles_are_hostile_then_it_is_read_as_one_event_with_them(title, sender):
    matter = followed(observation(title=title, senders=(sender,)))
    event = one(matter)
    assert event.summary.value.strip() == f"Svarfrist: {plain(title)}".strip()
    assert event.uid.value == "regjeringen:3167072/written_answer@horinger.ks"


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60))
def test_calendar_when_numbers_are_hostile_then_identifiers_are_on_one_line(number):
    event = one(followed(observation(external_id=number)))
    assert event.uid.value.isascii()
    assert event.url.value.startswith(f"{PAGE_URL}/horinger/regjeringen:")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["move", "title", "cancel", "open", "act", "join"]), max_size=12))
def test_sequence_whatever_happens_then_it_rises_each_time(happenings):
    seen, acts = [observation()], []
    last = -1
    for day, happening in enumerate(["", *happenings], 1):
        facts = {
            "move": {"deadlines": (deadline(date(2026, 8, 1) + timedelta(days=day)),)},
            "title": {"title": f"Høring {day}"},
            "cancel": {"status": Status.CANCELLED, "lead": str(day)},
            "open": {"lead": str(day)},
        }.get(happening)
        if facts:
            seen.append(observation(day, **facts))
        elif happening:
            number = len(acts) + 1
            acts.append(triaged(number) if happening == "act" else linked(number, f"x:{day}"))
        found = shown(followed(*seen, acts=acts), now=at(0))
        assert int(found[0].sequence.value) > last
        last = int(found[0].sequence.value)
