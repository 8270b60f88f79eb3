import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from consultations.alerts.console import ConsoleCarrier
from consultations.alerts.message import Message, Part, compose
from consultations.store.ledger import Posted
from tests.alert_cases import CHANNELS, EU_DECISION, SECTIONS, claim, dossier
from tests.building import DAY_ONE


def printed(message: Message, width: int = 72) -> str:
    written: list[str] = []
    ConsoleCarrier(written.append, width=width).post("#k", message, ["key"], None)
    (words,) = written
    return words


def test_post_prints_the_whole_message_readably():
    channel = CHANNELS.channels["klima-miljo"]
    message = compose(dossier(decided=EU_DECISION), claim(), DAY_ONE, SECTIONS, channel, None)
    assert printed(message) == (
        "────────────────────────────────────────────────────────────────────────\n"
        "#k · Ny høring\n"
        "Høring – forslag til endringer i klimaloven og avfallsforskriften\n"
        "https://www.regjeringen.no/no/dokumenter/x/id3167072/\n"
        "Avsender: Klima- og miljødepartementet\n"
        "Fristen for å svare er 14. august 2026 (om 41 dager).\n"
        "Seksjon: Klima, miljø, vann og avfall bør føre pennen.\n"
        "  Bør også lese: Samferdsel.\n"
        "EU/EØS: avfallsdirektivet «direktiv (EU) 2018/851» (CELEX 32018L0851).\n"
        "  Brussel-kontoret er varslet.\n"
        "Hvorfor: «klimaloven» i tittelen, «Klima- og miljødepartementet» som\n"
        "  avsender\n"
    )


def test_post_when_a_reply_is_marked_and_leaves_the_address_out():
    words = printed(Message("Ny frist", "T", "https://x.no/", (), reply=True))
    assert "↳ #k · Ny frist\nT\n" in words
    assert "x.no" not in words


@given(st.text(), st.text())
def test_post_for_any_text_prints_nothing_that_steers_the_terminal(title, line):
    words = printed(Message("Ny", title, None, (Part("A", (line,)),)))
    assert not [c for c in words if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c != "\n"]


def test_post_wraps_at_the_width_of_the_terminal():
    words = printed(Message("Ny", "ord " * 60, None, ()), width=44)
    assert max(map(len, words.splitlines())) <= 44


def test_update_prints_nothing_since_the_reply_will():
    written: list[str] = []
    carrier = ConsoleCarrier(written.append, width=72)
    carrier.update(Posted("console", "#k", "1"), Message("Ny", "T", None, ()))
    assert not written


def test_without_a_writer_prints_to_standard_output_without_colour(capsys):
    ConsoleCarrier().post("#k", Message("Ny", "T", None, ()), ["key"], None)
    assert "#k · Ny\nT\n" in capsys.readouterr().out
