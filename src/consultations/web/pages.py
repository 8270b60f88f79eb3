"""One plain function per page: read, make the view, render."""

from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from consultations.store import (
    bus,
    consultations,
    dead_letters,
    ledger,
    listing,
    sources,
)
from consultations.store.database import DatabaseUnavailable
from consultations.store.listing import Filters, Order
from consultations.web import query
from consultations.web.form import Sent, remembered_name
from consultations.web.site import site_of
from consultations.web.views.consultation import consultation_view
from consultations.web.views.correction import correction_form
from consultations.web.views.dead_letters import letter_lines, letter_view, standing_alerts
from consultations.web.views.overview import overview, paging
from consultations.web.views.sources import source_cards, waiting_for
from consultations.web.views.triage import TRIAGE_TITLE, triage

_MAX_ID_DIGITS = 12
_MAX_KEY = 300


def list_page(request: Request) -> HTMLResponse:
    site = site_of(request)
    asked = query.read_list_query(request.query_params, site.filed_under)
    with site.database.reading() as session:
        total = listing.count(session, asked.filters)
        pages = query.check_page_exists(asked.number, total)
        listed = listing.page(session, asked.filters, asked.order, asked.number, site.now)
        cards = source_cards(site, sources.all_sources(session))
        waiting = listing.count(session, Filters(needs_human=True, open_only=True))
    view = overview(site, asked, listed, total, pages)
    blind = [card.blind for card in cards if card.blind]
    return site.render(request, "list", "Høringer", view=view, blind=blind, waiting=waiting)


def triage_page(request: Request) -> HTMLResponse:
    site = site_of(request)
    asked = query.read_triage_query(request.query_params)
    with site.database.reading() as session:
        total = listing.count(session, asked.filters)
        pages = query.check_page_exists(asked.number, total)
        listed = listing.page(session, asked.filters, Order.WAITING, asked.number, site.now)
        dossiers = consultations.find(session, [one.key for one in listed])
        everything = listing.count(session, replace(asked.filters, open_only=False))
    view = triage(site, asked, [(one, dossiers[one.key]) for one in listed], total, everything)
    paged = paging(asked.address(), asked.number, pages)
    return site.render(request, "triage", TRIAGE_TITLE, view=view, paging_view=paged)


def consultation_page(request: Request) -> HTMLResponse:
    is_done = request.query_params.get("rettet") == "1"
    return show_consultation(request, is_done=is_done)


def show_consultation(
    request: Request, sent: Sent | None = None, *, is_done: bool = False, status: int = 200
) -> HTMLResponse:
    """Render a consultation, with what stands in the form that was ``sent`` but not kept."""
    site, key = site_of(request), read_key(request)
    with site.database.reading() as session:
        dossier = consultations.find(session, [key]).get(key)
        if dossier is None:
            raise HTTPException(404)
        deliveries = ledger.of_consultation(session, dossier.id)
    view = consultation_view(site, dossier, deliveries)
    form = correction_form(site, dossier, sent, remembered_name(request))
    title = f"Feil: {view.title}" if sent else view.title
    return site.render(
        request, "consultation", title, status=status, view=view, form=form, sent=sent,
        is_done=is_done,
    )  # fmt: skip


def read_key(request: Request) -> str:
    """Read which consultation an address is about. Raises ``HTTPException`` if it can be none."""
    key: str = request.path_params["key"]
    if len(key) > _MAX_KEY or not key.isprintable():
        raise HTTPException(404)
    return key


def sources_page(request: Request) -> HTMLResponse:
    site = site_of(request)
    with site.database.reading() as session:
        rows, backlog = sources.all_sources(session), bus.backlog(session)
    return site.render(
        request,
        "sources",
        "Kilder",
        cards=source_cards(site, rows),
        waiting=waiting_for(backlog),
    )


def dead_letters_page(request: Request) -> HTMLResponse:
    site = site_of(request)
    number = query.read_page_number(request.query_params)
    with site.database.reading() as session:
        total = dead_letters.count_open(session)
        pages = query.check_page_exists(number, total)
        letters = listing.open_letters(session, number)
        refused = ledger.tally(session).get(ledger.DeliveryState.REFUSED, 0)
        standing = listing.standing_deliveries(session)
    return site.render(
        request, "dead_letters", "Døde brev", letters=letter_lines(site, letters), total=total,
        paging_view=paging("/dode-brev", number, pages), refused=refused,
        standing=standing_alerts(site, standing),
    )  # fmt: skip


def dead_letter_page(request: Request) -> HTMLResponse:
    site = site_of(request)
    digits = request.path_params["id"]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MAX_ID_DIGITS):
        raise HTTPException(404)
    with site.database.reading() as session:
        row = dead_letters.get(session, int(digits))
        if row is None:
            raise HTTPException(404)
        view = letter_view(site, row)
    return site.render(request, "dead_letter", f"Dødt brev {row.id}", view=view)


def accessibility_page(request: Request) -> HTMLResponse:
    return site_of(request).render(request, "accessibility", "Tilgjengelighet")


def health(request: Request) -> Response:
    try:
        with site_of(request).database.reading() as session:
            listing.count(session, Filters())
    except DatabaseUnavailable:
        return JSONResponse({"status": "unavailable"}, status_code=503)
    return JSONResponse({"status": "ok"})
