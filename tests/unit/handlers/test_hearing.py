"""Who is told of a matter once people have corrected it, through all three steps."""

import pytest
import sqlalchemy as sa

from consultations.domain.observation import Status
from consultations.handlers.correction import Wish
from consultations.store.checksums import checksums
from consultations.store.database import Database
from consultations.store.tables import DeliveryRow
from tests.building import at, deadline, observation
from tests.pipeline import KEY, engine, ledger_keys, say, take_in

TO_CULTURE = Wish("Kari Nordmann", lead="kultur", reason="Gjelder kulturminner")


@pytest.fixture
def carrier(database, rules):
    return engine(database, rules, clock=lambda: at(9))


@pytest.fixture
def tell(database, rules, carrier):
    def tell(wish, day):
        say(database, rules, wish, at=at(day))
        carrier.drain()

    return tell


def told(database, channel):
    """What a channel is owed, by type, in the order it happened."""
    with database.reading() as session:
        rows = session.execute(
            sa.select(DeliveryRow.fact)
            .where(DeliveryRow.channel == channel)
            .order_by(DeliveryRow.occurred_at, DeliveryRow.id)
        )
        return [fact for (fact,) in rows]


def words(database, channel):
    query = sa.select(DeliveryRow.words).where(
        DeliveryRow.channel == channel, DeliveryRow.fact == "corrected"
    )
    with database.reading() as session:
        return list(session.scalars(query))


def test_moved_then_the_new_one_and_the_old_one_are_told_once_each(database, carrier, tell):
    take_in(carrier, [observation()])
    tell(TO_CULTURE, 1)
    assert told(database, "kultur") == ["corrected"]
    assert told(database, "oppvekst") == ["opened", "corrected"]
    signed = "Kari Nordmann 5. juli 2026: Gjelder kulturminner."
    assert words(database, "kultur") == [f"Flyttet hit av {signed}"]
    (left,) = words(database, "oppvekst")
    assert left.startswith("Flyttet til ")
    assert left.endswith(f" av {signed}")


def test_moved_when_something_happens_later_then_only_the_new_one_hears(database, carrier, tell):
    take_in(carrier, [observation()])
    tell(TO_CULTURE, 1)
    take_in(carrier, [observation(3, deadlines=(deadline("2026-08-28"),))])
    assert told(database, "kultur") == ["corrected", "deadline_moved"]
    assert told(database, "oppvekst") == ["opened", "corrected"]


def test_moved_when_what_was_fetched_before_is_still_on_its_way_then_the_new_one_hears_of_it(
    database, carrier, tell
):
    take_in(carrier, [observation()])
    tell(TO_CULTURE, 2)
    take_in(carrier, [observation(1, deadlines=(deadline("2026-08-28"),))])
    assert "deadline_moved" in told(database, "kultur")
    assert told(database, "oppvekst") == ["opened", "corrected"]


def test_moved_when_something_from_before_comes_late_then_told_to_those_it_was_for(
    database, carrier, tell
):
    take_in(carrier, [observation(), observation(3, title="Høring om barnevernsloven, rettet")])
    tell(TO_CULTURE, 4)
    take_in(carrier, [observation(2, deadlines=(deadline("2026-08-28"),))])
    assert "deadline_moved" in told(database, "oppvekst")


def test_moved_when_the_text_changes_then_the_old_one_is_not_drawn_in_again(
    database, carrier, tell
):
    take_in(carrier, [observation()])
    tell(TO_CULTURE, 1)
    take_in(carrier, [observation(3, title="Høring om barnevernsloven og fosterhjem")])
    assert told(database, "oppvekst") == ["opened", "corrected"]


def test_moved_back_then_each_is_told_of_each_move(database, carrier, tell):
    take_in(carrier, [observation()])
    tell(TO_CULTURE, 1)
    tell(Wish("Ola", lead="oppvekst"), 2)
    take_in(carrier, [observation(3, status=Status.CANCELLED)])
    assert told(database, "oppvekst") == ["opened", "corrected", "corrected", "cancelled"]
    assert told(database, "kultur") == ["corrected", "corrected"]


def test_confirmed_then_nobody_is_told(database, carrier, tell):
    take_in(carrier, [observation()])
    before = ledger_keys(database)
    tell(Wish("Kari", lead="oppvekst"), 1)
    assert ledger_keys(database) == before


def test_given_the_lead_when_it_only_read_along_then_it_is_told(database, carrier, tell):
    take_in(carrier, [observation(title="Høring om barnevernsloven og opplæringsloven")])
    assert told(database, "utdanning") == ["opened"]
    tell(Wish("Kari", lead="utdanning"), 1)
    assert words(database, "utdanning") == ["Flyttet hit av Kari 5. juli 2026."]
    assert told(database, "oppvekst") == ["opened", "corrected"]
    tell(Wish("Ola", lead="utdanning"), 2)
    assert told(database, "utdanning") == ["opened", "corrected"]


def test_placed_when_the_tracker_abstained_then_triage_lets_go(database, carrier, tell):
    take_in(carrier, [observation(title="Forslag", senders=())])
    tell(Wish("Kari", lead="oppvekst"), 1)
    take_in(carrier, [observation(3, title="Forslag", senders=(), status=Status.CANCELLED)])
    assert told(database, "triage") == ["opened", "corrected"]
    assert told(database, "oppvekst") == ["corrected", "cancelled"]


def test_called_eu_then_brussels_hears_and_the_section_is_left_in_peace(database, carrier, tell):
    take_in(carrier, [observation()])
    tell(Wish("Kari", brussels=True), 1)
    assert words(database, "internasjonalt") == ["Merket som EU/EØS-sak av Kari 5. juli 2026."]
    assert told(database, "oppvekst") == ["opened"]
    tell(Wish("Ola", brussels=False), 2)
    assert words(database, "internasjonalt")[1].startswith("EU/EØS-merket er tatt bort av Ola")
    take_in(carrier, [observation(3, status=Status.CANCELLED)])
    assert told(database, "internasjonalt") == ["corrected", "corrected"]


def test_called_none_of_ours_then_those_told_are_told_so_and_no_more(database, carrier, tell):
    take_in(carrier, [observation()])
    tell(Wish("Kari", lead="none"), 1)
    assert words(database, "oppvekst") == ["Satt til «ikke for KS» av Kari 5. juli 2026."]
    take_in(carrier, [observation(3, status=Status.CANCELLED)])
    assert told(database, "oppvekst") == ["opened", "corrected"]


def test_moved_when_nobody_had_heard_of_it_then_only_the_new_one_is_told(database, carrier, tell):
    take_in(carrier, [observation(published_on=at(-90).date())], backfill=True)
    tell(TO_CULTURE, 1)
    assert ledger_keys(database) != []
    assert told(database, "kultur") == ["corrected"]
    assert told(database, "oppvekst") == []


def test_moved_when_it_was_over_long_ago_then_nobody_is_told(database, carrier, tell):
    old = observation(published_on=at(-90).date(), deadlines=(deadline("2026-05-01"),))
    take_in(carrier, [old], backfill=True)
    tell(TO_CULTURE, 1)
    assert ledger_keys(database) == []


def test_moved_when_the_deadline_has_just_passed_then_told_all_the_same(database, carrier, tell):
    take_in(carrier, [observation(deadlines=(deadline("2026-07-05"),))])
    tell(TO_CULTURE, 3)
    assert told(database, "kultur") == ["corrected"]


def test_said_twice_then_told_once(database, carrier, tell):
    take_in(carrier, [observation()])
    tell(TO_CULTURE, 1)
    before = ledger_keys(database)
    tell(TO_CULTURE, 2)
    carrier.drain()
    assert ledger_keys(database) == before
    assert len(set(before)) == len(before)


@pytest.mark.parametrize("corrected_on", [1, 4], ids=["seen after", "fetched before"])
def test_a_later_text_brings_brussels_in_then_it_hears_from_the_beginning(
    database, carrier, tell, corrected_on
):
    take_in(carrier, [observation()])
    tell(TO_CULTURE, corrected_on)
    eu = "Gjennomføring av direktiv (EU) 2024/3019 om rensing av avløpsvann i kommunene"
    take_in(carrier, [observation(3, title=eu, senders=("Klima- og miljødepartementet",))])
    assert told(database, "internasjonalt")[0] == "opened"
    assert "klima-miljo" not in {key.rsplit("|")[-1] for key in ledger_keys(database)}


def test_ledger_when_entered_at_once_then_the_same_as_little_by_little(database, rules):
    little = engine(database, rules, clock=lambda: at(9))
    take_in(little, [observation()])
    for day, wish in [(1, TO_CULTURE), (2, Wish("Ola", lead="oppvekst")), (4, TO_CULTURE)]:
        say(database, rules, wish, at=at(day))
        little.drain()
        take_in(little, [observation(day, deadlines=(deadline(f"2026-08-2{day}"),))])
    before = ledger_keys(database)
    with database.transaction() as session:
        session.query(DeliveryRow).delete()
    little.resend("events.v1", KEY, _any_event(database))
    little.drain()
    assert ledger_keys(database) == before


def _any_event(database):
    with database.reading() as session:
        return session.scalar(sa.text("SELECT value FROM outbox ORDER BY id LIMIT 1"))


def test_correction_when_the_process_is_killed_anywhere_on_its_way_then_comes_to_the_same(
    tmp_path, rules
):
    outcomes = []
    for kills in range(6):
        database = Database(f"sqlite:///{tmp_path / f'{kills}.db'}")
        database.migrate()
        take_in(engine(database, rules, clock=lambda: at(9)), [observation()])
        say(database, rules, TO_CULTURE, at=at(1))
        for _ in range(kills):
            engine(database, rules, clock=lambda: at(9)).run_once()
        take_in(engine(database, rules, clock=lambda: at(9)), [observation(3, title="Ny tittel")])
        with database.reading() as session:
            outcomes.append(checksums(session))
        database.close()
    assert all(outcome == outcomes[0] for outcome in outcomes)
