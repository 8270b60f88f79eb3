"""Who is told: a channel or a person of the ledger, by which carrier, and at which address."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from consultations.alerts.channel import Carrier, Refused
from consultations.domain.channels import Channel, ChannelMap
from consultations.domain.people import PERSON_CHANNEL, People, Person


@dataclass(frozen=True)
class Recipient:
    """``channel`` is how a message is worded for; that of a person has the person's name."""

    carrier: Carrier
    address: str
    channel: Channel
    is_person: bool


@dataclass(frozen=True)
class Recipients:
    """Finds recipients. ``mail`` reaches those that ``carrier`` cannot, if there is a server."""

    channels: ChannelMap
    people: People
    carrier: Carrier
    mail: Carrier | None = None

    def find(self, name: str) -> Recipient:
        """Find who the ledger means. Raises ``Refused`` or ``Passing``."""
        if name.startswith(PERSON_CHANNEL):
            return self._person(name.removeprefix(PERSON_CHANNEL))
        channel = self._channel(name)
        return Recipient(self.carrier, self.carrier.address(channel), channel, is_person=False)

    def by_mail(self, name: str, owner: str | None, told: Collection[str]) -> Iterator[Recipient]:
        """Yield who hears by mail in a recipient's place: the person, or the owner and the heads.

        Those are left out who hear of it themselves (``told``), and who have no address.
        """
        for id_ in dict.fromkeys(self._in_place_of(name, owner)):
            person = self.people.people.get(id_)
            is_told = f"{PERSON_CHANNEL}{id_}" in told and f"{PERSON_CHANNEL}{id_}" != name
            if person and person.email and self.mail and not is_told:
                yield self._reached(person, self.mail)

    def _person(self, id_: str) -> Recipient:
        person = self.people.people.get(id_)
        if person is None:
            raise Refused(
                f"Personen «{id_}» står ikke lenger i config/people.yaml. Gi saken til en annen, "
                "eller sett personen inn igjen, og start sporeren på nytt."
            )
        only_by_mail = person.slack_id is None and person.email and self.mail
        return self._reached(person, self.mail if only_by_mail and self.mail else self.carrier)

    def _in_place_of(self, name: str, owner: str | None) -> Iterator[str]:
        if name.startswith(PERSON_CHANNEL):
            yield name.removeprefix(PERSON_CHANNEL)
            return
        channel = self.channels.channels.get(name)
        heads = (self.people.head_of(section) for section in (channel.sections if channel else ()))
        yield from (id_ for id_ in (owner, *heads) if id_)

    def _reached(self, person: Person, carrier: Carrier) -> Recipient:
        reader = Channel(name=person.name, sections=person.sections)
        return Recipient(carrier, carrier.direct_address(person), reader, is_person=True)

    def _channel(self, name: str) -> Channel:
        channel = self.channels.channels.get(name)
        if channel is None:
            raise Refused(
                f"Kanalen «{name}» står ikke lenger i config/channels.yaml. "
                "Sett den inn igjen der, og start sporeren på nytt."
            )
        return channel
