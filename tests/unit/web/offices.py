"""An office for the pages: people, meetings, plans and priorities, all invented."""

from datetime import date

from consultations.domain.observation import Kind
from consultations.domain.people import People, Person
from consultations.domain.response.acts import Choice
from consultations.domain.response.case import Case
from consultations.domain.response.office import Office
from consultations.domain.response.plan_templates import PlanTemplates, TemplateStep
from consultations.domain.response.priorities import Period, Priorities, Priority
from consultations.domain.response.work_calendar import Body, BodyMeeting, WorkCalendar
from consultations.handlers import planning, response
from consultations.handlers.response import Assign, Triage, Wish
from consultations.handlers.response_wishes import What
from consultations.store import consultations
from consultations.store.database import Database
from tests.unit.web.seeding import CHANNELS, CHILD_WELFARE, HEARING, NOW, SECTIONS, SEWAGE, seed

KARI, OLA = "kari-eksempel", "ola-eksempel"

_STEPS = (
    TemplateStep(step="draft", days=3, before="board"),
    TemplateStep(step="board", days=1, before="sent", meeting="hovedstyret", papers=2),
    TemplateStep(step="sent", days=1, before="deadline"),
)
OFFICE = Office(
    templates=PlanTemplates(
        templates={
            **dict.fromkeys(Kind, _STEPS),
            Kind.COMMITTEE_HEARING: (
                TemplateStep(step="draft", days=2, before="sent"),
                TemplateStep(step="sent", days=1, before="deadline"),
            ),
        }
    ),
    calendar=WorkCalendar(
        bodies={
            "hovedstyret": Body(
                "Hovedstyret", (BodyMeeting(date(2026, 8, 5)), BodyMeeting(date(2026, 9, 2)))
            ),
            "kdu": Body("KDU", (BodyMeeting(date(2026, 8, 19), date(2026, 8, 10)),)),
        }
    ),
    people=People(
        people={
            KARI: Person(name="Kari Eksempel", sections=("oppvekst",)),
            OLA: Person(name="Ola Eksempel", sections=("oppvekst",), head_of=("oppvekst",)),
        }
    ),
    priorities=Priorities(
        periods=(
            Period(
                name="2024–2027",
                first=date(2024, 1, 1),
                last=date(2027, 12, 31),
                headings={
                    "velferd": Priority(name="Bærekraftig velferd", words=("barnevern-",)),
                    "fremtid": Priority(name="Grønn fremtid"),
                },
                goals={"handlingsrom": Priority(name="Lokalt handlingsrom")},
            ),
        )
    ),
)


def seed_responses(database: Database) -> None:
    """The usual contents, with a plan for each that KS has to decide on."""
    seed(database)
    with database.transaction() as session:
        found = consultations.find(session, [CHILD_WELFARE, SEWAGE, HEARING])
        planning.keep_up(session, found.values(), OFFICE, NOW)


def do(database: Database, key: str, what: What, note: str = "", by: str = "Ola Eksempel") -> Case:
    """Act on a response, as someone else than the one who has the page open."""
    with database.transaction() as session:
        wish = Wish(by, what, note)
        return response.act(session, key, wish, OFFICE, CHANNELS, SECTIONS, lambda: NOW)


def answer(database: Database, key: str) -> None:
    """Decide that KS answers, and give the case to Kari."""
    do(database, key, Triage(Choice.ANSWER))
    do(database, key, Assign(KARI))
