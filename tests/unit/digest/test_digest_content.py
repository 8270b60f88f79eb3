"""What each reader of the weekly mail is told, and what not."""

from datetime import UTC, date, datetime, timedelta

import pytest

from consultations.domain.observation import DeadlineKind, Kind, Status
from consultations.domain.response.acts import (
    Advanced,
    Choice,
    Demanded,
    Judged,
    Linked,
    Relation,
    Triaged,
    Verdict,
)
from consultations.store.database import Database
from tests.building import at, deadline, observation
from tests.digest_building import MONDAY, PAGES, State, keep, letter, see_sources, text

NOTHING = "Ingenting nytt i det du følger, og ingen frister de neste fire ukene."
BREACH = "Utredningsinstruksen punkt 3-3 krever minst seks uker."


@pytest.fixture(autouse=True)
def _sources(database: Database) -> None:
    see_sources(database)


def matter(number: int, seen: float = 0, **given: object) -> object:
    return observation(
        external_id=str(number), observed_at=at(0) + timedelta(days=seen),
        title=given.pop("title", f"Sak nummer {number}"), **given,
    )  # fmt: skip


def test_new_when_it_belongs_to_the_reader_then_stands_under_its_section_with_its_deadline(
    database,
):
    keep(database)
    said = text(database, "barnevern")
    assert "Nye høringer" in said
    assert "Oppvekst, barnevern og familie" in said
    assert "Høring om endringer i barnevernsloven" in said
    assert "Fra Barne- og familiedepartementet." in said
    assert "Fristen for å svare er fredag 14. august 2026." in said
    assert f"{PAGES}/horinger/regjeringen:3167072" in said


def test_new_when_it_belongs_to_others_then_the_reader_does_not_hear_of_it(database):
    keep(database, lead="klima-miljo")
    assert "barnevernsloven" not in text(database, "barnevern")


def test_new_when_the_reader_only_reads_along_then_says_who_holds_the_pen(database):
    keep(database, lead="klima-miljo", seconds=("oppvekst",))
    said = text(database, "barnevern")
    assert "Klima, miljø, vann og avfall fører saken." in said


def test_new_when_it_is_not_for_ks_then_leaders_only_hear_how_many(database):
    keep(database, lead="none")
    said = text(database, "ledelsen")
    assert "barnevernsloven" not in said
    assert "I tillegg er 1 ny høring vurdert til ikke å gjelde KS." in said
    assert "gjelde KS" not in text(database, "medlemmer")


def test_new_when_nobody_is_sure_then_says_that_a_person_must_choose(database):
    keep(database, abstained=True)
    said = text(database, "barnevern")
    assert "Ikke fordelt til en seksjon ennå" in said
    assert "Kanskje Oppvekst, barnevern og familie; et menneske må velge seksjon." in said
    assert "menneske" not in text(database, "medlemmer")


def test_new_when_it_was_seen_before_the_week_then_it_is_not_told_again(database):
    keep(database, matter(1, seen=-10))
    assert "Sak nummer 1" not in text(database, "barnevern")


def test_new_when_seen_on_the_minute_of_sending_then_it_waits_for_the_next_mail(database):
    keep(database, observation(observed_at=MONDAY))
    assert "Nye høringer" not in text(database, "barnevern")


def test_new_when_a_first_run_found_it_among_old_ones_then_only_what_is_recent_is_new(database):
    keep(database, matter(1, published_on=date(2026, 7, 1)), backfill=True)
    keep(database, matter(2, published_on=date(2025, 1, 1)), backfill=True)
    said = text(database, "barnevern")
    assert "Sak nummer 1" in said
    assert "Sak nummer 2" not in said


def test_new_when_no_deadline_is_stated_then_says_so(database):
    keep(database, observation(deadlines=()))
    assert "Fristen er ikke oppgitt." in text(database, "barnevern")


def test_due_when_within_four_weeks_then_stands_under_its_week(database):
    keep(database, matter(1, seen=-60, deadlines=(deadline("2026-07-10"),)))
    keep(database, matter(2, seen=-60, deadlines=(deadline("2026-08-02"),)))
    keep(database, matter(3, seen=-60, deadlines=(deadline("2026-08-07"),)))
    said = text(database, "barnevern")
    assert said.index("Uke 28, denne uken") < said.index("Sak nummer 1") < said.index("Uke 31")
    assert "Sak nummer 2" in said
    assert "Sak nummer 3" not in said


def test_due_when_a_hearing_has_two_deadlines_then_both_are_told(database):
    both = (
        deadline("2026-07-08", DeadlineKind.REQUEST_TO_APPEAR),
        deadline("2026-07-20", DeadlineKind.WRITTEN_ANSWER),
        deadline("2026-07-22", DeadlineKind.HEARING_DAY),
    )
    keep(database, matter(1, seen=-60, kind=Kind.COMMITTEE_HEARING, deadlines=both))
    said = text(database, "barnevern")
    assert "Fristen for å be om å møte er onsdag 8. juli 2026." in said
    assert "Fristen for å svare er mandag 20. juli 2026." in said
    assert "22. juli" not in said


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.UNDER_REVIEW])
def test_due_when_the_matter_is_closed_then_its_deadline_is_nobodys(database, status):
    keep(database, matter(1, seen=-60, deadlines=(deadline("2026-07-10"),), status=status))
    assert "Sak nummer 1" not in text(database, "barnevern")


def test_due_when_ks_works_with_it_then_says_how_far_and_who(database):
    keep(
        database, matter(1, seen=-60, deadlines=(deadline("2026-07-10"),)),
        work={"state": State.DRAFT, "owner": "kari-eksempel"},
    )  # fmt: skip
    assert "KS: utkast, Kari Eksempel." in text(database, "barnevern")
    assert "utkast" not in text(database, "medlemmer")


def test_due_when_ks_has_agreed_on_a_later_day_then_says_that_too(database):
    later = deadline("2026-07-31").at
    keep(
        database, matter(1, seen=-60, deadlines=(deadline("2026-07-10"),)),
        work={"state": State.DRAFT, "deadline_at": later},
    )  # fmt: skip
    assert "Avtalt frist for KS er fredag 31. juli 2026." in text(database, "barnevern")


def test_moved_when_a_deadline_moved_then_says_from_what_to_what(database):
    keep(database, observation(-20), observation(deadlines=(deadline("2026-08-21"),)))
    said = text(database, "barnevern")
    assert "Flyttet, avlyst eller åpnet igjen" in said
    assert "flyttet fra 14. august 2026 til 21. august 2026." in said


def test_moved_when_a_matter_is_cancelled_then_says_so(database):
    keep(database, observation(-20), observation(status=Status.CANCELLED))
    assert "Høringen er avlyst." in text(database, "barnevern")


def test_eu_when_a_matter_has_eu_law_in_it_then_both_deadlines_are_told_or_missed(database):
    keep(database, lead="klima-miljo", eu_eea=True, brussels=True)
    said = text(database, "brussel")
    assert "EU- og EØS-saker" in said
    assert "Norsk frist: fredag 14. august 2026. EU-frist: ikke oppgitt." in said
    assert "Ny. Fra Barne- og familiedepartementet." in said


def test_eu_when_two_matters_are_answered_together_then_each_has_both_deadlines(database):
    joint = Linked(
        number=1, at=at(-1), by="Kari", relation=Relation.JOINT, to="eu:2026/1",
    )  # fmt: skip
    keep(database, eu_eea=True, acts=[joint])
    keep(
        database,
        observation(
            source="eu", external_id="2026/1", kind=Kind.EU_INITIATIVE, title="Water resilience",
            language="en", deadlines=(deadline("2026-07-20", DeadlineKind.EU_FEEDBACK),),
        ),
        lead="internasjonalt", eu_eea=True,
    )  # fmt: skip
    said = text(database, "brussel")
    both = "Norsk frist: fredag 14. august 2026. EU-frist: mandag 20. juli 2026."
    assert said.count(both) == 2
    assert "Besvares sammen med «Water resilience»." in said


def test_short_when_less_than_six_weeks_are_given_then_says_what_the_rules_ask(database):
    keep(database, observation(deadlines=(deadline("2026-07-24"),)))
    assert BREACH in text(database, "barnevern")


def test_short_when_eea_law_allows_it_then_it_is_no_breach(database):
    keep(database, observation(deadlines=(deadline("2026-07-24"),)), eu_eea=True)
    assert BREACH not in text(database, "barnevern")


def test_answers_when_sent_this_week_then_everyone_hears_so(database):
    acts = [Advanced(number=1, at=at(0), by="Kari", to=State.SENT,
                     deadlines=(DeadlineKind.WRITTEN_ANSWER,))]  # fmt: skip
    keep(database, observation(-20), acts=acts)
    for reader in ("barnevern", "medlemmer"):
        assert "Svaret ble sendt lørdag 4. juli 2026." in text(database, reader)


def test_answers_when_sent_after_the_deadline_then_says_so(database):
    acts = [Advanced(number=1, at=at(0), by="Kari", to=State.SENT,
                     deadlines=(DeadlineKind.WRITTEN_ANSWER,))]  # fmt: skip
    keep(database, observation(-60, deadlines=(deadline("2026-07-01"),)), acts=acts)
    assert "sendt lørdag 4. juli 2026 etter fristen." in text(database, "barnevern")


def test_answers_when_overdue_then_ours_hear_who_has_it_and_members_nothing(database):
    acts = [Triaged(number=1, at=at(-9), by="Kari", choice=Choice.ANSWER)]
    over = deadline("2026-06-20")
    keep(
        database, observation(-60, deadlines=(over,)), acts=acts,
        work={"deadline_at": over.at},
    )  # fmt: skip
    said = text(database, "barnevern")
    assert "Over fristen" in said
    assert "Fristen var lørdag 20. juni 2026, og det er ikke ført at vi har svart." in said
    assert "KS: vi skal svare, ingen har saken." in said
    assert "Over fristen" not in text(database, "medlemmer")


def test_answers_when_it_ran_out_undecided_long_ago_then_nobody_hears_of_it_again(database):
    over = deadline("2026-06-20")
    keep(database, observation(-60, deadlines=(over,)), work={"deadline_at": over.at})
    assert NOTHING in text(database, "barnevern")


def test_answers_when_the_outcome_is_known_then_demands_are_counted(database):
    acts = [
        Demanded(number=1, at=at(-30), by="Kari", text="Full finansiering"),
        Demanded(number=2, at=at(-30), by="Kari", text="Lengre frist"),
        Judged(number=3, at=at(0), by="Kari", demand=1, verdict=Verdict.FOLLOWED),
        Judged(number=4, at=at(0), by="Kari", demand=2, verdict=Verdict.NOT_FOLLOWED),
    ]
    keep(database, observation(-60), acts=acts)
    assert "2 krav: 1 fulgt, 1 ikke fulgt." in text(database, "medlemmer")


def test_coverage_when_a_source_is_not_seen_then_says_so_on_top_and_below(database):
    see_sources(database, MONDAY - timedelta(days=3), "stortinget")
    said = text(database, "barnevern")
    assert "Vi kan være blinde for" not in text(database, "barnevern", now=MONDAY - timedelta(3))
    assert "Vi kan være blinde for 1 av 2 kilder; se nederst." in said
    assert "Sett som de skal: Høringer på regjeringen.no (sist mandag 6. juli 2026" in said
    assert "Vi kan være blinde for «Høringer i Stortinget»: sist hentet" in said


def test_nothing_when_the_reader_wants_a_short_one_then_says_so_and_what_was_seen(database):
    said = text(database, "barnevern")
    assert NOTHING in said
    assert "Sett som de skal: Høringer i Stortinget" in said


def test_nothing_when_the_reader_wants_silence_then_there_is_no_mail(database):
    assert letter(database, "stille") is None


def test_nothing_when_we_may_be_blind_then_even_the_silent_hear_of_it(database):
    blind = datetime(2026, 7, 8, 12, tzinfo=UTC)
    assert letter(database, "stille", now=blind) is not None


def test_members_when_they_read_on_then_they_are_led_to_the_source(database):
    keep(database)
    said = text(database, "medlemmer")
    assert "https://www.regjeringen.no/no/dokumenter/x/id3167072/" in said
    assert f"{PAGES}/horinger/" not in said


def test_summary_when_there_is_something_then_counts_it_and_says_what_there_is_none_of(database):
    keep(database)
    said = text(database, "barnevern")
    assert "1 ny høring, ingen frister de neste fire ukene og ingen flyttet eller avlyst." in said
