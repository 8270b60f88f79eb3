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
    responses,
    sources,
)
from consultations.store.consultations import Dossier
from consultations.store.database import DatabaseUnavailable, Session
from consultations.store.listing import Filters, Order
from consultations.web import query
from consultations.web.form import Sent, remembered_name
from consultations.web.site import site_of
from consultations.web.views.act_fields import Desk
from consultations.web.views.consultation import consultation_view
from consultations.web.views.correction import correction_form
from consultations.web.views.dead_letters import letter_lines, letter_view, standing_alerts
from consultations.web.views.overview import overview, paging
from consultations.web.views.response import Material, response_view
from consultations.web.views.response_forms import placed, response_forms, undo_form
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
    return show_consultation(request)


def show_consultation(
    request: Request, sent: Sent | None = None, status: int = 200
) -> HTMLResponse:
    """Render a consultation, with what stands in the form that was ``sent`` but not kept."""
    site, key, name = site_of(request), read_key(request), remembered_name(request)
    with site.database.reading() as session:
        dossier = consultations.find(session, [key]).get(key)
        if dossier is None:
            raise HTTPException(404)
        deliveries = ledger.of_consultation(session, dossier.id)
        material = response_material(session, dossier)
    view, desk = consultation_view(site, dossier, deliveries), Desk(site, material)
    acts, undo = response_forms(desk, sent, name), undo_form(desk, sent, name)
    return site.render(
        request,
        "consultation",
        f"Feil: {view.title}" if sent else view.title,
        status=status,
        view=view,
        form=correction_form(site, dossier, sent, name),
        response=response_view(site, material),
        acts=acts,
        undo=undo,
        sent=placed(sent, (*acts, undo) if undo else acts) if sent else None,
        done=_DONE.get(next(iter(request.query_params), "")),
    )


_DONE = {
    "rettet": "Rettelsen er lagret. De som skal vite om det, får beskjed.",
    "lagret": "Det er lagret, og står i loggen.",
}
"""What a page says of the form that was just sent, by the name in its address."""


def response_material(session: Session, dossier: Dossier) -> Material:
    """Load what the panel on KS' own response is made of."""
    case = responses.case(session, dossier.id)
    joined = tuple(responses.joined_to(session, dossier.key))
    others = {*joined, case.joint_with, case.second_round_of} - {None}
    found = consultations.histories(session, [one for one in others if one])
    return Material(
        dossier=dossier,
        case=case,
        plans=responses.plans(session, [dossier.id]).get(dossier.id, ()),
        joined=joined,
        titles={key: history.latest.title for key, history in found.items()},
        needed=responses.needs_case(dossier, case),
    )


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
