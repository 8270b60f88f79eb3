"""Addresses that let in who knows them."""

import pytest

from consultations.domain.errors import NotFound
from consultations.store import secret_addresses
from consultations.store.secret_addresses import CALENDARS, Purpose
from tests.building import at


@pytest.fixture
def made(database):
    with database.transaction() as session:
        return secret_addresses.make(
            session, Purpose.CALENDAR_SECTION, "oppvekst", "Kari", at(0)
        )  # fmt: skip


def test_address_when_made_then_it_has_at_least_160_random_bits_and_is_found(database, made):
    assert len(made.token) * 6 >= 160
    with database.reading() as session:
        assert secret_addresses.find(session, made.token, CALENDARS) == made
    assert made.full("https://h.example.org/") == f"https://h.example.org/kalender/{made.token}.ics"


def test_addresses_when_two_lead_to_the_same_then_they_differ_and_both_stand(database, made):
    with database.transaction() as session:
        other = secret_addresses.make(session, made.purpose, made.target, "Ola", at(1))
        assert other.token != made.token
        assert secret_addresses.find(session, made.token, CALENDARS)
        assert secret_addresses.listed(session) == [other, made]


def test_address_when_asked_for_another_purpose_then_it_is_not_found(database, made):
    with database.reading() as session:
        assert secret_addresses.find(session, made.token, [Purpose.UNSUBSCRIBE]) is None
        assert secret_addresses.find(session, made.token.swapcase(), CALENDARS) is None


def test_address_when_withdrawn_then_it_is_not_found_and_still_listed(database, made):
    with database.transaction() as session:
        secret_addresses.revoke(session, made.token[:10], at(2))
        assert secret_addresses.find(session, made.token, CALENDARS) is None
        (listed,) = secret_addresses.listed(session)
    assert listed.revoked_at == at(2)


@pytest.mark.parametrize("beginning", ["", "abc", "finnes-ikke", "%%%%%%", "______"])
def test_revoke_when_it_names_no_single_address_then_nothing_is_withdrawn(
    database, made, beginning
):
    with pytest.raises(NotFound), database.transaction() as session:
        secret_addresses.revoke(session, beginning, at(2))
    with database.reading() as session:
        assert secret_addresses.find(session, made.token, CALENDARS)


def test_way_out_of_the_mail_when_asked_for_again_then_it_is_the_same(database):
    with database.transaction() as session:
        first = secret_addresses.for_readers(session, ["kari", "ola"], at(0))
        again = secret_addresses.for_readers(session, ["kari"], at(1))["kari"]
    assert again == first["kari"]
    assert first["kari"].token != first["ola"].token
    assert again.path == f"/avmeld/{again.token}"


def test_way_out_of_the_mail_when_withdrawn_then_a_new_one_is_made(database):
    with database.transaction() as session:
        first = secret_addresses.for_readers(session, ["kari"], at(0))["kari"]
        secret_addresses.revoke(session, first.token, at(1))
        assert secret_addresses.for_readers(session, ["kari"], at(2))["kari"].token != first.token


def test_no_when_said_twice_and_taken_back_then_the_last_word_counts(database):
    with database.transaction() as session:
        for day in range(2):
            secret_addresses.unsubscribe(session, "kari", at(day))
        assert secret_addresses.is_unsubscribed(session, "kari")
        secret_addresses.subscribe_again(session, "kari")
        assert not secret_addresses.is_unsubscribed(session, "kari")
