"""What becomes of a correction: kept once, shown at once, refused with a remedy."""

import json

import pytest
import sqlalchemy as sa

from consultations.domain.errors import NotFound
from consultations.domain.events import Event, EventType
from consultations.handlers.correction import Refused, Wish
from consultations.store import consultations, dead_letters, listing
from consultations.store.listing import Filters, Order
from consultations.store.tables import CorrectionRow, OutboxRow
from tests.building import at, observation
from tests.pipeline import KEY, engine, say, take_in

KARI = Wish("Kari Nordmann", lead="kultur", reason="Gjelder kulturminner")


@pytest.fixture
def carrier(database, rules):
    carrier = engine(database, rules, clock=lambda: at(9))
    take_in(carrier, [observation()])
    return carrier


@pytest.fixture
def tell(database, rules, carrier):
    def tell(wish, day=1, key=KEY):
        return say(database, rules, wish, at=at(day), key=key)

    return tell


def dossier(database, key=KEY):
    with database.reading() as session:
        return consultations.find(session, [key])[key]


def listed(database, **filters):
    with database.reading() as session:
        return listing.page(session, Filters(**filters), Order.NEWEST, 1, at(9))


def kept(database):
    with database.reading() as session:
        return list(session.scalars(sa.select(CorrectionRow).order_by(CorrectionRow.id)))


def test_correct_when_moved_then_stands_beside_what_the_tracker_said(database, tell):
    tell(KARI)
    now = dossier(database)
    assert (now.decision.lead, now.own_decision.lead) == ("kultur", "oppvekst")
    (word,) = now.decision.corrections
    assert (word.by, word.reason, word.at) == ("Kari Nordmann", "Gjelder kulturminner", at(1))


def test_correct_when_moved_then_lists_show_it_at_once(database, tell):
    tell(KARI)
    (line,) = listed(database, section="kultur")
    assert line.lead == "kultur"
    assert not listed(database, section="oppvekst")


def test_correct_when_called_eu_or_not_then_lists_show_the_mark(database, tell):
    tell(Wish("Kari", brussels=True))
    assert listed(database, eu_eea=True)
    tell(Wish("Kari", brussels=False), day=2)
    assert not listed(database, eu_eea=True)


def test_correct_when_the_text_changes_later_then_still_stands(database, tell, carrier):
    tell(KARI)
    take_in(carrier, [observation(3, title="Høring om endringer i barnehageloven")])
    assert dossier(database).decision.lead == "kultur"
    assert [line.lead for line in listed(database)] == ["kultur"]


def test_correct_when_the_event_comes_back_then_kept_once_and_nothing_moves(
    database, tell, carrier
):
    tell(KARI)
    with database.reading() as session:
        (value,) = session.scalars(
            sa.select(OutboxRow.value).where(OutboxRow.event_id.endswith("corrected"))
        )
    for _ in range(2):
        carrier.resend("events.v1", KEY, value)
        carrier.drain()
    assert len(kept(database)) == 1
    assert dossier(database).decision.lead == "kultur"


def test_correct_when_the_same_is_said_again_then_kept_once(database, tell):
    assert tell(KARI).is_new
    assert not tell(KARI, day=2).is_new
    assert len(kept(database)) == 1


def test_correct_when_another_says_the_same_then_both_are_kept(database, tell):
    tell(KARI)
    assert tell(Wish("Ola", lead="kultur"), day=2).is_new
    assert [row.made_by for row in kept(database)] == ["Kari Nordmann", "Ola"]


def test_correct_when_said_again_after_another_word_then_kept(database, tell):
    tell(KARI)
    tell(Wish("Ola", lead="oppvekst"), day=2)
    assert tell(KARI, day=3).is_new
    assert dossier(database).decision.lead == "kultur"


def test_correct_when_one_of_two_sides_was_overruled_then_said_again_is_new(database, tell):
    both = Wish("Kari", lead="kultur", brussels=True)
    tell(both)
    tell(Wish("Ola", brussels=False), day=2)
    assert tell(both, day=3).is_new
    assert dossier(database).decision.brussels


def test_correct_when_the_tracker_was_right_then_kept_all_the_same(database, tell):
    assert tell(Wish("Kari", lead="oppvekst")).is_new
    assert dossier(database).decision.lead == "oppvekst"


def test_correct_when_the_clock_was_set_back_then_the_last_word_still_wins(database, tell):
    tell(KARI, day=5)
    tell(Wish("Ola", lead="oppvekst"), day=2)
    assert dossier(database).decision.lead == "oppvekst"
    first, second = kept(database)
    assert first.made_at < second.made_at


def test_correct_when_abstained_then_no_longer_waits(database, tell, carrier):
    take_in(carrier, [observation(external_id="9", title="Forslag", senders=(), deadlines=())])
    key = "regjeringen:9"
    assert listed(database, needs_human=True)
    tell(Wish("Kari", lead="kultur"), key=key)
    assert not listed(database, needs_human=True)


@pytest.mark.parametrize(
    ("wish", "field", "words"),
    [
        (Wish("Kari", lead="none", brussels=True), "lead", "ikke er for KS"),
        (Wish("", lead="kultur"), "by", "Skriv navnet"),
        (Wish(" \t\u200b\u202e\x00", lead="kultur"), "by", "Skriv navnet"),
        (Wish("k" * 121, lead="kultur"), "by", "høyst 120"),
        (Wish("Kari", lead="kultur", reason="x" * 2001), "reason", "høyst 2000"),
        (Wish("Kari"), "lead", "Velg en seksjon"),
        (Wish("Kari", lead="finnes-ikke"), "lead", "ventet en av: arbeidsgiver"),
        (Wish("Kari", lead=""), "lead", "Ukjent seksjon"),
    ],
)
def test_correct_when_it_cannot_be_done_then_says_which_field_and_what_to_do(
    database, tell, wish, field, words
):
    with pytest.raises(Refused, match=words) as refusal:
        tell(wish)
    assert refusal.value.field == field
    assert kept(database) == []


def test_correct_when_there_is_no_such_consultation_then_not_found(tell):
    with pytest.raises(NotFound, match="regjeringen:1"):
        tell(KARI, key="regjeringen:1")


def test_correct_when_the_text_is_not_decided_yet_then_asks_to_wait(database, rules):
    idle = engine(database, rules, clock=lambda: at(9))
    idle._runners = idle._runners[:1]  # intake alone
    take_in(idle, [observation()])
    with pytest.raises(Refused, match="Vent et minutt"):
        say(database, rules, KARI, at=at(1))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("<b>Kari</b>\r\n Nordmann", "<b>Kari</b> Nordmann"),
        ("Ka\u202eri\u200b \x1b[31mN", "Kari [31mN"),
        ("@channel <!here> *Kari*", "@channel <!here> *Kari*"),
        ("Kari\ud800", "Kari"),
        ("ﷺ 👩‍👩‍👧", "ﷺ 👩👩👧"),
    ],
)
def test_correct_when_the_words_are_hostile_then_kept_without_what_nobody_sees(
    database, tell, carrier, typed, read
):
    tell(Wish(typed, lead="kultur", reason=typed))
    carrier.drain()
    (row,) = kept(database)
    assert (row.made_by, row.reason) == (read, read)


def event(key=KEY, **given):
    said = {"at": at(1), "seen_at": at(0), "by": "Kari", "lead": "kultur", **given}
    return Event.model_validate(
        {
            "id": f"{key}/x/corrected", "type": EventType.CORRECTED, "consultation": key,
            "occurred_at": at(1), "correction": said,
        }
    )  # fmt: skip


def test_routing_when_the_correction_is_of_an_unknown_matter_then_a_dead_letter(database, carrier):
    unknown = event("regjeringen:404")
    carrier.resend("events.v1", unknown.consultation, unknown.model_dump_json().encode())
    carrier.drain()
    with database.reading() as session:
        (letter,) = dead_letters.listed(session)
    assert letter.step == "routing"
    assert "regjeringen:404" in letter.reason
    take_in(carrier, [observation(external_id="404")])
    carrier.resend("events.v1", "regjeringen:404", letter.body)
    carrier.drain()
    assert dossier(database, "regjeringen:404").decision.lead == "kultur"


def test_routing_when_corrections_come_out_of_order_then_the_last_said_stands(database, carrier):
    later = event(at=at(3), lead="helse-omsorg").model_copy(update={"id": "later"})
    for one in (later, event()):
        carrier.resend("events.v1", KEY, one.model_dump_json().encode())
    carrier.drain()
    assert dossier(database).decision.lead == "helse-omsorg"
    assert [line.lead for line in listed(database)] == ["helse-omsorg"]


def test_routing_when_a_correction_says_nothing_then_a_dead_letter_of_each_step(database, carrier):
    broken = event().model_dump(mode="json") | {"correction": None}
    carrier.resend("events.v1", KEY, json.dumps(broken).encode())
    carrier.drain()
    with database.reading() as session:
        assert sorted(one.step for one in dead_letters.listed(session)) == ["routing", "tracking"]
