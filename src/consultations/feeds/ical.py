"""Writes calendars of deadlines and planned steps in the iCalendar format (RFC 5545, 7986)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event, vText

from consultations.feeds.occasions import Occasion

MEDIA_TYPE = "text/calendar; charset=utf-8"
ASK_AGAIN = timedelta(hours=1)
"""How often calendars are asked to come back. Many take their own time."""


def written(name: str, occasions: Iterable[Occasion]) -> bytes:
    """Write a calendar called ``name``. The same occasions give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//KS//Høringer for KS//NO")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for place in ("name", "x-wr-calname"):
        calendar.add(place, vText(name))  # unknown ones are left unescaped unless told to be text
    calendar.add("refresh-interval", ASK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for occasion in sorted(occasions, key=lambda one: one.uid):
        calendar.add_component(_event(occasion))
    text: bytes = calendar.to_ical()
    return text


def _event(occasion: Occasion) -> Event:
    event = Event()
    event.add("uid", occasion.uid)
    event.add("dtstamp", occasion.changed_at)
    event.add("last-modified", occasion.changed_at)
    event.add("sequence", occasion.sequence)
    event.add("status", "CANCELLED" if occasion.cancelled else "CONFIRMED")
    event.add("summary", occasion.title)
    event.add("description", occasion.details)
    event.add("dtstart", occasion.on)
    if not isinstance(occasion.on, datetime):
        event.add("dtend", occasion.on + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    if occasion.url:
        event.add("url", occasion.url)
    return event
