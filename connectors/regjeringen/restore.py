"""Takes up a saved cursor, also one that another version wrote or that has come to harm."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from connectors.regjeringen.cursor import Followed, Progress
from connectors.regjeringen.identity import SITE, is_number
from consultations.domain.connector import Unreadable

_LONGEST_FAULT = 200


def restore(cursor: object, now: datetime) -> tuple[Progress, Unreadable | None]:
    """Return where we left off, and what of it could not be read, if anything.

    A page that cannot be read is dropped: the overviews or the weekly sitemap name it again.
    When nothing can be read we begin anew, following the listing back as after a long silence,
    but not as the very first run, which would hide what is news.
    """
    readable, dropped = _without_broken_pages(cursor)
    try:
        progress = Progress.model_validate(readable)
    except ValidationError as error:
        return Progress(polled_at=now, behind=True), _report(
            "Det vi hadde lagret om hvor vi slapp på regjeringen.no, kan ikke leses "
            f"({_first_fault(error)}). Trolig er det skrevet av en annen versjon. Vi begynner "
            "forfra med oversiktene; det som er meldt før, meldes ikke på nytt. Alt som var "
            "lagret, ligger her.",
            cursor,
        )
    if dropped:
        return progress, _report(
            f"Kunne ikke lese {len(dropped)} av sidene vi fulgte på regjeringen.no, og de er tatt "
            "ut av listen. De følges igjen når oversiktene eller nettstedskartet nevner dem.",
            dropped,
        )
    return progress, None


def _without_broken_pages(cursor: object) -> tuple[object, dict[str, Any]]:
    pages = cursor.get("pages") if isinstance(cursor, Mapping) else None
    if not isinstance(cursor, Mapping) or not isinstance(pages, Mapping):
        return cursor, {}
    dropped = {number: page for number, page in pages.items() if not _is_sound(number, page)}
    kept = {number: page for number, page in pages.items() if number not in dropped}
    return {**cursor, "pages": kept}, dropped


def _is_sound(number: str, page: object) -> bool:
    try:
        Followed.model_validate(page)
    except ValidationError:
        return False
    return is_number(number)


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "alt"
    return f"{place}: {first['msg']}"[:_LONGEST_FAULT]


def _report(reason: str, lost: object) -> Unreadable:
    body = json.dumps(lost, default=str).encode()
    return Unreadable(f"{SITE}/", reason, None, "application/json", body)
