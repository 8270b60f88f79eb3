"""The RSS feed of høringer: the newest hundred or so, all ministries, without their deadlines."""

from datetime import date
from email.utils import parsedate_to_datetime

from lxml import etree

from connectors.http import Answer
from connectors.regjeringen.identity import Listed, Overview, is_number, number_in, page_address
from connectors.strict import parse_xml
from consultations.domain.calendar import local_day
from consultations.domain.errors import InvalidRecord, SourceChanged

# «horinger» without the Norwegian letter is answered with another list.
FEED = "https://www.regjeringen.no/no/rss/Rss/2581966/?documentType=dokumenter/h%C3%B8ringer"


def read_feed(answer: Answer) -> Overview:
    """Return what the feed lists. Raises ``SourceChanged`` for anything but a feed with items.

    Only number, address and day are read: the page itself says the rest, and says it better.
    """
    try:
        root = parse_xml(answer.body)
    except InvalidRecord as error:
        raise _changed(answer, f"Ventet RSS, men svaret er ikke XML. {error}") from error
    if root.tag != "rss":
        raise _changed(answer, f"Ventet RSS, men rotelementet er <{root.tag}>.")
    items = root.findall("channel/item")
    found = [_listed(item) for item in items]
    listed = tuple(one for one in found if one)
    if not listed:
        raise _changed(answer, f"RSS-strømmen har ingen høringer ({len(items)} oppføringer).")
    odd = tuple(
        f"Oppføringen «{_text(item, 'title')}» mangler et nummer vi kan stole på."
        for item, one in zip(items, found, strict=True)
        if one is None
    )
    return Overview(listed, odd)


def _listed(item: etree._Element) -> Listed | None:
    link, guid = _text(item, "link"), _text(item, "guid")
    stated = {number for number in (number_in(link), guid if is_number(guid) else None) if number}
    if len(stated) != 1:
        return None
    number = stated.pop()
    return Listed(number, page_address(number, link), _day(_text(item, "pubDate")))


def _day(published: str) -> date | None:
    try:
        return local_day(parsedate_to_datetime(published))
    except (ValueError, OverflowError):
        return None


def _text(item: etree._Element, name: str) -> str:
    return (item.findtext(name) or "").strip()


def _changed(answer: Answer, reason: str) -> SourceChanged:
    return SourceChanged(reason, url=answer.url, media_type=answer.media_type, body=answer.body)
