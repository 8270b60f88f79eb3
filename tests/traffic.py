"""Messages for the topics that look real: recorded pages under new numbers, in several versions.

The same seed gives the same messages. What each must come to is for the test to work out, by
running them undisturbed or from ``Sent.dead``; nothing here knows how the tracker does it.
"""

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from lxml import etree

from connectors.stortinget.envelope import record_of, wrap
from consultations.domain.source_record import SourceRecord
from streams.topics import EVENTS, SOURCE_RECORDS

ANSWERS = Path(__file__).parent.parent / "demo" / "answers"
FIRST_DAY = datetime(2026, 7, 4, 8, 42, tzinfo=UTC)
"""Records are first seen from here on; a later version comes a day or more after the last."""

FIRST_NUMBER = 50_000_000
"""Above every number that the recorded answers use."""

LARGE = 900_000
"""Bytes in the one page that is as large as a message may well be."""


@dataclass(frozen=True)
class Sent:
    """One message as it is put on a topic. ``dead``: every step that reads it must refuse it."""

    topic: str
    key: bytes | None
    value: bytes | None
    dead: bool = False


@dataclass(frozen=True)
class Edition:
    """What a source says of one consultation at one moment."""

    seen_at: datetime
    published: date
    deadline: date
    title_ending: str = ""
    is_open: bool = True


def traffic(
    seed: int, consultations: int, *, news: float = 0.4, spoilt: float = 0.02,
    templates: Sequence["Template"] | None = None,
) -> list[Sent]:  # fmt: skip
    """Return every message about so many consultations, mixed the way several sources mix them.

    ``news``: the share that people must be told of; the rest is history. ``spoilt``: how many
    messages that must become dead letters, for each good one. Some records come twice, some
    consultations' versions in the wrong order; with anything spoilt, one page is very large.
    """
    chance = random.Random(seed)
    templates = templates or small_templates()
    placed: list[tuple[float, Sent]] = []
    for number in range(consultations):
        editions = list(_editions(chance, is_news=chance.random() < news))
        template = chance.choice(templates)
        records = [template(FIRST_NUMBER + number, edition) for edition in editions]
        if number == 0 and spoilt:
            records[0] = _padded(records[0])
        sent = _shuffled_and_repeated(chance, [message(record) for record in records])
        placed += zip(sorted(chance.random() for _ in sent), sent, strict=True)
    good = [each for _, each in placed]
    placed += [(chance.random(), _spoil(chance, good)) for _ in range(int(len(good) * spoilt))]
    return [each for _, each in sorted(placed, key=lambda pair: pair[0])]


def message(record: SourceRecord) -> Sent:
    return Sent(SOURCE_RECORDS, record.key.encode(), record.model_dump_json().encode())


def _editions(chance: random.Random, *, is_news: bool) -> Iterator[Edition]:
    """One to four editions: a deadline that moves, a new title, a closing, or nothing new."""
    seen = FIRST_DAY + timedelta(seconds=chance.randrange(3 * 86_400))
    published = seen.date() - timedelta(days=chance.randrange(10) if is_news else 1000)
    deadline = published + timedelta(days=chance.randrange(40, 100))
    edition = Edition(seen, published, deadline, is_open=is_news)
    yield edition
    for number in range(2, 2 + chance.choices(range(4), (3, 4, 2, 1))[0]):
        edition = replace(edition, seen_at=edition.seen_at + timedelta(hours=30))
        match chance.choices(("moved", "renamed", "closed", "same"), (5, 2, 1, 1))[0]:
            case "moved":
                later = timedelta(days=chance.randrange(1, 30))
                edition = replace(edition, deadline=edition.deadline + later)
            case "renamed":
                edition = replace(edition, title_ending=f" – {number}. utgave")
            case "closed":
                edition = replace(edition, is_open=False)
        yield edition


def _shuffled_and_repeated(chance: random.Random, sent: list[Sent]) -> list[Sent]:
    if chance.random() < 0.1:
        chance.shuffle(sent)
    if chance.random() < 0.1:
        sent.append(chance.choice(sent))
    return sent


Template = Callable[[int, Edition], SourceRecord]


@cache
def small_templates() -> Sequence[Template]:
    """Every small page of a consultation on hearing, and every hearing that is planned."""
    pages = sorted((ANSWERS / "regjeringen").glob("horing-*.html"))
    texts = [page.read_text("utf-8") for page in pages if page.stat().st_size < 10_000]
    on_hearing = [text for text in texts if re.search("Status:</strong> På høring", text)]
    return [*map(_page, on_hearing), *_hearings()]


@cache
def whole_templates() -> Sequence[Template]:
    """A page as large as the ministry sends it (54 kB), as often as a hearing of the Storting."""
    page = _page((ANSWERS / "regjeringen" / "horing-3167072.html").read_text("utf-8"))
    hearings = _hearings()
    return [*hearings, *[page] * len(hearings)]


def _page(text: str) -> Template:
    number = re.search(r"/id(\d+)/", text)
    assert number
    text = text.replace(number[1], "%NUMBER%")
    for pattern, instead in (
        (r'(<meta name="DC.Date" content=")[\d-]+', r"\g<1>%ISO%"),
        (r"(Dato: )[\d.]+", r"\g<1>%PUBLISHED%"),
        (r"(Høringsfrist:</strong> )[\d.]+", r"\g<1>%DEADLINE%"),
        (r"(Status:</strong> )[^<]+", r"\g<1>%STATUS%"),
        (r"(<h1>[^<]+)", r"\g<1>%ENDING%"),
    ):
        text, found = re.subn(pattern, instead, text)
        assert found == 1, pattern

    def filled(as_number: int, edition: Edition) -> SourceRecord:
        body = _fill(text, {
            "NUMBER": str(as_number), "ISO": edition.published.isoformat(),
            "PUBLISHED": f"{edition.published:%d.%m.%Y}",
            "DEADLINE": f"{edition.deadline:%d.%m.%Y}",
            "STATUS": "På høring" if edition.is_open else "Under behandling",
            "ENDING": edition.title_ending,
        })  # fmt: skip
        return SourceRecord(
            source="regjeringen", external_id=str(as_number),
            url=f"https://www.regjeringen.no/no/dokumenter/x/id{as_number}/",
            fetched_at=edition.seen_at, media_type="text/html", body=body.encode(),
        )  # fmt: skip

    return filled


def _hearing(hearing: etree._Element) -> Template:
    text = wrap(hearing).decode()
    for pattern, instead in (
        (r"(<id>)\d+(</id>)", r"\g<1>%NUMBER%\g<2>"),
        (r"(<publisert_dato>)[\d-]+", r"\g<1>%ISO%"),
        (r"(<(?:innspillsfrist|start_dato|tidspunkt)>)[\d-]+", r"\g<1>%DEADLINE%"),
        (r"(<(?:anmodningsfrist_dato_tid|soknadfrist_dato)>)[\d-]+", r"\g<1>0001-01-01"),
        (r"(<horing_status>)[^<]+", r"\g<1>%STATUS%"),
        (r"(<sak_korttittel>[^<]+)", r"\g<1>%ENDING%"),
    ):
        text, found = re.subn(pattern, instead, text)
        assert found, pattern

    def filled(as_number: int, edition: Edition) -> SourceRecord:
        body = _fill(text, {
            "NUMBER": str(as_number), "ISO": edition.published.isoformat(),
            "DEADLINE": edition.deadline.isoformat(),
            "STATUS": "Planlagt" if edition.is_open else "Avholdt",
            "ENDING": edition.title_ending,
        })  # fmt: skip
        return record_of(str(as_number), body.encode(), edition.seen_at)

    return filled


def _fill(text: str, values: dict[str, str]) -> str:
    return re.sub(r"%([A-Z]+)%", lambda slot: values[slot[1]], text)


def _hearings() -> list[Template]:
    overview = etree.parse(ANSWERS / "stortinget" / "horinger-2025-2026-first-answer.xml")
    hearings = overview.iterfind(".//{*}horing")
    planned = (h for h in hearings if (h.findtext("{*}horing_status") or "").startswith("Plan"))
    return [_hearing(hearing) for hearing in planned]


def _padded(record: SourceRecord) -> SourceRecord:
    """A comment may stand after the first line of a page, and of an XML document."""
    comment = b"><!--" + b"." * (LARGE - len(record.body)) + b"-->"
    return record.model_copy(update={"body": record.body.replace(b">", comment, 1)})


def _spoil(chance: random.Random, good: Sequence[Sent]) -> Sent:
    """Return a message that no step can read, in one of the ways it happens."""
    return chance.choice(_WAYS)(chance, chance.choice(good))


def _spoilt(topic: str, key: bytes | None, value: bytes | None) -> Sent:
    return Sent(topic, key, value, dead=True)


def _noise(chance: random.Random, of: Sent) -> Sent:
    topic = chance.choice((SOURCE_RECORDS, EVENTS))
    return _spoilt(topic, of.key, chance.randbytes(chance.randrange(1, 2000)))


def _other_schema(chance: random.Random, of: Sent) -> Sent:
    other = {"order": chance.randrange(10**9), "lines": [{"sku": "A-1", "count": 2}]}
    topic = chance.choice((SOURCE_RECORDS, EVENTS))
    return _spoilt(topic, of.key, json.dumps(other).encode())


def _future_record(chance: random.Random, of: Sent) -> Sent:
    return _changed(chance, of, schema_version=2)


def _future_event(chance: random.Random, of: Sent) -> Sent:
    key = (of.key or b"").decode()
    event = {"schema_version": 2, "id": f"{key}/{chance.random()}", "type": "opened",
             "consultation": key, "occurred_at": FIRST_DAY.isoformat()}  # fmt: skip
    return _spoilt(EVENTS, of.key, json.dumps(event).encode())


def _unknown_source(chance: random.Random, of: Sent) -> Sent:
    return _changed(chance, of, source="ukjent")


def _wrong_key(chance: random.Random, of: Sent) -> Sent:
    return replace(_changed(chance, of), key=b"regjeringen:1")


def _no_key(chance: random.Random, of: Sent) -> Sent:
    return replace(_changed(chance, of), key=None)


def _tombstone(_chance: random.Random, of: Sent) -> Sent:
    return _spoilt(SOURCE_RECORDS, of.key, None)


def _unreadable_page(chance: random.Random, of: Sent) -> Sent:
    return _changed(chance, of, body="")


def _changed(chance: random.Random, of: Sent, **fields: object) -> Sent:
    """A record with other fields, and an address of its own so that no two are the same bytes."""
    record = json.loads(of.value or b"")
    fields["url"] = f"https://example.org/{chance.randrange(10**12)}"
    return _spoilt(SOURCE_RECORDS, of.key, json.dumps(record | fields).encode())


_WAYS = (_noise, _other_schema, _future_record, _future_event, _unknown_source, _wrong_key,
         _no_key, _tombstone, _unreadable_page)  # fmt: skip
