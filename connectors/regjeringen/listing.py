"""The page «Høyringar»: the second way in, twenty høringer a page, newest first."""

from datetime import date

from lxml import etree

from connectors.http import Answer
from connectors.norwegian_dates import dates_in
from connectors.regjeringen.identity import Listed, Overview, number_in, page_address
from connectors.strict import parse_html, text_of
from consultations.domain.errors import InvalidRecord, SourceChanged

LISTING = "https://www.regjeringen.no/no/dokument/hoyringar/id1763/"

KINDS = {"høring", "høyring"}


def listing_page(number: int) -> str:
    return LISTING if number == 1 else f"{LISTING}?page={number}"


def read_listing(answer: Answer) -> Overview:
    """Return what one page lists. Raises ``SourceChanged`` when it lists no høring."""
    try:
        page = parse_html(answer.body, answer.charset)
    except InvalidRecord as error:
        raise _changed(answer, f"Oversikten over høringer er ingen hel side. {error}") from error
    entries = page.cssselect("ul#searchResultsListing > li.listItem")
    found = [_listed(entry) for entry in entries]
    listed = tuple(one for one in found if one)
    if not listed:
        raise _changed(
            answer, f"Oversikten har ingen høringer vi kjenner igjen ({len(entries)} oppføringer)."
        )
    odd = tuple(
        f"Oppføringen «{text_of(entry)[:120]}» er ikke en høring med nummer."
        for entry, one in zip(entries, found, strict=True)
        if one is None
    )
    return Overview(
        listed, odd, has_more=bool(page.cssselect("ul.pagination li.next:not(.disabled) a"))
    )


def _listed(entry: etree._Element) -> Listed | None:
    link = next((a.get("href", "") for a in entry.cssselect(".title a")), "")
    number = number_in(link)
    kind = next((text_of(one) for one in entry.cssselect(".info .type")), "")
    if number is None or kind.casefold() not in KINDS:
        return None
    return Listed(
        number,
        page_address(number, link),
        published=_day(entry, ".info .date"),
        deadline=_day(entry, "span.event-details"),
    )


def _day(entry: etree._Element, place: str) -> date | None:
    days = [found.day for one in entry.cssselect(place) for found in dates_in(text_of(one))]
    return days[0] if days else None


def _changed(answer: Answer, reason: str) -> SourceChanged:
    return SourceChanged(reason, url=answer.url, media_type=answer.media_type, body=answer.body)
