"""Finds out whom a Slack token belongs to, for those who check the installation."""

import logging

from slack_sdk import WebClient

from consultations.alerts.slack_answers import ask

TIMEOUT_SECONDS = 5

_quiet = logging.getLogger(f"{__name__}.sdk")
_quiet.setLevel(logging.CRITICAL)  # the SDK would write whole requests to the debug log


def holder(token: str, *, base_url: str = WebClient.BASE_URL) -> str:
    """Return the app and the workspace a token is for, as Slack names them.

    Raises ``Refused`` when Slack does not accept it, ``Passing`` when Slack cannot be asked.
    https://docs.slack.dev/reference/methods/auth.test
    """
    client = WebClient(
        token, base_url=base_url, timeout=TIMEOUT_SECONDS, retry_handlers=[], logger=_quiet
    )
    answer = ask(client.auth_test)
    return f"{answer.get('user', '?')} i {answer.get('team', '?')}"
