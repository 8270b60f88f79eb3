import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.alerts.message import Message, Part, compose, compose_reply
from consultations.alerts.slack_blocks import MAX_FALLBACK, fallback, mrkdwn, payload
from tests.alert_cases import (
    CHANNELS,
    EU_DECISION,
    MOVED,
    OPENED,
    SECTIONS,
    claim,
    climate,
    decision,
    dossier,
)
from tests.building import DAY_ONE, deadline
from tests.fake_slack import problem_in

FIXTURES = Path(__file__).parents[2] / "fixtures" / "slack"
PAGE = "https://horinger.example/horinger/regjeringen:3167072"
HOSTILE = (
    "<!channel> <@U1> <#C1|x> *fet* _kursiv_ ~strek~ `kode` & a|b > c\n> sitat\u202e\u200b\x1b[31m"
)

anything = st.text(max_size=200) | st.text(
    st.sampled_from("<>&|*_~`!@#\n\r\t\x00\u200b\u202e\ud800😀å "), max_size=200
)
long_texts = st.builds(lambda text, times: text * times, anything, st.integers(1, 400))
parts = st.builds(
    Part,
    long_texts,
    st.lists(long_texts, max_size=12).map(tuple),
    st.booleans(),
    st.none() | long_texts.map("https://x.no/{}".format),
)
messages = st.builds(
    Message,
    headline=long_texts,
    title=long_texts,
    url=st.none() | long_texts | anything.map("https://x.no/{}".format),
    parts=st.lists(parts, max_size=30).map(tuple),
    page_url=st.none() | long_texts.map("http://x.no/{}".format),
    reply=st.booleans(),
)


def words_of(made: dict) -> list[str]:
    texts = [block.get("elements") or [block["text"]] for block in made["blocks"]]
    return [made["text"], *(text["text"] for group in texts for text in group)]


@settings(max_examples=150, deadline=None)
@given(messages)
def test_payload_for_any_message_stays_within_slacks_limits(message):
    made = payload(message)
    assert problem_in(made["blocks"]) is None
    assert 1 <= len(made["text"].encode("utf-16-le")) // 2 <= MAX_FALLBACK
    json.dumps(made, ensure_ascii=False).encode()


@settings(max_examples=150, deadline=None)
@given(messages)
def test_payload_for_any_message_pings_nobody_and_opens_no_markup(message):
    made = payload(message)
    for words in words_of(made):
        if words != made["blocks"][0]["text"]["text"] or message.reply:  # a header has no markup
            assert not set("<>") & set(re.sub(r"<https?://[^<>|]+\|[^<>]*>", "", words))


@given(anything, st.integers(2, 60))
def test_mrkdwn_when_cut_never_leaves_half_an_entity(text, limit):
    assert "&" not in re.sub(r"&(amp|lt|gt);", "", mrkdwn(text, limit))


def test_mrkdwn_when_hostile_shows_the_words_and_means_nothing():
    shown = mrkdwn(HOSTILE, 500)
    assert shown.startswith("&lt;!channel&gt; &lt;@U1&gt; &lt;#C1|x&gt; ∗fet∗ ")
    assert not set("<>*_~`\n\u202e\u200b\x1b") & set(shown)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://x.no/", "//x.no", "https://", "http://[", "x" * 20, None]
)
def test_title_when_the_address_is_no_web_address_is_no_link(url):
    made = payload(Message("Ny høring", "Tittel", url, ()))
    assert made["blocks"][1]["text"]["text"] == "*Tittel*"


def test_link_when_the_address_is_hostile_cannot_be_left():
    made = payload(Message("Ny høring", "a|b>c", "https://x.no/?a=1&b=<!here>|y z", ()))
    expected = "*<https://x.no/?a=1&amp;b=%3C!here%3E%7Cy%20z|a|b&gt;c>*"
    assert made["blocks"][1]["text"]["text"] == expected


def test_link_when_the_address_is_too_long_is_left_out():
    made = payload(Message("Ny høring", "Tittel", "https://x.no/" + "&" * 1000, ()))
    assert made["blocks"][1]["text"]["text"] == "*Tittel*"


def test_title_when_nothing_of_it_can_be_seen_is_a_mark():
    assert payload(Message("\u200b", "\u200b", None, ()))["blocks"][1]["text"]["text"] == "*…*"


def test_payload_when_something_was_left_out_says_so():
    crowded = Message("Ny", "T", None, tuple(Part("P", ("ord " * 200,)) for _ in range(30)))
    assert payload(crowded)["blocks"][-1]["text"]["text"] == "…"


def test_fallback_tells_the_facts_but_not_the_background():
    message = Message(
        "Ny", "T", None, (Part("A", ("b",)), Part("", ("c.",)), Part("D", ("e",), quiet=True))
    )
    assert fallback(message) == "Ny: T. A: b. c."


def golden() -> dict[str, Message]:
    moved = (climate(), climate(2, deadlines=(deadline("2026-09-01"),)))
    hostile = climate(title=HOSTILE, senders=(HOSTILE,))
    channels = CHANNELS.channels

    def whole(about, facts, channel):
        return compose(about, claim(*facts), DAY_ONE, SECTIONS, channels[channel], PAGE)

    return {
        "new": whole(dossier(decided=EU_DECISION), [OPENED], "klima-miljo"),
        "brussels": whole(dossier(decided=EU_DECISION), [OPENED], "brussel"),
        "triage": whole(dossier(decided=decision(abstained=True)), [OPENED], "triage"),
        "updated": whole(dossier(*moved), [MOVED], "klima-miljo"),
        "reply": compose_reply(dossier(*moved), claim(MOVED), DAY_ONE),
        "hostile": whole(dossier(hostile), [OPENED], "klima-miljo"),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["new", "brussels", "triage", "updated", "reply", "hostile"])
def test_payload_is_as_the_one_that_was_read_and_approved(name):
    approved = json.loads((FIXTURES / f"{name}.json").read_text())
    assert payload(golden()[name]) == approved
