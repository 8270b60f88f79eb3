from datetime import timedelta

import pytest

from consultations.alerts.message import Message, compose, compose_reply
from consultations.domain.decision import CRITERION_WORDS, Criterion, EuAct, Score
from consultations.domain.observation import DeadlineKind, FoundIn, Status
from tests.alert_cases import (
    CANCELLED,
    CHANNELS,
    EU_DECISION,
    MOVED,
    OPENED,
    REOPENED,
    SECTIONS,
    claim,
    climate,
    decision,
    dossier,
    evidence,
)
from tests.building import DAY_ONE, deadline


def composed(about, *facts, channel="klima-miljo", now=DAY_ONE) -> Message:
    where = CHANNELS.channels[channel]
    return compose(about, claim(*facts), now, SECTIONS, where, "http://127.0.0.1/horinger/x")


def lines(message: Message, label: str) -> tuple[str, ...]:
    return next((part.lines for part in message.parts if part.label == label), ())


def deadlines(*stated, now=DAY_ONE, **given) -> tuple[str, ...]:
    return lines(composed(dossier(climate(deadlines=stated, **given)), now=now), "")


def test_headline_when_new_says_so_even_if_the_deadline_moved_at_once():
    assert composed(dossier(), OPENED).headline == "Ny høring"
    both = composed(dossier(), OPENED, MOVED)
    assert both.headline == "Ny høring"
    assert lines(both, "Endret") == (MOVED.words,)


@pytest.mark.parametrize(
    ("fact", "headline"), [(MOVED, "Ny frist"), (REOPENED, "Åpnet igjen"), (CANCELLED, "Avlyst")]
)
def test_headline_when_something_changed_names_it(fact, headline):
    assert composed(dossier(), fact).headline == headline


def test_headline_when_cancelled_by_now_says_so_whatever_is_due():
    told = composed(dossier(climate(), climate(1, status=Status.CANCELLED)), OPENED, MOVED)
    assert told.headline == "Avlyst"
    assert lines(told, "Status") == ("avlyst",)
    assert lines(told, "") == ("Fristen for å svare var satt til 14. august 2026.",)


def test_status_when_new_and_open_goes_without_saying():
    assert not lines(composed(dossier(), OPENED), "Status")
    assert lines(composed(dossier(), MOVED), "Status") == ("på høring",)


def test_deadline_is_told_with_the_days_left():
    expected = ("Fristen for å svare er 7. august 2026 (om 34 dager).",)
    assert deadlines(deadline("2026-08-07")) == expected


def test_deadline_when_not_stated_is_said_to_be_missing():
    assert deadlines() == ("Fristen er ikke oppgitt.",)


def test_deadline_when_passed_is_told_in_the_past():
    told = deadlines(deadline("2026-08-07"), now=DAY_ONE + timedelta(days=35))
    assert told == ("Fristen for å svare var 7. august 2026 (gikk ut i går).",)


def test_deadlines_of_a_committee_hearing_are_all_told():
    told = deadlines(
        deadline("2026-08-07", DeadlineKind.WRITTEN_ANSWER),
        deadline("2026-08-01", DeadlineKind.REQUEST_TO_APPEAR),
        deadline("2026-08-10", DeadlineKind.HEARING_DAY),
    )
    assert told == (
        "Fristen for å svare er 7. august 2026 (om 34 dager).",
        "Fristen for å be om å møte er 1. august 2026 (om 28 dager).",
        "Høringsdagen er 10. august 2026 (om 37 dager).",
    )


def test_deadline_when_found_in_the_letter_says_where_and_quotes():
    told = deadlines(deadline("2026-08-07", found_in=FoundIn.LETTER))
    assert told[0].endswith("Står i høringsbrevet: «Høringsfrist: 07.08.2026».")


def test_deadlines_when_the_source_contradicts_itself_are_shown_as_a_conflict():
    told = deadlines(deadline("2026-08-07"), deadline("2026-08-20", found_in=FoundIn.LEAD))
    assert told[1] == (
        "Motstrid: ingressen sier 20. august 2026 («Høringsfrist: 20.08.2026»). "
        "Vi holder oss til datofeltet."
    )


def test_sender_when_missing_is_said_to_be_missing():
    assert lines(composed(dossier(climate(senders=()))), "Avsender") == ("ikke oppgitt",)


def test_sender_when_many_are_counted():
    many = dossier(climate(senders=tuple("ABCDEFG")))
    assert lines(composed(many), "Avsender") == ("A, B, C, D, E og 2 til",)


def test_role_in_the_lead_channel_names_who_else_must_read():
    told = composed(dossier(decided=EU_DECISION))
    assert lines(told, "Seksjon") == (
        "Klima, miljø, vann og avfall bør føre pennen.",
        "Bør også lese: Samferdsel.",
    )


def test_role_in_a_second_channel_names_the_lead():
    told = composed(dossier(decided=EU_DECISION), channel="samferdsel")
    assert lines(told, "Seksjon") == (
        "Samferdsel: dere bør lese.",
        "Klima, miljø, vann og avfall bør føre pennen.",
    )


def test_role_in_brussels_says_why_and_quotes_the_eu_words():
    told = composed(dossier(decided=EU_DECISION), channel="brussel")
    assert lines(told, "Seksjon")[0] == "Til Brussel-kontoret, fordi saken gjelder EU/EØS."
    assert lines(told, "Hvorfor") == ("«direktiv (EU) 2018/851» i ingressen",)


@pytest.mark.parametrize("criterion", Criterion)
def test_role_in_brussels_when_the_criterion_is_known_names_it(criterion):
    known = EU_DECISION.model_copy(update={"criterion": criterion})
    told = lines(composed(dossier(decided=known), channel="brussel"), "Seksjon")[0]
    assert told.endswith(f"EU/EØS: {CRITERION_WORDS[criterion]}.")


def test_role_when_abstained_asks_for_a_person():
    told = composed(dossier(decided=decision(abstained=True)), channel="triage")
    expected = "Velg seksjon. Nærmest er Klima, miljø, vann og avfall, så Samferdsel."
    assert lines(told, "Trenger et menneske") == (expected,)
    assert not lines(told, "Nest nærmest")


def test_role_in_brussels_when_abstained_says_that_the_pen_is_not_given():
    undecided = EU_DECISION.model_copy(update={"abstained": True})
    assert lines(composed(dossier(decided=undecided), channel="brussel"), "Seksjon") == (
        "Til Brussel-kontoret, fordi saken gjelder EU/EØS.",
        "Hvem som fører pennen, er ikke valgt. Nærmest er Klima, miljø, vann og avfall.",
    )


def test_role_in_brussels_when_no_section_holds_the_pen_says_so():
    none = EU_DECISION.model_copy(update={"lead": "none"})
    assert lines(composed(dossier(decided=none), channel="brussel"), "Seksjon") == (
        "Til Brussel-kontoret, fordi saken gjelder EU/EØS.",
        "Ingen seksjon fører pennen.",
    )


def test_role_of_a_reader_when_no_section_holds_the_pen_says_both():
    none = decision(lead="none", seconds=("klima-miljo",))
    assert lines(composed(dossier(decided=none), channel="klima-miljo"), "Seksjon") == (
        "Klima, miljø, vann og avfall: dere bør lese.",
        "Ingen seksjon fører pennen.",
    )


@pytest.mark.parametrize(
    ("lead", "words"),
    [("none", "ikke en sak for KS"), ("oppvekst", "bør Oppvekst, barnevern og familie føre")],
)
def test_role_when_the_matter_has_moved_elsewhere_says_so(lead, words):
    assert words in lines(composed(dossier(decided=decision(lead=lead))), "Seksjon")[0]


def test_why_quotes_the_heaviest_distinct_words_for_this_section():
    spoken = [evidence(f"ord {n}", "klima-miljo", n) for n in range(1, 8)]
    spoken += [evidence("ORD 7", "klima-miljo", 6.5), evidence("buss", "samferdsel", 99)]
    told = composed(dossier(decided=decision(evidence=tuple(spoken))))
    assert lines(told, "Hvorfor") == (
        "«ord 7» i tittelen, «ord 6» i tittelen, «ord 5» i tittelen, «ord 4» i tittelen",
    )


def test_eu_mark_names_the_act_and_that_brussels_is_told():
    assert lines(composed(dossier(decided=EU_DECISION)), "EU/EØS") == (
        "avfallsdirektivet «direktiv (EU) 2018/851» (CELEX 32018L0851).",
        "Brussel-kontoret er varslet.",
    )


def test_eu_mark_when_many_acts_counts_the_rest():
    acts = tuple(EuAct(quote=f"forordning {n}") for n in range(5))
    told = composed(dossier(decided=decision(eu_eea=True, eu_acts=acts)))
    expected = "«forordning 0», «forordning 1», «forordning 2» og 2 til."
    assert lines(told, "EU/EØS") == (expected,)


def test_runner_up_is_named():
    assert lines(composed(dossier()), "Nest nærmest") == ("Samferdsel",)
    second = decision(runner_up=Score(section="none", score=1))
    assert lines(composed(dossier(decided=second)), "Nest nærmest") == ("Ikke for KS",)


def test_cancellation_quotes_what_the_source_says_of_it():
    words = "Avlyst: Komiteen har utsatt saken <til høsten>."
    told = dossier(climate(), climate(1, status=Status.CANCELLED, status_text=words))
    assert lines(composed(told, CANCELLED), "Kilden skriver") == (f"«{words}»",)
    assert lines(compose_reply(told, claim(CANCELLED), DAY_ONE), "Kilden skriver")
    open_ = dossier(climate(status_text="På høring"))
    assert not lines(composed(open_, OPENED), "Kilden skriver")


def test_reply_tells_each_change_once_and_the_deadline_as_it_is_now():
    seen = (climate(), climate(2, deadlines=(deadline("2026-09-01"),)))
    reply = compose_reply(dossier(*seen), claim(MOVED, MOVED), DAY_ONE)
    assert (reply.headline, reply.reply) == ("Ny frist", True)
    assert lines(reply, "Endret") == (MOVED.words,)
    assert lines(reply, "") == ("Fristen for å svare er 1. september 2026 (om 59 dager).",)
