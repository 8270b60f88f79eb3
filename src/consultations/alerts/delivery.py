"""One claim's way to a channel: look for what may be there, post, or update and reply."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from consultations.alerts.channel import Carrier, Found, Gone
from consultations.alerts.message import Message
from consultations.domain.events import EventType
from consultations.store.ledger import Claim, Due, Posted


class Writer(Protocol):
    """Writes the messages of a claim: the whole state, or only what changed."""

    def whole(self, claim: Claim) -> Message: ...

    def reply(self, claim: Claim) -> Message: ...


@dataclass(frozen=True)
class Sent:
    """Deliveries that have reached people, and where. ``thread_id`` for a reply, else None.

    ``instead``: by mail, because that is how they could be reached; ``perhaps_twice``: an earlier
    attempt may have reached them too.
    """

    due: tuple[Due, ...]
    posted: Posted
    thread_id: str | None
    instead: bool = False
    perhaps_twice: bool = False


def carry(carrier: Carrier, address: str, claim: Claim, writer: Writer) -> Iterator[Sent]:
    """Deliver a claim, yielding each success as it happens so that a later failure loses none.

    Raises what the carrier raises.
    """
    parent = parent_at(carrier, address, claim)
    left = claim.due
    for found in look(carrier, address, claim, parent):
        if there := tuple(due for due in left if due.key in found.keys):
            yield Sent(there, found.posted, found.thread_id)
        left = tuple(due for due in left if due.key not in found.keys)
        if found.thread_id is None:
            parent = found.posted
    if left:
        yield _tell(carrier, address, replace(claim, due=left, parent=parent), writer)


def parent_at(carrier: Carrier, address: str, claim: Claim) -> Posted | None:
    """Return the first message if it stands where we post now: a channel may have moved."""
    parent = claim.parent
    if parent and (parent.carrier, parent.address) == (carrier.name, address):
        return parent
    return None


def look(carrier: Carrier, address: str, claim: Claim, parent: Posted | None) -> Sequence[Found]:
    """Look for what an earlier attempt may have left there, if there was one."""
    since = min((d.uncertain_since for d in claim.due if d.uncertain_since), default=None)
    if since is None:
        return ()
    return carrier.find(address, _keys(claim), since, parent)


def _tell(carrier: Carrier, address: str, claim: Claim, writer: Writer) -> Sent:
    parent = claim.parent
    if parent is None:
        return _post_whole(carrier, address, claim, writer)
    with suppress(Gone):
        carrier.update(parent, writer.whole(claim))
    if all(due.fact == EventType.OPENED for due in claim.due):
        return Sent(claim.due, parent, None)  # the updated message says it all
    try:
        posted = carrier.post(address, writer.reply(claim), _keys(claim), parent)
    except Gone:
        return _post_whole(carrier, address, claim, writer)
    return Sent(claim.due, posted, parent.message_id)


def _post_whole(carrier: Carrier, address: str, claim: Claim, writer: Writer) -> Sent:
    return Sent(claim.due, carrier.post(address, writer.whole(claim), _keys(claim), None), None)


def _keys(claim: Claim) -> list[str]:
    return [due.key for due in claim.due]
