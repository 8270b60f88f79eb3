"""The Slack channel: posts, updates and looks for messages through Slack's Web API.

The SDK's own retries are off: they post twice after a dropped connection, and sleep.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient

from consultations.alerts import slack_blocks
from consultations.alerts.channel import Found, Gone, Passing, Refused
from consultations.alerts.message import Message
from consultations.alerts.slack_answers import Method, ask
from consultations.domain.channels import Channel
from consultations.domain.people import Person
from consultations.store.ledger import Posted

EVENT_TYPE = "consultation_alert"
"""Marks our messages. https://docs.slack.dev/messaging/message-metadata"""

TIMEOUT_SECONDS = 10
PAGE_SIZE = 200
MAX_PAGES = 10
"""How far back to look: 2 000 messages."""

AT_ONCE = timedelta(days=1)
"""So soon are most messages posted: where to look when too much has come since."""

CLOCK_SKEW = timedelta(minutes=10)
"""Slack's clock and ours may differ; looking a little further back costs nothing."""

_quiet = logging.getLogger(f"{__name__}.sdk")
_quiet.setLevel(logging.CRITICAL)  # the SDK would write whole requests to the debug log


class TooMany(Refused):
    """There is more in the channel than we can look through."""


class SlackCarrier:
    """Carries messages to Slack channels, and to persons directly.

    Needs the scopes ``chat:write``, ``im:write``, ``channels:history``, ``groups:history``,
    ``im:history`` and ``metadata.message:read``, and that the app is invited to every channel.
    """

    name = "slack"

    def __init__(
        self,
        token: str,
        *,
        base_url: str = WebClient.BASE_URL,
        timeout_seconds: int = TIMEOUT_SECONDS,
    ) -> None:
        self._client = WebClient(
            token, base_url=base_url, timeout=timeout_seconds, retry_handlers=[], logger=_quiet
        )
        self._opened: dict[str, str] = {}

    def address(self, channel: Channel) -> str:
        if channel.slack_id is None:
            raise Refused(
                f"Kanalen «{channel.name}» mangler slack_id i config/channels.yaml. Finn id-en "
                "nederst under «Om» i kanalen i Slack, skriv den inn og start sporeren på nytt."
            )
        return channel.slack_id

    def direct_address(self, person: Person) -> str:
        """Open the conversation with a person; Slack keeps it from then on."""
        if person.slack_id is None:
            raise Refused(
                f"{person.name} mangler slack_id i config/people.yaml. Finn id-en i profilen i "
                "Slack (⋮, «Copy member ID»), skriv den inn og start sporeren på nytt."
            )
        if person.slack_id not in self._opened:
            answer = ask(self._client.conversations_open, users=person.slack_id)
            address = (answer.get("channel") or {}).get("id")
            if not address:
                raise Passing("Slack åpnet ikke samtalen med personen.")
            self._opened[person.slack_id] = address
        return self._opened[person.slack_id]

    def post(
        self, address: str, message: Message, keys: Sequence[str], thread: Posted | None
    ) -> Posted:
        answer = ask(
            self._client.chat_postMessage,
            channel=address,
            thread_ts=thread.message_id if thread else None,
            reply_broadcast=bool(thread and message.to_all) or None,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"keys": list(keys)}},
            unfurl_links=False,
            unfurl_media=False,
            link_names=False,
            **slack_blocks.payload(message),
        )
        if not answer.get("ts"):
            raise Passing("Slack svarte uten å si hvor meldingen er.", uncertain=True)
        return Posted(self.name, address, answer["ts"])

    def update(self, posted: Posted, message: Message) -> None:
        ask(
            self._client.chat_update,
            channel=posted.address,
            ts=posted.message_id,
            link_names=False,
            parse="none",
            **slack_blocks.payload(message),
        )

    def find(
        self, address: str, keys: Collection[str], since: datetime, thread: Posted | None
    ) -> tuple[Found, ...]:
        left = set(keys)
        oldest = since - CLOCK_SKEW
        ours: dict[str, Found] = {}
        for found in self._read(address, oldest, thread, ours):
            if found.keys.intersection(keys):
                ours[found.posted.message_id] = found
                left -= found.keys
            if not left:
                break
        return tuple(found for _, found in sorted(ours.items()))

    def _read(
        self, address: str, oldest: datetime, thread: Posted | None, ours: Mapping[str, Found]
    ) -> Iterator[Found]:
        """Read our messages in the thread and in the channel: a lost thread was begun anew.

        Slack shows the newest first. Where too much has come since, the first day is read too,
        and at last the threads of those found (``ours``) that the ledger does not know of.
        """
        asked = {"channel": address, "oldest": _ts(oldest)}
        if thread is not None:
            yield from self._replies(asked, thread)
        history, too_many = self._client.conversations_history, None
        try:
            yield from _ours(history, asked)
        except TooMany as problem:
            too_many = problem
            with suppress(TooMany):
                yield from _ours(history, {**asked, "latest": _ts(oldest + AT_ONCE)})
        for begun in [f.posted for f in ours.values() if f.thread_id is None]:
            if begun != thread:
                yield from self._replies(asked, begun)
        if too_many:
            raise too_many

    def _replies(self, asked: Mapping[str, Any], thread: Posted) -> Iterator[Found]:
        with suppress(Gone):
            yield from _ours(self._client.conversations_replies, {**asked, "ts": thread.message_id})


def _ts(moment: datetime) -> str:
    """Write an instant as Slack does."""
    return f"{moment.timestamp():.6f}"


def _ours(method: Method, asked: Mapping[str, Any]) -> Iterator[Found]:
    asked = {**asked, "include_all_metadata": True, "limit": PAGE_SIZE}
    for _ in range(MAX_PAGES):
        answer = ask(method, **asked)
        for entry in answer.get("messages") or ():
            metadata = entry.get("metadata") or {}
            if metadata.get("event_type") == EVENT_TYPE:
                yield _found(asked["channel"], entry, metadata.get("event_payload") or {})
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
        asked = {**asked, "cursor": cursor}
    raise TooMany(
        "Varselet kan være sendt før, men vi finner det ikke: det er kommet over "
        f"{MAX_PAGES * PAGE_SIZE} meldinger i kanalen siden. Det sendes ikke en gang til. "
        "Se selv om det står der, og skriv det i kanalen hvis ikke."
    )


def _found(address: str, entry: dict[str, Any], held: dict[str, Any]) -> Found:
    thread_ts = entry.get("thread_ts")
    return Found(
        Posted(SlackCarrier.name, address, entry["ts"]),
        thread_id=thread_ts if thread_ts != entry["ts"] else None,
        keys=frozenset(held.get("keys") or ()),
    )
