"""What every page is given, and how a page is rendered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from consultations.clock import Clock
from consultations.domain.channels import ChannelMap
from consultations.domain.decision import NONE_SECTION
from consultations.domain.people import PERSON_CHANNEL, People
from consultations.domain.response.office import Office
from consultations.domain.response.plan_templates import PlanTemplates
from consultations.domain.response.priorities import Priorities
from consultations.domain.response.work_calendar import WorkCalendar
from consultations.routing.section_life import SectionLife
from consultations.store.database import Database

HERE = Path(__file__).parent

_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def no_office() -> Office:
    """Return what an office goes by that has no people, meetings or plans."""
    return Office(PlanTemplates(), WorkCalendar(), People(), Priorities())


@dataclass(frozen=True)
class Site:
    """The values bootstrap hands to the pages. ``notice`` stands on top of every page.

    ``sections`` names every section there is or has been, ``life`` tells these apart.
    ``may_write``: people may say here where a matter belongs, and act on KS' response.
    """

    database: Database
    clock: Clock
    sections: Mapping[str, str]
    channels: ChannelMap
    source_titles: Mapping[str, str]
    notice: str | None
    life: SectionLife | None = None
    may_write: bool = False
    office: Office = field(default_factory=no_office)

    @property
    def now(self) -> datetime:
        return self.clock()

    def current_section(self, id_: str) -> str:
        """Return the id that a section has today."""
        return self.life.current(id_) if self.life else id_

    def section(self, id_: str) -> str:
        return {**self.sections, **self.section_choices}.get(id_, id_)

    @property
    def section_choices(self) -> dict[str, str]:
        """Every section a consultation can be routed to, by id and «not for KS»."""
        known = self.life.living if self.life else self.sections
        named = {section: self.sections[section] for section in known}
        return {**named, NONE_SECTION: self.sections.get(NONE_SECTION, "Ikke for KS")}

    @property
    def filed_under(self) -> dict[str, tuple[str, ...]]:
        """Every section that a list can be narrowed to, with the ids it has been filed under."""
        if self.life is None:
            return {section: (section,) for section in self.section_choices}
        return {section.id: self.life.ids(section.id) for section in self.life.sections}

    @property
    def living_sections(self) -> dict[str, str]:
        """Every section that can hold the pen today, by id."""
        return {id_: name for id_, name in self.section_choices.items() if id_ != NONE_SECTION}

    @property
    def people(self) -> dict[str, str]:
        """The name of everyone who works with responses, by id, in the order of the names."""
        named = {id_: person.name for id_, person in self.office.people.people.items()}
        return dict(sorted(named.items(), key=lambda one: one[1].casefold()))

    def person(self, id_: str) -> str:
        return self.office.people.name(id_)

    @property
    def names(self) -> dict[str, str]:
        """The Norwegian name of every section, person, heading and goal, by id."""
        return {
            **self.sections,
            **self.section_choices,
            **self.people,
            **self.office.priorities.names,
        }

    def channel(self, id_: str) -> str:
        """Name a channel of the ledger; one that is a person, by the person's name."""
        if id_.startswith(PERSON_CHANNEL):
            return f"{self.person(id_.removeprefix(PERSON_CHANNEL))}, direkte"
        known = self.channels.channels.get(id_)
        return known.name if known else id_

    def source(self, id_: str) -> str:
        return self.source_titles.get(id_, id_)

    def render(
        self, request: Request, page: str, title: str, *, status: int = 200, **view: Any
    ) -> HTMLResponse:
        """Render a page whose ``title`` is both its only h1 and the name of its tab."""
        html = _TEMPLATES.get_template(f"pages/{page}.html").render(
            title=title,
            path=request.url.path,
            notice=self.notice,
            may_write=self.may_write,
            **view,
        )
        return HTMLResponse(html, status_code=status)


def site_of(request: Request) -> Site:
    site: Site = request.app.state.site
    return site
