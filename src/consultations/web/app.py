"""Builds the web application out of its pages."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from consultations import health
from consultations.clock import Clock
from consultations.domain.channels import ChannelMap
from consultations.domain.response.office import Office
from consultations.routing.section_life import SectionLife
from consultations.store.database import Database, DatabaseUnavailable
from consultations.web import feeds, pages, work
from consultations.web.correcting import correct_page
from consultations.web.form import BadForm
from consultations.web.guard import SECURITY_HEADERS, guards
from consultations.web.query import BadQuery
from consultations.web.responding import act_page, back_page
from consultations.web.site import HERE, Site, no_office, site_of

_NOT_FOUND = (
    "Feil: Siden finnes ikke",
    "Sjekk adressen, eller finn høringen i listen over høringer.",
)
_NOT_ALLOWED = ("Feil: Her kan du bare lese", "Denne siden tar ikke imot noe.")
_DATABASE_AWAY = (
    "Feil: Databasen svarer ikke",
    "Vent litt og last siden på nytt. Varer det, si fra til den som drifter tjenesten.",
)
_BROKEN = (
    "Feil: Noe gikk galt hos oss",
    "Last siden på nytt. Skjer det igjen, si fra til den som drifter tjenesten.",
)
_METHOD_NOT_ALLOWED = 405


def create_app(
    database: Database,
    *,
    clock: Clock,
    sections: Mapping[str, str],
    channels: ChannelMap,
    source_titles: Mapping[str, str],
    notice: str | None = None,
    life: SectionLife | None = None,
    may_write: bool = False,
    office: Office | None = None,
    page_url: str | None = None,
    news_age: timedelta = timedelta(days=14),
) -> Starlette:
    """Build the pages over a database. They only show, but for what ``may_write`` opens.

    ``sections`` and ``source_titles`` give the Norwegian name of each id; a source that is
    listed but never polled is shown as never seen. ``notice`` is a short line on every page.
    ``life`` tells the sections of today from those there have been. ``may_write`` lets whoever
    reaches the pages say where a matter belongs, and act on KS' response; ``office`` is what KS
    goes by in that. ``page_url`` is where people reach the pages, and ``news_age`` how old
    something may be and still be told as new, in feeds.
    """
    routes = [
        Route("/", pages.list_page),
        Route("/horinger/{key:path}", pages.consultation_page),
        Route("/mine", work.mine_page),
        Route("/innboks", work.inboxes_page),
        Route("/innboks/{section}", work.inbox_page),
        Route("/moter", work.meetings_page),
        Route("/forsinket", work.late_page),
        Route("/gjennomslag", work.outcomes_page),
        Route("/gjennomslag.csv", work.outcomes_file),
        Route("/trenger-et-menneske", pages.triage_page),
        Route("/kilder", pages.sources_page),
        Route("/dode-brev", pages.dead_letters_page),
        Route("/dode-brev/{id}", pages.dead_letter_page),
        Route("/tilgjengelighet", pages.accessibility_page),
        Route("/healthz", pages.health),
        *health.routes(health.Health({"databasen": partial(health.about_database, database)})),
        *feeds.routes(page_url, news_age),
        Mount("/static", StaticFiles(directory=HERE / "static"), name="static"),
    ]
    if may_write:
        routes.append(Route("/horinger/{key:path}", correct_page, methods=["POST"]))
        routes.append(Route("/svar/{form}/{key:path}", back_page))
        routes.append(Route("/svar/{form}/{key:path}", act_page, methods=["POST"]))
    app = Starlette(
        routes=routes,
        middleware=guards(),
        exception_handlers={
            HTTPException: _http_error,
            BadQuery: _bad_query,
            BadForm: _bad_form,
            **dict.fromkeys(DatabaseUnavailable, _database_away),
            Exception: _broken,
        },
    )
    app.state.site = Site(
        database, clock, sections, channels, source_titles, notice, life, may_write,
        office or no_office(),
    )  # fmt: skip
    return app


def _error(request: Request, status: int, title: str, advice: str) -> Response:
    return site_of(request).render(request, "error", title, status=status, advice=advice)


def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    words = _NOT_ALLOWED if status == _METHOD_NOT_ALLOWED else _NOT_FOUND
    response = _error(request, status, *words)
    response.headers.update(getattr(error, "headers", None) or {})
    return response


def _bad_query(request: Request, error: Exception) -> Response:
    advice = error.advice if isinstance(error, BadQuery) else ""
    return _error(request, 400, f"Feil: {error}", advice)


def _bad_form(request: Request, error: Exception) -> Response:
    assert isinstance(error, BadForm)
    return _error(request, error.status, f"Feil: {error}", error.advice)


def _database_away(request: Request, _: Exception) -> Response:
    return _error(request, 503, *_DATABASE_AWAY)


def _broken(request: Request, _: Exception) -> Response:
    response = _error(request, 500, *_BROKEN)
    response.headers.update(SECURITY_HEADERS)  # this answer passes outside the middleware
    return response
