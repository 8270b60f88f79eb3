"""How what people did is told: short, whole, and without markup of its own."""

from datetime import date

import pytest

from consultations.domain.response.act_words import in_words
from consultations.domain.response.acts import Choice, Relation, State, Verdict
from consultations.domain.response.case import Case
from tests.response_building import (
    KARI,
    OLA,
    advanced,
    assigned,
    case_in,
    demanded,
    extended,
    judged,
    linked,
    noted,
    receipt,
    sent,
    triaged,
    undone,
)

NAMES = {KARI: "Kari Eksempel", OLA: "Ola Eksempel", "kultur": "Kultur", "utdanning": "Utdanning"}
WHO = "(Kari Eksempel 5. juli 2026)"

SAID = [
    (triaged(), f"KS skal svare {WHO}."),
    (
        triaged(1, Choice.NOT_ANSWER, note="Gjelder ikke oss!"),
        f"KS svarer ikke {WHO}: Gjelder ikke oss!",
    ),
    (
        triaged(1, headings=("kultur", "utdanning"), lead="kultur", brussels=False),
        (f"KS skal svare; gjelder Kultur og Utdanning; Kultur holder pennen; "
        f"Brussel-kontoret er ikke med {WHO}."),
    ),
    (
        assigned(1, KARI, deputy=OLA, contributing=("utdanning",)),
        ("Saksansvarlig er Kari Eksempel; stedfortreder er Ola Eksempel; bidrar: Utdanning "
        f"{WHO}."),
    ),
    (advanced(1, State.DRAFT, skipped=(State.MEMBER_INPUT,)),
     f"Utkast; hoppet over innspill fra medlemmer {WHO}."),
    (sent(1), f"Sendt: skriftlig svar {WHO}."),
    (extended(1, date(2026, 10, 16)),
     ("Utsatt frist for skriftlig svar til 16. oktober 2026, avtalt med departementet "
     f"{WHO}.")),
    (receipt(1), f"Kvittering arkivert, sendt 5. juli 2026 kl. 10.00; referanse 26/1234 {WHO}."),
    (demanded(1), f"Krav 1: Full finansiering {WHO}."),
    (linked(1, "regjeringen:2"), f"Besvares sammen med regjeringen:2 {WHO}."),
    (linked(1, "regjeringen:2", Relation.SECOND_ROUND), f"Ny runde av regjeringen:2 {WHO}."),
    (noted(1), f"Merknad {WHO}: Ringte departementet."),
]  # fmt: skip


@pytest.mark.parametrize(("act", "words"), SAID)
def test_in_words_then_says_who_did_what_and_when(act, words):
    assert in_words(act, Case(), NAMES) == words


def test_in_words_when_sent_back_then_says_so():
    back = advanced(9, State.DRAFT, note="Styret vil ha mer.")
    assert in_words(back, case_in(State.BOARD), NAMES).startswith("Tilbake til utkast")


def test_in_words_when_judged_then_quotes_the_demand():
    case = Case.of([demanded(1, "Full finansiering " * 15)])
    words = in_words(judged(2, 1, verdict=Verdict.PARTLY), case, NAMES)
    assert words.startswith("Krav 1 (Full finansiering")
    assert "…) er delvis fulgt; «Departementet er enig.»" in words


def test_in_words_when_undone_then_says_what_was_taken_back():
    words = in_words(undone(2, 1), Case.of([assigned(1, KARI)]), NAMES)
    assert words == f"Angret: Saksansvarlig er Kari Eksempel {WHO}."


def test_in_words_when_a_name_is_no_longer_known_then_the_id_is_shown():
    assert "Saksansvarlig er kari-eksempel" in in_words(assigned(1), Case(), {})
