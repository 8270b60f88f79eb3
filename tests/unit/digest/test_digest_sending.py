"""Each reader gets a week's mail once, whatever the mail server, the clock and crashes do."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from email.parser import BytesParser
from email.policy import default
from typing import Any

import sqlalchemy as sa

from consultations.digest.sending import LEASE, NO_LONGER_WANTED, DigestRelay, Tally
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.domain.readers import Reader, Readers
from consultations.mail import Mailer, Passing, Refused
from consultations.store import digests, ledger, secret_addresses, sources
from consultations.store.database import Database
from consultations.store.digests import DigestState
from consultations.store.ledger import Debt
from consultations.store.tables import DigestRow, UnsubscribedRow
from tests.building import at, observation
from tests.digest_building import MONDAY, PAGES, READERS, WEEK, composer, keep, readers, see_sources

WEEKLY = timedelta(weeks=1)


class Post(Mailer):
    """A mail server in memory: ``does`` is asked about each mail before it is taken."""

    def __init__(self, does: Callable[[str], None] = lambda _to: None) -> None:
        self.taken: list[bytes] = []
        self.tried: list[str] = []
        self.does = does

    def hand_over(self, mail: bytes) -> None:
        to = header(mail, "To")
        self.tried.append(to)
        self.does(to)
        self.taken.append(mail)

    @property
    def ids(self) -> list[str]:
        return [header(mail, "Message-ID") for mail in self.taken]


class Watch:
    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def header(mail: bytes, name: str) -> str:
    return str(BytesParser(policy=default).parsebytes(mail)[name])


def relay(
    database: Database, post: Post, clock: Watch, chosen: Readers | None = None, **given: Any
) -> DigestRelay:
    return DigestRelay(
        database, post, composer(chosen or readers("barnevern", "ledelsen")),
        clock, **{"jitter": lambda: 0.0, **given},
    )  # fmt: skip


def work(one: DigestRelay) -> Tally:
    one.compose_due()
    return one.send_due()


def rows(database: Database) -> dict[tuple[str, str], DigestRow]:
    with database.reading() as session:
        return {(row.week, row.reader): row for row in session.scalars(sa.select(DigestRow))}


def states(database: Database) -> dict[tuple[str, str], str]:
    return {key: row.state for key, row in rows(database).items()}


def test_week_when_its_time_has_not_come_then_nothing_is_written(database):
    see_sources(database)
    clock = Watch(MONDAY - timedelta(seconds=1))
    see_sources(database, MONDAY - timedelta(weeks=2))
    post = Post()
    one = relay(database, post, clock)
    work(one)
    assert {week for week, _ in states(database)} <= {"2026-W27"}


def test_week_when_its_time_has_come_then_each_reader_gets_one(database):
    see_sources(database)
    post = Post()
    one = relay(database, post, Watch())
    assert work(one) == Tally(sent=2)
    assert work(one) == Tally()
    assert sorted(post.ids) == [
        "<2026-w28.barnevern@example.org>", "<2026-w28.ledelsen@example.org>",
    ]  # fmt: skip


def test_week_when_sent_then_each_reader_has_a_way_out_of_their_own(database):
    see_sources(database)
    post = Post()
    work(relay(database, post, Watch()))
    ways = {header(mail, "List-Unsubscribe").strip("<>") for mail in post.taken}
    assert len(ways) == 2
    with database.reading() as session:
        made = secret_addresses.for_readers(session, ["barnevern", "ledelsen"], MONDAY)
    assert ways == {one.full(PAGES) for one in made.values()}


def test_week_when_sent_then_what_was_kept_is_what_was_sent(database):
    see_sources(database)
    post = Post()
    work(relay(database, post, Watch()))
    sent = rows(database)[WEEK, "barnevern"]
    assert sent.message_id in post.ids
    assert (sent.covers_from, sent.covers_until) == (MONDAY - WEEKLY, MONDAY)
    assert (sent.sent_at, sent.attempts) == (MONDAY, 1)


def test_week_when_the_tracker_is_new_then_there_is_nothing_to_tell_of_it(database):
    post = Post()
    assert work(relay(database, post, Watch())) == Tally()
    with database.transaction() as session:
        later = MONDAY + timedelta(days=2)
        sources.begin_poll(session, "regjeringen", later)
        sources.end_poll(session, "regjeringen", later, sources.PollCounts(fetched=1))
    assert work(relay(database, post, Watch(MONDAY + timedelta(days=3)))) == Tally()
    assert work(relay(database, post, Watch(MONDAY + WEEKLY))) == Tally(sent=2)


def test_week_when_the_machine_was_off_on_monday_then_it_is_sent_when_it_is_back_once(database):
    see_sources(database)
    post, clock = Post(), Watch(MONDAY + timedelta(days=2))
    assert work(relay(database, post, clock)) == Tally(sent=2)
    assert work(relay(database, post, clock)) == Tally()
    assert rows(database)[WEEK, "barnevern"].covers_until == MONDAY


def test_week_when_several_were_missed_then_the_last_one_covers_them_all(database):
    see_sources(database)
    keep(database, observation(3))
    post, clock = Post(), Watch()
    work(relay(database, post, clock))
    clock.now = MONDAY + 3 * WEEKLY + timedelta(hours=5)
    post.taken.clear()
    assert work(relay(database, post, clock)) == Tally(sent=2)
    assert {week for week, _ in states(database)} == {WEEK, "2026-W31"}
    assert rows(database)["2026-W31", "barnevern"].covers_from == MONDAY
    assert b"barnevernsloven" in post.taken[0]


def test_week_when_it_is_half_a_year_since_the_last_then_goes_five_weeks_back(database):
    see_sources(database)
    post, clock = Post(), Watch()
    work(relay(database, post, clock))
    clock.now = MONDAY + 20 * WEEKLY + timedelta(hours=5)
    work(relay(database, post, clock))
    row = rows(database)["2026-W48", "barnevern"]
    assert row.covers_from == MONDAY + 15 * WEEKLY  # kl. 07.00 in summer
    assert row.covers_until == MONDAY + 20 * WEEKLY + timedelta(hours=1)  # kl. 07.00 in winter


def test_news_when_it_reached_us_after_its_mail_was_made_then_the_next_one_tells_it(database):
    see_sources(database)
    post, clock = Post(), Watch()
    work(relay(database, post, clock, readers("barnevern")))
    assert b"barnevernsloven" not in post.taken[0]
    id_ = keep(database)  # seen on Saturday, taken in on Monday at nine
    fact = Fact(EventType.OPENED, "opened", at(0), "Ny høring.")
    debt = Debt(id_, "regjeringen:3167072", "oppvekst", fact)
    with database.transaction() as session:
        ledger.owe(session, [debt], MONDAY + timedelta(hours=2))
    for weeks, told in ((1, True), (2, False)):
        clock.now = MONDAY + weeks * WEEKLY
        work(relay(database, post, clock, readers("barnevern")))
        assert (b"Nye h=C3=B8ringer" in post.taken[weeks]) is told


def test_reader_when_one_address_is_refused_then_the_others_get_theirs(database):
    see_sources(database)

    def refuse(to: str) -> None:
        if "bard@" in to:
            raise Refused("Nei takk.", address="bard@example.org")

    post = Post(refuse)
    one = relay(database, post, Watch())
    assert work(one) == Tally(sent=1, refused=1)
    assert work(one) == Tally()
    row = rows(database)[WEEK, "barnevern"]
    assert (row.state, row.reason) == (DigestState.REFUSED, "Nei takk.")


def test_reader_when_refused_last_week_then_this_week_covers_both(database):
    see_sources(database)

    def refuse(to: str) -> None:
        if "bard@" in to:
            raise Refused("Nei takk.", address="bard@example.org")

    post, clock = Post(refuse), Watch()
    work(relay(database, post, clock))
    clock.now, post.does = MONDAY + WEEKLY, lambda _to: None
    assert work(relay(database, post, clock)) == Tally(sent=2)
    covered = {reader: row.covers_from for (week, reader), row in rows(database).items()
               if week == "2026-W29"}  # fmt: skip
    assert covered == {"barnevern": MONDAY, "ledelsen": MONDAY}


def test_reader_when_the_address_can_never_be_used_then_the_others_get_theirs(database):
    see_sources(database)
    wrong = Reader.model_construct(
        **{**READERS["barnevern"].model_dump(), "email": "bård@example.org"}
    )
    chosen = readers("ledelsen").model_copy(
        update={"readers": {"barnevern": wrong, "ledelsen": READERS["ledelsen"]}}
    )
    post = Post()
    assert work(relay(database, post, Watch(), chosen)) == Tally(sent=1)
    assert states(database)[WEEK, "barnevern"] == DigestState.REFUSED


def test_server_when_it_asks_us_to_wait_then_tries_again_later_and_later(database):
    see_sources(database)

    def wait(_to: str) -> None:
        raise Passing("Prøv igjen.")

    post, clock = Post(wait), Watch()
    one = relay(database, post, clock, readers("ledelsen"))
    waits = []
    one.compose_due()
    for _ in range(7):
        assert one.send_due() == Tally(put_off=1)
        assert one.send_due() == Tally()
        next_at = rows(database)[WEEK, "ledelsen"].next_attempt_at
        waits.append((next_at - clock.now).total_seconds() / 60)
        clock.now = next_at
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    post.does = lambda _to: None
    assert one.send_due() == Tally(sent=1)
    assert rows(database)[WEEK, "ledelsen"].uncertain_since is None


def test_server_when_the_password_is_wrong_then_it_is_tried_once_not_for_every_reader(database):
    see_sources(database)

    def refuse(_to: str) -> None:
        raise Refused("Feil passord.")

    post, clock = Post(refuse), Watch()
    one = relay(database, post, clock)
    assert work(one) == Tally(put_off=1)
    assert len(post.tried) == 1
    post.does, clock.now = lambda _to: None, MONDAY + timedelta(minutes=2)
    assert work(one) == Tally(sent=2)


def test_mail_when_nobody_knows_whether_it_arrived_then_the_same_bytes_go_again_and_it_is_counted(
    database,
):
    see_sources(database)
    post, clock = Post(), Watch()

    def lose_the_answer(_to: str) -> None:
        post.taken.append(b"")
        raise Passing("Ingen svar.", uncertain=True)

    post.does = lose_the_answer
    one = relay(database, post, clock, readers("ledelsen"))
    work(one)
    kept = rows(database)[WEEK, "ledelsen"].mail
    post.does, clock.now = lambda _to: None, MONDAY + timedelta(minutes=2)
    assert one.send_due() == Tally(sent=1)
    with database.reading() as session:
        (line,) = digests.lines(session)
    assert line.uncertain
    assert rows(database)[WEEK, "ledelsen"].mail == kept
    assert post.ids[-1] == "<2026-w28.ledelsen@example.org>"


def test_sender_when_it_died_with_a_mail_in_hand_then_it_is_sent_again_when_its_lease_is_out(
    database,
):
    see_sources(database)
    post, clock = Post(), Watch()
    one = relay(database, post, clock, readers("ledelsen"))
    one.compose_due()
    with database.transaction() as session:
        assert digests.claim(session, WEEK, clock(), LEASE)  # and is never heard of again
    assert one.send_due() == Tally()
    clock.now = MONDAY + LEASE
    assert one.send_due() == Tally(sent=1)
    assert rows(database)[WEEK, "ledelsen"].uncertain_since is not None


def test_sender_when_late_with_its_news_then_the_mail_is_not_taken_back_from_the_other(database):
    see_sources(database)
    clock = Watch()
    relay(database, Post(), clock, readers("ledelsen")).compose_due()
    with database.transaction() as session:
        first = digests.claim(session, WEEK, MONDAY, LEASE)
    with database.transaction() as session:
        second = digests.claim(session, WEEK, MONDAY + LEASE, LEASE)
    assert first
    assert second
    with database.transaction() as session:
        digests.put_off(session, first, MONDAY, "for sent", uncertain_since=None)
    assert states(database)[WEEK, "ledelsen"] == DigestState.SENDING
    with database.transaction() as session:
        digests.mark_sent(session, second, MONDAY + LEASE)
        digests.put_off(session, second, MONDAY, "for sent", uncertain_since=None)
    assert states(database)[WEEK, "ledelsen"] == DigestState.SENT


def test_clock_when_it_was_far_ahead_for_a_while_then_the_mail_is_not_held_for_years(database):
    see_sources(database)
    post, clock = Post(), Watch()
    relay(database, post, clock, readers("ledelsen")).compose_due()
    with database.transaction() as session:
        session.execute(sa.update(DigestRow).values(next_attempt_at=MONDAY + timedelta(days=900)))
    assert relay(database, post, clock, readers("ledelsen")).send_due() == Tally(sent=1)


def test_reader_when_unsubscribed_before_the_week_then_gets_none(database):
    see_sources(database)
    unsubscribe(database, "barnevern")
    post = Post()
    assert work(relay(database, post, Watch())) == Tally(sent=1)
    assert (WEEK, "barnevern") not in states(database)


def test_reader_when_unsubscribed_after_it_was_written_then_gets_none_either(database):
    see_sources(database)
    post = Post()
    one = relay(database, post, Watch())
    one.compose_due()
    unsubscribe(database, "barnevern")
    assert one.send_due() == Tally(sent=1, dropped=1)
    row = rows(database)[WEEK, "barnevern"]
    assert (row.state, row.reason) == (DigestState.DROPPED, NO_LONGER_WANTED)


def test_reader_when_no_longer_listed_then_gets_none(database):
    see_sources(database)
    relay(database, Post(), Watch()).compose_due()
    post = Post()
    left = relay(database, post, Watch(), readers("ledelsen"))
    assert work(left) == Tally(sent=1, dropped=1)


def test_reader_when_new_in_the_middle_of_a_week_then_begins_with_the_next(database):
    see_sources(database)
    post, clock = Post(), Watch()
    work(relay(database, post, clock, readers("ledelsen")))
    assert work(relay(database, post, clock)) == Tally()
    clock.now = MONDAY + WEEKLY
    assert work(relay(database, post, clock)) == Tally(sent=2)


def test_reader_when_silent_with_nothing_to_read_then_the_week_counts_as_covered(database):
    see_sources(database)
    post, clock = Post(), Watch()
    work(relay(database, post, clock, readers("stille")))
    assert post.taken == []
    clock.now = MONDAY + WEEKLY
    see_sources(database, clock.now)
    work(relay(database, post, clock, readers("stille")))
    assert rows(database)["2026-W29", "stille"].covers_from == MONDAY


def test_week_when_a_newer_one_is_written_then_what_was_left_of_it_is_dropped(database):
    see_sources(database)

    def wait(_to: str) -> None:
        raise Passing("Nede.")

    post, clock = Post(wait), Watch()
    work(relay(database, post, clock))
    clock.now, post.does = MONDAY + WEEKLY, lambda _to: None
    assert work(relay(database, post, clock)) == Tally(sent=2)
    assert states(database)[WEEK, "barnevern"] == DigestState.DROPPED
    assert rows(database)["2026-W29", "barnevern"].covers_from == MONDAY - timedelta()
    assert all("w29" in id_ for id_ in post.ids)


def test_two_senders_when_they_run_at_once_then_each_mail_is_sent_by_one_of_them(database):
    see_sources(database)
    chosen = readers().model_copy(update={"readers": {
        f"leser-{chr(97 + n)}": READERS["ledelsen"].model_copy(
            update={"email": f"leser{n}@example.org"}
        ) for n in range(12)
    }})  # fmt: skip
    post = Post()
    both = [threading.Thread(target=work, args=(relay(database, post, Watch(), chosen),))
            for _ in range(2)]  # fmt: skip
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(post.ids) == len(set(post.ids)) == 12


def unsubscribe(database: Database, reader: str) -> None:
    with database.transaction() as session:
        session.add(UnsubscribedRow(reader=reader, at=at(0)))
