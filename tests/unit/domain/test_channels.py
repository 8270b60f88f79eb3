import pytest
from pydantic import ValidationError

from consultations.domain.channels import Channel, ChannelMap
from consultations.domain.decision import Decision

CHANNELS = ChannelMap(
    channels={
        "oppvekst": Channel(name="#oppvekst", sections=("oppvekst",)),
        "samfunn": Channel(name="#samfunn", sections=("kultur", "jus")),
        "brussel": Channel(name="#brussel", sections=("internasjonalt",)),
        "fordeling": Channel(name="#fordeling"),
    },
    triage="fordeling",
)


def decided(lead: str, *seconds: str, **given) -> Decision:
    return Decision(lead=lead, seconds=seconds, score=9, rules_hash="x", **given)


@pytest.mark.parametrize(
    ("decision", "hearing"),
    [
        (decided("oppvekst"), ("oppvekst",)),
        (decided("kultur", "jus", "oppvekst"), ("samfunn", "oppvekst")),
        (decided("kultur", brussels=True), ("samfunn", "brussel")),
        (decided("internasjonalt", brussels=True), ("brussel",)),
        (decided("kultur", abstained=True), ("fordeling",)),
        (decided("kultur", abstained=True, brussels=True), ("fordeling", "brussel")),
        (decided("none"), ()),
        (decided("none", abstained=True), ("fordeling",)),
    ],
)
def test_hearing_is_who_holds_the_pen_who_reads_and_brussels(decision, hearing):
    assert CHANNELS.hearing(decision) == hearing


def test_channel_map_when_triage_is_no_channel_is_refused():
    with pytest.raises(ValidationError, match="er ingen kanal"):
        ChannelMap(channels=CHANNELS.channels, triage="triage")


def test_channel_map_when_a_section_stands_in_two_channels_is_refused():
    twice = {**CHANNELS.channels, "ny": Channel(name="#ny", sections=("jus",))}
    with pytest.raises(ValidationError, match="jus"):
        ChannelMap(channels=twice, triage="fordeling")
