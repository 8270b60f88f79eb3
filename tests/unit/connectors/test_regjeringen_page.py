"""Pages of regjeringen.no read into observations: golden files, and what must be refused."""

import contextlib
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.regjeringen import Regjeringen
from consultations.domain.errors import InvalidRecord, SourceChanged
from consultations.domain.observation import DeadlineKind, FoundIn, Status
from consultations.domain.source_record import SourceRecord

FIXTURES = Path(__file__).parents[2] / "fixtures" / "regjeringen"
PAGES = sorted(
    page for page in FIXTURES.glob("*-id[0-9]*.html") if not page.name.startswith("listing")
)
RAW = FIXTURES / "horing-id3167072-avskogingsforordningen-2026-07-03.html"
NYNORSK = FIXTURES / "hoyring-id3168525-nav-opplysingsplikt-nynorsk-2026-07-03.html"
FETCHED_AT = datetime(2026, 7, 4, 8, tzinfo=UTC)


def no_network(url):
    raise AssertionError(url)


connector = Regjeringen(no_network)


def split(body, url="https://www.regjeringen.no/no/dokumenter/x/id3167072/?utm_source=rss"):
    [record] = connector.split(url, "text/html; charset=utf-8", body, FETCHED_AT)
    return record


def record_of(page):
    number = re.search(r"id(\d+)", page.name)[1]
    return split(page.read_bytes(), f"https://www.regjeringen.no/no/dokumenter/x/id{number}/")


def parsed(name):
    return connector.parse(record_of(next(page for page in PAGES if name in page.name)))


def changed(old, new, page=RAW):
    body = page.read_bytes()
    assert old.encode() in body
    return body.replace(old.encode(), new.encode())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_parse_when_a_page_has_a_golden_file_then_the_observation_is_just_that(page):
    expected = json.loads(page.with_suffix(".expected.json").read_text(encoding="utf-8"))
    assert connector.parse(record_of(page)).model_dump(mode="json") == expected


def test_fixtures_when_a_page_is_added_then_it_has_a_golden_file():
    goldens = {golden.name for golden in FIXTURES.glob("*.expected.json")}
    assert goldens == {page.with_suffix(".expected.json").name for page in PAGES}


def test_split_when_a_page_is_fetched_with_tracking_then_the_address_is_the_pages_own():
    record = split(RAW.read_bytes())
    assert record.external_id == "3167072"
    assert record.url == (
        "https://www.regjeringen.no/no/dokumenter/"
        "kort-horing-avskogingsforordningen-og-forbud-mot-eksport-til-tredjeland/id3167072/"
    )
    assert (record.media_type, record.body) == ("text/html", RAW.read_bytes())


@pytest.mark.parametrize(
    "url",
    [
        "file:///tmp/page.html",
        "https://www.regjeringen.no/3167072",
        "https://www.regjeringen.no/nb/dep/kld/dok/hoeringer/x.html?id=3167072",
        "https://www.regjeringen.no/id3167072",
    ],
)
def test_split_when_the_address_is_old_or_says_nothing_then_the_number_is_the_same(url):
    assert split(RAW.read_bytes(), url).external_id == "3167072"


def test_split_when_only_the_structured_part_has_the_number_then_it_is_used():
    body = RAW.read_bytes().replace(b"DC.Identifier.URL", b"DC.Other")
    record = split(body, "file:///page.html")
    assert record.url == "https://www.regjeringen.no/id3167072/"


@pytest.mark.parametrize(
    ("media_type", "file"),
    [
        ("text/html", "written-challenge-page.html"),
        ("text/html", "listing-hoyringar-id1763-page1-2026-07-04.html"),
        ("application/rss+xml", "written-rss-horinger.xml"),
        ("application/pdf", RAW.name),
        ("", RAW.name),
    ],
)
def test_split_when_the_answer_is_no_horing_then_the_source_has_changed(media_type, file):
    body = (FIXTURES / file).read_bytes()
    with pytest.raises(SourceChanged) as raised:
        connector.split("https://www.regjeringen.no/x/id3167072/", media_type, body, FETCHED_AT)
    assert raised.value.body == body


def test_split_when_no_number_is_found_anywhere_then_the_source_has_changed():
    body = b'<html><body class="page-horing"></body></html>'
    with pytest.raises(SourceChanged, match="nummer"):
        connector.split("https://www.regjeringen.no/no/", "text/html", body, FETCHED_AT)


def test_parse_when_the_field_is_empty_then_the_deadline_in_the_lead_governs():
    deadline = parsed("9990001").deadline(DeadlineKind.WRITTEN_ANSWER)
    assert (deadline.found_in, deadline.in_words) == (FoundIn.LEAD, "10. januar 2005")


def test_parse_when_only_the_letter_has_a_deadline_then_it_is_marked_as_such():
    [deadline] = parsed("9990002").deadlines
    assert (deadline.found_in, deadline.in_words) == (FoundIn.LETTER, "1. desember 2026")


def test_parse_when_the_letter_adds_a_time_of_day_then_the_more_precise_governs():
    deadline = parsed("9990003").deadline(DeadlineKind.WRITTEN_ANSWER)
    assert deadline.in_words == "2. november 2020 kl. 12.00"


def test_parse_when_the_letter_names_another_day_then_both_are_kept_as_conflicting():
    observation = parsed("9990004")
    assert observation.deadlines_to_act_on[0].in_words == "8. september 2026"
    assert [d.in_words for d in observation.conflicting_deadlines] == ["1. september 2026"]


def test_parse_when_the_letter_is_signed_then_no_signature_is_kept():
    for page in PAGES:
        assert "[navn]" not in connector.parse(record_of(page)).model_dump_json()


def test_parse_when_two_ministries_stand_in_one_text_then_both_are_senders():
    body = changed(
        '<a href="/no/dep/kld/id668/">Klima- og milj&#xF8;departementet</a>',
        "Kultur- og likestillingsdepartementet og Barne-, ungdoms- og familiedepartementet, "
        "Energidepartementet",
    )
    assert connector.parse(split(body)).senders == (
        "Kultur- og likestillingsdepartementet",
        "Barne-, ungdoms- og familiedepartementet",
        "Energidepartementet",
    )


def test_parse_when_the_owner_is_missing_then_the_meta_tag_names_the_ministry():
    body = changed('<span class="owner">', '<span class="x">')
    assert connector.parse(split(body)).senders == ("Klima- og miljødepartementet",)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("P&#xE5; h&#xF8;yring", Status.OPEN),
        ("Under behandling", Status.UNDER_REVIEW),
        ("Ferdigbehandla", Status.CONCLUDED),
        ("Ferdigbehandlet", Status.CONCLUDED),
        ("Trukket", Status.UNKNOWN),
    ],
)
def test_parse_when_the_status_is_one_of_the_known_words_then_it_is_understood(words, status):
    body = changed("</strong> P&#xE5; h&#xF8;ring<", f"</strong> {words}<")
    assert connector.parse(split(body)).status is status


def test_parse_when_the_field_has_a_time_of_day_then_it_is_read():
    body = changed("07.08.2026</p>", "07.08.2026 kl. 12.00</p>")
    assert (
        connector.parse(split(body)).deadlines_to_act_on[0].in_words == "7. august 2026 kl. 12.00"
    )


def test_parse_when_the_field_is_before_publication_then_it_is_kept_with_a_note():
    observation = connector.parse(split(changed("07.08.2026</p>", "07.08.2025</p>")))
    assert observation.deadlines_to_act_on[0].in_words == "7. august 2025"
    assert any("før publisering" in note for note in observation.notes)


def test_parse_when_the_letter_mentions_an_earlier_round_then_its_deadline_is_left_out():
    body = changed("Fristen for å gi innspill er", "Høringsfristen er 1. mars 2026. Den er")
    observation = connector.parse(split(body))
    assert [d.found_in for d in observation.deadlines] == [FoundIn.FIELD]
    assert any("1. mars 2026" in note for note in observation.notes)


def test_parse_when_an_extension_stands_above_the_letter_then_it_is_not_lost():
    known = '<div class="content-row">'
    body = changed(known, f"<p>Ny høringsfrist er 1. september 2026.</p>{known}")
    observation = connector.parse(split(body))
    assert [d.in_words for d in observation.conflicting_deadlines] == ["1. september 2026"]


def test_parse_when_dates_in_page_and_meta_differ_then_the_page_counts_and_is_noted():
    observation = connector.parse(split(changed("Dato: 03.07.2026", "Dato: 02.07.2026")))
    assert observation.published_on == date(2026, 7, 2)
    assert observation.notes


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('<body class="page-horing ">', '<body class="page-artikkel ">', "ikke en høring"),
        ('content="Horing"', 'content="Nyhet"', "Nyhet"),
        ('name="DC.Type"', 'name="DC.Sort"', "ikke en høring"),
        ("/id3167072/", "/id3167073/", "3167073"),
        ("<h1>", "<h1>\x00", "nulltegn"),
    ],
)
def test_parse_when_the_page_is_another_than_we_know_then_it_says_what_was_found(old, new, reason):
    record = record_of(RAW).model_copy(update={"body": changed(old, new)})
    with pytest.raises(InvalidRecord, match=reason):
        connector.parse(record)


def test_parse_when_the_title_is_missing_everywhere_then_the_record_is_invalid():
    body = re.sub(rb"<h1>.*?</h1>", b"<h1> </h1>", RAW.read_bytes())
    body = re.sub(rb'<meta (name="DC.Title"|property="og:title")[^>]*>', b"", body)
    with pytest.raises(InvalidRecord, match="tittel"):
        connector.parse(split(body))


@pytest.mark.parametrize("external_id", ["31/67072", "../3167072", "abc", "3167073", "٣١"])
def test_parse_when_the_id_is_not_the_pages_number_then_the_record_is_invalid(external_id):
    record = record_of(RAW).model_copy(update={"external_id": external_id})
    with pytest.raises(InvalidRecord):
        connector.parse(record)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.7, 0.9, 0.999])
def test_parse_when_the_page_is_cut_then_half_a_page_is_never_read(share):
    body = RAW.read_bytes()
    record = record_of(RAW).model_copy(update={"body": body[: int(len(body) * share)]})
    with pytest.raises(InvalidRecord):
        connector.parse(record)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "cp865"])
def test_parse_when_the_page_is_in_another_encoding_than_it_says_then_it_is_invalid(encoding):
    text = RAW.read_text(encoding="utf-8").encode(encoding, "replace")
    with pytest.raises(InvalidRecord):
        connector.parse(record_of(RAW).model_copy(update={"body": text}))


ENTITIES = (
    '<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY x SYSTEM "file:///etc/passwd">]>'
)


def test_parse_when_entities_are_declared_then_the_page_is_refused():
    body = changed("<!DOCTYPE html>", ENTITIES).replace(b"<h1>", b"<h1>&b;&x;")
    with pytest.raises(InvalidRecord):
        connector.parse(split(body))


def test_parse_when_entities_are_unknown_then_nothing_is_expanded_or_fetched():
    body = changed("<h1>Kort", "<h1>&b;&x; &amp;lt;script&amp;gt; Kort")
    assert connector.parse(split(body)).title.startswith("&b;&x; &lt;script&gt; Kort")


@pytest.mark.parametrize("tag", ["<div>", "<b>", "<table><tr><td>", "<p><strong>", "<!--"])
def test_parse_when_megabytes_of_tags_are_nested_then_nothing_worse_than_refusal_happens(tag):
    nested = tag * (5_000_000 // len(tag))
    body = changed("<p>Animalia</p>", nested)
    with contextlib.suppress(InvalidRecord):
        connector.parse(split(body))


def test_parse_when_a_letter_is_one_endless_sentence_of_deadlines_then_it_is_read_in_time():
    body = changed("<p>Med hilsen</p>", f"<p>{'frist for svar senest 1.9.2026 ' * 5_000}</p>")
    assert len(connector.parse(split(body)).deadlines) == 2


pages = st.sampled_from([page.read_bytes() for page in (RAW, NYNORSK)])


@st.composite
def mutated_pages(draw):
    body = bytearray(draw(pages))
    main = body.index(b"<main")
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(body) - 1) | st.integers(main, main + 20_000))
        cut = draw(st.integers(0, 200))
        body[at : at + cut] = draw(st.binary(max_size=8) | st.sampled_from(TRICKS))
    return bytes(body)


TRICKS = [
    b"</div>",
    b"<main>",
    b"<h1>",
    b'<meta name="DC.Type" content="Horing">',
    b"<!--",
    b"]]>",
    b"&#0;",
    b"&#xD800;",
    b"31.02.2026",
    b"<script>",
    b"\xff\xfe",
    b'href="http://[::1"',
    b'id="horingsbrev"',
    b'class="factbox-content"',
    b"frist 99.99.2026",
    b"<svg><title>",
    b"<template>",
    b"\x0b",
]


@settings(max_examples=150, deadline=None)
@given(body=mutated_pages())
def test_parse_when_a_real_page_is_damaged_then_it_reads_the_same_twice_or_is_refused(body):
    record = SourceRecord(
        source="regjeringen",
        external_id="3167072",
        url="https://www.regjeringen.no/id3167072/",
        fetched_at=FETCHED_AT,
        media_type="text/html",
        body=body,
    )
    try:
        first = connector.parse(record)
    except InvalidRecord:
        return
    assert connector.parse(record) == first
    assert first.title


@settings(max_examples=50, deadline=None)
@given(
    url=st.text() | st.sampled_from(["http://[", "//", "/id1/", "https://x/id1/../"]),
    body=st.binary(),
)
def test_split_when_anything_at_all_is_given_then_it_is_refused_in_one_way(url, body):
    with pytest.raises(SourceChanged):
        connector.split(url, "text/html", body, FETCHED_AT)
