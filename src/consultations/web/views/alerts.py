"""Alerts about one consultation: where to, when, and what holds up those not sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from consultations.store.ledger import MAIL, DeliveryState
from consultations.store.tables import DeliveryRow
from consultations.web import wording
from consultations.web.site import Site
from consultations.web.wording import When


@dataclass(frozen=True)
class AlertLine:
    """One alert to one channel. ``tone`` chooses the look of ``state``; the words say it."""

    channel: str
    words: str
    happened: When
    state: str
    tone: str
    when: When | None
    reason: str | None


def alert_lines(site: Site, deliveries: Sequence[DeliveryRow]) -> tuple[AlertLine, ...]:
    return tuple(_line(site, row) for row in deliveries)


def _line(site: Site, row: DeliveryRow) -> AlertLine:
    state, tone = _state(row)
    at = row.sent_at if row.state == DeliveryState.SENT else _next_attempt(row)
    return AlertLine(
        channel=site.channel(row.channel),
        words=row.words,
        happened=wording.instant(row.occurred_at),
        state=state,
        tone=tone,
        when=wording.instant(at) if at else None,
        reason=_reason(row),
    )


_STATES = {
    DeliveryState.SENT: ("Sendt", "good"),
    DeliveryState.REFUSED: ("Avvist: noen må ordne det", "danger"),
    DeliveryState.SENDING: ("Sendes nå", "plain"),
    DeliveryState.WITHDRAWN: ("Trukket tilbake: gjaldt ikke lenger", "plain"),
    DeliveryState.DIGEST: ("I ukesoversikten", "plain"),
}


def _state(row: DeliveryRow) -> tuple[str, str]:
    if row.state == DeliveryState.SENT and row.carrier == MAIL:
        return "Sendt i e-post", "good"
    if row.state == DeliveryState.PENDING:
        return ("Prøves igjen", "warning") if row.attempts else ("Venter", "plain")
    return _STATES[DeliveryState(row.state)]


def _next_attempt(row: DeliveryRow) -> datetime | None:
    waits_again = row.state == DeliveryState.PENDING and row.attempts > 0
    return row.next_attempt_at if waits_again else None


def _reason(row: DeliveryRow) -> str | None:
    if row.state == DeliveryState.SENT:
        return None
    if row.uncertain_since and row.state == DeliveryState.PENDING:
        checked = "Meldingen kan ha kommet fram. Vi sjekker før vi prøver igjen."
        return f"{row.reason} {checked}" if row.reason else checked
    return row.reason
