"""Days and times of day in Norwegian text."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.norwegian_dates import dates_in, month_ends_in
from consultations.domain.calendar import MONTHS, OSLO, format_day, local_day

SINCE = date(2026, 7, 3)


@pytest.mark.parametrize(
    ("text", "quote", "day"),
    [
        ("Frist 18.02.2024.", "18.02.2024", date(2024, 2, 18)),
        ("den 1.3.2026 kommer", "1.3.2026", date(2026, 3, 1)),
        ("innen 07.08. 2026", "07.08. 2026", date(2026, 8, 7)),
        ("18. februar 2024", "18. februar 2024", date(2024, 2, 18)),
        ("3.oktober 2026", "3.oktober 2026", date(2026, 10, 3)),
        ("2. November 2020", "2. November 2020", date(2020, 11, 2)),
        ("innen 1.\xa0mai\xa02026", "1.\xa0mai\xa02026", date(2026, 5, 1)),
        ("fredag 14. august 2026", "fredag 14. august 2026", date(2026, 8, 14)),
        ("laurdag den 3. oktober 2026", "laurdag den 3. oktober 2026", date(2026, 10, 3)),
        ("innan 1. november 2005", "1. november 2005", date(2005, 11, 1)),
        ("29. februar 2024", "29. februar 2024", date(2024, 2, 29)),
        ("1. okt. 2026", "1. okt. 2026", date(2026, 10, 1)),
        ("1. sept 2026", "1. sept 2026", date(2026, 9, 1)),
        ("1. Des.2026", "1. Des.2026", date(2026, 12, 1)),
    ],
)
def test_dates_in_when_a_day_is_written_out_then_day_and_words_are_found(text, quote, day):
    [found] = dates_in(text)
    assert (text[found.start : found.end], found.day, found.at) == (quote, day, None)


@pytest.mark.parametrize(
    "text",
    [
        "31.02.2026", "29. februar 2026", "0. mai 2026", "12.13.2026", "versjon 3.12.2", "10.000",
        "§ 17.11", "kl. 17.11", "26/17.11", "Prop. 82 L (2025–2026)", "NOU 2026: 8", "18.02.202",
        "sak 20.02.03620", "", "1. ", "10 mar", "2. jul i kirken", "3. desimal",
    ],
)  # fmt: skip
def test_dates_in_when_it_is_no_day_then_nothing_is_found(text):
    assert dates_in(text, since=SINCE) == []


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2. november 2020 kl. 12.00", 12),
        ("2. november 2020 kl 12:00", 12),
        ("2. november 2020, kl. 12", 12),
        ("2.11.2020 klokken 9", 9),
        ("2. november 2020 klokka 09.00", 9),
        ("2. november 2020 innen kl. 15.00", 15),
        ("kl. 12.00 mandag 2. november 2020", 12),
        ("kl. 12.00 den 2. november 2020", 12),
    ],
)
def test_dates_in_when_a_time_of_day_stands_beside_then_it_is_oslo_time(text, hour):
    [found] = dates_in(text)
    assert found.at == datetime(2020, 11, 2, hour, tzinfo=OSLO)


@pytest.mark.parametrize("clock", ["kl. 24.00", "kl. 25.00", "kl. 12.75"])
def test_dates_in_when_the_time_is_midnight_or_impossible_then_only_the_day_counts(clock):
    [found] = dates_in(f"24. desember 2026 {clock}")
    assert (found.day, found.at) == (date(2026, 12, 24), None)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("frist 17.11.", date(2026, 11, 17)),
        ("innen 17. november", date(2026, 11, 17)),
        ("innen 15. januar", date(2027, 1, 15)),
        ("3. juli", SINCE),
    ],
)
def test_dates_in_when_the_year_is_left_out_then_it_is_the_next_such_day(text, day):
    assert [found.day for found in dates_in(text, since=SINCE)] == [day]


@pytest.mark.parametrize("text", ["frist 17.11.", "innen 17. november"])
def test_dates_in_when_neither_year_nor_context_is_given_then_nothing_is_guessed(text):
    assert dates_in(text) == []


def test_dates_in_when_the_clock_springs_forward_then_both_sides_read_right():
    before, after = dates_in("29. mars 2026 kl. 01.59 og 29. mars 2026 kl. 03.00")
    assert before.at == datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    assert after.at == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_dates_in_when_the_clock_falls_back_then_the_first_pass_of_the_hour_is_meant():
    twice, after = dates_in("25.10.2026 kl. 02.30 og 25.10.2026 kl. 03.00")
    assert twice.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert after.at == datetime(2026, 10, 25, 2, 0, tzinfo=UTC)


days = st.dates(date(1990, 1, 1), date(2099, 12, 31))
PIECES = [*"0123456789. :§/-,\n\xa0", "kl. ", *MONTHS, " 2026", "auguſt", "٣"]
clocks = st.times().map(lambda t: time(t.hour, t.minute))


@settings(max_examples=100)
@given(day=days, before=st.sampled_from(["", "Fristen er ", "innan ", "(", "fredag "]))
def test_dates_in_when_any_real_day_is_written_in_either_form_then_it_comes_back(day, before):
    for written in (format_day(day), f"{day:%d.%m.%Y}", f"{day.day}.{day.month}.{day.year}"):
        [found] = dates_in(f"{before}{written}. Takk.")
        assert found.day == day


@settings(max_examples=100)
@given(day=days, clock=clocks)
def test_dates_in_when_any_time_is_given_then_the_instant_falls_on_that_day(day, clock):
    [found] = dates_in(f"{format_day(day)} kl. {clock:%H.%M}")
    assert found.at is not None
    assert found.at.tzinfo is UTC
    assert local_day(found.at) == day


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_dates_in_when_the_text_is_anything_then_quotes_are_exact_and_in_order(text):
    found = dates_in(text, since=SINCE)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)


def test_dates_in_when_the_text_is_huge_and_odd_then_it_is_read_in_one_pass():
    assert dates_in("1." * 500_000) == []


@pytest.mark.parametrize(
    "short", ["jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "okt", "nov", "des"]
)
def test_dates_in_when_the_month_is_short_then_it_is_the_month_that_starts_so(short):
    [found] = dates_in(f"7. {short}. 2026")
    assert format_day(found.day).split()[1].startswith(short)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("innan utgangen av september 2026", date(2026, 9, 30)),
        ("innen utløpet av feb. 2028", date(2028, 2, 29)),
        ("ved utgangen av juli", date(2026, 7, 31)),
        ("ved utgangen av juni", date(2027, 6, 30)),
    ],
)
def test_month_ends_in_when_the_end_of_a_month_is_named_then_it_is_its_last_day(text, day):
    [found] = month_ends_in(text, since=SINCE)
    assert (found.day, found.at) == (day, None)
    assert text[found.start :].startswith("ut")


def test_month_ends_in_when_there_is_no_year_to_go_by_then_nothing_is_found():
    assert month_ends_in("ved utgangen av juli, i slutten av august 2026") == []
