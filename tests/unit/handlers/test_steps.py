"""The steps one by one, on the real rules."""

from datetime import timedelta

import pytest

from consultations.domain.errors import InvalidRecord
from consultations.domain.observation import Status
from consultations.handlers.intake import intake
from consultations.store import consultations, dead_letters
from consultations.store.bus import Message
from consultations.store.dead_letters import LetterState
from tests.building import ReadBack, at, deadline, observation, record
from tests.pipeline import engine, event_ids, ledger_keys, take_in

KEY = observation().key
TWO_WEEKS = timedelta(days=14)


@pytest.fixture
def carrier(database, rules):
    return engine(database, rules, clock=lambda: at(0))


def dossier(database):
    with database.reading() as session:
        return consultations.find(session, [KEY])[KEY]


def letters(database):
    with database.reading() as session:
        return dead_letters.listed(session, LetterState.OPEN)


def test_intake_when_new_is_routed_and_owed_to_the_section(database, carrier):
    take_in(carrier, [observation()])
    assert dossier(database).decision.lead == "oppvekst"
    assert ledger_keys(database) == [f"{KEY}|opened|oppvekst"]


def test_intake_when_the_same_record_comes_twice_changes_nothing(database, carrier):
    take_in(carrier, [observation()])
    before = event_ids(database)
    take_in(carrier, [observation(), observation()])
    assert event_ids(database) == before
    assert len(dossier(database).history.sightings) == 1


def test_intake_when_an_older_record_comes_late_keeps_the_newer_state(database, carrier):
    take_in(carrier, [observation(2, title="Ny tittel")])
    take_in(carrier, [observation(0, title="Gammel tittel")])
    assert dossier(database).history.latest.title == "Ny tittel"


def test_tracking_when_the_deadline_moves_owes_it_to_those_who_were_told(database, carrier):
    take_in(carrier, [observation()])
    take_in(carrier, [observation(1, deadlines=(deadline("2026-08-28"),))])
    assert f"{KEY}|deadline_moved/written_answer/2026-08-28T21:59:59+00:00/1|oppvekst" in (
        ledger_keys(database)
    )


def test_tracking_when_the_text_moves_to_another_section_tells_both(database, carrier):
    take_in(carrier, [observation()])
    take_in(carrier, [observation(1, title="Høring om endringer i kulturminneloven", senders=())])
    keys = ledger_keys(database)
    assert f"{KEY}|opened|oppvekst" in keys
    assert f"{KEY}|opened|kultur" in keys


def test_tracking_when_cancelled_owes_it(database, carrier):
    take_in(carrier, [observation(), observation(1, status=Status.CANCELLED)])
    assert f"{KEY}|cancelled/1|oppvekst" in ledger_keys(database)


def test_tracking_when_registered_as_old_history_owes_nothing(database, carrier):
    take_in(carrier, [observation(published_on=at(-90).date())], backfill=True)
    assert ledger_keys(database) == []
    assert dossier(database).decision.lead == "oppvekst"


def test_tracking_when_brussels_is_concerned_owes_it_too(database, carrier):
    eu = observation(
        title="Gjennomføring av direktiv (EU) 2024/3019 om rensing av avløpsvann",
        senders=("Klima- og miljødepartementet",),
    )
    take_in(carrier, [eu])
    assert f"{KEY}|opened|internasjonalt" in ledger_keys(database)
    assert f"{KEY}|opened|klima-miljo" in ledger_keys(database)


def test_tracking_when_routing_abstains_owes_it_to_triage(database, carrier):
    take_in(carrier, [observation(title="Forslag", senders=(), deadlines=())])
    assert ledger_keys(database) == [f"{KEY}|opened|triage"]


def test_routing_when_the_text_comes_back_shows_the_first_decision_again(database, carrier):
    other = observation(1, title="Høring om endringer i kulturminneloven", senders=())
    take_in(carrier, [observation(), other])
    assert dossier(database).decision.lead == "kultur"
    take_in(carrier, [observation(2)])
    assert dossier(database).decision.lead == "oppvekst"
    assert len(dossier(database).decisions) == 2


class Unreadable(ReadBack):
    def parse(self, record):
        raise InvalidRecord("siden har ingen tittel")


class Better(ReadBack):
    """A parser that finds the reference that the first one missed."""

    def __init__(self):
        super().__init__(reading=2)

    def parse(self, record):
        return super().parse(record).model_copy(update={"reference": "26/1"})


def message(seen):
    return Message("t", 1, seen.key, record(seen).model_dump_json().encode())


def test_intake_when_a_better_parser_reads_the_next_record_history_shows_no_change(database):
    with database.transaction() as session:
        first = [message(observation(0))]
        intake(
            session,
            first,
            readers={"regjeringen": ReadBack()},
            news_age=TWO_WEEKS,
            clock=lambda: at(0),
        )
    with database.transaction() as session:
        second = [message(observation(1))]
        intake(
            session,
            second,
            readers={"regjeringen": Better()},
            news_age=TWO_WEEKS,
            clock=lambda: at(1),
        )
    (version,) = dossier(database).history.versions
    assert version.observation.reference == "26/1"
    assert version.first_seen_at == at(0)


def test_tracking_when_a_better_parser_finds_moves_in_the_past_hushes_them(database, rules):
    class Exact(ReadBack):
        def __init__(self):
            super().__init__(reading=2)

        def parse(self, record):
            seen = super().parse(record)
            noon = [d.model_copy(update={"at": d.at - timedelta(hours=12)}) for d in seen.deadlines]
            return seen.model_copy(update={"deadlines": tuple(noon)})

    moved = deadline("2026-08-28"), deadline("2026-09-04")
    first = engine(database, rules, clock=lambda: at(0))
    take_in(first, [observation(0), observation(1, deadlines=moved[:1])])
    told = ledger_keys(database)
    better = engine(database, rules, clock=lambda: at(0), reader=Exact())
    take_in(better, [observation(2, deadlines=moved[1:])])
    assert set(ledger_keys(database)) - set(told) == {
        f"{KEY}|deadline_moved/written_answer/2026-09-04T09:59:59+00:00/1|oppvekst"
    }


def test_intake_when_history_cannot_be_read_any_more_keeps_it_as_it_was_read(database):
    class Stricter(ReadBack):
        def parse(self, record):
            if record.fetched_at == at(0):
                raise InvalidRecord("ukjent oppsett")
            return super().parse(record)

    with database.transaction() as session:
        first = [message(observation(0))]
        intake(
            session,
            first,
            readers={"regjeringen": ReadBack()},
            news_age=TWO_WEEKS,
            clock=lambda: at(0),
        )
    with database.transaction() as session:
        second = [message(observation(1, title="b"))]
        intake(
            session,
            second,
            readers={"regjeringen": Stricter(2)},
            news_age=TWO_WEEKS,
            clock=lambda: at(1),
        )
    assert len(dossier(database).history.versions) == 2


def take(database, batch, reader):
    with database.transaction() as session:
        return intake(
            session,
            batch,
            readers={"regjeringen": reader},
            news_age=TWO_WEEKS,
            clock=lambda: at(0),
        )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "meldingen"),
        (b"\xff\xfe", "meldingen"),
        (b"{}", "source"),
        (b"[1, 2]", "meldingen"),
        (record(observation()).model_dump_json().encode()[:-20], "meldingen"),
        (record(observation()).model_copy(update={"schema_version": 9}).model_dump_json().encode(),
         "schema_version"),
        (record(observation()).model_copy(update={"source": "ukjent"}).model_dump_json().encode(),
         "ukjent kilde"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_intake_when_a_message_is_broken_buries_it_and_takes_the_others(database, value, reason):
    good = record(observation()).model_dump_json().encode()
    batch = [Message("t", 1, KEY, value), Message("t", 2, KEY, good)]
    result = take(database, batch, ReadBack())
    assert (result.handled, result.dead) == (2, 1)
    (letter,) = letters(database)
    assert letter.body == value
    assert reason in letter.reason
    assert dossier(database)


def test_intake_when_the_page_cannot_be_read_says_which_source_and_why(database):
    batch = [Message("t", 7, KEY, record(observation()).model_dump_json().encode())]
    take(database, batch, Unreadable())
    (letter,) = letters(database)
    assert (letter.source, letter.place, letter.reason) == (
        "regjeringen", "t/0 nr. 7", "siden har ingen tittel",
    )  # fmt: skip


def test_intake_when_a_record_comes_under_another_key_buries_it(database):
    batch = [Message("t", 7, "andre:1", record(observation()).model_dump_json().encode())]
    take(database, batch, ReadBack())
    (letter,) = letters(database)
    assert letter.reason == f"nøkkelen er «andre:1», ventet «{KEY}»"


def test_routing_and_tracking_when_an_event_is_broken_bury_it_once_each(database, carrier):
    carrier.resend("events.v1", "x", b"{not json")
    carrier.drain()
    assert sorted(letter.step for letter in letters(database)) == ["routing", "tracking"]


def test_facts_are_owed_by_when_they_were_seen_not_by_the_clock(database, rules):
    late = engine(database, rules, clock=lambda: at(0) + timedelta(days=900))
    take_in(late, [observation()])
    assert ledger_keys(database) == [f"{KEY}|opened|oppvekst"]
