"""Writes a section's news as an Atom feed (RFC 4287)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from xml.etree import ElementTree as ET

from consultations.domain.events import EventType
from consultations.domain.foreign_text import plain
from consultations.domain.history import Fact
from consultations.feeds.addresses import name_of, page_of
from consultations.store.followed import Followed

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
GOES_BACK = timedelta(days=60)
MOST_ENTRIES = 200

_ATOM = "http://www.w3.org/2005/Atom"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_TAG = "tag:ks.no,2026:horinger"
_WORDS = {
    EventType.OPENED: "Ny høring",
    EventType.DEADLINE_MOVED: "Fristen er endret",
    EventType.CANCELLED: "Avlyst",
    EventType.REOPENED: "Åpnet igjen",
}

ET.register_namespace("", _ATOM)


@dataclass(frozen=True)
class Feed:
    """``name`` is what people see, ``id`` the section. ``begun_at`` (UTC) dates an empty feed."""

    id: str
    name: str
    begun_at: datetime
    own_url: str | None
    page_url: str | None


@dataclass(frozen=True)
class _News:
    matter: Followed
    fact: Fact


def written(
    feed: Feed, matters: Iterable[Followed], *, news_age: timedelta, now: datetime
) -> bytes:
    """Write what happened in the last 60 days, the newest first. Same news give same bytes."""
    news = sorted(
        _news(matters, news_age, now - GOES_BACK),
        key=lambda one: (one.fact.occurred_at, one.matter.key, one.fact.name),
        reverse=True,
    )[:MOST_ENTRIES]
    root = ET.Element(f"{{{_ATOM}}}feed", {_LANGUAGE: "nb"})
    _say(root, "id", f"{_TAG}/strom/{quote(feed.id, safe='')}")
    _say(root, "title", plain(feed.name))
    _say(root, "updated", _moment(news[0].fact.occurred_at if news else feed.begun_at))
    _say(ET.SubElement(root, _atom("author")), "name", "Høringer for KS")
    if feed.own_url:
        _link(root, "self", feed.own_url, "application/atom+xml")
    for one in news:
        _entry(root, one, feed.page_url)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _news(matters: Iterable[Followed], news_age: timedelta, since: datetime) -> Iterator[_News]:
    for matter in matters:
        for fact in matter.history.facts(news_age):
            if fact.occurred_at >= since and fact.name not in matter.hushed:
                yield _News(matter, fact)


def _entry(root: ET.Element, news: _News, page_url: str | None) -> None:
    seen, fact = news.matter.history.latest, news.fact
    entry = ET.SubElement(root, _atom("entry"))
    _say(entry, "id", f"{_TAG}/{name_of(news.matter.key)}/{quote(fact.name, safe='/')}")
    is_new = fact.type is EventType.OPENED
    title = plain(seen.title) or "Uten tittel"
    said = _say(entry, "title", title if is_new else f"{_WORDS[fact.type]}: {title}")
    if is_new and seen.language not in {None, "nb"}:
        said.set(_LANGUAGE, str(seen.language))
    for name in ("published", "updated"):
        _say(entry, name, _moment(fact.occurred_at))
    ET.SubElement(entry, _atom("category"), {"term": fact.type, "label": _WORDS[fact.type]})
    _say(entry, "summary", _summary(news))
    if address := page_of(news.matter, page_url):
        _link(entry, "alternate", address, "text/html")


def _summary(news: _News) -> str:
    seen = news.matter.history.latest
    senders = ", ".join(plain(sender) for sender in seen.senders)
    said = [plain(news.fact.words), *([f"Fra {senders}."] if senders else [])]
    said += [f"Fristen er {one.in_words}." for one in seen.deadlines_to_act_on[:1]]
    return " ".join(said)


def _say(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, _atom(name))
    element.text = "".join(character for character in text if character not in _NOT_XML)
    return element


_NOT_XML = "\ufffe\uffff"
"""What XML cannot hold, of what ``plain`` leaves."""


def _link(parent: ET.Element, rel: str, address: str, media_type: str) -> None:
    ET.SubElement(parent, _atom("link"), {"rel": rel, "href": address, "type": media_type})


def _atom(name: str) -> str:
    return f"{{{_ATOM}}}{name}"


def _moment(instant: datetime) -> str:
    """``2026-07-04T08:00:00Z``."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
