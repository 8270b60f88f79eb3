"""What a channel is told when a person has moved a matter, and later on."""

from datetime import timedelta

import pytest

from consultations.alerts.console import ConsoleCarrier
from consultations.alerts.message import compose, compose_reply
from consultations.alerts.slack_blocks import payload
from consultations.domain.correction import Correction
from consultations.domain.correction_words import to_a_channel
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from tests.alert_cases import (
    CHANNELS,
    MOVED,
    OPENED,
    SECTIONS,
    claim,
    climate,
    decision,
    dossier,
)
from tests.building import DAY_ONE
from tests.unit.alerts.test_message import lines

KARI = Correction(
    at=DAY_ONE + timedelta(days=1),
    seen_at=DAY_ONE,
    by="Kari Nordmann",
    lead="samferdsel",
    reason="Gjelder veier",
)


def corrected(*said, **given):
    about = dossier(climate(), decided=decision(**given))
    return type(about)(about.id, about.key, about.history, about.decided, corrections=said)


def fact(channel, said=KARI):
    words = to_a_channel(said, CHANNELS.channels[channel].sections, SECTIONS)
    return Fact(EventType.CORRECTED, f"corrected/{said.name}", said.at, words)


def whole(about, *facts, channel):
    where = CHANNELS.channels[channel]
    return compose(about, claim(*facts, channel=channel), DAY_ONE, SECTIONS, where, None)


def test_got_it_then_the_whole_matter_with_who_and_why():
    told = whole(corrected(KARI), fact("samferdsel"), channel="samferdsel")
    assert told.headline == "Ny fordeling"
    assert lines(told, "Endret") == ("Flyttet hit av Kari Nordmann 5. juli 2026: Gjelder veier.",)
    assert lines(told, "Seksjon")[0] == "Samferdsel bør føre pennen."
    assert lines(told, "") == ("Fristen for å svare er 14. august 2026 (om 41 dager).",)
    assert not lines(told, "Nest nærmest")


def test_lost_it_then_told_so_in_the_thread_and_the_first_message_says_where_it_went():
    about, moved = corrected(KARI), fact("klima-miljo")
    reply = compose_reply(about, claim(moved), DAY_ONE)
    assert (reply.headline, reply.reply) == ("Ny fordeling", True)
    assert lines(reply, "Endret") == (
        "Flyttet til Samferdsel av Kari Nordmann 5. juli 2026: Gjelder veier.",
    )
    updated = whole(about, moved, channel="klima-miljo")
    assert lines(updated, "Seksjon") == ("Etter ny vurdering bør Samferdsel føre pennen.",)


def test_later_then_the_message_still_says_who_decided():
    told = whole(corrected(KARI), MOVED, channel="samferdsel")
    assert lines(told, "Bestemt av") == ("Kari Nordmann 5. juli 2026: Gjelder veier.",)
    assert told.headline == "Ny frist"


def test_nobody_has_decided_then_nothing_is_said_of_it():
    assert not lines(whole(corrected(), OPENED, channel="klima-miljo"), "Bestemt av")


def test_moved_before_anyone_was_told_of_it_then_the_headline_says_that_it_moved():
    told = whole(corrected(KARI), OPENED, fact("klima-miljo"), channel="klima-miljo")
    assert told.headline == "Ny fordeling"


def test_placed_then_nobody_is_asked_to_choose_any_more():
    told = whole(corrected(KARI, abstained=True), fact("triage"), channel="triage")
    assert not lines(told, "Trenger et menneske")


@pytest.mark.parametrize(
    "hostile", ["<!channel> *fet* `kode`", "&<b>", "a\u202eb\u200b", "x" * 2000]
)
def test_names_and_reasons_when_hostile_then_only_words_in_every_channel(hostile):
    said = KARI.model_copy(update={"by": hostile[:120], "reason": hostile})
    for about in (fact("samferdsel", said), MOVED):
        told = whole(corrected(said), about, channel="samferdsel")
        sent = str(payload(told))
        assert "<!channel>" not in sent
        assert "<b>" not in sent
        assert "\u202e" not in sent
        printed: list[str] = []
        ConsoleCarrier(printed.append, width=80).post("#x", told, ["k"], None)
        assert "\u202e" not in printed[0]
