"""The one form that changes something: a person moves a matter, or overrules its EU/EEA mark."""

from datetime import timedelta
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consultations.domain.errors import NotFound
from consultations.handlers.correction import Refused, correct
from consultations.web import wording
from consultations.web.guard import is_from_our_own_page
from consultations.web.pages import read_key, show_consultation
from consultations.web.site import site_of
from consultations.web.views.correction import NAME_COOKIE, Typed

LARGEST_FORM = 64_000
"""Bytes: room for the longest name and reason, every character written as %XX."""
MOST_FIELDS = 20
_REMEMBER_NAME = timedelta(days=365)
_FORM = "application/x-www-form-urlencoded"


class BadForm(Exception):  # noqa: N818 - reads as the news it is
    """What was sent is not our form. Carries what to do about it, and the status to answer with."""

    def __init__(self, status: int, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.status = status
        self.advice = advice


async def correct_page(request: Request) -> Response:
    """Take the form, keep the correction, and send the reader back to the page."""
    if not is_from_our_own_page(request):
        raise BadForm(
            403,
            "Skjemaet kom ikke herfra",
            "Åpne siden om høringen her, og fyll ut skjemaet på nytt.",
        )
    fields = await _read(request)
    return await run_in_threadpool(_correct, request, Typed.read(fields))


async def _read(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise BadForm(415, "Skjemaet kan ikke leses", "Bruk skjemaet på siden om høringen.")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_FORM:
            raise BadForm(413, "Det er for mye tekst", "Skriv en kortere grunn, og send på nytt.")
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS
        )
    except ValueError as problem:
        raise BadForm(
            400, "Skjemaet kan ikke leses", "Bruk skjemaet på siden om høringen."
        ) from problem
    return dict(pairs)


def _correct(request: Request, typed: Typed) -> Response:
    site, key = site_of(request), read_key(request)
    try:
        with site.database.transaction() as session:
            correct(session, key, typed.wish(), site.section_choices, site.clock)
    except NotFound as unknown:
        raise HTTPException(404) from unknown
    except Refused as problem:
        return show_consultation(request, typed.refused(problem), status=422)
    back = f"{wording.consultation_address(key)}?rettet=1#fordeling"
    response = RedirectResponse(back, status_code=303)
    response.set_cookie(
        NAME_COOKIE,
        quote(typed.name.strip(), safe=""),
        max_age=int(_REMEMBER_NAME.total_seconds()),
        httponly=True,
        samesite="strict",
    )
    return response
