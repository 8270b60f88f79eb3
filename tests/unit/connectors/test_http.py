"""The polite client against a transport in memory, with a clock and a sleep that do not run."""

import gzip
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.http import Answer, PageGone, PoliteClient, Publisher
from connectors.pacing import Pace
from consultations.domain.errors import (
    ConfigError,
    FetchRefused,
    SourceChanged,
    SourceUnavailable,
)

NOW = datetime(2026, 7, 4, 8, 0, tzinfo=UTC)
AGENT = "KS-konsultasjoner/0.1 (+https://www.ks.no; kontakt: horing@ks.no)"
PAGE = "https://kilde.no/side"

Answering = Callable[[httpx.Request], httpx.Response]


@dataclass
class StoppedTime:
    """Time that only passes while someone sleeps."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class Source:
    """A publisher without robots.txt that gives its answers in order, the last for ever."""

    answers: list[Answering]
    asked: list[httpx.Request] = field(default_factory=list)
    time: StoppedTime = field(default_factory=StoppedTime)
    started: list[float] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.started.append(self.time.monotonic())
        if request.url.path == "/robots.txt":
            return httpx.Response(404)
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(request)

    def client(self, **options) -> PoliteClient:
        publisher = Publisher(frozenset({"kilde.no", "www.kilde.no"}), timedelta(seconds=2))
        wanted = {"user_agent": AGENT, "clock": lambda: NOW} | options
        return PoliteClient(
            publisher,
            transport=httpx.MockTransport(self),
            sleep=self.time.sleep,
            monotonic=self.time.monotonic,
            **wanted,
        )


def source(*answers: Answering | int) -> Source:
    return Source([_answering(a) for a in answers])


def _answering(answer: Answering | int) -> Answering:
    if isinstance(answer, int):
        return lambda _: httpx.Response(answer)
    return answer


def ok(text: str = "hei") -> Answering:
    return lambda _: httpx.Response(200, html=text)


def streamed(chunks: Iterable[bytes], **headers: str) -> Answering:
    shown = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(200, headers=shown, content=iter(chunks))


def redirect(to: str) -> Answering:
    return lambda _: httpx.Response(302, headers={"Location": to})


def failing(error: type[httpx.TransportError]) -> Answering:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("trådbrudd", request=request)

    return fail


def test_get_when_page_is_there_then_tells_all_about_it():
    assert source(ok("hei")).client().get(PAGE) == Answer(
        url=PAGE, status=200, media_type="text/html", charset="utf-8", body=b"hei", fetched_at=NOW
    )


def test_get_when_media_type_is_odd_then_it_is_lower_case_without_parameters():
    answer = source(streamed([b"x"], content_type="Text/XML ; charset=ISO-8859-1")).client()
    got = answer.get(PAGE)
    assert (got.media_type, got.charset) == ("text/xml", "iso-8859-1")


def test_get_when_no_content_type_then_media_type_is_empty():
    got = source(streamed([b"x"])).client().get(PAGE)
    assert (got.media_type, got.charset) == ("", None)


def test_get_when_asking_then_says_who_we_are():
    kilde = source(ok())
    kilde.client().get(PAGE)
    assert kilde.asked[0].headers["user-agent"] == AGENT


@pytest.mark.parametrize(
    "agent",
    ["", "  ", "Mozilla/5.0", "KS", "KS (horing@ks.no)\r\nX: y", "KS (høring@ks.no)"],
)
def test_client_when_user_agent_has_no_contact_then_refuses_to_start(agent):
    with pytest.raises(ConfigError, match="Brukeragenten"):
        source(200).client(user_agent=agent)


@pytest.mark.parametrize("agent", ["KS (horing@ks.no)", "KS/1 (+https://www.ks.no)"])
def test_client_when_user_agent_names_a_contact_then_starts(agent):
    assert source(ok()).client(user_agent=agent).get(PAGE).status == 200


# --- what we will not ask


@pytest.mark.parametrize(
    "url",
    [
        "http://kilde.no/side",
        "ftp://kilde.no/side",
        "file:///etc/passwd",
        "https://annen.no/",
        "https://kilde.no.ond.no/",
        "https://ondkilde.no/",
        "https://kilde.no@ond.no/",
        "https://bruker:passord@kilde.no/",
        "https://kilde.no:8443/",
        "https://127.0.0.1/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https:///side",
        "kilde.no/side",
        "https://kilde.no:port/",
        "https://kilde.no/\x00",
        "",
    ],
)
def test_get_when_address_is_not_the_publishers_then_refuses_unasked(url):
    kilde = source(ok())
    with pytest.raises(FetchRefused):
        kilde.client().get(url)
    assert kilde.started == []


def test_get_when_host_is_upper_case_then_it_is_still_the_publishers():
    assert source(ok()).client().get("https://KILDE.no/side").status == 200


def test_get_when_http_is_allowed_then_fetches_from_any_port():
    assert source(ok()).client(allow_http=True).get("http://kilde.no:8080/").status == 200


# --- redirects


def test_get_when_redirected_within_publisher_then_url_is_the_final_one():
    kilde = source(redirect("https://www.kilde.no/ny"), ok())
    assert kilde.client().get(PAGE).url == "https://www.kilde.no/ny"


def test_get_when_redirected_five_times_then_follows():
    assert source(*[redirect("/side")] * 5, ok()).client().get(PAGE).status == 200


def test_get_when_redirected_in_a_loop_then_refuses():
    kilde = source(redirect("/side"))
    with pytest.raises(FetchRefused, match="Mer enn 5 omdirigeringer"):
        kilde.client().get(PAGE)
    assert len(kilde.asked) == 6


@pytest.mark.parametrize(
    "to",
    [
        "https://annen.no/",
        "http://kilde.no/side",
        "//127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://[",
    ],
)
def test_get_when_redirected_out_of_publisher_then_refuses(to):
    kilde = source(redirect(to))
    with pytest.raises(FetchRefused):
        kilde.client().get(PAGE)
    assert len(kilde.asked) == 1


def test_get_when_redirect_has_no_address_then_unavailable():
    with pytest.raises(SourceUnavailable, match="HTTP 302"):
        source(302).client().get(PAGE)


def test_get_when_redirect_address_is_broken_then_unavailable():
    with pytest.raises(SourceUnavailable):
        source(redirect("https://0177.0.0.1/")).client().get(PAGE)


# --- statuses and retries


@pytest.mark.parametrize("status", [404, 410])
def test_get_when_page_is_gone_then_says_so_without_retry(status):
    kilde = source(status)
    with pytest.raises(PageGone) as gone:
        kilde.client().get(PAGE)
    assert (gone.value.url, gone.value.status, len(kilde.asked)) == (PAGE, status, 1)


@pytest.mark.parametrize("status", [304, 400, 401, 402, 405, 406, 421, 451])
def test_get_when_status_is_unexpected_then_unavailable_without_retry(status):
    kilde = source(status)
    with pytest.raises(SourceUnavailable, match=f"HTTP {status}"):
        kilde.client().get(PAGE)
    assert len(kilde.asked) == 1


def test_get_when_forbidden_then_mentions_bot_protection_without_retry():
    kilde = source(403)
    with pytest.raises(SourceUnavailable, match="vern mot roboter"):
        kilde.client().get(PAGE)
    assert len(kilde.asked) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520])
def test_get_when_trouble_passes_then_answers(status):
    kilde = source(status, status, ok())
    assert kilde.client().get(PAGE).body == b"hei"


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError,
        httpx.ReadError,
        httpx.RemoteProtocolError,
        httpx.ConnectTimeout,
        httpx.ReadTimeout,
    ],
)
def test_get_when_network_fails_once_then_answers(error):
    assert source(failing(error), ok()).client().get(PAGE).body == b"hei"


@pytest.mark.parametrize("status", [429, 500])
def test_get_when_trouble_stays_then_unavailable_after_the_attempts(status):
    kilde = source(status)
    with pytest.raises(SourceUnavailable, match=f"HTTP {status}"):
        kilde.client(attempts=4).get(PAGE)
    assert len(kilde.asked) == 4


def test_get_when_timing_out_for_good_then_says_in_time():
    with pytest.raises(SourceUnavailable, match="ikke i tide"):
        source(failing(httpx.ReadTimeout)).client().get(PAGE)


def test_get_when_retrying_then_waits_longer_each_time():
    kilde = source(500)
    with pytest.raises(SourceUnavailable):
        kilde.client(attempts=4).get(PAGE)
    gaps = [b - a for a, b in itertools.pairwise(kilde.started[1:])]
    assert 2 <= gaps[0] <= 4 <= gaps[1] <= 6 <= gaps[2] <= 10


def told_to_wait(stated: str, status: int = 429) -> Answering:
    return lambda _: httpx.Response(status, headers={"Retry-After": stated})


@pytest.mark.parametrize("stated", ["25", " 25 ", "Sat, 04 Jul 2026 08:00:25 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_get_when_told_to_wait_a_little_then_waits_so_long(stated, status):
    kilde = source(told_to_wait(stated, status), ok())
    kilde.client().get(PAGE)
    assert kilde.started[-1] - kilde.started[-2] == 25


@pytest.mark.parametrize("stated", ["3600", "Sat, 04 Jul 2026 09:00:00 GMT"])
def test_get_when_told_to_wait_long_then_raises_at_once(stated):
    kilde = source(told_to_wait(stated))
    with pytest.raises(SourceUnavailable) as unavailable:
        kilde.client().get(PAGE)
    assert unavailable.value.retry_after == timedelta(hours=1)
    assert len(kilde.asked) == 1


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)) | st.datetimes().map(str))
@settings(max_examples=60)
def test_get_when_retry_after_is_anything_then_never_crashes_or_waits_backwards(stated):
    kilde = source(told_to_wait(stated))
    with pytest.raises(SourceUnavailable) as unavailable:
        kilde.client().get(PAGE)
    assert unavailable.value.retry_after is None or unavailable.value.retry_after >= timedelta(0)
    assert all(wait >= 0 for wait in kilde.time.slept)


# --- bodies


def test_get_when_body_is_exactly_the_cap_then_returns_it():
    assert source(streamed([b"x" * 60, b"x" * 40])).client(max_bytes=100).get(PAGE).body == (
        b"x" * 100
    )


def test_get_when_body_is_over_the_cap_then_source_changed_and_reading_stops():
    read = []

    def endless():
        for _ in range(1_000_000):
            read.append(1)
            yield b"x" * 1000

    kilde = source(streamed(endless(), content_type="text/html"))
    with pytest.raises(SourceChanged) as changed:
        kilde.client(max_bytes=10_000).get(PAGE)
    assert len(read) < 100
    assert (changed.value.url, changed.value.media_type) == (PAGE, "text/html")
    assert changed.value.body == b"x" * 10_001


def test_get_when_body_in_memory_is_over_the_cap_then_source_changed():
    with pytest.raises(SourceChanged):
        source(ok("x" * 101)).client(max_bytes=100).get(PAGE)


def test_get_when_oversized_then_keeps_only_the_beginning():
    with pytest.raises(SourceChanged) as changed:
        source(streamed([b"x" * 300_000])).client(max_bytes=200_000).get(PAGE)
    assert len(changed.value.body) == 100_000


@given(st.binary(max_size=5000), st.integers(1, 700), st.sampled_from(["gzip", "x-gzip", "GZIP"]))
@settings(max_examples=40)
def test_get_when_body_is_gzipped_then_it_is_unpacked_however_it_is_cut(body, size, name):
    packed = gzip.compress(body)
    chunks = [packed[i : i + size] for i in range(0, len(packed), size)]
    assert source(streamed(chunks, content_encoding=name)).client().get(PAGE).body == body


def test_get_when_gzip_has_several_members_then_all_are_read():
    packed = gzip.compress(b"en") + gzip.compress(b"to")
    assert source(streamed([packed], content_encoding="gzip")).client().get(PAGE).body == b"ento"


def test_get_when_gzip_expands_over_the_cap_then_source_changed():
    bomb = gzip.compress(b"\0" * 5_000_000)
    with pytest.raises(SourceChanged):
        source(streamed([bomb], content_encoding="gzip")).client(max_bytes=10_000).get(PAGE)


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"hei" * 100)[:-6], b"ikke gzip", gzip.compress(b"hei")[:-8] + b"\1" * 8],
)
def test_get_when_gzip_is_broken_then_tries_again(packed):
    kilde = source(streamed([packed], content_encoding="gzip"), ok())
    assert kilde.client().get(PAGE).body == b"hei"


def test_get_when_packed_in_a_way_we_did_not_ask_for_then_unavailable():
    with pytest.raises(SourceUnavailable, match="pakket med br"):
        source(streamed([b"x"], content_encoding="br")).client().get(PAGE)


def test_get_when_body_drips_then_gives_up_in_time():
    time = StoppedTime()

    def dripping():
        while True:
            time.seconds += 1
            yield b"x"

    kilde = Source([streamed(dripping())], time=time)
    with pytest.raises(SourceUnavailable, match="ikke i tide"):
        kilde.client(timeout_seconds=10, attempts=1).get(PAGE)
    assert time.seconds < 15


# --- pace


def test_get_when_asked_in_a_row_then_requests_start_the_interval_apart():
    kilde = source(ok())
    client = kilde.client()
    for _ in range(3):
        client.get(PAGE)
    assert kilde.started == [0, 2, 4, 6]


def test_get_when_redirected_then_the_next_step_waits_its_turn_too():
    kilde = source(redirect("/ny"), ok())
    kilde.client().get(PAGE)
    assert kilde.started == [0, 2, 4]


def test_pace_when_the_interval_has_passed_then_does_not_sleep():
    time = StoppedTime()
    pace = Pace(timedelta(seconds=2), sleep=time.sleep, monotonic=time.monotonic)
    pace.wait_for_turn()
    time.seconds = 2.5
    pace.wait_for_turn()
    assert time.slept == []


def test_pace_when_threads_share_it_then_each_gets_its_own_turn():
    slept: list[float] = []
    pace = Pace(timedelta(seconds=2), sleep=slept.append, monotonic=lambda: 0.0)
    threads = [Thread(target=pace.wait_for_turn) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slept) == [2.0 * turn for turn in range(1, 20)]
