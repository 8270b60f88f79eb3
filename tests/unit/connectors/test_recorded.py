"""A folder of recorded answers stands in for the network."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.http import PageGone, PoliteClient, Publisher
from connectors.recorded import RecordedAnswers, normalised
from consultations.domain.errors import ConfigError, SourceUnavailable

PAGE = "https://kilde.no/no/høring/?page=2"


@pytest.fixture
def record(tmp_path):
    """Write an index of these entries, each with the defaults of a good one."""

    def write(*entries) -> RecordedAnswers:
        for name in ("en.html", "to.html"):
            (tmp_path / name).write_bytes(name.encode())
        good = {"url": PAGE, "file": "en.html", "media_type": "text/html", "label": "raw"}
        index = [good | e if isinstance(e, dict) else e for e in entries]
        (tmp_path / "index.json").write_text(json.dumps(index), encoding="utf-8")
        return RecordedAnswers(tmp_path)

    return write


def ask(answers: RecordedAnswers, url: str) -> httpx.Response:
    with httpx.Client(transport=answers) as client:
        return client.get(url)


def test_recorded_when_address_is_known_then_answers_as_recorded(record):
    answer = ask(record({"media_type": "text/html; charset=utf-8", "status": 203}), PAGE)
    assert (answer.status_code, answer.content) == (203, b"en.html")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    "url",
    [
        "https://kilde.no/no/h%C3%B8ring/?page=2",
        "https://kilde.no/no/h%c3%b8ring/?page=2",
        "https://kilde.no:443/no/høring/?page=2",
        "HTTPS://KILDE.NO/no/høring/?page=2",
        "https://kilde.no/n%6F/høring/?page=%32",
        "https://kilde.no/no/høring/?page=2#innhold",
    ],
)
def test_recorded_when_address_is_written_another_way_then_it_is_the_same(record, url):
    assert ask(record({}), url).status_code == 200


@pytest.mark.parametrize(
    "url",
    [
        "https://kilde.no/no/høring/",
        "https://kilde.no/no/høring?page=2",
        "https://kilde.no/no/høring/?page=2&x=",
        "https://kilde.no/no/Høring/?page=2",
        "http://kilde.no/no/høring/?page=2",
        "https://kilde.no:8443/no/høring/?page=2",
        "https://kilde.no/no%2Fhøring/?page=2",
    ],
)
def test_recorded_when_address_is_another_then_404(record, url):
    assert ask(record({}), url).status_code == 404


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), max_size=20))
@settings(max_examples=60)
def test_normalised_when_done_twice_then_nothing_more_changes(path):
    try:
        once = normalised(httpx.URL(f"https://kilde.no/{path}"))
    except httpx.InvalidURL:
        return
    assert normalised(httpx.URL(once)) == once


def test_recorded_when_address_stands_twice_then_answers_in_order_and_stays_at_the_last(record):
    answers = record({}, {"file": "to.html"})
    assert [ask(answers, PAGE).content for _ in range(3)] == [b"en.html", b"to.html", b"to.html"]


def test_recorded_when_served_through_the_polite_client_then_its_errors_come_too(record):
    answers = record({}, {"url": "https://kilde.no/nede", "status": 500})
    client = PoliteClient(
        Publisher(frozenset({"kilde.no"}), timedelta(seconds=2)),
        user_agent="KS-konsultasjoner/0.1 (+https://www.ks.no)",
        clock=lambda: datetime(2026, 7, 4, tzinfo=UTC),
        transport=answers,
        sleep=lambda _: None,
    )
    assert client.get(PAGE).body == b"en.html"
    with pytest.raises(PageGone):
        client.get("https://kilde.no/ukjent")
    with pytest.raises(SourceUnavailable):
        client.get("https://kilde.no/nede")


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ({"label": "nesten ekte"}, "label"),
        ({"status": 99}, "status"),
        ({"status": "ok"}, "status"),
        ({"url": "kilde.no"}, "url"),
        ({"url": "https://kilde.no:port/"}, "url"),
        ({"media_type": ""}, "media_type"),
        ({"file": "borte.html"}, "file"),
        ({"file": "../index.json"}, "file"),
        ({"file": "/etc/hostname"}, "file"),
        ({"file": "."}, "file"),
        ({"farge": "blå"}, "farge"),
        ("en.html", "hele svaret"),
    ],
)
def test_recorded_when_an_entry_is_wrong_then_names_file_entry_and_field(record, entry, named):
    with pytest.raises(ConfigError, match=rf"index\.json, svar nr\. 2: {named}"):
        record({}, entry)


@pytest.mark.parametrize("index", ["", "{", "{}", '"x"', "\udcff"])
def test_recorded_when_index_is_no_list_then_names_the_file(tmp_path, index):
    (tmp_path / "index.json").write_bytes(index.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigError, match=r"index\.json"):
        RecordedAnswers(tmp_path)


def test_recorded_when_index_is_missing_then_names_the_file(tmp_path):
    with pytest.raises(ConfigError, match=r"index\.json"):
        RecordedAnswers(tmp_path)
