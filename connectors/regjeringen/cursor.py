"""Where we left off with regjeringen.no: the pages we follow, and those that need no visit."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, field_serializer

from connectors.regjeringen.identity import Listed
from consultations.domain.calendar import local_day
from consultations.domain.observation import Observation, Status

REREAD_AFTER = timedelta(days=1)
# A deadline may be put off just after it went out; later, a round is seldom opened again.
READ_DAILY_AFTER_DEADLINE = timedelta(days=3)
REREAD_CLOSED_AFTER = timedelta(days=7)
FOLLOW_AFTER_DEADLINE = timedelta(days=60)
# A page that states neither status nor deadline may get them later.
FOLLOW_WHEN_UNKNOWN = timedelta(days=90)
RECONCILE_AFTER = timedelta(days=7)
RETRY_GONE_AFTER = timedelta(days=1)
GIVE_UP_GONE_AFTER = 14
RETRY_FIRST_AFTER = timedelta(hours=1)
RETRY_AT_THE_LATEST_AFTER = timedelta(days=1)
# What the sitemap adds may be any kind of document: read a few a poll, not hundreds at once.
MOST_CANDIDATES = 20
# What the sitemap knew and an overview names only later may be a høring that was put up anew.
NEWS_FOR = timedelta(days=7)

_BELIEVABLE = range(1900, 2200)


def _believable(instant: datetime) -> datetime:
    """Refuse what no source says, so that days can be added without falling off the calendar."""
    if instant.year not in _BELIEVABLE:
        raise ValueError(f"the year {instant.year} is not to be believed")
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_believable)]


def _has_passed(since: datetime, pause: timedelta, now: datetime) -> bool:
    """Tell whether a pause is over. A start ahead of now is from a clock that was wrong."""
    return since > now or now >= since + pause


class Followed(BaseModel):
    """One page we go back to. ``checked_at`` only moves when the page was read.

    ``candidate``: known from the sitemap alone, so it may turn out to be no høring.
    ``backfill``: registered by the very first run and not read since. ``listed_deadline``
    is what an overview says, ``listed_when_read`` what it said when the page was last read: an
    overview that gives another deadline than the page is worth one look at once.
    ``gone``: the last time there was no page; ``broken``: it came, but could not be read.
    """

    model_config = ConfigDict(extra="forbid")

    url: str
    published_on: date | None = None
    backfill: bool = False
    candidate: bool = False
    listed_deadline: date | None = None
    listed_when_read: date | None = None
    checked_at: Instant | None = None
    open: bool | None = None
    deadline: Instant | None = None
    failed_at: Instant | None = None
    failures: Annotated[int, Field(ge=0)] = 0
    gone: bool = False
    broken: bool = False

    def is_due(self, now: datetime) -> bool:
        if self.failed_at is not None:
            return _has_passed(self.failed_at, self._pause(), now)
        if self.checked_at is None or self._is_contradicted():
            return True
        return _has_passed(self.checked_at, self._rest(now), now)

    def _is_contradicted(self) -> bool:
        known = local_day(self.deadline) if self.deadline else None
        return self.listed_deadline not in {None, known, self.listed_when_read}

    def _rest(self, now: datetime) -> timedelta:
        is_over = self.deadline and now > self.deadline + READ_DAILY_AFTER_DEADLINE
        return REREAD_CLOSED_AFTER if is_over and not self.open else REREAD_AFTER

    def _pause(self) -> timedelta:
        if self.gone:
            return RETRY_GONE_AFTER
        doublings = 1 << min(max(self.failures - 1, 0), 10)
        return min(RETRY_FIRST_AFTER * doublings, RETRY_AT_THE_LATEST_AFTER)


class Progress(BaseModel):
    """The cursor, spelled out. ``settled`` holds numbers that need no more visits.

    ``unvisited`` holds numbers that the first sitemap listed and nobody has asked for.
    ``polled_at`` is when the overviews were last read, ``reconciled_at`` the sitemap (UTC), and
    ``sitemap_waits_until`` is when it may be asked for again after it told us to wait.
    ``behind``: the listing should have been followed further back, but a page of it failed.
    """

    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = 1
    polled_at: Instant | None = None
    reconciled_at: Instant | None = None
    sitemap_waits_until: Instant | None = None
    behind: bool = False
    pages: dict[str, Followed] = {}
    settled: set[int] = set()
    unvisited: set[int] = set()

    @field_serializer("settled", "unvisited")
    def _in_order(self, numbers: set[int]) -> list[int]:
        return sorted(numbers)

    def as_cursor(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_defaults=True)

    def wants_sitemap(self, now: datetime) -> bool:
        """Whether to compare with the sitemap in this poll.

        While behind, the first sitemap would count as known what the listing has yet to show.
        """
        if self.behind or (self.sitemap_waits_until and now < self.sitemap_waits_until):
            return False
        return self.reconciled_at is None or now >= self.reconciled_at + RECONCILE_AFTER

    def knows(self, number: str) -> bool:
        followed = self.pages.get(number)
        if followed is not None:
            return not followed.candidate
        return int(number) in self.settled or int(number) in self.unvisited

    def register(self, listed: Listed, now: datetime, *, backfill: bool = False) -> None:
        """Follow a page that an overview of høringer names, unless there is no more to see.

        There is more when nobody has visited it, or when its deadline is still ahead.
        """
        number, today = int(listed.number), local_day(now)
        followed = self.pages.get(listed.number)
        if followed is None or followed.candidate:
            if number in self.unvisited:
                old = listed.published is not None and listed.published < today - NEWS_FOR
                self._follow(listed, backfill=old)
            elif number not in self.settled:
                self._follow(listed, backfill=backfill)
            elif listed.deadline and listed.deadline >= today:
                self._follow(listed)
        if listed.number in self.pages and listed.deadline:
            self.pages[listed.number].listed_deadline = listed.deadline

    def _follow(self, listed: Listed, *, backfill: bool = False) -> None:
        self.settled.discard(int(listed.number))
        self.unvisited.discard(int(listed.number))
        self.pages[listed.number] = Followed(
            url=listed.url, published_on=listed.published, backfill=backfill
        )

    def register_candidate(self, listed: Listed) -> None:
        if not self.knows(listed.number):
            self.pages.setdefault(listed.number, Followed(url=listed.url, candidate=True))

    def set_aside(self, number: str) -> None:
        """Count a document of any kind as known, until an overview says that it is a høring."""
        self.pages.pop(number, None)
        self.unvisited.add(int(number))

    def settle(self, number: str) -> None:
        self.pages.pop(number, None)
        self.settled.add(int(number))

    def due(self, now: datetime) -> list[str]:
        """Return the numbers to visit: oldest published first, those that failed before last."""
        due = [number for number, page in self.pages.items() if page.is_due(now)]
        due.sort(key=self._turn)
        candidates = [number for number in due if self.pages[number].candidate]
        left_for_later = set(candidates[MOST_CANDIDATES:])
        return [number for number in due if number not in left_for_later]

    def was_read(self, number: str, observation: Observation, now: datetime) -> None:
        """Note that a page was read: it is news no more, and is followed while it matters."""
        page = self.pages[number]
        deadline = observation.next_deadline(now)
        self.pages[number] = Followed(
            url=page.url,
            published_on=observation.published_on,
            checked_at=now,
            open=observation.status is Status.OPEN,
            deadline=deadline.at if deadline else None,
            listed_deadline=page.listed_deadline,
            listed_when_read=page.listed_deadline,
        )
        # While the listing gives a deadline ahead, settling it would only have it back at once.
        is_listed_open = page.listed_deadline and page.listed_deadline >= local_day(now)
        if not is_listed_open and not _still_matters(observation, now):
            self.settle(number)

    def has_failed(self, number: str, now: datetime, *, gone: bool, broken: bool) -> None:
        """Note a failure: ``checked_at`` stays. A page that stays gone is given up at last."""
        page = self.pages[number]
        failures = page.failures + 1 if gone == page.gone else 1
        self.pages[number] = page.model_copy(
            update={"failed_at": now, "failures": failures, "gone": gone, "broken": broken}
        )
        if gone and failures >= GIVE_UP_GONE_AFTER:
            self.settle(number)

    def is_broken(self, number: str) -> bool:
        page = self.pages.get(number)
        return page is not None and page.broken

    def _turn(self, number: str) -> tuple[bool, bool, date, int]:
        page = self.pages[number]
        return page.failures > 0, page.candidate, page.published_on or date.min, int(number)


def _still_matters(observation: Observation, now: datetime) -> bool:
    if observation.status is Status.OPEN:
        return True
    deadline = observation.next_deadline(now)
    if deadline is not None:
        return now <= deadline.at + FOLLOW_AFTER_DEADLINE
    published = observation.published_on
    recent = published is not None and now.date() <= published + FOLLOW_WHEN_UNKNOWN
    return observation.status is Status.UNKNOWN and recent
