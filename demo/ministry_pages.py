"""Answers of regjeringen.no: robots, listing, feed, sitemap and one page per consultation."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from demo.wire import (
    HERE,
    HTML,
    LABEL,
    MATERIAL,
    RSS,
    TEMPLATES,
    XML,
    Answer,
    Record,
    document,
    lines,
    render,
)

GOVERNMENT = "https://www.regjeringen.no"
LISTING = f"{GOVERNMENT}/no/dokument/hoyringar/id1763/"
FEED = f"{GOVERNMENT}/no/rss/Rss/2581966/?documentType=dokumenter/h%C3%B8ringer"
SITEMAPS = f"{GOVERNMENT}/globalassets/sitemap"
PAGE_SIZE = 20

RAW = HERE.parent / "tests" / "fixtures" / "regjeringen"
RAW_FILES = {
    "robots.txt": "robots-2026-07-04.txt",
    "listing-page-1.html": "listing-hoyringar-id1763-page1-2026-07-04.html",
    "horing-3167072.html": "horing-id3167072-avskogingsforordningen-2026-07-03.html",
    "horing-3168525.html": "hoyring-id3168525-nav-opplysingsplikt-nynorsk-2026-07-03.html",
}
"""What the source itself sent, by its name among the answers."""

# The real feed holds about a hundred. Ours is cut, so that the listing has something to add.
FEED_FROM = "2026-07-01"

WORDS = {
    "nb": {
        "kind": "Høring",
        "deadline": "Høringsfrist",
        "letter": "Høringsbrev",
        "recipients": "Høringsinstanser",
        "submit": "Send inn høringssvar",
    },
    "nn": {
        "kind": "Høyring",
        "deadline": "Høyringsfrist",
        "letter": "Høyringsbrev",
        "recipients": "Høyringsinstansar",
        "submit": "Send inn høyringssvar",
    },
}


def government_answers() -> Iterator[Answer]:
    consultations = lines("ministry-consultations.jsonl")
    later = [c for c in consultations if "first_seen" in c]
    listed = [c for c in consultations if c.get("on_raw_listing")]
    older = [c for c in consultations if c not in later and c not in listed]
    yield raw(f"{GOVERNMENT}/robots.txt", "robots.txt", "text/plain")
    yield raw(LISTING, "listing-page-1.html", HTML)
    yield listing_with_moved_deadline()
    yield from listing_pages(sorted(older, key=lambda c: -int(c["id"])))
    yield from feeds(listed, later)
    yield from sitemaps([c["url"] for c in listed + older])
    for consultation in consultations:
        yield page(consultation)
    yield page_with_moved_deadline(consultations)


def raw(url: str, name: str, media_type: str) -> Answer:
    return Answer(
        url, f"regjeringen/{name}", (RAW / RAW_FILES[name]).read_bytes(), media_type, "raw"
    )


def listing_with_moved_deadline() -> Answer:
    """Page 1 once more, with the deadline that INVENTED.json moves."""
    invented = document("INVENTED.json")["moved_deadline"]
    before, number, after = (
        (RAW / RAW_FILES["listing-page-1.html"])
        .read_text("utf-8")
        .partition(f"/id{invented['consultation']}/")
    )
    day = TEMPLATES.filters["day"]
    moved = after.replace(day(invented["deadline_before"]), day(invented["deadline"]), 1)
    before = before.replace("\n", f"\n<!-- {LABEL} (fristen er oppdiktet) -->", 1)
    file = "regjeringen/listing-page-1-second-answer-INVENTED-DEADLINE.html"
    return Answer(LISTING, file, (before + number + moved).encode(), HTML)


def listing_pages(older: Sequence[Record]) -> Iterator[Answer]:
    """Page 1 is the raw one; what was too old to stand there follows, newest number first."""
    pages = [older[i : i + PAGE_SIZE] for i in range(0, len(older), PAGE_SIZE)]
    for number, consultations in enumerate(pages, start=2):
        body = render(
            "listing.html",
            address=LISTING,
            page=number,
            last_page=len(pages) + 1,
            first=(number - 1) * PAGE_SIZE + 1,
            total=PAGE_SIZE + len(older),
            consultations=consultations,
        )
        url = f"{LISTING}?page={number}"
        yield Answer(url, f"regjeringen/listing-page-{number}.html", body, HTML)


def feeds(listed: Sequence[Record], later: Sequence[Record]) -> Iterator[Answer]:
    newest = [c for c in listed if c["published"] >= FEED_FROM]
    first = render("feed.xml", consultations=newest)
    second = render("feed.xml", consultations=[*later, *newest])
    yield Answer(FEED, "regjeringen/feed-first-answer.xml", first, RSS)
    yield Answer(FEED, "regjeringen/feed-second-answer.xml", second, RSS)


def sitemaps(pages: Sequence[str]) -> Iterator[Answer]:
    part = f"{SITEMAPS}/sitemap1.xml"
    index = render("sitemap.xml", root="sitemapindex", part="sitemap", addresses=[part])
    notes = (MATERIAL / "eea-note-addresses.txt").read_text(encoding="utf-8").split()
    every = render("sitemap.xml", root="urlset", part="url", addresses=[*pages, *notes])
    yield Answer(f"{SITEMAPS}/sitemap.xml", "regjeringen/sitemap.xml", index, XML)
    yield Answer(part, "regjeringen/sitemap1.xml", every, XML)


def page(consultation: Record) -> Answer:
    name = f"horing-{consultation['id']}.html"
    if name in RAW_FILES:
        return raw(consultation["url"], name, HTML)
    return Answer(consultation["url"], f"regjeringen/{name}", page_body(consultation), HTML)


def page_body(consultation: Record) -> bytes:
    ministries = document("ministries.json")
    owners = []
    for name in consultation.get("senders", []):
        short, number = ministries.get(name, (None, None))  # ministries of the past have no page
        owners.append({"name": name, "short": short, "number": number})
    return render(
        "horing.html",
        c=consultation,
        words=WORDS[consultation["language"]],
        path=urlsplit(consultation["url"]).path,
        owners=owners,
        one_paragraph=int(consultation["id"]) % 2 == 0,
        open=consultation.get("status") in {"På høring", "På høyring"},
    )


def page_with_moved_deadline(consultations: Sequence[Record]) -> Answer:
    invented = document("INVENTED.json")["moved_deadline"]
    known = next(c for c in consultations if c["id"] == invented["consultation"])
    lead = f"{invented['note']} {known['summary']}"
    moved = known | {"deadline": invented["deadline"], "summary": lead}
    file = f"regjeringen/horing-{known['id']}-second-answer-INVENTED-DEADLINE.html"
    return Answer(known["url"], file, page_body(moved), HTML)
