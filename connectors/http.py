"""Fetches pages the way a good guest does: named, slow, obedient to robots.txt, and wary."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import tenacity

from connectors.addresses import GuardedTransport
from connectors.bodies import UnreadableBody, read_at_most
from connectors.pacing import Pace
from connectors.robots import Robots
from consultations.clock import Clock
from consultations.domain.errors import (
    ConfigError,
    FetchRefused,
    SourceChanged,
    SourceUnavailable,
)

MAX_REDIRECTS = 5
# Longer waits than this are for the scheduler, not for a thread that sleeps.
LONGEST_SLEEP = timedelta(seconds=60)
# Of an answer over the cap only the beginning is kept for the dead letter.
KEPT_OF_OVERSIZED = 100_000


@dataclass(frozen=True)
class Answer:
    """What a publisher answered. ``url`` is the final address, ``fetched_at`` is in UTC."""

    url: str
    status: int
    media_type: str
    charset: str | None
    body: bytes
    fetched_at: datetime


@dataclass(frozen=True)
class Publisher:
    """Which hosts belong to one publisher, and how far apart requests to them must start."""

    hosts: frozenset[str]
    min_interval: timedelta


class PageGone(Exception):  # noqa: N818 - reads as the news it is
    """This one page does not exist (404, 410). The source itself is well."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(f"{url} finnes ikke (HTTP {status}).")
        self.url = url
        self.status = status


class _Passing(SourceUnavailable):
    """Trouble that may be over in a moment, and so is worth another attempt."""


class PoliteClient:
    """Fetches from one publisher. Safe to share between threads, which then share its pace.

    ``user_agent`` must name a contact. ``timeout_seconds`` bounds each silence and the whole
    body; ``max_bytes`` bounds the body once unpacked. ``attempts`` counts the first one.
    With ``transport`` (recordings, tests) private addresses are not looked for; the rules for
    hosts, redirects and robots hold all the same. ``allow_http`` is for servers on this machine.
    """

    def __init__(
        self,
        publisher: Publisher,
        *,
        user_agent: str,
        clock: Clock,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        timeout_seconds: float = 30.0,
        max_bytes: int = 20_000_000,
        attempts: int = 3,
        allow_http: bool = False,
    ) -> None:
        _require_contact(user_agent)
        self._hosts = publisher.hosts
        self._schemes = {"https", "http"} if allow_http else {"https"}
        self._clock = clock
        self._sleep = sleep
        self._monotonic = monotonic
        self._timeout = timeout_seconds
        self._max_bytes = max_bytes
        self._attempts = attempts
        self._pace = Pace(publisher.min_interval, sleep=sleep, monotonic=monotonic)
        self._robots = Robots(self._fetch_robots, user_agent=user_agent, clock=clock)
        self._http = httpx.Client(
            transport=transport or GuardedTransport(),
            headers={"User-Agent": user_agent, "Accept-Encoding": "gzip"},
            timeout=timeout_seconds,
            trust_env=False,
        )

    def get(self, url: str) -> Answer:
        """Fetch ``url``, following redirects within the publisher. The status is always 2xx.

        Raises ``FetchRefused`` when we will not ask, ``PageGone`` for this page only,
        ``SourceUnavailable`` when the publisher cannot be reached or refuses us, and
        ``SourceChanged`` when the body is over the cap.
        """
        return self._follow(_as_url(url), self._require_allowed)

    def _follow(self, url: httpx.URL, require: Callable[[httpx.URL], None]) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            require(url)
            reply = self._ask_until_answered(url)
            if isinstance(reply, Answer):
                return reply
            url = reply
        raise FetchRefused(f"Mer enn {MAX_REDIRECTS} omdirigeringer; den siste til {url}.")

    def _require_ours(self, url: httpx.URL) -> None:
        if url.scheme not in self._schemes:
            raise FetchRefused(f"{url} bruker ikke https og hentes ikke.")
        if url.host not in self._hosts:
            known = ", ".join(sorted(self._hosts))
            raise FetchRefused(f"{url} hører ikke til utgiveren ({known}) og hentes ikke.")
        if url.userinfo or (url.port is not None and "http" not in self._schemes):
            raise FetchRefused(f"{url.host} er oppgitt med bruker eller port og hentes ikke.")

    def _require_allowed(self, url: httpx.URL) -> None:
        self._require_ours(url)
        if not self._robots.allow(url):
            raise FetchRefused(f"robots.txt hos {url.host} tillater ikke at vi henter {url}.")

    def _fetch_robots(self, url: httpx.URL) -> bytes | None:
        try:
            return self._follow(url, self._require_ours).body
        except PageGone:
            return None

    def _ask_until_answered(self, url: httpx.URL) -> Answer | httpx.URL:
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=_wait_as_told,
            retry=tenacity.retry_if_exception(_is_worth_waiting_for),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._ask_once, url)

    def _ask_once(self, url: httpx.URL) -> Answer | httpx.URL:
        self._pace.wait_for_turn()
        try:
            with self._http.stream("GET", url) as response:
                if response.next_request is not None:
                    return response.next_request.url
                _require_success(response, self._clock())
                return self._read(response)
        except httpx.TimeoutException as error:
            raise _Passing(f"{url.host} svarte ikke i tide ({url}).") from error
        except httpx.InvalidURL as error:
            raise FetchRefused(f"{url} sender oss til en ugyldig adresse: {error}.") from error
        except (httpx.HTTPError, UnreadableBody) as error:
            what = str(error) or type(error).__name__
            raise _Passing(f"Fikk ikke noe brukbart svar fra {url}: {what}.") from error

    def _read(self, response: httpx.Response) -> Answer:
        url = str(response.url)
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        body = self._body(response)
        if len(body) > self._max_bytes:
            raise SourceChanged(
                f"Svaret fra {url} er større enn {self._max_bytes} byte. "
                f"Bare de første {KEPT_OF_OVERSIZED} er tatt vare på.",
                url=url,
                media_type=media_type,
                body=body[:KEPT_OF_OVERSIZED],
            )
        return Answer(
            url=url,
            status=response.status_code,
            media_type=media_type,
            charset=response.charset_encoding,
            body=body,
            fetched_at=self._clock(),
        )

    def _body(self, response: httpx.Response) -> bytes:
        """Read one byte past the cap, so that the caller can see that there was more."""
        if response.is_stream_consumed:  # a transport in memory has read and unpacked it already
            return response.content[: self._max_bytes + 1]
        return read_at_most(self._max_bytes + 1, response, self._raw_in_time(response))

    def _raw_in_time(self, response: httpx.Response) -> Iterator[bytes]:
        """Yield raw chunks; a body that drips never trips the time-out between two chunks."""
        latest = self._monotonic() + self._timeout
        for chunk in response.iter_raw():
            if self._monotonic() > latest:
                raise httpx.ReadTimeout("svaret kom for sakte", request=response.request)
            yield chunk


def _require_contact(user_agent: str) -> None:
    has_contact = "@" in user_agent or "https://" in user_agent or "http://" in user_agent
    if not (has_contact and user_agent.isascii() and user_agent.isprintable()):
        raise ConfigError(
            f"Brukeragenten {user_agent!r} må si hvem vi er. Oppgi navn og en e-postadresse "
            "eller nettadresse, bare med tegn fra ASCII, for eksempel "
            "«KS-konsultasjoner/0.1 (+https://www.ks.no)»."
        )


def _as_url(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except httpx.InvalidURL as error:
        raise FetchRefused(f"{url!r} er ikke en gyldig adresse: {error}.") from error


def _require_success(response: httpx.Response, now: datetime) -> None:
    status, url = response.status_code, str(response.url)
    if response.is_success:
        return
    if status in {404, 410}:
        raise PageGone(url, status)
    if status in {408, 425, 429} or response.is_server_error:
        wait = _retry_after(response.headers.get("retry-after", ""), now)
        raise _Passing(f"{url} svarte HTTP {status}.", wait)
    if status == httpx.codes.FORBIDDEN:
        raise SourceUnavailable(
            f"{url} svarte HTTP 403: trolig vern mot roboter. Be utgiveren slippe oss til."
        )
    raise SourceUnavailable(f"{url} svarte HTTP {status}, som vi ikke ventet.")


def _retry_after(stated: str, now: datetime) -> timedelta | None:
    """Read ``Retry-After``: whole seconds, or a date (RFC 9110 §10.2.3). Nonsense is no answer."""
    stated = stated.strip()
    if stated.isascii() and stated.isdigit():
        return timedelta(seconds=min(int(stated), 10**6))
    try:
        at = parsedate_to_datetime(stated)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(at - now, timedelta(0))


def _is_worth_waiting_for(error: BaseException) -> bool:
    return isinstance(error, _Passing) and (error.retry_after or timedelta(0)) <= LONGEST_SLEEP


_backoff = tenacity.wait_exponential(multiplier=2, max=30) + tenacity.wait_random(0, 2)


def _wait_as_told(state: tenacity.RetryCallState) -> float:
    """Wait as long as the publisher asked, and never shorter than our own growing pause."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, _Passing) else None
    return max(_backoff(state), asked.total_seconds() if asked else 0.0)
