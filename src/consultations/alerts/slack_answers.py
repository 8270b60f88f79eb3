"""What Slack's answers mean for us: it worked, it may pass, a person must act, it is gone.

Codes and their meaning: https://docs.slack.dev/reference/methods/chat.postMessage (errors),
statuses: https://docs.slack.dev/apis/web-api/rate-limits
"""

import re
import socket
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from consultations.alerts.channel import Gone, Passing, Refused

Method = Callable[..., SlackResponse]

DEFAULT_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)

GONE = {
    "message_not_found", "thread_not_found", "cant_update_message", "edit_window_closed",
    "cannot_reply_to_message", "restricted_action_thread_locked",
}  # fmt: skip

BUSY = {"ratelimited", "rate_limited", "message_limit_exceeded"}

UNSETTLED = {"internal_error", "fatal_error", "service_unavailable", "request_timeout",
             "team_added_to_org"}  # fmt: skip
"""Slack's own trouble. It says of ``internal_error`` that part of the work may have been done."""

_ASK_FOR_KEY = (
    "Slack godtar ikke nøkkelen. Hent appens «Bot User OAuth Token» under «OAuth & Permissions» "
    "på api.slack.com/apps, sett den inn og start sporeren på nytt."
)
_OUR_FAULT = "Slack godtar ikke meldingens form. Det er en feil i sporeren: meld den med koden."
_NOT_ALLOWED = (
    "Appen får ikke skrive her. Be den som styrer kanalen i Slack om å gi appen lov til å "
    "skrive, eller velg en annen kanal i config/channels.yaml."
)

WHAT_TO_DO = {
    "channel_not_found": "Slack finner ikke kanalen. Sjekk slack_id i config/channels.yaml, og "
    "skriv /invite og appens navn i kanalen hvis den er privat.",
    "not_in_channel": "Appen er ikke med i kanalen. Skriv /invite og appens navn i kanalen.",
    "is_archived": "Kanalen er arkivert. Åpne den igjen i Slack, eller skriv en annen slack_id i "
    "config/channels.yaml.",
    "missing_scope": "Appen mangler tilganger. Legg til chat:write, im:write, "
    "channels:history, groups:history, im:history og metadata.message:read under «OAuth & "
    "Permissions» og installer den på nytt.",
    **dict.fromkeys(
        ("user_not_found", "users_not_found", "user_not_visible", "user_disabled"),
        "Slack finner ikke personen. Sjekk slack_id i config/people.yaml.",
    ),
    "cannot_dm_bot": "slack_id i config/people.yaml er en app, ikke en person. Rett den.",
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive",
         "not_allowed_token_type"),
        _ASK_FOR_KEY,
    ),
    **dict.fromkeys(
        ("no_permission", "access_denied", "accesslimited", "restricted_action",
         "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
         "restricted_action_non_threadable_channel", "team_access_not_granted",
         "enterprise_is_restricted", "org_login_required", "ekm_access_denied"),
        _NOT_ALLOWED,
    ),
    **dict.fromkeys(
        ("msg_too_long", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format",
         "no_text", "invalid_arguments", "invalid_metadata_format", "invalid_metadata_schema",
         "metadata_too_large", "too_many_attachments"),
        _OUR_FAULT,
    ),
}  # fmt: skip

_UNKNOWN = (
    "Koden er ukjent for oss. Slå den opp på "
    "https://docs.slack.dev/reference/methods/chat.postMessage, og prøv igjen når det er rettet."
)

_A_CODE = re.compile(r"[a-z0-9_]{2,60}")


def ask(method: Method, **arguments: Any) -> SlackResponse:
    """Call Slack once. Raises ``Refused``, ``Passing`` or ``Gone``, never the SDK's own errors."""
    try:
        return method(**arguments)
    except SlackApiError as error:
        raise _meaning(error.response) from None
    except (OSError, HTTPException) as error:
        raise _not_reached(error) from None
    except (SlackClientError, ValueError, AttributeError) as error:
        reason = f"Slack svarte noe vi ikke kan lese ({type(error).__name__})."
        raise Passing(reason, uncertain=True) from None


def _meaning(response: SlackResponse) -> Exception:
    status = response.status_code
    code = response.data.get("error") if isinstance(response.data, dict) else None
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in BUSY:
        wait = _retry_after(response)
        return Passing(f"Slack ber oss vente {wait.seconds} sekunder.", retry_after=wait)
    if status != HTTPStatus.OK:
        return Passing(f"Slack svarte med HTTP {status}.", uncertain=True)
    if not isinstance(code, str) or not _A_CODE.fullmatch(code):
        return Passing("Slack svarte noe vi ikke kan lese.", uncertain=True)
    if code in UNSETTLED:
        return Passing(f"Slack har en feil hos seg ({code}).", uncertain=True)
    if code in GONE:
        return Gone(code)
    return Refused(f"Slack avviste meldingen ({code}). {WHAT_TO_DO.get(code, _UNKNOWN)}")


def _retry_after(response: SlackResponse) -> timedelta:
    headers = {name.lower(): value for name, value in response.headers.items()}
    try:
        wait = timedelta(seconds=int(headers["retry-after"]))
    except (KeyError, ValueError, OverflowError):
        return DEFAULT_WAIT
    return min(max(wait, timedelta(seconds=1)), LONGEST_WAIT)


def _not_reached(error: Exception) -> Passing:
    """Tell a call that never left from one whose answer never came."""
    cause = getattr(error, "reason", error)
    never_left = isinstance(cause, (ConnectionRefusedError, socket.gaierror))
    if never_left:
        return Passing("Fikk ikke kontakt med Slack.")
    kind = "i tide" if isinstance(cause, TimeoutError) else "før forbindelsen ble brutt"
    return Passing(f"Slack svarte ikke {kind}.", uncertain=True)
