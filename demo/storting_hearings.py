"""Answers of data.stortinget.no: the hearings of the session 2025-2026 and their cases.

No complete answer with hearings is stored anywhere public, so real cases of another session
are given hearings here. Which values are real: README.md.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from demo.wire import XML, Answer, Record, document, lines, render

EXPORT = "https://data.stortinget.no/eksport"
DEMO_MOMENT = datetime(2026, 7, 4, 10, 42)  # noqa: DTZ001 - the API writes wall clock
# Months and days are kept, years are moved so that everything falls in the year from this day.
FIRST_HEARING_DAY = date(2025, 10, 16)
RECESSES = (
    (date(2025, 12, 20), date(2026, 1, 7)),
    (date(2026, 6, 20), date(2026, 9, 1)),
)
LAST_PUBLISHED = date(2026, 6, 19)
# Hearings made from a case, or from a programme page, get numbers above all that exist.
OWN_RANGE = 19_000_000


@dataclass(frozen=True)
class Hearing:
    """A committee hearing as the Storting's API tells it. All times are Oslo wall clock."""

    id: int
    cases: Sequence[Record]
    committee: str | None
    state: str
    to_appear: datetime | None = None
    to_write: datetime | None = None
    published: datetime | None = None
    meetings: Sequence[tuple[datetime, str | None]] = ()
    in_writing_only: bool = False
    status: str = "publisert"
    status_text: str | None = None

    @property
    def is_ahead(self) -> bool:
        last = max([at for at, _ in self.meetings], default=self.to_write)
        return self.status == "publisert" and last is not None and last > DEMO_MOMENT


def storting_answers() -> Iterator[Answer]:
    told = lines("hearings.jsonl")
    groups = together(lines("cases-2019-2020.jsonl"))
    hearings = [known_hearing(h) for h in told if "horing_id" in h]
    hearings += [programme_hearing(h) for h in told if "dateid" in h]
    hearings += [case_hearing(group) for group in groups]
    later = [announced_hearing(h) for h in told if "first_seen" in h]
    yield overview("first-answer", hearings)
    changed = [cancelled_if_invented(h) for h in hearings] + later
    yield overview("second-answer-INVENTED-CANCELLATION", changed)
    for hearing in [h for h in hearings if h.is_ahead] + later:
        for case in hearing.cases:
            yield case_answer(case)


def together(cases: Sequence[Record]) -> list[list[Record]]:
    """Cases that one committee answered in one recommendation were heard together."""
    groups = defaultdict(list)
    for case in cases:
        references = case["henvisning"].split(", ")
        answered = next((r for r in references if r.startswith("Innst.")), case["id"])
        groups[case["komite_id"], answered].append(case)
    return list(groups.values())


def known_hearing(told: Record) -> Hearing:
    start = datetime.fromisoformat(told["start"])
    until = told.get("innspillsfrist")
    return Hearing(
        id=int(told["horing_id"]),
        cases=[{"id": OWN_RANGE + int(told["horing_id"]) % 10**6} | c for c in told["saker"]],
        committee=told["komite_id"],
        state=told["horing_status"],
        to_write=datetime.fromisoformat(until) if until else None,
        meetings=[(start, told.get("sted"))],
    )


def programme_hearing(told: Record) -> Hearing:
    number = OWN_RANGE + int(told["dateid"]) % 10**6
    cases = [{"id": 10 * number + n} | case for n, case in enumerate(told["saker"])]
    day = sitting_day(into_session(date.fromisoformat(told["day"])))
    return planned(Hearing(number, cases, told["komite_id"], state="Ukjent"), day)


def announced_hearing(told: Record) -> Hearing:
    """Make a hearing known from the RSS alone, which has neither dates nor committee."""
    case = told["saker"][0]
    return Hearing(OWN_RANGE + int(case["id"]), [case], committee=None, state="Planlagt")


def case_hearing(cases: Sequence[Record]) -> Hearing:
    number = min(int(case["id"]) for case in cases)
    updated = max(date.fromisoformat(case["sist_oppdatert_dato"]) for case in cases)
    day = sitting_day(into_session(updated - timedelta(days=21)))
    hearing = Hearing(
        id=OWN_RANGE + number,
        cases=cases,
        committee=cases[0]["komite_id"],
        state="Ukjent",
        in_writing_only=number % 6 == 0,
    )
    hearing = planned(hearing, day, days=2 if len(cases) > 1 else 1)
    if {case["status"] for case in cases} & {"trukket", "bortfalt"}:
        reason = f"Saken er {cases[0]['status']}."
        return replace(hearing, state="Avlyst", status="avlyst", status_text=reason)
    return hearing


def into_session(day: date) -> date:
    """Move a day by whole years into the year from ``FIRST_HEARING_DAY``."""
    if (day.month, day.day) == (2, 29):
        day += timedelta(days=1)
    moved = day.replace(year=FIRST_HEARING_DAY.year)
    return moved if moved >= FIRST_HEARING_DAY else day.replace(year=moved.year + 1)


def sitting_day(day: date) -> date:
    for first, back in RECESSES:
        if first <= day < back:
            day = back
    weekend = max(0, day.weekday() - 4)
    return day + timedelta(days=(0, 2, 1)[weekend])


def planned(hearing: Hearing, day: date, days: int = 1) -> Hearing:
    """Give ``hearing`` the deadlines and state that go with its first day."""
    to_write = datetime.combine(day - timedelta(days=6), time(23, 59))
    published = min(day - timedelta(days=28), LAST_PUBLISHED)
    dated = replace(hearing, to_write=to_write, published=datetime.combine(published, time.min))
    if hearing.in_writing_only:
        return replace(dated, state="Pågår" if to_write > DEMO_MOMENT else "Avholdt")
    start = datetime.combine(day, time(10))
    second = datetime.combine(sitting_day(day + timedelta(days=1)), time(9))
    return replace(
        dated,
        to_appear=datetime.combine(day - timedelta(days=14), time(12)),
        meetings=[(start, None), (second, None)][:days],
        state=state_on(day),
    )


def state_on(day: date) -> str:
    if day <= DEMO_MOMENT.date():
        return "Avholdt"
    return "Planlagt med forbehold" if day >= date(2026, 10, 1) else "Planlagt"


def cancelled_if_invented(hearing: Hearing) -> Hearing:
    invented = document("INVENTED.json")["cancelled_hearing"]
    if invented["case"] not in {str(case["id"]) for case in hearing.cases}:
        return hearing
    text = invented["status_info_tekst"]
    return replace(hearing, state="Avlyst", status="avlyst", status_text=text)


def overview(which: str, hearings: Sequence[Hearing]) -> Answer:
    body = render(
        "horinger.xml",
        hearings=sorted(hearings, key=lambda h: h.id),
        answered=DEMO_MOMENT.isoformat(),
        committees=document("committees.json"),
    )
    url = f"{EXPORT}/horinger?sesjonid=2025-2026"
    return Answer(url, f"stortinget/horinger-2025-2026-{which}.xml", body, XML)


def case_answer(case: Record) -> Answer:
    body = render("sak.xml", case=case, committees=document("committees.json"))
    return Answer(f"{EXPORT}/sak?sakid={case['id']}", f"stortinget/sak-{case['id']}.xml", body, XML)
