"""Takes the forms about KS' response: each becomes one act, or comes back with what is wrong."""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consultations.domain.errors import NotFound
from consultations.handlers import response as handlers
from consultations.handlers.response import Conflict, Refused, Wish
from consultations.handlers.response_wishes import What
from consultations.store import consultations, responses
from consultations.store.database import Session
from consultations.web import form, wishes, wording
from consultations.web.form import BadForm, Problem, Sent, Typed
from consultations.web.pages import read_key, show_consultation
from consultations.web.site import Site, site_of
from consultations.web.views.response_forms import FORMS

_NOT_SAVED = "Det ble ikke lagret."
_CONFLICT = "Noen andre har gjort noe med saken siden du åpnet den, så dette ble ikke lagret."
_LOOK_AGAIN = "Se over, og send skjemaet på nytt hvis det fortsatt stemmer. Dette er gjort siden:"


def back_page(request: Request) -> Response:
    """Lead someone who asks for the address of a form to the page it stands on."""
    _form_name(request)
    return RedirectResponse(f"{wording.consultation_address(read_key(request))}#svar", 303)


async def act_page(request: Request) -> Response:
    """Take a form, keep the act, and send the reader back to the panel."""
    name = _form_name(request)
    typed = await form.read(request)
    if wishes.version(typed) is None:
        raise BadForm(400, "Skjemaet kan ikke leses", "Bruk skjemaet på siden om høringen.")
    return await run_in_threadpool(_act, request, name, typed)


def _form_name(request: Request) -> str:
    name: str = request.path_params["form"]
    if name not in FORMS:
        raise HTTPException(404)
    return name


def _act(request: Request, name: str, typed: Typed) -> Response:
    site, key = site_of(request), read_key(request)
    try:
        with site.database.transaction() as session:
            what = _what(session, key, name, typed)
            wish = Wish(typed.one("navn"), what, typed.one("merknad"), wishes.version(typed))
            handlers.act(
                session, key, wish, site.office, site.channels, site.living_sections, site.clock
            )
    except NotFound as unknown:
        raise HTTPException(404) from unknown
    except Refused as problem:
        return show_consultation(request, _refused(name, typed, problem), 422)
    except Conflict as problem:
        return show_consultation(request, _overtaken(site, key, name, typed, problem), 409)
    return form.done(f"{wording.consultation_address(key)}?lagret=1#svar", typed.one("navn"))


def _what(session: Session, key: str, name: str, typed: Typed) -> What:
    """Read what is asked for. What is wrong with it can wait if others came first."""
    ids = consultations.known(session, {key})
    if key not in ids:
        raise NotFound(key)
    case = responses.case(session, ids[key])
    if case.version != wishes.version(typed):
        return handlers.Note()
    return wishes.read(name, typed, case)


def _refused(name: str, typed: Typed, refusal: Refused) -> Sent:
    field = wishes.FIELDS.get(refusal.field or "", refusal.field or "")
    return Sent(name, _NOT_SAVED, typed, Problem(field, str(refusal)), f"{name}-{field}")


def _overtaken(site: Site, key: str, name: str, typed: Typed, conflict: Conflict) -> Sent:
    with site.database.reading() as session:
        case = responses.case(session, consultations.known(session, {key})[key])
    before = max(case.version - len(conflict.since), 0)
    since = tuple(handlers.told_in_order(case, site.names, before))
    return Sent(name, _CONFLICT, typed, Problem("", _LOOK_AGAIN), f"{name}-", since)
