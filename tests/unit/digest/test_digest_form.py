"""The weekly mail can be read by anyone, in any mail program, and is never cut off."""

import re
from datetime import timedelta
from email.parser import BytesParser
from email.policy import default
from itertools import pairwise

import lxml.html
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consultations.digest import week as weeks
from consultations.digest.blocks import Block, Digest, Entry, Group
from consultations.digest.composing import LARGEST, SHOWN, Letter
from consultations.digest.links import Links
from consultations.digest.rendering import as_html, as_text
from consultations.digest.week import DueSoon, Week
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.domain.readers import Reader, Sending
from consultations.handlers.coverage import Sight
from consultations.store.database import Database
from consultations.store.listing import Order
from consultations.store.weeks import Matter
from consultations.web.query import read_list_query
from tests.building import at, deadline, history, observation
from tests.digest_building import (
    MONDAY,
    PAGES,
    READERS,
    SECTIONS,
    WEEK,
    composer,
    full_week,
    letter,
    readers,
)

HOSTILE = "<script>alert(1)</script>\r\nBcc: x@example.org\u202e&amp; \"'><img src=x onerror=y>"
ONE_CLICK = "https://horinger.example.org/avmelding/hemmelig"


def matter(number: int, title: str = "Høring om noe", **given: object) -> Matter:
    seen = observation(external_id=str(number), title=title, **given)
    return Matter(number, seen.key, history(seen), True, False,
                  list(SECTIONS)[number % len(SECTIONS)], (), frozenset(), None)  # fmt: skip


def busy_week(count: int, title: str = "Høring om noe") -> Week:
    """A week with so many matters, each of them in every block there is."""
    told = [matter(number, title) for number in range(count)]
    near = deadline("2026-07-20")
    return Week(
        since=MONDAY - timedelta(weeks=1), until=MONDAY, now=MONDAY,
        opened=tuple(_news(one, EventType.OPENED, "Ny høring.") for one in told),
        moved=tuple(_news(one, EventType.DEADLINE_MOVED, title * 3) for one in told),
        due=tuple(DueSoon(one, near) for one in told),
        eu=tuple(weeks.EuMatter(one, near, None, one) for one in told),
        short=tuple(weeks.Short(one, ("Høringstiden er 9 dager.",)) for one in told),
        sent=(), late=(), outcomes=(),
        sources=(weeks.SeenSource("Høringer på regjeringen.no", Sight.SEEN, MONDAY, None),),
    )  # fmt: skip


def _news(told: Matter, type_: EventType, words: str) -> weeks.News:
    return weeks.News(told, Fact(type_, f"{type_}/{told.id}", at(0), words))


def written(week: Week, reader: str = "ledelsen", way_out: str | None = ONE_CLICK) -> Letter:
    one = composer().letter(Sending(WEEK, MONDAY), reader, week, way_out)
    assert one is not None
    return one


def words_of(html: str) -> str:
    """Return what people see of a page, with every run of blanks as one."""
    body = lxml.html.document_fromstring(html).find("body")
    assert body is not None
    return " ".join(" ".join(body.itertext()).split())


def addresses_in(text: str) -> set[str]:
    return set(re.findall(r"https?://\S+", text))


def facts_of(digest: Digest) -> list[str]:
    said = [digest.heading, digest.period, *digest.summary, digest.why]
    for block in digest.blocks:
        said += [block.heading, *block.notes]
        for group in block.groups:
            said += [group.heading or "", *([group.left_out_in_words] if group.left_out else [])]
            for entry in group.entries:
                said += [entry.title, *entry.lines]
    return [" ".join(words.split()) for words in said]


WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" "),
    min_size=1, max_size=90,
).map(lambda words: " ".join(words.split()) or "x")  # fmt: skip
ADDRESSES = st.none() | st.integers(1, 999).map(lambda n: f"https://example.org/{n}")
ENTRIES = st.builds(
    Entry, WORDS, st.sampled_from([None, "nn"]), ADDRESSES, st.lists(WORDS, max_size=3).map(tuple)
)
GROUPS = st.builds(
    Group, st.none() | WORDS, st.lists(ENTRIES, max_size=4).map(tuple), ADDRESSES,
    st.integers(0, 600),
)  # fmt: skip
BLOCKS = st.builds(
    Block, WORDS, st.lists(GROUPS, max_size=3).map(tuple), st.lists(WORDS, max_size=2).map(tuple)
)
DIGESTS = st.builds(
    Digest, WORDS, WORDS, st.lists(WORDS, max_size=2).map(tuple),
    st.lists(BLOCKS, max_size=4).map(tuple), WORDS, ADDRESSES,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DIGESTS)
def test_parts_when_written_then_every_fact_and_address_in_one_is_in_the_other(digest):
    text, html = as_text(digest), as_html(digest)
    plain, shown = " ".join(text.split()), words_of(html)
    for fact in facts_of(digest):
        assert fact in shown
        assert fact in plain
    links = {str(link) for _, attribute, link, _ in lxml.html.document_fromstring(html).iterlinks()
             if attribute == "href"}  # fmt: skip
    assert links == addresses_in(text)


def test_parts_when_a_whole_week_is_told_then_both_name_the_same_matters(database: Database):
    full_week(database)
    one = letter(database, "ledelsen")
    assert one is not None
    shown = words_of(one.html)
    headings = lxml.html.document_fromstring(one.html).xpath("//h2")
    assert len(headings) == 7
    plain = {line.strip(" *") for line in one.text.splitlines()}
    for line in plain - {""} - {line for line in plain if set(line) <= {"=", "-"}}:
        assert line in shown or line.startswith(("http", "Meld deg av"))


@pytest.mark.parametrize("count", [0, 1, 600])
@pytest.mark.parametrize("reader", list(READERS))
def test_mail_when_much_happened_then_it_is_still_under_100_kb(count, reader):
    week = busy_week(count)
    one = composer().letter(Sending(WEEK, MONDAY), reader, week, ONE_CLICK)
    if reader == "stille" and count < len(SECTIONS):
        assert one is None
    else:
        assert one is not None
        assert len(one.mail) < LARGEST


@settings(max_examples=12, deadline=None)
@given(count=st.integers(0, 400), title=st.text(min_size=1, max_size=400).filter(str.strip))
def test_mail_when_titles_are_anything_then_it_is_under_100_kb_and_two_parts(count, title):
    one = written(busy_week(count, title))
    assert len(one.mail) < LARGEST
    mail = BytesParser(policy=default).parsebytes(one.mail)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_mail_when_not_all_is_shown_then_the_rest_is_counted_and_linked():
    one = written(busy_week(600))
    shown = [int(n) for n in re.findall(r"og (\d+) til", one.text)]
    assert shown
    assert f"{PAGES}/?seksjon=oppvekst" in one.text
    assert f"{PAGES}/?apne=1&sorter=frist" in one.text
    assert f"{PAGES}/?eu=1" in one.text
    news = one.text.partition("Frister de neste fire ukene\n=")[0]
    entries = len(re.findall(r"^\* Høring om noe", news, re.MULTILINE))
    assert entries + sum(int(n) for n in re.findall(r"og (\d+) til", news)) == 600


def test_mail_when_nothing_of_a_group_fits_then_says_how_many_there_are():
    group = Group("Uke 28", (Entry("Tittel", None, None, ()),) * 3, PAGES).cut(0)
    digest = Digest("H", "P", (), (Block("B", (group,)),), "W", None)
    assert "3 i alt" in as_text(digest)
    assert SHOWN[-1] == 0


@pytest.mark.parametrize(
    ("asked", "section", "eu", "order"),
    [({"section": "oppvekst"}, "oppvekst", False, Order.NEWEST),
     ({"eu_eea": True}, None, True, Order.NEWEST),
     ({"by_deadline": True}, None, False, Order.DEADLINE)],
)  # fmt: skip
def test_links_when_the_page_reads_them_then_the_list_is_what_was_meant(asked, section, eu, order):
    address = Links(PAGES).listing(**asked)
    assert address is not None
    given_ = dict(pair.split("=") for pair in address.partition("?")[2].split("&"))
    query = read_list_query(given_, {id_: (id_,) for id_ in SECTIONS})
    assert (query.filters.section, query.filters.eu_eea, query.order) == (section, eu, order)


def test_mail_when_titles_are_hostile_then_they_are_only_words():
    one = written(busy_week(2, HOSTILE))
    mail = BytesParser(policy=default).parsebytes(one.mail)
    assert "Bcc" not in mail
    page = lxml.html.document_fromstring(one.html)
    assert not page.xpath("//script | //img | //@onerror")
    assert "alert(1)" in words_of(one.html)
    assert "\u202e" not in one.html + one.text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://x.no/ \r\nBcc: y", "//x.no", "data:text/html,x",
            "https:///x", "http://[::1", 'https://x.no/"><script>'],
)  # fmt: skip
def test_links_when_the_sources_address_is_none_then_the_title_leads_nowhere(url):
    told = matter(1, url=url)
    assert Links(None).matter(told) is None


def test_mail_when_read_by_a_machine_then_it_says_language_scheme_and_headings():
    page = lxml.html.document_fromstring(written(busy_week(3)).html)
    assert page.get("lang") == "nb"
    assert page.xpath("//meta[@name='color-scheme']/@content") == ["light dark"]
    assert len(page.xpath("//h1")) == 1
    levels = [int(str(heading.tag)[1]) for heading in page.xpath("//h1 | //h2 | //h3")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(table.get("role") == "presentation" for table in page.xpath("//table"))
    assert all(link.text_content().strip() for link in page.xpath("//a"))


def test_mail_when_shown_then_nothing_is_fetched_from_anywhere():
    html = written(busy_week(3)).html
    page = lxml.html.document_fromstring(html)
    assert not page.xpath("//img | //link | //script | //iframe | //@src | //@background")
    assert "url(" not in html
    assert "@import" not in html


def test_mail_when_a_title_is_in_another_language_then_it_is_marked():
    told = matter(1, "Høyring om skule", language="nn")
    week = busy_week(0)
    page = lxml.html.document_fromstring(
        written(Week(**{**vars(week), "opened": (_news(told, EventType.OPENED, ""),)})).html
    )
    assert page.xpath("//a[@lang='nn']")[0].text_content() == "Høyring om skule"


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _colours(css: str, name: str) -> list[str]:
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", css)
    return [c for selector, body in rules if selector.strip() == name
            for c in re.findall(r"(?<![-\w])color: (#\w{6})", body)]  # fmt: skip


def _grounds(css: str) -> list[str]:
    return re.findall(r"background: (#\w{6})", css)


def test_colours_when_light_or_dark_then_every_word_stands_out():
    html = written(busy_week(1)).html
    style = html[html.index("<style>") : html.index("</style>")]
    light, dark = style.split("@media (prefers-color-scheme: dark) {")
    for css, ink in ((light, "body"), (dark, "td")):
        inks = _colours(css, ink) + _colours(css, "a") + _colours(css, ".soft")
        assert len(inks) == 3
        assert len(_grounds(css)) == 2
        for ground in _grounds(css):
            assert all(_contrast(one, ground) >= 4.5 for one in inks)


def test_thread_when_weeks_go_by_then_all_hang_on_one_root_for_each_reader():
    mail = BytesParser(policy=default).parsebytes(written(busy_week(1)).mail)
    assert mail["Message-ID"] == "<2026-w28.ledelsen@example.org>"
    assert mail["References"] == "<ukesoversikt.ledelsen@example.org>"
    assert mail["List-Unsubscribe"] == f"<{ONE_CLICK}>"


def test_mail_when_nobody_can_unsubscribe_by_a_link_then_there_is_none():
    one = written(busy_week(1), way_out=None)
    assert "List-Unsubscribe" not in BytesParser(policy=default).parsebytes(one.mail)
    assert "Meld deg av" not in one.text + one.html


def test_mail_when_it_says_why_then_names_what_the_reader_follows():
    chosen = readers().model_copy(update={"readers": {
        "to": Reader(name="To", email="to@example.org", sections=("oppvekst", "jus"),
                     brussels=True)}})  # fmt: skip
    one = composer(chosen).letter(Sending(WEEK, MONDAY), "to", busy_week(1), None)
    assert one is not None
    assert (
        "Du får denne e-posten hver mandag kl. 07.00 fordi du følger Oppvekst, barnevern og "
        "familie, Jus – KS Advokatene og EU- og EØS-saker."
    ) in " ".join(one.text.split())


def test_style_when_counted_then_gmail_takes_it():
    html = written(busy_week(0)).html
    assert html.index("</style>") - html.index("<style>") < 8192
