from datetime import UTC, date, datetime

from consultations.domain.observation import Deadline, DeadlineKind, FoundIn
from tests.building import at, deadline, observation

KIND = DeadlineKind.WRITTEN_ANSWER


def test_meaning_hash_when_only_housekeeping_changes_is_the_same():
    seen = observation(0, source_changed_at=None)
    again = observation(3, source_changed_at=datetime(2026, 7, 5, tzinfo=UTC), notes=("x",))
    assert seen.meaning_hash == again.meaning_hash


def test_meaning_hash_when_the_title_changes_is_another():
    assert observation(title="a").meaning_hash != observation(title="b").meaning_hash


def test_deadline_when_field_and_letter_differ_the_field_governs_and_the_letter_conflicts():
    field, letter = deadline("2026-08-14"), deadline("2026-08-01", found_in=FoundIn.LETTER)
    seen = observation(deadlines=(letter, field))
    assert seen.deadline(KIND) == field
    assert seen.conflicting_deadlines == (letter,)


def test_deadline_when_the_letter_adds_the_hour_on_the_same_day_the_hour_governs():
    field = deadline("2026-08-14")
    noon = Deadline(
        kind=KIND, at=datetime(2026, 8, 14, 10, tzinfo=UTC), precision="datetime",
        found_in=FoundIn.LETTER, quote="14. august 2026 kl. 12.00",
    )  # fmt: skip
    seen = observation(deadlines=(field, noon))
    assert seen.deadline(KIND) == noon
    assert seen.conflicting_deadlines == ()
    assert noon.in_words == "14. august 2026 kl. 12.00"


def test_next_deadline_when_there_are_several_is_the_first_to_act_on():
    ask = deadline("2026-10-01", DeadlineKind.REQUEST_TO_APPEAR)
    hearing = deadline("2026-09-01", DeadlineKind.HEARING_DAY)
    write = deadline("2026-10-08")
    seen = observation(deadlines=(write, hearing, ask))
    assert seen.next_deadline(at(0)) == ask


def test_next_deadline_when_it_is_too_late_to_speak_is_the_one_for_writing():
    ask = deadline("2026-07-01", DeadlineKind.REQUEST_TO_APPEAR)
    write = deadline("2026-07-10")
    assert observation(deadlines=(write, ask)).next_deadline(at(0)) == write
    assert observation(deadlines=(write, ask)).next_deadline(at(30)) == write


def test_next_deadline_when_none_is_stated_is_none():
    seen = observation(deadlines=(), published_on=date(2026, 7, 1))
    assert seen.next_deadline(at(0)) is None
    assert seen.deadline(KIND) is None


def test_conflicting_deadlines_when_a_hearing_sits_for_two_days_are_none():
    days = [deadline(day, DeadlineKind.HEARING_DAY) for day in ("2026-09-01", "2026-09-02")]
    assert observation(deadlines=tuple(days)).conflicting_deadlines == ()
