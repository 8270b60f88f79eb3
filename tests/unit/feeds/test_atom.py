"""A section's news as an Atom feed, held against RFC 4287 by a parser that is not ours."""

import re
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from consultations.domain.foreign_text import plain
from consultations.domain.observation import Status
from consultations.feeds import atom
from tests.building import at, deadline, observation
from tests.feeds_building import followed

NS = {"a": "http://www.w3.org/2005/Atom"}
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
NOW = at(10)
FEED = atom.Feed(
    "oppvekst", "Høringer: Oppvekst", at(0), "https://h.example.org/strom/x.atom",
    "https://h.example.org",
)  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def feed(*matters, now=NOW, of=FEED):
    root = etree.fromstring(atom.written(of, matters, news_age=timedelta(days=14), now=now))
    check(root)
    return root


def check(root):
    """What RFC 4287 asks of every feed and entry."""
    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    assert root.find("a:author/a:name", NS).text
    ids = [one.text for one in root.iterfind(".//a:id", NS)]
    assert len(ids) == len(set(ids))
    for element in (root, *root.iterfind("a:entry", NS)):
        for name in ("id", "title", "updated"):
            (found,) = element.findall(f"a:{name}", NS)
            assert found.text
        assert re.fullmatch(r"tag:ks\.no,2026:[A-Za-z0-9._~%:/-]+", element.find("a:id", NS).text)
        assert MOMENT.fullmatch(element.find("a:updated", NS).text)
    for entry in root.iterfind("a:entry", NS):
        assert entry.find("a:summary", NS).text
        assert len(entry.findall("a:link[@rel='alternate']", NS)) <= 1


def texts(root, name):
    return [one.text for one in root.iterfind(f"a:entry/a:{name}", NS)]


def test_feed_when_nothing_has_happened_then_it_is_valid_and_dated_when_it_was_made():
    root = feed()
    assert root.find("a:updated", NS).text == "2026-07-04T08:00:00Z"
    assert root.get(LANGUAGE) == "nb"
    assert root.find("a:link[@rel='self']", NS).get("href") == FEED.own_url


def test_entry_when_a_consultation_is_new_then_it_says_what_who_and_by_when():
    root = feed(followed(observation()))
    assert texts(root, "title") == ["Høring om endringer i barnevernsloven"]
    assert texts(root, "summary") == [
        "Ny høring. Fra Barne- og familiedepartementet. Fristen er 14. august 2026."
    ]
    assert texts(root, "updated") == ["2026-07-04T08:00:00Z"]
    link = root.find("a:entry/a:link", NS)
    assert link.get("href") == "https://h.example.org/horinger/regjeringen:3167072"


def test_entries_when_a_deadline_moves_then_the_newest_is_first_and_the_old_is_as_it_was():
    first, moved = observation(), observation(2, deadlines=(deadline("2026-08-28"),))
    before, after = feed(followed(first)), feed(followed(first, moved))
    assert texts(after, "title")[0].startswith("Fristen er endret: ")
    assert texts(after, "id")[1:] == texts(before, "id")
    assert after.find("a:updated", NS).text == "2026-07-06T08:00:00Z"


def test_entries_when_it_is_cancelled_then_that_is_news():
    root = feed(followed(observation(), observation(3, status=Status.CANCELLED)))
    assert texts(root, "title")[0].startswith("Avlyst: ")


def test_entries_when_a_fact_is_hushed_or_old_then_it_is_left_out():
    assert texts(feed(followed(observation(), hushed=frozenset({"opened"}))), "id") == []
    assert texts(feed(followed(observation()), now=at(61)), "id") == []


def test_title_when_it_is_in_another_language_then_it_is_marked():
    root = feed(followed(observation(language="en", title="European Child Guarantee")))
    assert root.find("a:entry/a:title", NS).get(LANGUAGE) == "en"


def test_feed_when_there_is_very_much_then_the_newest_are_shown():
    many = [followed(observation(external_id=str(number))) for number in range(250)]
    assert len(texts(feed(*many), "id")) == atom.MOST_ENTRIES


@settings(max_examples=80, deadline=None)
@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=40))
def test_feed_when_words_are_hostile_then_it_is_still_xml_with_them(title, number):
    root = feed(followed(observation(title=f"<b>&{title}", external_id=number)))
    shown = texts(root, "title")[0]
    wanted = plain(f"<b>&{title}").replace("\ufffe", "").replace("\uffff", "")
    assert shown == wanted
