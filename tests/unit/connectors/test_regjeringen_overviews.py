"""The ways in: feed, listing and sitemap, and everything that only looks like them."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.http import Answer
from connectors.regjeringen.feed import FEED, read_feed
from connectors.regjeringen.identity import absolute, number_in, page_address
from connectors.regjeringen.listing import LISTING, read_listing
from connectors.regjeringen.sitemap import SITEMAP, read_sitemap, read_sitemap_index
from consultations.domain.errors import SourceChanged

FIXTURES = Path(__file__).parents[2] / "fixtures" / "regjeringen"
LISTING_PAGE = "listing-hoyringar-id1763-page1-2026-07-04.html"


def answer(url, body, media_type="text/html"):
    return Answer(url, 200, media_type, "utf-8", body, datetime(2026, 7, 4, 8, tzinfo=UTC))


def file(url, name):
    return answer(url, (FIXTURES / name).read_bytes())


def feed_of(*entries):
    body = f"<rss><channel>{''.join(f'<item>{e}</item>' for e in entries)}</channel></rss>"
    return answer(FEED, body.encode())


def test_read_feed_when_links_carry_tracking_then_number_plain_address_and_day_are_read():
    first, *_, last = read_feed(file(FEED, "written-rss-horinger.xml")).listed
    assert (first.number, first.published) == ("3172299", date(2026, 9, 17))
    assert first.url.endswith("-forslag-til-lov-og-forskriftsendringer/id3172299/")
    assert last.number == "3173614"


@pytest.mark.parametrize(
    ("entry", "number", "url"),
    [
        ("<guid>12</guid>", "12", "https://www.regjeringen.no/id12/"),
        ("<guid>tag:x</guid><link>https://www.regjeringen.no/no/x/id12/?a=b</link>", "12", "https://www.regjeringen.no/no/x/id12/"),
        ("<guid>12</guid><link>https://evil.example/id12/</link>", "12", "https://www.regjeringen.no/id12/"),
        ("<guid>12</guid><pubDate>i går</pubDate>", "12", "https://www.regjeringen.no/id12/"),
    ],
)  # fmt: skip
def test_read_feed_when_an_item_is_bare_then_its_number_is_enough(entry, number, url):
    [listed] = read_feed(feed_of(entry)).listed
    assert (listed.number, listed.url, listed.published) == (number, url, None)


def test_read_feed_when_guid_and_link_disagree_then_the_item_is_odd_and_others_are_kept():
    odd = "<title>Rar</title><guid>12</guid><link>https://www.regjeringen.no/no/x/id13/</link>"
    overview = read_feed(feed_of(odd, "<guid>14</guid>"))
    assert [listed.number for listed in overview.listed] == ["14"]
    assert "Rar" in overview.odd[0]


NO_FEEDS = {
    "a challenge page": (FIXTURES / "written-challenge-page.html").read_bytes(),
    "a login page": b"<html><body><form action='/login'></form></body></html>",
    "another root": b"<feed><entry/></feed>",
    "no items": b"<rss><channel><title>RSS Regjeringen.no</title></channel></rss>",
    "no channel": b"<rss/>",
    "items without numbers": b"<rss><channel><item><title>x</title></item></channel></rss>",
    "half a feed": (FIXTURES / "written-rss-horinger.xml").read_bytes()[:900],
    "nothing": b"",
    "an entity bomb": b'<!DOCTYPE rss [<!ENTITY a "x">]><rss><channel>&a;</channel></rss>',
}


@pytest.mark.parametrize("body", NO_FEEDS.values(), ids=NO_FEEDS)
def test_read_feed_when_the_answer_is_no_feed_with_items_then_the_source_has_changed(body):
    with pytest.raises(SourceChanged) as raised:
        read_feed(answer(FEED, body))
    assert raised.value.body == body


def test_read_listing_when_the_real_page_is_read_then_all_twenty_are_listed_newest_first():
    overview = read_listing(file(LISTING, LISTING_PAGE))
    assert (len(overview.listed), overview.odd, overview.has_more) == (20, (), True)
    assert overview.listed[0].number == "3168525"
    assert overview.listed[0].published == date(2026, 7, 3)
    assert overview.listed[1].url.endswith("eksport-til-tredjeland/id3167072/")


def test_read_listing_when_an_entry_is_of_another_kind_then_it_is_odd_and_others_are_kept():
    body = (FIXTURES / LISTING_PAGE).read_bytes()
    overview = read_listing(answer(LISTING, body.replace(b">H&#xF8;yring<", b">Nyhet<", 1)))
    assert (len(overview.listed), len(overview.odd)) == (19, 1)


@pytest.mark.parametrize(
    "body",
    [
        (FIXTURES / "written-challenge-page.html").read_bytes(),
        (FIXTURES / LISTING_PAGE).read_bytes().replace(b"searchResultsListing", b"results"),
        (FIXTURES / LISTING_PAGE).read_bytes()[:60_000],
        (FIXTURES / "written-rss-horinger.xml").read_bytes(),
        b"",
        b"\xff\xfe\x00",
    ],
)
def test_read_listing_when_it_lists_nothing_then_the_source_has_changed(body):
    with pytest.raises(SourceChanged) as raised:
        read_listing(answer(LISTING, body))
    assert raised.value.body == body


def test_read_sitemap_index_when_it_is_whole_then_its_parts_are_named():
    parts = read_sitemap_index(file(SITEMAP, "written-sitemap-index.xml"))
    assert [part.rpartition("/")[2] for part in parts] == ["sitemap1.xml", "sitemap2.xml"]


@pytest.mark.parametrize("file_name", ["written-sitemap1.xml", "written-challenge-page.html"])
def test_read_sitemap_index_when_it_is_something_else_then_the_source_has_changed(file_name):
    with pytest.raises(SourceChanged):
        read_sitemap_index(file(SITEMAP, file_name))


def test_read_sitemap_index_when_parts_lie_elsewhere_then_they_are_not_followed():
    body = (FIXTURES / "written-sitemap-index.xml").read_bytes()
    with pytest.raises(SourceChanged):
        read_sitemap_index(answer(SITEMAP, body.replace(b"www.regjeringen.no", b"10.0.0.1")))


def test_read_sitemap_when_addresses_are_mixed_then_only_norwegian_documents_are_listed():
    listed = list(read_sitemap(file(SITEMAP, "written-sitemap1.xml")))
    assert [one.number for one in listed] == ["2740012", "3100001"]


@pytest.mark.parametrize("body", [b"", b"<urlset/>", b"<html></html>", b"not xml"])
def test_read_sitemap_when_it_is_something_else_then_the_source_has_changed(body):
    with pytest.raises(SourceChanged):
        list(read_sitemap(answer(SITEMAP, body)))


def test_read_sitemap_when_entities_are_declared_then_it_is_refused_unread():
    bomb = b'<!DOCTYPE urlset [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    body = (FIXTURES / "written-sitemap1.xml").read_bytes()
    with pytest.raises(SourceChanged, match="DOCTYPE"):
        list(read_sitemap(answer(SITEMAP, body.replace(b"<urlset", bomb + b"<urlset"))))


def test_read_sitemap_when_it_is_cut_then_the_source_has_changed_and_the_answer_is_kept_short():
    body = (FIXTURES / "written-sitemap1.xml").read_bytes()[:-40] + b" " * 200_000
    with pytest.raises(SourceChanged) as raised:
        list(read_sitemap(answer(SITEMAP, body)))
    assert len(raised.value.body) == 100_000


@pytest.mark.parametrize("read", [read_feed, read_listing, read_sitemap_index])
@settings(max_examples=40, deadline=None)
@given(body=st.binary() | st.text().map(str.encode))
def test_overviews_when_anything_at_all_is_answered_then_it_is_refused_in_one_way(read, body):
    with pytest.raises(SourceChanged):
        read(answer(FEED, body))


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("https://www.regjeringen.no/no/dokumenter/horing8/id2740012/?utm_source=x#y", "2740012"),
        ("https://www.regjeringen.no/2481627", "2481627"),
        ("https://www.regjeringen.no/id2774291", "2774291"),
        ("https://www.regjeringen.no/nb/dep/kd/dok/hoeringer/x.html?id=749833", "749833"),
        ("https://www.regjeringen.no/no/id4/aktuelt/", None),
        ("https://www.regjeringen.no/no/dokumenter/id12a/", None),
        ("http://[::1", None),
        ("", None),
    ],
)
def test_number_in_when_the_address_is_in_any_known_form_then_the_number_is_found(url, number):
    assert number_in(url) == number


def test_page_address_when_a_link_leads_to_another_page_or_host_then_the_number_alone_counts():
    links = ("https://evil.example/id5/", "//evil.example/id5/", "/no/x/id6/", "javascript:/id5/")
    assert page_address("5", *links) == "https://www.regjeringen.no/id5/"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "mailto:a@b.no", "http://[", "data:,x"])
def test_absolute_when_a_link_is_no_web_address_then_it_is_none(link):
    assert absolute(link) is None
