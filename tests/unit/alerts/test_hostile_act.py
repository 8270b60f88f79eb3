"""Names and notes that somebody typed into a response: only words, wherever they are told."""

import pytest

from consultations.alerts.console import ConsoleCarrier
from consultations.alerts.message import compose_reply
from consultations.alerts.slack_blocks import payload
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.domain.response.act_words import in_words
from consultations.domain.response.case import Case
from consultations.handlers.response_wishes import Demand, Judge, Note, Wish, as_act
from tests.alert_cases import claim, climate, decision, dossier
from tests.building import DAY_ONE
from tests.response_building import moment

HOSTILE = ["<!channel> *fet* `kode` <https://x.no|klikk>", "&<b>", "a\u202eb\u200b\x00c",
           "=HYPERLINK(1)", "Navn\r\nBcc: noen@example.org", "x" * 2000]  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("what", ["note", "demand", "quote"])
def test_act_when_told_then_its_words_are_only_words(hostile, what):
    wishes = {
        "note": Note(),
        "demand": Demand(hostile[:300]),
        "quote": Judge(1, "followed", hostile, "https://example.org/prop"),
    }
    act = as_act(Wish(hostile[:100], wishes[what], hostile), 1, moment(1))
    words = in_words(act, Case(), {})
    assert not set(words) & set("\x00\u202e\u200b\r\n")
    fact = Fact(EventType.RESPONSE, "response/1", act.at, words)
    about = dossier(climate(), decided=decision())
    told = compose_reply(about, claim(fact, channel="klima-miljo"), DAY_ONE)
    sent = str(payload(told))
    for harmful in ("<!channel>", "<https://x.no|klikk>", "*fet*", "`kode`", "<b>"):
        assert harmful not in sent
    printed: list[str] = []
    ConsoleCarrier(printed.append, width=80).post("#x", told, ["k"], None)
    assert "\u202e" not in printed[0]
