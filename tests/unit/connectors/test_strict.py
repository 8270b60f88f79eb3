"""Foreign XML and HTML are read whole or refused with a place."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from connectors.strict import (
    audit,
    exactly_one,
    one_record_at_a_time,
    parse_html,
    parse_xml,
    text_of,
)
from consultations.domain.errors import InvalidRecord

LAUGHS = b"<!DOCTYPE x [<!ENTITY a 'ha'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (97 + n, b"&%c;" % (96 + n) * 10) for n in range(1, 10)
)


def test_parse_xml_when_well_formed_then_returns_the_root():
    assert parse_xml('\ufeff<?xml version="1.0"?><a>høring</a>'.encode()).text == "høring"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "linje 1, kolonne 1"),
        (b"   ", "linje 1"),
        (b"<a>\n<b>x</b>", "linje 2, kolonne 9"),
        (b"<a>\n<b>x</a>", "linje 2"),
        ("<a>\nhøring</a>".encode("latin-1"), "linje 2"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "linje 1"),
        (b"<a>\x00</a>", "linje 1, kolonne 4"),
        (b"<a>&ukjent;</a>", "linje 1"),
        (b"<a/>\nmer", "linje 2"),
        (b'{"horinger": []}', "linje 1"),
        (b"<html><body>Just a moment...<br></body></html>", "linje 1"),
        (b"\x1f\x8b\x08\x00", "linje 1"),
        (LAUGHS + b"]><x>&i;</x>", "linje 1|DOCTYPE"),
        (LAUGHS + b"]><x y='&i;'/>", "linje 1"),
        (b"<a>" * 100_000, "linje 1"),
    ],
)
def test_parse_xml_when_broken_or_hostile_then_invalid_with_place(body, place):
    with pytest.raises(InvalidRecord, match=place):
        parse_xml(body)


@pytest.mark.parametrize(
    "doctype",
    ["<!DOCTYPE a>", '<!DOCTYPE a SYSTEM "file:///etc/passwd">', '<!DOCTYPE a [<!ENTITY b "c">]>'],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_parse_xml_when_it_has_a_doctype_then_invalid(doctype, encoding):
    with pytest.raises(InvalidRecord, match="DOCTYPE"):
        parse_xml(f"{doctype}<a/>".encode(encoding))


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_parse_when_bytes_are_anything_then_reads_or_says_invalid(body):
    for parse in (parse_xml, parse_html):
        with suppress(InvalidRecord):
            assert text_of(parse(body)) is not None


def test_parse_html_when_escapes_are_mixed_then_all_are_read():
    page = parse_html("<body><p>ø &oslash; &#248; &#xF8; & &amp;".encode())
    assert text_of(page) == "ø ø ø ø & &"


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("<body>høring".encode(), None),
        ("\ufeff<body>høring".encode(), None),
        ("<body>høring".encode("latin-1"), "iso-8859-1"),
        ("<meta charset='iso-8859-1'><body>høring".encode("latin-1"), None),
        ("<meta charset=iso-8859-1><body>høring".encode(), "utf-8"),
        ('<?xml version="1.0" encoding="utf-8"?><html><body>høring'.encode(), None),
        ("<body>høring".encode("utf-16"), "utf-16"),
    ],
)
def test_parse_html_when_charset_is_told_then_header_beats_page_beats_utf8(body, charset):
    assert text_of(parse_html(body, charset)) == "høring"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "<body>"),
        (b"<!DOCTYPE html><html><head><title>Ho", "<body>"),
        (b"<!-- <body> -->", "ingen HTML-side"),
        (b"<body>\n<p>\x00", "linje 2"),
        ("<body>\nhøring".encode("latin-1"), "Linje 2, kolonne 2"),
        (b"<meta charset=klingon><body>", "klingon"),
        (b"\x89PNG\r\n\x1a\n<body>", "Linje 1"),
        (b"%PDF-1.7 ren tekst", "<body>"),
        (b"<body>" + b"<div>" * 5000 + b"x", "linje 1"),
    ],
)
def test_parse_html_when_it_is_no_whole_page_then_invalid(body, said):
    with pytest.raises(InvalidRecord, match=said):
        parse_html(body)


def test_text_of_when_spaces_are_of_all_kinds_then_one_ordinary_space():
    assert text_of(parse_xml("<a> 16.\u00a0oktober\n\t 2026\u2009 </a>".encode())) == (
        "16. oktober 2026"
    )


def test_text_of_when_elements_break_the_line_then_words_stay_apart():
    page = html.fromstring("<ul><li>Oslo</li><li>B<b>ær</b>um</li></ul>")
    assert text_of(page) == "Oslo Bærum"


def test_text_of_when_text_is_not_for_people_then_leaves_it_out():
    page = html.fromstring("<p><i>a<!-- b --><script>c</script><style>d</style> e</i> f</p>")
    assert text_of(page[0]) == "a e"


def test_exactly_one_when_there_is_one_then_returns_it():
    assert exactly_one(["a"], "tittel") == "a"


@pytest.mark.parametrize("found", [[], ["a", "b"]])
def test_exactly_one_when_there_are_not_one_then_invalid_with_the_name(found):
    with pytest.raises(InvalidRecord, match=f"én tittel, men fant {len(found)}"):
        exactly_one(found, "tittel")


def test_audit_when_children_are_unknown_then_names_each_once():
    element = parse_xml(b'<h xmlns="http://x"><id/><ny/><ny/><versjon/><alt/></h>')
    unknown = audit(element, handled={"id"}, ignored={"versjon": "husholdning"})
    assert unknown == ("alt", "ny")


def test_audit_when_a_child_is_a_comment_then_it_is_no_child():
    assert audit(etree.fromstring("<h><!-- x --><id/></h>"), handled={"id"}, ignored={}) == ()


def test_one_record_at_a_time_when_the_parser_has_a_fault_gives_up_that_record_only():
    @one_record_at_a_time
    def parse(number):
        return [10, 20][number]

    assert parse(1) == 20
    with pytest.raises(InvalidRecord, match="IndexError"):
        parse(2)
