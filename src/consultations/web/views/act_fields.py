"""What each form about a response asks for, and what stands in it before anyone has written."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from consultations.domain.calendar import local_day
from consultations.domain.change import DEADLINE_NAMES
from consultations.domain.observation import Deadline, Observation
from consultations.domain.response import rules
from consultations.domain.response.acts import (
    STATE_WORDS,
    VERDICT_WORDS,
    Choice,
    Relation,
    State,
)
from consultations.domain.response.case import Case
from consultations.domain.response.priorities import Suggestion
from consultations.web import wording
from consultations.web.form import Typed
from consultations.web.site import Site
from consultations.web.views.fields import Field, Filling
from consultations.web.views.response import Material

CHOICE_WORDS = {
    Choice.ANSWER: "KS svarer",
    Choice.FOLLOW: "KS svarer ikke, men følger saken",
    Choice.NOT_ANSWER: "KS svarer ikke",
    Choice.LATER: "Sett på, men ikke avgjort ennå",
}
RELATION_WORDS = {
    Relation.JOINT: "Felles svar: det skrives i den andre saken",
    Relation.SECOND_ROUND: "Dette er en ny runde av den andre høringen",
}
YES_OR_NO = {"ja": True, "nei": False}
_BRUSSELS = {"": "Som i fordelingen", "ja": "Ja", "nei": "Nei"}
YES = "ja"


@dataclass(frozen=True)
class Desk:
    """One case with what is needed to ask about it."""

    site: Site
    material: Material

    @property
    def case(self) -> Case:
        return self.material.case

    @property
    def latest(self) -> Observation:
        return self.material.dossier.history.latest

    @property
    def deadlines_left(self) -> tuple[Deadline, ...]:
        return self.case.deadlines_left(self.latest)


def triage(desk: Desk, filling: Filling) -> tuple[Field, ...]:
    site, case = desk.site, desk.case
    choices = [Choice.ANSWER, Choice.FOLLOW, Choice.NOT_ANSWER]
    if case.state in {State.NEW, State.TRIAGED}:
        choices.append(Choice.LATER)
    if rules.is_sent(case):
        choices = [Choice.ANSWER]
    priorities, today = site.office.priorities, local_day(site.now)
    asked = (
        filling.radio("valg", "Skal KS svare?", {one.value: CHOICE_WORDS[one] for one in choices}),
        filling.area("merknad", "Grunn", hint="Må fylles ut når KS ikke svarer."),
        filling.ticks(
            "overskrifter", "Hvilke av KS' prioriteringer gjelder saken?",
            _with_chosen(priorities.headings(today), case.headings, site),
            hint=_suggestion(desk, priorities.suggest),
        ),
        filling.ticks(
            "mal", "Hvilke av KS' mål for perioden?",
            _with_chosen(priorities.goals(today), case.goals, site),
            hint=_suggestion(desk, priorities.suggest_goals),
        ),
    )  # fmt: skip
    return tuple(one for one in asked if one.look != "ticks" or one.choices)


def _with_chosen(offered: Mapping[str, str], chosen: Iterable[str], site: Site) -> dict[str, str]:
    """Return what can be chosen today, and what was chosen when something else could."""
    return {**{one: site.names.get(one, one) for one in chosen}, **offered}


def _suggestion(desk: Desk, suggest: Callable[..., tuple[Suggestion, ...]]) -> str:
    """Say what the tracker suggests and why; the person ticks it, or not."""
    text, decision = desk.material.dossier.text, desk.material.dossier.latest_decision
    sections = (decision.lead, *decision.seconds) if decision else ()
    found = suggest(text.title, text.summary, sections, on=local_day(desk.site.now))
    if not found:
        return ""
    words = "; ".join(one.in_words(desk.site.names) for one in found)
    return f"Sporeren foreslår {words}. Du velger selv."


def assign(desk: Desk, filling: Filling) -> tuple[Field, ...]:
    people, sections = desk.site.people, desk.site.living_sections
    return (
        filling.select("ansvarlig", "Saksansvarlig", {"": "Velg en person", **people}),
        filling.select("stedfortreder", "Stedfortreder", {"": "Ingen", **people}),
        filling.select(
            "seksjon", "Seksjon som holder pennen", {"": "Som i fordelingen", **sections}
        ),
        filling.ticks("bidrar", "Seksjoner som bidrar", sections),
        filling.select("brussel", "Er Brussel-kontoret med?", _BRUSSELS),
        _note(filling),
    )


def advance(desk: Desk, filling: Filling) -> tuple[Field, ...]:
    choices = ways(desk.case)
    skips = any(rules.passed_over(desk.case, State(one)) for one in choices)
    return (
        filling.radio("til", "Hvor skal saken?", choices),
        *([_confirmation(filling, _SKIPS_SOME)] if skips else []),
        *([filling.text("lenke", "Lenke til det publiserte svaret (kan stå tom)")]
          if State.PUBLISHED in choices else []),
        _note(filling, "Må fylles ut når saken går tilbake." if _goes_back(desk.case) else ""),
    )  # fmt: skip


_SKIPS_SOME = "Ja, det som står i parentesen, hoppes over"


def ways(case: Case) -> dict[str, str]:
    """Return where a case can be brought in this form, by state, with what is passed over."""
    onward = {s.value: _onward(case, s) for s in rules.next_states(case) if s is not State.SENT}
    back = {s.value: f"Tilbake til {STATE_WORDS[s]}" for s in rules.earlier_states(case)}
    return {**onward, **back}


def _goes_back(case: Case) -> bool:
    return bool(rules.earlier_states(case))


def _onward(case: Case, to: State) -> str:
    skipped = rules.passed_over(case, to)
    words = "Avslutt saken" if to is State.CLOSED else wording.sentence(STATE_WORDS[to])
    return f"{words} (hopper over {named(skipped)})" if skipped else words


def named(states: Iterable[State]) -> str:
    """``utkast, juridisk kontroll og politisk behandling``."""
    words = [STATE_WORDS[one] for one in states]
    if not words:
        return ""
    return " og ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def sending(desk: Desk, filling: Filling) -> tuple[Field, ...]:
    skipped = () if rules.is_sent(desk.case) else rules.passed_over(desk.case, State.SENT)
    deadlines = {one.kind.value: deadline_words(one) for one in desk.deadlines_left}
    return (
        *([filling.ticks("frister", "Hvilke frister er det svart på?", deadlines)]
          if deadlines else []),
        *([_confirmation(filling, f"Ja, {named(skipped)} hoppes over")] if skipped else []),
        _note(filling),
    )  # fmt: skip


def deadline_words(deadline: Deadline) -> str:
    return f"{DEADLINE_NAMES[deadline.kind]}, {deadline.in_words}"


def receipt(desk: Desk, filling: Filling) -> tuple[Field, ...]:
    sent = {kind.value: DEADLINE_NAMES[kind] for kind in desk.case.sent}
    return (
        *([filling.ticks("frister", "Hvilke frister gjelder kvitteringen?", sent)]
          if sent else []),
        filling.text("referanse", "Referanse fra mottakeren eller arkivet"),
        filling.text("dag", "Dagen det ble sendt", look="date", required=True),
        filling.text("klokka", "Klokkeslett", look="time", required=True),
        filling.text("lenke", "Lenke til kvitteringen (kan stå tom)"),
        filling.text("kontrollsum", "Filens kontrollsum, SHA-256 (kan stå tom)",
                     hint="64 tegn. Arkivet viser den, eller kommandoen sha256sum."),
        _note(filling),
    )  # fmt: skip


def extension(desk: Desk, filling: Filling) -> tuple[Field, ...]:
    choices = {one.kind.value: deadline_words(one) for one in desk.deadlines_left}
    return (
        filling.radio("frist", "Hvilken frist er utsatt?", choices),
        filling.text("til", "Ny siste dag", look="date", required=True),
        filling.text("avtalt", "Hvem hos avsenderen er det avtalt med?", required=True,
                     hint="Skriv enheten eller referansen, ikke navnet på en person."),
        _note(filling),
    )  # fmt: skip


def demand(_: Desk, filling: Filling) -> tuple[Field, ...]:
    return (filling.text("krav", "Kravet i én setning", required=True), _note(filling))


def verdict(desk: Desk, filling: Filling) -> tuple[Field, ...]:
    demands = {str(one.number): one.text for one in desk.case.demands}
    verdicts = {one.value: wording.sentence(words) for one, words in VERDICT_WORDS.items()}
    return (
        filling.radio("krav", "Hvilket krav?", demands),
        filling.radio("utfall", "Hva ble det til?", verdicts),
        filling.area("sitat", "Ordene som viser det"),
        filling.text("lenke", "Lenke til stedet",
                     hint="Sitat og lenke kan bare stå tomme når kravet ikke er omtalt."),
        _note(filling),
    )  # fmt: skip


def link(_: Desk, filling: Filling) -> tuple[Field, ...]:
    return (
        filling.text("sak", "Den andre høringens nummer hos oss", required=True,
                     hint="Det står under «Fakta» på siden om høringen, som regjeringen:3167072."),
        filling.radio("hvordan", "Hvordan henger de sammen?",
                      {one.value: words for one, words in RELATION_WORDS.items()}),
        _note(filling),
    )  # fmt: skip


def note(_: Desk, filling: Filling) -> tuple[Field, ...]:
    return (filling.area("merknad", "Det du vil ha i loggen"),)


def undo(_: Desk, filling: Filling) -> tuple[Field, ...]:
    return (_note(filling),)


def _note(filling: Filling, hint: str = "") -> Field:
    return filling.area("merknad", "Merknad (kan stå tom)", hint=hint)


def _confirmation(filling: Filling, words: str) -> Field:
    return filling.ticks("bekreft", "Når noe hoppes over", {YES: words})


def as_decided(case: Case) -> dict[str, Typed]:
    """Return what people have decided before, for the forms that change it."""
    decided = {}
    if case.choice:
        decided["vurder"] = Typed.of(
            valg=case.choice, merknad=case.reason, overskrifter=case.headings, mal=case.goals
        )
    if case.owner:
        decided["fordel"] = Typed.of(
            ansvarlig=case.owner, stedfortreder=case.deputy or "", seksjon=case.lead or "",
            bidrar=case.contributing, brussel=_BRUSSELS_AS[case.brussels],
        )  # fmt: skip
    return decided


_BRUSSELS_AS: Mapping[bool | None, str] = {True: "ja", False: "nei", None: ""}
