"""The sitemap: every address of regjeringen.no, used once a week to find what we have missed.

An address does not say what kind of document it leads to: reports, letters and høringer all
live under /no/dokumenter/, and a slug may be «tittel». Only the page itself can tell.
"""

import re
from collections.abc import Iterator
from io import BytesIO

from lxml import etree

from connectors.http import Answer
from connectors.regjeringen.identity import Listed
from consultations.domain.errors import SourceChanged

SITEMAP = "https://www.regjeringen.no/globalassets/sitemap/sitemap.xml"

MOST_PARTS = 20
# A sitemap is megabytes; the beginning is enough to see what is wrong with it.
KEPT_FOR_THE_DEAD_LETTER = 100_000

_PART = re.compile(r"https://www\.regjeringen\.no/globalassets/sitemap/[\w.-]+\.xml", re.ASCII)
_DOCUMENT = re.compile(
    r"https://www\.regjeringen\.no/no/dokumenter/[^/?#\s]{1,400}/id([1-9]\d{0,9})/", re.ASCII
)
_NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def read_sitemap_index(answer: Answer) -> list[str]:
    """Return the addresses of the parts. Raises ``SourceChanged`` when there are none."""
    parts = [url for url in _locations(answer, "sitemapindex") if _PART.fullmatch(url)]
    if not 0 < len(parts) <= MOST_PARTS:
        raise _changed(answer, f"Nettstedskartet viser til {len(parts)} deler.")
    return parts


def read_sitemap(answer: Answer) -> Iterator[Listed]:
    """Yield every document, høring or not. Raises ``SourceChanged`` when it is no sitemap."""
    for url in _locations(answer, "urlset"):
        document = _DOCUMENT.fullmatch(url)
        if document:
            yield Listed(document.group(1), url)


def _locations(answer: Answer, root: str) -> Iterator[str]:
    """Stream the ``loc`` elements, forgetting each element once it is read."""
    events = etree.iterparse(
        BytesIO(answer.body),
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
    )
    try:
        _, first = next(events)
        if first.getroottree().docinfo.doctype:
            raise _changed(answer, "Nettstedskartet har en DOCTYPE, og det godtar vi ikke.")
        if first.tag != f"{_NAMESPACE}{root}":
            raise _changed(answer, f"Ventet et nettstedskart med <{root}>, men fant <{first.tag}>.")
        for event, element in events:
            if event == "end" and element.tag == f"{_NAMESPACE}loc":
                yield (element.text or "").strip()
            if event == "end" and element.getparent() is first:
                first.remove(element)
    except etree.XMLSyntaxError as error:
        raise _changed(answer, f"Nettstedskartet er ikke gyldig XML: {error}.") from error


def _changed(answer: Answer, reason: str) -> SourceChanged:
    return SourceChanged(
        reason,
        url=answer.url,
        media_type=answer.media_type,
        body=answer.body[:KEPT_FOR_THE_DEAD_LETTER],
    )
