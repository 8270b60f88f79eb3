"""Who is owed the news of what people did with a response.

All of it follows from what is stored, so a ledger that is entered little by little comes to the
same as one entered at once from the log.
"""

from collections.abc import Iterator, Mapping

from consultations.domain.channels import ChannelMap
from consultations.domain.events import EventType
from consultations.domain.history import Fact
from consultations.domain.people import PERSON_CHANNEL
from consultations.domain.response.act_words import in_words
from consultations.domain.response.acts import Act
from consultations.domain.response.case import Case
from consultations.domain.response.office import Office
from consultations.handlers.hearing import heard_by
from consultations.store.consultations import Dossier
from consultations.store.ledger import Debt


def news(
    dossier: Dossier, case: Case, office: Office, channels: ChannelMap, sections: Mapping[str, str]
) -> Iterator[Debt]:
    """Yield every act to the channels that hear of the matter, and to who got it or lost it.

    The section that the case was given to hears too, and those that contribute.
    """
    names = names_of(office, sections)
    before = Case()
    for number, act in enumerate(case.acts, 1):
        after = Case.of(case.acts[:number])
        words = in_words(act, before, names)
        fact = Fact(EventType.RESPONSE, f"{EventType.RESPONSE}/{act.number}", act.at, words)
        for channel in sorted(_hearing(dossier, act, after, channels)):
            yield Debt(dossier.id, dossier.key, channel, fact)
        for person, told in _told(before, after, act, office):
            news = Fact(EventType.RESPONSE, fact.name, act.at, f"{told} {words}")
            yield Debt(dossier.id, dossier.key, f"{PERSON_CHANNEL}{person}", news)
        before = after


def names_of(office: Office, sections: Mapping[str, str]) -> dict[str, str]:
    """Return the Norwegian name of everything an act may name, by id."""
    people = {id_: one.name for id_, one in office.people.people.items()}
    return {**office.priorities.names, **sections, **people}


def _hearing(dossier: Dossier, act: Act, after: Case, channels: ChannelMap) -> frozenset[str]:
    involved = {after.lead, *after.contributing}
    here = {id_ for id_, one in channels.channels.items() if involved & {*one.sections}}
    return heard_by(dossier, channels, act.at) | here


def _told(before: Case, after: Case, act: Act, office: Office) -> Iterator[tuple[str, str]]:
    """Yield the persons whose part in the case the act changed; who did it themselves know."""
    parts = {
        after.owner: (before.owner, "Du har fått saken."),
        after.deputy: (before.deputy, "Du er stedfortreder i saken."),
    }
    if before.owner not in {after.owner, after.deputy}:
        parts[before.owner] = (None, "Du har ikke lenger saken.")
    for person, (held_before, words) in parts.items():
        known = office.people.people.get(person or "")
        if person and known and person != held_before and known.name != act.by:
            yield person, words
