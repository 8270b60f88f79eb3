"""Who is owed which facts about a matter: its channels, as decisions and people changed them.

All of it follows from what is stored, so a ledger that is entered little by little comes to the
same as one entered at once from the log.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from consultations.domain.channels import ChannelMap
from consultations.domain.correction import Correction
from consultations.domain.correction_words import to_a_channel
from consultations.domain.decision import Decision, RoutingText
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.store.consultations import Dossier
from consultations.store.ledger import Debt


@dataclass(frozen=True)
class _Period:
    """What was seen after a correction, or from the beginning, until the next one (``end``, UTC).

    ``given`` are the channels that the correction left the matter with, ``brought`` those that
    decisions on the texts of this time brought it to. ``promoted`` got the lead by the correction.
    """

    began_with: Correction | None
    end: datetime | None
    given: frozenset[str]
    brought: frozenset[str]
    promoted: frozenset[str]

    @property
    def hearing(self) -> frozenset[str]:
        return self.given | self.brought

    def owed(self, channel: str, facts: Iterable[Fact]) -> Iterator[Fact]:
        """Yield what is owed to a channel that hears of the matter in this time.

        One that a decision brings it to is owed all there was before too. One that a person gave
        it to was told of everything known then, and is owed what was seen after.
        """
        given_at = self.began_with.seen_at if self.began_with and channel in self.given else None
        for fact in facts:
            in_time = self.end is None or fact.occurred_at <= self.end
            if in_time and (given_at is None or fact.occurred_at > given_at):
                yield fact


def debts(
    dossier: Dossier, channels: ChannelMap, names: Mapping[str, str], news_age: timedelta
) -> Iterator[Debt]:
    """Yield every fact that is owed to a channel; some more than once.

    As long as nobody corrects anything, a channel that was ever concerned goes on hearing. Where a
    person takes the matter from it, it is told so, and no more; where it read along and shall now
    lead, it is told that. ``names`` gives the Norwegian name of each section id.
    """
    facts = [f for f in dossier.history.facts(news_age) if f.name not in dossier.hushed]
    heard: set[str] = set()
    before: frozenset[str] = frozenset()
    for period in _periods(dossier, channels):
        owed = [(c, f) for c in sorted(period.hearing) for f in period.owed(c, facts)]
        if period.began_with and dossier.history.is_of_interest(period.began_with.at, news_age):
            moved = (period.given - before) | period.promoted | (heard & (before - period.given))
            owed += [(c, _fact(period.began_with, c, channels, names)) for c in sorted(moved)]
        yield from (Debt(dossier.id, dossier.key, channel, fact) for channel, fact in owed)
        heard |= {channel for channel, _ in owed}
        before = period.hearing


def heard_by(dossier: Dossier, channels: ChannelMap, moment: datetime) -> frozenset[str]:
    """Return the channels that hear of a matter at a moment (UTC), as people had placed it then."""
    begun = (one for one in _periods(dossier, channels) if _has_begun(one, moment))
    return list(begun)[-1].hearing


def _has_begun(period: _Period, moment: datetime) -> bool:
    return period.began_with is None or period.began_with.at < moment


def _periods(dossier: Dossier, channels: ChannelMap) -> Iterator[_Period]:
    versions = dossier.history.versions if dossier.corrections else ()
    texts = [(v.first_seen_at, RoutingText.of(v.observation).hash) for v in versions]
    for number, (began, ended) in enumerate(pairwise([None, *dossier.corrections, None])):
        stood, end = dossier.corrections[:number], ended.seen_at if ended else None
        seen = [(at, text) for at, text in texts if end is None or at <= end]
        if began is None:
            not_yet = {text for _, text in texts} - {text for _, text in seen}
            given, brought = [], [text for text in dossier.decided if text not in not_yet]
        else:
            given = [text for at, text in seen if at <= began.seen_at][-1:]
            brought = [text for at, text in seen if at > began.seen_at]
        yield _Period(
            began,
            end,
            _hearing(dossier, given, stood, channels),
            _hearing(dossier, brought, stood, channels),
            _leading(dossier, given, stood, channels)
            - _leading(dossier, given, stood[:-1], channels),
        )


def _hearing(
    dossier: Dossier, texts: Iterable[str], stood: Iterable[Correction], channels: ChannelMap
) -> frozenset[str]:
    return frozenset(
        channel
        for decision in _decisions(dossier, texts, stood)
        for channel in channels.hearing(decision)
    )


def _leading(
    dossier: Dossier, texts: Iterable[str], stood: Iterable[Correction], channels: ChannelMap
) -> frozenset[str]:
    leads = {d.lead for d in _decisions(dossier, texts, stood) if not d.abstained}
    return frozenset(id_ for id_, one in channels.channels.items() if leads & {*one.sections})


def _decisions(
    dossier: Dossier, texts: Iterable[str], stood: Iterable[Correction]
) -> Iterator[Decision]:
    decisions = (dossier.decided.get(text) for text in dict.fromkeys(texts))
    return (made.corrected(stood) for made in decisions if made)


def _fact(
    correction: Correction, channel: str, channels: ChannelMap, names: Mapping[str, str]
) -> Fact:
    here = channels.channels[channel].sections
    return Fact(
        EventType.CORRECTED,
        f"{EventType.CORRECTED}/{correction.name}",
        correction.at,
        to_a_channel(correction, here, names),
    )
