"""Makes one fetched page a record, under the number and the plain address it has."""

import html
import re
from datetime import datetime

from connectors.regjeringen.identity import number_in, page_address
from consultations.domain.errors import SourceChanged
from consultations.domain.source_record import SourceRecord

SOURCE = "regjeringen"

HTML_TYPES = {"text/html", "application/xhtml+xml"}

_HORING = re.compile(rb"<body\b[^>]{0,500}\bpage-horing\b")
_OWN_PATH = re.compile(rb'<meta name="DC\.Identifier\.URL" content="([^"]{1,1500})"')
_OWN_NUMBER = re.compile(rb'"@id"\s*:\s*"([^"#]{1,500})')


def split_page(url: str, media_type: str, body: bytes, fetched_at: datetime) -> SourceRecord:
    """Return the record of one høring. Raises ``SourceChanged`` for any other answer."""
    own_path = _own(_OWN_PATH, body)
    number = number_in(url) or number_in(own_path) or number_in(_own(_OWN_NUMBER, body))
    reason = _why_not_ours(media_type, body, number)
    if reason or number is None:
        raise SourceChanged(reason, url=url, media_type=media_type, body=body)
    return SourceRecord(
        source=SOURCE,
        external_id=number,
        url=page_address(number, own_path, url),
        fetched_at=fetched_at,
        media_type="text/html",
        body=body,
    )


def _why_not_ours(media_type: str, body: bytes, number: str | None) -> str:
    if media_type.partition(";")[0].strip().lower() not in HTML_TYPES:
        return f"Ventet en side fra regjeringen.no, men svaret er av typen {media_type!r}."
    if not _HORING.search(body):
        return "Svaret er ikke en høring: <body> har ikke klassen page-horing."
    if number is None:
        return "Verken adressen eller siden sier hvilket nummer høringen har."
    return ""


def _own(pattern: re.Pattern[bytes], body: bytes) -> str:
    found = pattern.search(body)
    return html.unescape(found.group(1).decode("utf-8", "replace")) if found else ""
