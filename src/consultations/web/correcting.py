"""The form in which a person moves a matter, or overrules its EU/EEA mark."""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from consultations.domain.errors import NotFound
from consultations.handlers.correction import Refused, correct
from consultations.web import form, wording
from consultations.web.form import Typed
from consultations.web.pages import read_key, show_consultation
from consultations.web.site import site_of
from consultations.web.views.correction import refused, wish


async def correct_page(request: Request) -> Response:
    """Take the form, keep the correction, and send the reader back to the page."""
    return await run_in_threadpool(_correct, request, await form.read(request))


def _correct(request: Request, typed: Typed) -> Response:
    site, key = site_of(request), read_key(request)
    try:
        with site.database.transaction() as session:
            correct(session, key, wish(typed), site.section_choices, site.clock)
    except NotFound as unknown:
        raise HTTPException(404) from unknown
    except Refused as problem:
        return show_consultation(request, refused(typed, problem), status=422)
    back = f"{wording.consultation_address(key)}?rettet=1#fordeling"
    return form.done(back, typed.one("navn"))
