"""Calendars and feeds at secret addresses, and the way out of the weekly mail.

Whoever knows the address is let in: there is no sign-in and no cookie here.
"""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consultations.domain.foreign_text import plain
from consultations.feeds import atom, ical, occasions
from consultations.store import followed, secret_addresses
from consultations.store.database import Session
from consultations.store.followed import Followed
from consultations.store.secret_addresses import CALENDARS, Purpose, SecretAddress
from consultations.web.form import BadForm
from consultations.web.site import Site, site_of

_SECRET = {
    "Cache-Control": "private, no-cache",
    "X-Robots-Tag": "noindex",
}
"""Nobody on the way may keep it, and whoever asks must ask again."""
_LARGEST_NO = 2_000
"""Bytes of what mail programs and our own page send: one short field."""
_NOT_UNDERSTOOD = ("Vi forsto ikke hva som ble sendt", "Bruk knappen på siden du fikk lenke til.")


def routes(page_url: str | None, news_age: timedelta) -> list[Route]:
    """Return what is reached without sign-in. ``page_url`` is where people reach our pages.

    ``news_age`` is how old something may be and still be told as new.
    """
    return [
        Route("/kalender/{token}.ics", partial(calendar_page, page_url)),
        Route("/strom/{token}.atom", partial(feed_page, page_url, news_age)),
        Route("/avmeld/{token}", unsubscribe_page),
        Route("/avmeld/{token}", take_answer, methods=["POST"]),
    ]


def calendar_page(page_url: str | None, request: Request) -> Response:
    """Answer with a calendar, or with nothing where the asker has the latest already."""
    site = site_of(request)
    now = site.now
    with site.database.reading() as session:
        address = _address(session, request, CALENDARS)
        matters = _matters(site, session, address)
    shown = list(occasions.deadlines(matters, now, page_url))
    if address.purpose is Purpose.CALENDAR_OWNER:
        shown += occasions.steps(matters, now, page_url)
    return _answer(request, ical.written(_name(site, address), shown), ical.MEDIA_TYPE)


def feed_page(page_url: str | None, news_age: timedelta, request: Request) -> Response:
    """Answer with a section's news, or with nothing where the asker has the latest already."""
    site = site_of(request)
    now = site.now
    with site.database.reading() as session:
        address = _address(session, request, [Purpose.FEED_SECTION])
        ids = _section_ids(site, address.target)
        matters = followed.seen_of_section(session, ids, now - atom.GOES_BACK, news_age)
    own_url = address.full(page_url) if page_url else None
    feed = atom.Feed(address.target, _name(site, address), address.made_at, own_url, page_url)
    return _answer(
        request, atom.written(feed, matters, news_age=news_age, now=now), atom.MEDIA_TYPE
    )


def _matters(site: Site, session: Session, address: SecretAddress) -> list[Followed]:
    since = site.now - occasions.KEPT
    match address.purpose:
        case Purpose.CALENDAR_OWNER:
            return followed.of_owner(session, address.target, since)
        case Purpose.CALENDAR_BRUSSELS:
            return followed.of_brussels(session, since)
        case _:
            return followed.of_section(session, _section_ids(site, address.target), since)


def _name(site: Site, address: SecretAddress) -> str:
    match address.purpose:
        case Purpose.CALENDAR_OWNER:
            return plain(f"Høringer og planer: {site.person(address.target)}")
        case Purpose.CALENDAR_BRUSSELS:
            return "Høringsfrister: EU og EØS"
        case Purpose.FEED_SECTION:
            return plain(f"Høringer: {site.section(address.target)}")
        case _:
            return plain(f"Høringsfrister: {site.section(address.target)}")


def _section_ids(site: Site, section: str) -> tuple[str, ...]:
    return site.life.ids(section) if site.life else (section,)


def _address(session: Session, request: Request, purposes: Iterable[Purpose]) -> SecretAddress:
    """Return the address asked for. Withdrawn and unknown ones get the same answer."""
    found = secret_addresses.find(session, request.path_params["token"], purposes)
    if found is None:
        raise HTTPException(404, headers=_SECRET)
    return found


def _answer(request: Request, body: bytes, media_type: str) -> Response:
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**_SECRET, "ETag": tag}
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


def _has(known: str, tag: str) -> bool:
    """Tell whether an ``If-None-Match`` names what we have; compressing proxies make tags weak."""
    tags = [one.strip().removeprefix("W/") for one in known.split(",")]
    return tag in tags or tags == ["*"]


def unsubscribe_page(request: Request) -> Response:
    """Show where a reader says no to the weekly mail. Looking, as scanners do, changes nothing."""
    with site_of(request).database.reading() as session:
        address = _address(session, request, [Purpose.UNSUBSCRIBE])
        is_out = secret_addresses.is_unsubscribed(session, address.target)
    return _unsubscribe_page(request, is_out=is_out)


async def take_answer(request: Request) -> Response:
    """Take a no from a mail program (RFC 8058) or from our own page, or take it back.

    Mail programs say nothing of where they send from; that the address is known is enough here.
    """
    said = await _body(request)
    is_out = b"List-Unsubscribe" in said and b"One-Click" in said
    if not is_out and said.strip() != b"angre=ja":
        raise BadForm(400, *_NOT_UNDERSTOOD)
    return await run_in_threadpool(_keep_answer, request, is_out)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST_NO:
            raise BadForm(413, *_NOT_UNDERSTOOD)
    return bytes(body)


def _keep_answer(request: Request, is_out: bool) -> Response:
    site = site_of(request)
    with site.database.transaction() as session:
        reader = _address(session, request, [Purpose.UNSUBSCRIBE]).target
        if is_out:
            secret_addresses.unsubscribe(session, reader, site.now)
        else:
            secret_addresses.subscribe_again(session, reader)
    return _unsubscribe_page(request, is_out=is_out)


def _unsubscribe_page(request: Request, *, is_out: bool) -> Response:
    title = "Du er meldt av ukesoversikten" if is_out else "Ukesoversikten på e-post"
    page = site_of(request).render(request, "unsubscribe", title, is_out=is_out)
    page.headers.update(_SECRET)
    return page
