"""What waits for a person to choose: each matter with the guess, and what came next."""

from collections.abc import Iterable
from dataclasses import dataclass

from consultations.domain.decision import Decision
from consultations.store.consultations import Dossier
from consultations.store.listing import Listed
from consultations.web import wording
from consultations.web.query import TriageQuery
from consultations.web.site import Site
from consultations.web.views.overview import Line, line
from consultations.web.wording import When

TRIAGE_TITLE = "Trenger et menneske"


@dataclass(frozen=True)
class Waiting:
    """One matter, with the section that came nearest, and the next one."""

    line: Line
    address: str
    guess: str | None
    runner_up: str | None
    since: When


@dataclass(frozen=True)
class Triage:
    """``closed`` counts those that nobody can answer any more; ``more`` is where they are shown."""

    waiting: tuple[Waiting, ...]
    counted: str
    closed: str | None
    shows_closed: bool


def triage(
    site: Site, asked: TriageQuery, found: Iterable[tuple[Listed, Dossier]], total: int,
    everything: int,
) -> Triage:  # fmt: skip
    closed = everything - total
    return Triage(
        waiting=tuple(_waiting(site, one, dossier) for one, dossier in found),
        counted="1 høring" if total == 1 else f"{wording.number(total)} høringer",
        closed=f"{wording.number(closed)} {'avsluttet' if closed == 1 else 'avsluttede'}"
        if closed
        else None,
        shows_closed=not asked.filters.open_only,
    )


def _waiting(site: Site, one: Listed, dossier: Dossier) -> Waiting:
    decision = dossier.latest_decision
    shown = line(site, one, site.now)
    return Waiting(
        line=shown,
        address=f"{shown.address}#flytt",
        guess=site.section(decision.lead) if decision else None,
        runner_up=_runner_up(site, decision),
        since=wording.instant(dossier.history.versions[0].first_seen_at),
    )


def _runner_up(site: Site, decision: Decision | None) -> str | None:
    second = decision.runner_up if decision else None
    return site.section(second.section) if second else None
