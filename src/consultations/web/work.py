"""The pages of those who work with responses: mine, a section's, meetings, and what is late."""

from urllib.parse import quote, unquote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from consultations.domain.calendar import local_day
from consultations.feeds import figures as figure_tables
from consultations.store import outcomes as store_outcomes
from consultations.store import response_lists
from consultations.store.outcomes import Figure
from consultations.web import form, query
from consultations.web.query import BadQuery
from consultations.web.site import Site, site_of
from consultations.web.views.cases import case_lines, meetings, pages_of
from consultations.web.views.fields import choices_of
from consultations.web.views.outcomes import outcomes, years_of

PERSON_COOKIE = "person"


def mine_page(request: Request) -> Response:
    """Show what a person has; who they are is asked once, and remembered by the browser."""
    site = site_of(request)
    asked = request.query_params.get("person")
    person = asked if asked is not None else _remembered(request)
    if asked and asked not in site.people:
        raise BadQuery("Vi kjenner ikke personen", "Velg en fra listen på «Mine saker».")
    if person not in site.people:
        return _mine(request, site, None)
    response = _mine(request, site, person)
    form.remember(response, PERSON_COOKIE, person)
    return response


def _mine(request: Request, site: Site, person: str | None) -> HTMLResponse:
    number = query.read_page_number(request.query_params)
    listed = []
    if person:
        with site.database.reading() as session:
            listed = response_lists.mine(session, person, site.now, number)
        _check_page(number, len(listed))
    return site.render(
        request, "mine", "Mine saker", lines=case_lines(site, listed),
        person=site.person(person) if person else None,
        people=choices_of({"": "Velg navnet ditt", **site.people}, [person or ""]),
        paging_view=pages_of(_address("/mine", person=person or ""), number, len(listed)),
    )  # fmt: skip


def _remembered(request: Request) -> str:
    return unquote(request.cookies.get(PERSON_COOKIE, ""))


def inboxes_page(request: Request) -> HTMLResponse:
    """Lead to the inbox of each section, and show what nobody has taken."""
    site, number = site_of(request), query.read_page_number(request.query_params)
    with site.database.reading() as session:
        listed = response_lists.unclaimed(session, site.now, number)
    _check_page(number, len(listed))
    return site.render(
        request, "inboxes", "Innboks", lines=case_lines(site, listed),
        sections=[(f"/innboks/{quote(id_)}", name) for id_, name in site.living_sections.items()],
        paging_view=pages_of("/innboks", number, len(listed)),
    )  # fmt: skip


def inbox_page(request: Request) -> HTMLResponse:
    """Show what waits for a section, what nobody has taken first."""
    site, number = site_of(request), query.read_page_number(request.query_params)
    section = _section(request, site)
    with site.database.reading() as session:
        ids = site.filed_under[section]
        listed = response_lists.of_section(session, ids, site.now, number)
    _check_page(number, len(listed))
    address = f"/innboks/{quote(section)}"
    return site.render(
        request, "inbox", f"Innboks: {site.section(section)}", lines=case_lines(site, listed),
        paging_view=pages_of(address, number, len(listed)),
    )  # fmt: skip


def _section(request: Request, site: Site) -> str:
    """Return the section of today that an address names, by any id it has had."""
    named: str = request.path_params["section"]
    found = (id_ for id_, ids in site.filed_under.items() if named in ids)
    section = next(found, None)
    if section is None or section not in site.living_sections:
        raise HTTPException(404)
    return section


def meetings_page(request: Request) -> HTMLResponse:
    """Show what goes to which meeting of KS' bodies."""
    site, number = site_of(request), query.read_page_number(request.query_params)
    with site.database.reading() as session:
        listed = response_lists.to_meetings(session, local_day(site.now), number)
    _check_page(number, len(listed))
    return site.render(
        request, "meetings", "Møter", meetings=meetings(site, listed, number),
        paging_view=pages_of("/moter", number, len(listed)),
    )  # fmt: skip


def late_page(request: Request) -> HTMLResponse:
    """Show what has a step or a deadline behind it, and no answer sent."""
    site, number = site_of(request), query.read_page_number(request.query_params)
    with site.database.reading() as session:
        listed = response_lists.late(session, site.now, number)
    _check_page(number, len(listed))
    return site.render(
        request, "late", "Forsinket", lines=case_lines(site, listed),
        paging_view=pages_of("/forsinket", number, len(listed)),
    )  # fmt: skip


def outcomes_page(request: Request) -> HTMLResponse:
    """Show what KS answered and asked for, and what came of it."""
    site = site_of(request)
    figures = _figures(site)
    year = query.read_year(request.query_params, years_of(figures))
    view = outcomes(site, figures, year)
    title = f"Gjennomslag i {year}" if year else "Gjennomslag"
    return site.render(request, "outcomes", title, view=view)


def outcomes_file(request: Request) -> Response:
    """Answer with all the figures as a table for a spreadsheet."""
    site = site_of(request)
    headers = {"Content-Disposition": 'attachment; filename="gjennomslag.csv"'}
    table = figure_tables.as_csv(_figures(site), site.names)
    return Response(table, media_type=figure_tables.MEDIA_TYPE, headers=headers)


def _figures(site: Site) -> tuple[Figure, ...]:
    with site.database.reading() as session:
        return store_outcomes.figures(session, site.current_section)


def _check_page(number: int, shown: int) -> None:
    if number > 1 and not shown:
        raise BadQuery(f"Side {number} finnes ikke", "Gå tilbake til første side.")


def _address(path: str, **given: str) -> str:
    return f"{path}?{urlencode(given)}"
