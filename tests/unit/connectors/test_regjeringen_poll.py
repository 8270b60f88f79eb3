"""Polling regjeringen.no with a fake network: what is fetched when, and what a failure costs."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.http import Answer, PageGone
from connectors.regjeringen import Regjeringen
from connectors.regjeringen.feed import FEED
from connectors.regjeringen.listing import LISTING
from connectors.regjeringen.sitemap import SITEMAP
from consultations.domain.connector import Checkpoint, Planned, Read, Unreadable
from consultations.domain.errors import FetchRefused, SourceChanged, SourceUnavailable

FIXTURES = Path(__file__).parents[2] / "fixtures" / "regjeringen"
RAW = (FIXTURES / "horing-id3167072-avskogingsforordningen-2026-07-03.html").read_bytes()
CHALLENGE = (FIXTURES / "written-challenge-page.html").read_bytes()
SITE = "https://www.regjeringen.no"
NOW = datetime(2026, 7, 4, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DOWN = SourceUnavailable("svarte HTTP 503.")


def page(number, status="P&#xE5; h&#xF8;ring", deadline="07.08.2026"):
    body = RAW.replace(b"id3167072", b"id%d" % number)
    body = body.replace(b"</strong> P&#xE5; h&#xF8;ring<", f"</strong> {status}<".encode())
    return body.replace(b"</strong> 07.08.2026<", f"</strong> {deadline}<".encode())


OTHER_KIND = RAW.replace(b'content="Horing"', b'content="Brev"').replace(b"page-horing", b"page-x")


def feed(*numbers):
    items = "".join(
        f"<item><guid>{number}</guid><link>{address(number)}?utm_source=x</link>"
        f"<pubDate>Fri, {day:02} Jul 2026 09:00:00 +0200</pubDate></item>"
        for number, day in zip(numbers, range(len(numbers), 0, -1), strict=True)
    )
    return f"<rss><channel>{items}</channel></rss>".encode()


def listing(*numbers, more=False):
    entries = "".join(
        f'<li class="listItem"><h2 class="title"><a href="/no/dokumenter/x/id{number}/">x</a></h2>'
        '<div class="info"><span class="type">Høring</span></div></li>'
        for number in numbers
    )
    pages = '<ul class="pagination"><li class="next"><a href="?page=2"></a></li></ul>' * more
    text = f'<html><body><ul id="searchResultsListing">{entries}</ul>{pages}</body></html>'
    return text.encode()


def sitemap(*numbers):
    places = "".join(f"<url><loc>{address(number)}</loc></url>" for number in numbers)
    return (
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'
    ).encode()


def address(number):
    return f"{SITE}/no/dokumenter/x/id{number}/"


class Network:
    """Answers by address; an exception is raised, and an unknown address is gone."""

    def __init__(self, **numbered):
        self.answers = {
            SITEMAP: (FIXTURES / "written-sitemap-index.xml").read_bytes(),
            f"{SITE}/globalassets/sitemap/sitemap1.xml": sitemap(1),
            f"{SITE}/globalassets/sitemap/sitemap2.xml": sitemap(2),
        }
        self.asked = []

    def __call__(self, url):
        self.asked.append(url)
        answer = self.answers.get(url, PageGone(url, 404))
        if isinstance(answer, Exception):
            raise answer
        return Answer(url, 200, "text/html", "utf-8", answer, NOW)

    def serve(self, *numbers, more=False):
        self.answers[FEED] = feed(*numbers)
        self.answers[LISTING] = listing(*numbers, more=more)
        for number in numbers:
            self.answers.setdefault(address(number), page(number))


@pytest.fixture
def network():
    return Network()


def poll(network, cursor=None, now=NOW):
    """Poll once; the cursor goes through JSON as it does in the store."""
    network.asked.clear()
    items = list(Regjeringen(network).poll(json.loads(json.dumps(cursor or {})), now))
    assert isinstance(items[-1], Checkpoint)
    return items, items[-1].cursor


def read_in(items):
    return [item.record.external_id for item in items if isinstance(item, Read)]


def collect(polled, items):
    """Keep what was yielded before an error."""
    for item in polled:
        items.append(item)


def unreadable_in(items):
    return [item for item in items if isinstance(item, Unreadable)]


def test_poll_when_it_is_the_first_run_then_everything_listed_is_read_as_backfill(network):
    network.serve(30, 20, 10)
    items, _ = poll(network)
    assert next(item.total for item in items if isinstance(item, Planned)) == 3
    assert read_in(items) == ["10", "20", "30"]
    assert all(item.record.backfill for item in items if isinstance(item, Read))
    assert unreadable_in(items) == []


def test_poll_when_records_are_yielded_then_they_parse_again_to_the_same_observation(network):
    network.serve(10)
    [read] = [item for item in poll(network)[0] if isinstance(item, Read)]
    assert Regjeringen(network).parse(read.record) == read.observation
    assert read.record.url == read.observation.url
    assert read.record.fetched_at == NOW


def test_poll_when_nothing_is_new_then_no_page_is_fetched(network):
    network.serve(20, 10)
    _, cursor = poll(network)
    items, again = poll(network, cursor, NOW + HOUR)
    assert network.asked == [FEED, LISTING]
    assert read_in(items) == []
    assert {**again, "polled_at": None} == {**cursor, "polled_at": None}


def test_poll_when_one_id_is_new_then_it_is_read_as_news(network):
    network.serve(10)
    _, cursor = poll(network)
    network.serve(20, 10)
    items, _ = poll(network, cursor, NOW + HOUR)
    assert read_in(items) == ["20"]
    assert not any(item.record.backfill for item in items if isinstance(item, Read))


@pytest.mark.parametrize("way", [FEED, LISTING])
def test_poll_when_only_one_way_in_names_an_id_then_it_is_read_all_the_same(network, way):
    network.serve(10)
    _, cursor = poll(network)
    network.answers[way] = (feed if way == FEED else listing)(20, 10)
    network.answers[address(20)] = page(20)
    items, _ = poll(network, cursor, NOW + HOUR)
    assert read_in(items) == ["20"]


def test_poll_when_a_page_is_open_then_it_is_read_again_after_a_day(network):
    network.serve(10)
    _, cursor = poll(network)
    network.answers[address(10)] = page(10, deadline="01.09.2026")
    assert read_in(poll(network, cursor, NOW + DAY - HOUR)[0]) == []
    items, _ = poll(network, cursor, NOW + DAY)
    [read] = [item for item in items if isinstance(item, Read)]
    assert read.observation.deadlines_to_act_on[0].in_words == "1. september 2026"
    assert not read.record.backfill


def test_poll_when_a_page_closes_then_it_is_read_daily_weekly_and_at_last_not(network):
    network.serve(10)
    _, cursor = poll(network)
    network.answers[address(10)] = page(10, "Under behandling", "10.07.2026")
    visited = []
    for days in range(1, 90):
        items, cursor = poll(network, cursor, NOW + days * DAY)
        visited += [days for _ in read_in(items)]
    assert visited == [*range(1, 10), *range(16, 73, 7)]
    assert (cursor["settled"], cursor["unvisited"]) == ([10], [1, 2])


def test_poll_when_the_listing_gives_another_deadline_then_the_page_is_read_once_at_once(network):
    network.serve(10)
    _, cursor = poll(network)
    with_deadline = b'<span class="event-details">H\xc3\xb8ringsfrist: 25.08.2026</span></li>'
    network.answers[LISTING] = listing(10).replace(b"</li></ul>", with_deadline + b"</ul>")
    items, cursor = poll(network, cursor, NOW + HOUR)
    assert read_in(items) == ["10"]
    items, _ = poll(network, cursor, NOW + 2 * HOUR)
    assert read_in(items) == []


def test_poll_when_a_page_cannot_be_reached_then_it_is_tried_again_and_others_go_on(network):
    network.serve(30, 20, 10)
    network.answers[address(20)] = DOWN
    items, cursor = poll(network)
    assert read_in(items) == ["10", "30"]
    assert [one.external_id for one in unreadable_in(items)] == ["20"]
    assert "checked_at" not in cursor["pages"]["20"]
    network.answers[address(20)] = page(20)
    items, _ = poll(network, cursor, NOW + HOUR)
    assert read_in(items) == ["20"]
    assert next(item for item in items if isinstance(item, Read)).record.backfill


def test_poll_when_a_page_keeps_failing_then_the_pauses_grow_to_a_day(network):
    network.serve(10)
    network.answers[address(10)] = CHALLENGE
    tried, cursor = [], {}
    for hour in range(60):
        items, cursor = poll(network, cursor, NOW + hour * HOUR)
        tried += [hour for one in unreadable_in(items) if one.external_id]
    assert tried == [0, 1, 3, 7, 15, 31, 55]


def test_poll_when_a_page_is_a_challenge_then_it_is_unreadable_with_its_body(network):
    network.serve(20, 10)
    network.answers[address(10)] = CHALLENGE
    items, cursor = poll(network)
    [unreadable] = unreadable_in(items)
    assert (unreadable.external_id, unreadable.body) == ("10", CHALLENGE)
    assert (unreadable.url, unreadable.media_type) == (address(10), "text/html")
    assert read_in(items) == ["20"]
    assert "checked_at" not in cursor["pages"]["10"]


def test_poll_when_a_page_is_gone_then_it_is_tried_daily_and_given_up_at_last(network):
    network.serve(10)
    network.answers[address(10)] = PageGone(address(10), 410)
    tried, cursor = [], {}
    for hours in range(0, 24 * 20, 6):
        items, cursor = poll(network, cursor, NOW + hours * HOUR)
        tried += [hours // 24 for one in unreadable_in(items) if one.external_id]
    assert tried == list(range(14))
    assert 10 in cursor["settled"]


@pytest.mark.parametrize(
    "refusal", [FetchRefused("robots.txt tillater ikke"), SourceChanged("for stor", body=b"x")]
)
def test_poll_when_a_page_is_refused_then_it_is_unreadable_and_others_go_on(network, refusal):
    network.serve(20, 10)
    network.answers[address(10)] = refusal
    items, _ = poll(network)
    assert [one.reason for one in unreadable_in(items)] == [str(refusal)]
    assert read_in(items) == ["20"]


def test_poll_when_page_after_page_is_down_then_it_stops_but_keeps_what_it_has(network):
    network.serve(60, 50, 40, 30, 20, 10)
    for number in (20, 30, 40):
        network.answers[address(number)] = DOWN
    items = []
    with pytest.raises(SourceUnavailable):
        collect(Regjeringen(network).poll({}, NOW), items)
    assert read_in(items) == ["10"]
    assert address(50) not in network.asked
    cursor = items[-1].cursor
    assert set(cursor["pages"]) == {"10", "20", "30", "40", "50", "60"}
    assert read_in(poll(network, cursor, NOW + HOUR / 2)[0]) == ["50", "60"]


def test_poll_when_the_site_asks_for_a_pause_then_no_further_page_is_fetched(network):
    network.serve(30, 20, 10)
    network.answers[address(10)] = SourceUnavailable("429", timedelta(hours=2))
    items = []
    with pytest.raises(SourceUnavailable):
        collect(Regjeringen(network).poll({}, NOW), items)
    assert network.asked[-1] == address(10)
    assert isinstance(items[-1], Checkpoint)


@pytest.mark.parametrize("way", [FEED, LISTING, f"{LISTING}?page=2"])
def test_poll_when_an_overview_asks_for_a_pause_then_nothing_more_is_asked_for(network, way):
    network.serve(10, more=True)
    network.answers[way] = SourceUnavailable("429", timedelta(hours=2))
    items = []
    with pytest.raises(SourceUnavailable) as error:
        collect(Regjeringen(network).poll({}, NOW), items)
    assert network.asked[-1] == way
    assert error.value.retry_after == timedelta(hours=2)
    assert read_in(items) == []


def test_poll_when_the_sitemap_asks_for_a_pause_then_it_waits_and_the_next_poll_reads(network):
    network.serve(10)
    network.answers[SITEMAP] = SourceUnavailable("429", timedelta(hours=2))
    items = []
    with pytest.raises(SourceUnavailable):
        collect(Regjeringen(network).poll({}, NOW), items)
    assert network.asked[-1] == SITEMAP
    items, cursor = poll(network, items[-1].cursor, NOW + 2 * HOUR)
    assert read_in(items) == ["10"]
    assert SITEMAP not in network.asked
    with pytest.raises(SourceUnavailable):
        poll(network, cursor, NOW + DAY)


@pytest.mark.parametrize("down", [FEED, LISTING])
@pytest.mark.parametrize("failure", [DOWN, CHALLENGE, PageGone(FEED, 404)])
def test_poll_when_one_way_in_fails_then_it_is_reported_and_the_other_is_used(
    network, down, failure
):
    network.serve(20, 10)
    network.answers[down] = failure
    items, _ = poll(network)
    assert [one.url for one in unreadable_in(items)] == [down]
    assert read_in(items) == ["10", "20"]


@pytest.mark.parametrize(
    ("feed_says", "listing_says", "raised"),
    [
        (DOWN, DOWN, SourceUnavailable),
        (CHALLENGE, CHALLENGE, SourceChanged),
        (DOWN, CHALLENGE, SourceChanged),
        (b"<rss><channel/></rss>", PageGone(LISTING, 404), SourceChanged),
        (PageGone(FEED, 404), FetchRefused("nei"), SourceChanged),
        (PageGone(FEED, 404), SourceUnavailable("429", HOUR), SourceUnavailable),
    ],
)
def test_poll_when_both_ways_in_fail_then_it_is_an_error_and_nothing_is_fetched(
    network, feed_says, listing_says, raised
):
    network.answers |= {FEED: feed_says, LISTING: listing_says}
    with pytest.raises(raised) as error:
        list(Regjeringen(network).poll({}, NOW))
    assert network.asked == [FEED, LISTING]
    assert getattr(error.value, "retry_after", None) in {None, HOUR}


def test_poll_when_the_feed_is_changed_and_the_listing_too_then_the_feeds_answer_is_kept(network):
    network.answers |= {FEED: CHALLENGE, LISTING: b"<html><body></body></html>"}
    with pytest.raises(SourceChanged) as error:
        list(Regjeringen(network).poll({}, NOW))
    assert (error.value.url, error.value.body) == (FEED, CHALLENGE)


def polled_until_five_in_a_row(network, cursor, now):
    """Poll as it is done in earnest: five answers in a row that cannot be read end it."""
    items, in_a_row = [], 0
    for item in Regjeringen(network).poll(cursor, now):
        items.append(item)
        if isinstance(item, Read):
            in_a_row = 0
        elif isinstance(item, Unreadable) and item.body:
            in_a_row += 1
        if in_a_row == 5:
            break
    saved = [item.cursor for item in items if isinstance(item, Checkpoint)]
    return items, saved[-1]


def test_poll_when_the_oldest_pages_are_cut_then_the_next_poll_begins_with_the_others(network):
    network.serve(*range(19, 9, -1))
    for number in range(10, 15):
        network.answers[address(number)] = page(number).replace(b"</html>", b"")
    items, cursor = polled_until_five_in_a_row(network, {}, NOW)
    assert (len(unreadable_in(items)), read_in(items)) == (5, [])
    items, _ = polled_until_five_in_a_row(network, cursor, NOW + HOUR / 3)
    assert read_in(items) == ["15", "16", "17", "18", "19"]


def test_poll_when_pages_stay_broken_then_two_are_tried_in_each_poll_until_they_are_mended(network):
    network.serve(*range(19, 9, -1))
    for number in range(10, 15):
        network.answers[address(number)] = page(number).replace(b"</html>", b"")
    cursor = {}
    for minutes in (0, 20, 90, 110, 130):
        now = NOW + timedelta(minutes=minutes)
        items, cursor = polled_until_five_in_a_row(network, cursor, now)
    assert len(unreadable_in(items)) <= 2
    for number in range(10, 15):
        network.answers[address(number)] = page(number)
    items, _ = polled_until_five_in_a_row(network, cursor, NOW + DAY - HOUR)
    assert read_in(items) == ["10", "11", "12", "13", "14"]


def test_poll_when_many_pages_are_gone_then_the_others_are_read(network):
    network.serve(*range(19, 9, -1))
    network.answers |= {address(number): PageGone(address(number), 404) for number in range(10, 16)}
    items, _ = poll(network)
    assert read_in(items) == ["16", "17", "18", "19"]
    assert [one.body for one in unreadable_in(items)] == [b""] * 6


def test_poll_when_the_feed_has_oddities_then_they_are_told_without_counting_as_pages(network):
    network.serve(10)
    odd = b"<channel>" + b"<item><title>x</title></item>" * 5
    network.answers[FEED] = feed(10).replace(b"<channel>", odd)
    items, _ = polled_until_five_in_a_row(network, {}, NOW)
    assert [one.body for one in unreadable_in(items)] == [b""] * 5
    assert read_in(items) == ["10"]


def pages_of_listing(network, *pages):
    for position, numbers in enumerate(pages, start=1):
        url = LISTING if position == 1 else f"{LISTING}?page={position}"
        network.answers[url] = listing(*numbers, more=True)
        network.answers |= {address(number): page(number) for number in numbers}


def test_poll_when_it_is_the_first_run_then_at_most_five_pages_of_the_listing_are_read(network):
    network.serve(99)
    pages_of_listing(network, *[[n] for n in range(10, 20)])
    items, _ = poll(network)
    assert sorted(read_in(items)) == ["10", "11", "12", "13", "14", "99"]


def test_poll_when_the_silence_was_long_then_the_listing_is_followed_to_what_is_known(network):
    network.serve(10)
    _, cursor = poll(network)
    pages_of_listing(network, [40], [30], [10], [5])
    items, _ = poll(network, cursor, NOW + 3 * DAY)
    assert sorted(read_in(items)) == ["10", "30", "40"]
    assert f"{LISTING}?page=4" not in network.asked


def test_poll_when_the_feed_is_down_then_the_listing_is_followed_to_what_is_known(network):
    network.serve(10)
    _, cursor = poll(network)
    network.answers[FEED] = DOWN
    pages_of_listing(network, [40], [30], [10])
    assert read_in(poll(network, cursor, NOW + HOUR)[0]) == ["30", "40"]


def test_poll_when_a_later_page_of_the_listing_fails_then_the_earlier_ones_count(network):
    network.serve(10, more=True)
    network.answers[f"{LISTING}?page=2"] = CHALLENGE
    items, _ = poll(network)
    assert read_in(items) == ["10"]
    assert [one.url for one in unreadable_in(items)] == [f"{LISTING}?page=2"]


def test_poll_when_the_listing_was_broken_off_then_the_next_poll_follows_it_again(network):
    network.serve(10)
    pages_of_listing(network, [10], [9], [8])
    network.answers[f"{LISTING}?page=2"] = DOWN
    items, cursor = poll(network)
    assert read_in(items) == ["10"]
    assert SITEMAP not in network.asked
    pages_of_listing(network, [10], [9], [8])
    network.answers[f"{LISTING}?page=3"] = listing(8)
    items, cursor = poll(network, cursor, NOW + HOUR)
    assert read_in(items) == ["8", "9"]
    assert SITEMAP in network.asked
    assert "behind" not in cursor


def test_poll_when_the_first_run_is_broken_off_then_the_next_one_carries_on(network):
    numbers = range(50, 0, -1)
    network.serve(*numbers[:31])
    running = Regjeringen(network).poll({}, NOW)
    first = []
    for item in running:
        first.append(item)
        if isinstance(item, Checkpoint):
            break
    assert len(read_in(first)) == 20
    network.serve(50)
    items, _ = poll(network, first[-1].cursor, NOW + HOUR)
    assert len(read_in(items)) == 11
    assert all(item.record.backfill for item in items if isinstance(item, Read))


def test_poll_when_the_sitemap_is_first_read_then_all_it_lists_counts_as_known(network):
    network.serve(10)
    network.answers[f"{SITE}/globalassets/sitemap/sitemap1.xml"] = sitemap(7, 8, 10)
    items, cursor = poll(network)
    assert read_in(items) == ["10"]
    assert cursor["unvisited"] == [2, 7, 8]
    assert cursor["settled"] == []
    assert "10" in cursor["pages"]


def reconciled(network, *numbers):
    """Poll until a week has passed and the sitemap lists ``numbers`` besides what is known."""
    network.serve(10)
    _, cursor = poll(network)
    network.answers[f"{SITE}/globalassets/sitemap/sitemap1.xml"] = sitemap(1, 10, *numbers)
    _, early = poll(network, cursor, NOW + 6 * DAY)
    assert SITEMAP not in network.asked
    return poll(network, early, NOW + 7 * DAY)


def test_poll_when_the_weekly_sitemap_lists_a_horing_the_others_missed_then_it_is_read(network):
    network.answers[address(77)] = page(77)
    items, cursor = reconciled(network, 77)
    assert read_in(items) == ["10", "77"]
    assert "candidate" not in cursor["pages"]["77"]


def test_poll_when_the_sitemap_lists_another_kind_of_document_then_it_is_not_asked_twice(network):
    network.answers[address(88)] = OTHER_KIND
    items, cursor = reconciled(network, 88, 89)
    assert unreadable_in(items) == []
    assert (cursor["settled"], cursor["unvisited"]) == ([88], [1, 2, 89])
    poll(network, cursor, NOW + 15 * DAY)
    assert address(88) not in network.asked


def test_poll_when_the_sitemap_lists_many_unknown_then_a_few_are_read_in_each_poll(network):
    network.answers |= {address(number): OTHER_KIND for number in range(100, 150)}
    _, cursor = reconciled(network, *range(100, 150))
    fetched = [sum(address(number) in network.asked for number in range(100, 150))]
    for hours in (1, 2):
        _, cursor = poll(network, cursor, NOW + 7 * DAY + hours * HOUR)
        fetched.append(sum(address(number) in network.asked for number in range(100, 150)))
    assert fetched == [20, 20, 10]


def test_poll_when_a_candidate_from_the_sitemap_is_a_challenge_then_it_is_not_forgotten(network):
    network.answers[address(77)] = CHALLENGE
    items, cursor = reconciled(network, 77)
    assert [one.external_id for one in unreadable_in(items)] == ["77"]
    assert cursor["pages"]["77"]["candidate"]


def test_poll_when_the_feed_names_a_candidate_then_it_is_followed_as_a_horing(network):
    network.answers[address(77)] = CHALLENGE
    _, cursor = reconciled(network, 77)
    network.serve(77, 10)
    network.answers[address(77)] = page(77)
    items, cursor = poll(network, cursor, NOW + 7 * DAY + HOUR / 2)
    assert read_in(items) == ["77"]


def with_deadline(answer, deadline):
    said = f'<span class="event-details">Høringsfrist: {deadline}</span></li></ul>'
    return answer.replace(b"</li></ul>", said.encode())


def test_poll_when_the_listing_gives_a_finished_page_a_deadline_ahead_then_it_is_followed(network):
    network.serve(10)
    network.answers[address(10)] = page(10, "Under behandling", "01.01.2026")
    _, cursor = poll(network)
    assert cursor["settled"] == [10]
    network.answers[LISTING] = with_deadline(listing(10), "01.12.2026")
    items, cursor = poll(network, cursor, NOW + HOUR)
    assert read_in(items) == ["10"]
    items, cursor = poll(network, cursor, NOW + 2 * HOUR)
    assert read_in(items) == []
    _, cursor = poll(network, cursor, NOW + 200 * DAY)
    assert cursor["settled"] == [10]


@pytest.mark.parametrize(("way", "is_old"), [(FEED, False), (LISTING, False), (FEED, True)])
def test_poll_when_what_only_the_sitemap_knew_is_named_then_it_is_read_once(network, way, is_old):
    network.serve(10)
    _, cursor = poll(network)
    network.answers[way] = (feed if way == FEED else listing)(2, 10)
    if is_old:
        network.answers[way] = network.answers[way].replace(b"02 Jul 2026", b"02 Jun 2026")
    network.answers[address(2)] = page(2, "Ferdigbehandlet", "01.01.2026")
    items, cursor = poll(network, cursor, NOW + HOUR)
    [read] = [item for item in items if isinstance(item, Read)]
    assert (read.record.external_id, read.record.backfill) == ("2", is_old)
    assert (cursor["settled"], cursor["unvisited"]) == ([2], [1])
    assert read_in(poll(network, cursor, NOW + 2 * HOUR)[0]) == []


def test_poll_when_the_sitemap_names_a_page_before_it_is_out_then_the_feed_has_it_read(network):
    _, cursor = reconciled(network, 77)
    assert address(77) in network.asked
    network.serve(77, 10)
    items, _ = poll(network, cursor, NOW + 7 * DAY + HOUR)
    assert read_in(items) == ["77"]


@pytest.mark.parametrize("failure", [DOWN, CHALLENGE, b"", sitemap(1)])
def test_poll_when_the_sitemap_fails_then_it_is_reported_and_tried_again_next_time(
    network, failure
):
    network.serve(10)
    network.answers[SITEMAP] = failure
    items, cursor = poll(network)
    assert [one.url for one in unreadable_in(items)] == [SITEMAP]
    assert read_in(items) == ["10"]
    poll(network, cursor, NOW + HOUR)
    assert SITEMAP in network.asked


def test_poll_when_a_page_sends_us_on_to_another_number_then_that_number_is_the_record(network):
    network.serve(10)
    answer = network(address(10))
    moved = Answer(address(11), 200, "text/html", "utf-8", page(11), answer.fetched_at)
    polled = Regjeringen(lambda url: moved if url == address(10) else network(url)).poll({}, NOW)
    assert read_in(polled) == ["11"]


def test_poll_when_many_pages_are_read_then_the_cursor_is_offered_on_the_way(network):
    network.serve(*range(50, 5, -1)[:31])
    items, _ = poll(network)
    offered = [at for at, item in enumerate(items) if isinstance(item, Checkpoint)]
    assert len(offered) == 2


def test_poll_when_a_page_has_neither_status_nor_deadline_then_it_is_followed_for_a_time(network):
    network.serve(10)
    network.answers[address(10)] = page(10, "", "")
    network.answers[address(10)] = network.answers[address(10)].replace(b"Fristen for", b"Om")
    _, cursor = poll(network)
    assert "10" in cursor["pages"]
    late = datetime.combine(date(2026, 10, 2), NOW.timetz())
    _, cursor = poll(network, cursor, late)
    assert 10 in cursor["settled"]


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
INSTANTS = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat) | ANY_JSON
PAGES = st.fixed_dictionaries(
    {"url": st.just(address(10)) | ANY_JSON},
    optional=dict.fromkeys(("checked_at", "deadline", "failed_at", "published_on"), INSTANTS)
    | dict.fromkeys(("failures", "open", "candidate", "listed_deadline", "x"), ANY_JSON),
)
NUMBERS = st.integers().map(str) | st.just("10")
CURSORS = ANY_JSON | st.fixed_dictionaries(
    {},
    optional={
        "version": ANY_JSON,
        "polled_at": INSTANTS,
        "reconciled_at": INSTANTS,
        "sitemap_waits_until": INSTANTS,
        "behind": st.booleans() | ANY_JSON,
        "pages": st.dictionaries(NUMBERS, PAGES, max_size=3) | ANY_JSON,
        "settled": st.lists(st.integers(), max_size=3) | ANY_JSON,
        "unvisited": st.lists(st.integers(), max_size=3) | ANY_JSON,
        "from_a_later_version": ANY_JSON,
    },
)


@given(cursor=CURSORS)
@settings(max_examples=150, deadline=None)
def test_poll_when_the_cursor_is_any_json_then_new_pages_are_read_and_it_can_be_saved(cursor):
    network = Network()
    network.serve(20)
    items = list(Regjeringen(network).poll(json.loads(json.dumps(cursor)), NOW))
    assert "20" in read_in(items) or "20" in json.dumps(cursor)
    json.dumps(items[-1].cursor)
