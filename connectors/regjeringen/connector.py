"""Polls regjeringen.no: two overviews for what is new, the pages for what they say."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from connectors.http import Answer, PageGone
from connectors.regjeringen.cursor import Progress
from connectors.regjeringen.feed import FEED, read_feed
from connectors.regjeringen.identity import Overview
from connectors.regjeringen.listing import LISTING, listing_page, read_listing
from connectors.regjeringen.markup import other_kind_of_page
from connectors.regjeringen.page import parse_page
from connectors.regjeringen.restore import restore
from connectors.regjeringen.sitemap import SITEMAP, read_sitemap, read_sitemap_index
from connectors.regjeringen.split import SOURCE, split_page
from connectors.strict import one_record_at_a_time
from consultations.domain.connector import Checkpoint, Cursor, Planned, PollItem, Read, Unreadable
from consultations.domain.errors import (
    FetchRefused,
    InvalidRecord,
    SourceChanged,
    SourceUnavailable,
)
from consultations.domain.observation import Observation
from consultations.domain.source_record import SourceRecord

CHECKPOINT_EVERY = 20
MOST_LISTING_PAGES = 5
# After this long without a poll, more may be new than the first page of the listing holds.
LONG_SILENCE = timedelta(days=2)
SITEMAP_WAITS = timedelta(days=1)
# When page after page cannot be reached, it is the site that is down: leave it in peace.
UNAVAILABLE_IN_A_ROW = 3
# Pages we know to be broken are tried again last. When they still are, the rest wait for the next
# poll: they are no news, and a long row of them would look as if the source had changed.
MOST_BROKEN_AGAIN = 2

FetchFailure = SourceUnavailable | SourceChanged | FetchRefused | PageGone
FETCH_FAILURES = (SourceUnavailable, SourceChanged, FetchRefused, PageGone)


class Regjeringen:
    """The ministries' høringer. ``get`` fetches politely and raises as ``PoliteClient`` does."""

    source = SOURCE
    reading = 1

    def __init__(self, get: Callable[[str], Answer]) -> None:
        self._get = get

    def poll(self, cursor: Cursor, now: datetime) -> Iterator[PollItem]:
        """Yield every page that is new or due for another look. See ``Connector.poll``.

        One overview that fails is reported and the other is used; both failing is an error. A
        site that tells us to wait is asked for nothing more.
        """
        progress, lost = restore(cursor, now)
        if lost:
            yield lost
        yield from self._look_for_new(progress, now)
        if progress.wants_sitemap(now):
            yield from self._reconcile(progress, now)
        due = progress.due(now)
        yield Planned(len(due))
        yield from self._visit_all(due, progress, now)
        yield Checkpoint(progress.as_cursor())

    def split(
        self, url: str, media_type: str, body: bytes, fetched_at: datetime
    ) -> list[SourceRecord]:
        """Return the page as one record. Raises ``SourceChanged`` when it is no høring."""
        return [split_page(url, media_type, body, fetched_at)]

    @one_record_at_a_time
    def parse(self, record: SourceRecord) -> Observation:
        """Read one page. Raises ``InvalidRecord`` when it is not the whole page of a høring."""
        return parse_page(record)

    def _look_for_new(self, progress: Progress, now: datetime) -> Iterator[Unreadable]:
        first_run = progress.polled_at is None
        feed = self._attempt(read_feed, FEED)
        listing = self._attempt(read_listing, LISTING)
        if not isinstance(feed, Overview) and not isinstance(listing, Overview):
            raise _both_failed(feed, listing)
        may_have_missed = (
            progress.behind
            or progress.polled_at is None
            or now > progress.polled_at + LONG_SILENCE
            or not isinstance(feed, Overview)
        )
        for page in range(1, MOST_LISTING_PAGES + 1):
            if page > 1:
                listing = self._attempt(read_listing, listing_page(page))
            go_on = may_have_missed and _leads_to_more(listing, progress)
            yield from _register(listing_page(page), listing, progress, now, first_run=first_run)
            if not go_on:
                break
        # Last, so that «known» above means known before this poll.
        yield from _register(FEED, feed, progress, now, first_run=first_run)
        progress.polled_at = now
        progress.behind = may_have_missed and not isinstance(listing, Overview)

    def _attempt(self, read: Callable[[Answer], Overview], url: str) -> Overview | FetchFailure:
        try:
            return read(self._get(url))
        except FETCH_FAILURES as error:
            if _asks_for_a_pause(error):
                raise
            return error

    def _reconcile(self, progress: Progress, now: datetime) -> Iterator[Unreadable | Checkpoint]:
        """Compare with the sitemap; the first time, everything it lists counts as known."""
        first_time = progress.reconciled_at is None
        try:
            parts = read_sitemap_index(self._get(SITEMAP))
            documents = [listed for part in parts for listed in read_sitemap(self._get(part))]
            if not documents:
                raise SourceChanged("Nettstedskartet har ingen dokumenter.", url=SITEMAP)
        except FETCH_FAILURES as error:
            yield _unreadable(SITEMAP, error)
            if _asks_for_a_pause(error):
                # Else a sitemap that always says so would keep us from ever reading a page.
                progress.sitemap_waits_until = now + SITEMAP_WAITS
                yield Checkpoint(progress.as_cursor())
                raise
            return
        for listed in documents:
            if not first_time:
                progress.register_candidate(listed)
            elif not progress.knows(listed.number):
                progress.set_aside(listed.number)
        progress.reconciled_at = now

    def _visit_all(
        self, numbers: list[str], progress: Progress, now: datetime
    ) -> Iterator[Read | Unreadable | Checkpoint]:
        unavailable_in_a_row = broken_again = 0
        for count, number in enumerate(numbers, start=1):
            was_broken = progress.is_broken(number)
            if was_broken and broken_again == MOST_BROKEN_AGAIN:
                continue
            try:
                yield from self._visit(number, progress, now)
                unavailable_in_a_row = 0
                broken_again += was_broken and progress.is_broken(number)
            except SourceUnavailable as error:
                yield from _failed(progress, number, now, error)
                unavailable_in_a_row += 1
                if _asks_for_a_pause(error) or unavailable_in_a_row == UNAVAILABLE_IN_A_ROW:
                    raise
            if count % CHECKPOINT_EVERY == 0:
                yield Checkpoint(progress.as_cursor())

    def _visit(
        self, number: str, progress: Progress, now: datetime
    ) -> Iterator[Read | Unreadable | Checkpoint]:
        page = progress.pages[number]
        answer = None
        try:
            answer = self._get(page.url)
            if page.candidate and other_kind_of_page(answer.body):
                progress.settle(number)
                return
            read = self._read(answer, backfill=page.backfill)
        except (PageGone, SourceChanged, FetchRefused, InvalidRecord) as error:
            if isinstance(error, PageGone) and page.candidate:
                progress.set_aside(number)
                return
            yield from _failed(progress, number, now, error, answer)
        else:
            progress.was_read(number, read.observation, now)
            yield read

    def _read(self, answer: Answer, *, backfill: bool) -> Read:
        record = split_page(answer.url, answer.media_type, answer.body, answer.fetched_at)
        record = record.model_copy(update={"backfill": backfill})
        return Read(record, self.parse(record))


def _register(
    url: str,
    overview: Overview | FetchFailure,
    progress: Progress,
    now: datetime,
    *,
    first_run: bool,
) -> Iterator[Unreadable]:
    if not isinstance(overview, Overview):
        yield _unreadable(url, overview)
        return
    for listed in overview.listed:
        progress.register(listed, now, backfill=first_run)
    for reason in overview.odd:
        yield Unreadable(url, reason)


def _failed(
    progress: Progress,
    number: str,
    now: datetime,
    error: FetchFailure | InvalidRecord,
    answer: Answer | None = None,
) -> Iterator[Unreadable | Checkpoint]:
    """Report a page and save at once that it failed.

    A row of broken pages may end the poll: the next one then begins with the others.
    """
    unreadable = _unreadable(progress.pages[number].url, error, number, answer)
    is_gone, is_broken = isinstance(error, PageGone), bool(unreadable.body)
    progress.has_failed(number, now, gone=is_gone, broken=is_broken)
    yield unreadable
    yield Checkpoint(progress.as_cursor())


def _asks_for_a_pause(error: FetchFailure) -> bool:
    return isinstance(error, SourceUnavailable) and bool(error.retry_after)


def _leads_to_more(listing: Overview | FetchFailure, progress: Progress) -> bool:
    """Tell whether the next page is worth reading: a page with only known ids ends the search.

    After a search that was broken off, what is known says nothing about where it ended.
    """
    return (
        isinstance(listing, Overview)
        and listing.has_more
        and (progress.behind or any(not progress.knows(one.number) for one in listing.listed))
    )


def _unreadable(
    url: str,
    error: FetchFailure | InvalidRecord,
    number: str | None = None,
    answer: Answer | None = None,
) -> Unreadable:
    if answer is not None:
        return Unreadable(answer.url, str(error), number, answer.media_type, answer.body)
    if isinstance(error, SourceChanged):
        return Unreadable(url, str(error), number, error.media_type, error.body)
    return Unreadable(url, str(error), number)


def _both_failed(feed: FetchFailure, listing: FetchFailure) -> SourceChanged | SourceUnavailable:
    reason = f"Verken RSS-strømmen eller oversikten kunne leses. RSS: {feed} Oversikten: {listing}"
    for error in (feed, listing):
        if isinstance(error, SourceChanged):
            return SourceChanged(
                reason, url=error.url, media_type=error.media_type, body=error.body
            )
    for error in (feed, listing):
        if isinstance(error, SourceUnavailable):
            return SourceUnavailable(reason, error.retry_after)
    return SourceChanged(reason, url=FEED)
