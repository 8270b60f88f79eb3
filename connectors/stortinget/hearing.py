"""Reads one ``horing`` element: who, when, where and about what. Knows nothing of fetching."""

from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree

from connectors.stortinget.dates import Moment, read_moment
from connectors.stortinget.elements import field, listed, number, tag, unknown_fields
from connectors.stortinget.fields import CASE_IN_HEARING, COMMITTEE, HEARING, SITTING
from consultations.domain.errors import InvalidRecord
from consultations.domain.observation import Deadline, DeadlineKind, Meeting, Status

_STATUSES = {
    "planlagt": Status.OPEN,
    "planlagt med forbehold": Status.OPEN,
    "pågår": Status.OPEN,
    "påbegynt": Status.OPEN,
    "avholdt": Status.CONCLUDED,
    "avlyst": Status.CANCELLED,
    "ukjent": Status.UNKNOWN,
}
_YES_NO = {"true": True, "false": False}


@dataclass(frozen=True)
class NamedCase:
    """A case as the hearing itself names it. ``publication`` is an address.

    ``id`` is empty when the case has no number, as before it is put forward.
    """

    id: str
    title: str | None
    short_title: str | None
    reference: str | None
    publication: str | None

    @property
    def label(self) -> str:
        """What to call a case that has no title."""
        return f"Sak {self.id}" if self.id else "Sak uten nummer"

    @property
    def is_named(self) -> bool:
        return bool(self.id or self.title or self.short_title or self.reference)


@dataclass(frozen=True)
class Hearing:
    """What one ``horing`` says, before its cases are looked up."""

    id: str
    committee: str | None
    status: Status
    status_text: str | None
    in_writing_only: bool | None
    deadlines: tuple[Deadline, ...]
    meetings: tuple[Meeting, ...]
    published_on: date | None
    cases: tuple[NamedCase, ...]
    notes: tuple[str, ...]

    def may_change(self, now: datetime) -> bool:
        """Whether there is still something to act on, or nothing tells that there is not."""
        if self.status is Status.CANCELLED:
            return False
        if not self.deadlines:
            return self.status is not Status.CONCLUDED
        return any(deadline.at >= now for deadline in self.deadlines)


def read_hearing(horing: etree._Element) -> Hearing:
    """Read a ``horing``. Raises ``InvalidRecord`` on a number or a deadline that cannot be read."""
    sittings = listed(horing, "horingstidspunkt_liste", "horingstidspunkt")
    named = listed(horing, "horing_sak_info_liste", "horing_sak_info")
    cases = [_named_case(info) for info in named]
    status, status_notes = _status(horing)
    in_writing = field(horing, "skriftlig")
    notes = [*unknown_fields(horing, HEARING), *status_notes, *_notes_below(horing)]
    notes += [_without_number(info) for info, case in zip(named, cases, strict=True) if not case.id]
    if in_writing not in {None, *_YES_NO}:
        notes.append(f"Ukjent verdi: skriftlig er «{in_writing}»")
    published_on, odd_date = _published(horing)
    return Hearing(
        id=number(horing, "id"),
        committee=_committee(horing),
        status=status,
        status_text=_status_text(horing),
        in_writing_only=_YES_NO.get(in_writing or ""),
        deadlines=(*_deadlines(horing), *_hearing_days(horing, sittings)),
        meetings=_meetings(sittings),
        published_on=published_on,
        cases=tuple(case for case in cases if case.is_named),
        notes=(*notes, *odd_date),
    )


def _status(horing: etree._Element) -> tuple[Status, list[str]]:
    """``status`` has fewer values than ``horing_status``; a cancellation counts from either.

    «Ukjent» is one of the documented values, and so worth no note.
    """
    said = field(horing, "horing_status")
    if (field(horing, "status") or "").lower() == "avlyst":
        return Status.CANCELLED, []
    status = _STATUSES.get((said or "").lower())
    if status is None:
        return Status.UNKNOWN, [f"Ukjent verdi: horing_status er «{said or ''}»"]
    return status, []


def _status_text(horing: etree._Element) -> str | None:
    parts = [field(horing, "horing_status"), field(horing, "status_info_tekst")]
    return ": ".join(part for part in parts if part) or None


def _committee(horing: etree._Element) -> str | None:
    komite = horing.find(tag("komite"))
    return None if komite is None else field(komite, "navn")


def _notes_below(horing: etree._Element) -> list[str]:
    """Unknown fields one level down, each told once."""
    known = {
        tag("komite"): COMMITTEE,
        f"{tag('horingstidspunkt_liste')}/{tag('horingstidspunkt')}": SITTING,
        f"{tag('horing_sak_info_liste')}/{tag('horing_sak_info')}": CASE_IN_HEARING,
    }
    return list(
        dict.fromkeys(
            note
            for path, fields in known.items()
            for element in horing.findall(path)
            for note in unknown_fields(element, fields)
        )
    )


def _moment(parent: etree._Element, *names: str) -> Moment | None:
    """Read the first of the named date fields that is set."""
    for name in names:
        try:
            if moment := read_moment(field(parent, name)):
                return moment
        except InvalidRecord as error:
            raise InvalidRecord(f"{name}: {error}") from error
    return None


def _published(horing: etree._Element) -> tuple[date | None, list[str]]:
    """No reason to lose a hearing: nobody acts on this date."""
    try:
        published = _moment(horing, "publisert_dato")
    except InvalidRecord as error:
        return None, [str(error)]
    return published.day if published else None, []


def _deadlines(horing: etree._Element) -> list[Deadline]:
    request = _moment(horing, "anmodningsfrist_dato_tid", "soknadfrist_dato", "søknadfrist_dato")
    answer = _moment(horing, "innspillsfrist")
    stated = [(request, DeadlineKind.REQUEST_TO_APPEAR), (answer, DeadlineKind.WRITTEN_ANSWER)]
    return [moment.as_deadline(kind) for moment, kind in stated if moment]


def _hearing_days(horing: etree._Element, sittings: list[etree._Element]) -> list[Deadline]:
    """One for each day, from the first sitting that day; ``start_dato`` often lacks the time."""
    moments = [_moment(horing, "start_dato"), *(_moment(s, "tidspunkt") for s in sittings)]
    days: dict[date, Moment] = {}
    for moment in sorted(filter(None, moments), key=lambda m: (not m.has_time, m.at)):
        days.setdefault(moment.day, moment)
    return [days[day].as_deadline(DeadlineKind.HEARING_DAY) for day in sorted(days)]


def _meetings(sittings: list[etree._Element]) -> tuple[Meeting, ...]:
    """Sittings with a time, in order. The Storting lists each room and time of its own."""
    found = [(_moment(s, "tidspunkt"), field(s, "sted")) for s in sittings]
    meetings = [Meeting(at=moment.at, place=place) for moment, place in found if moment]
    return tuple(sorted(meetings, key=lambda m: (m.at, m.place or "")))


def _named_case(info: etree._Element) -> NamedCase:
    return NamedCase(
        id=_case_number(info),
        title=field(info, "sak_tittel"),
        short_title=field(info, "sak_korttittel"),
        reference=field(info, "sak_henvisning"),
        publication=field(info, "sak_publikasjon"),
    )


def _case_number(info: etree._Element) -> str:
    """Return the case's number, or nothing: it is written -1, 0 or nil until there is one."""
    try:
        found = number(info, "sak_id")
    except InvalidRecord:
        return ""
    return found if found.strip("0") else ""


def _without_number(info: etree._Element) -> str:
    title = field(info, "sak_korttittel") or field(info, "sak_tittel") or "uten tittel"
    said = field(info, "sak_id") or ""
    return f"Saken «{title[:60]}» har ikke noe nummer (sak_id er «{said[:20]}») og slås ikke opp."
