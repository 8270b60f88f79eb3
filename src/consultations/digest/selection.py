"""Chooses what of a week one reader is told, and in which words."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol, TypeVar

from consultations.digest import wording
from consultations.digest.blocks import Block, Digest, Entry, Group
from consultations.digest.links import Links
from consultations.digest.week import EuMatter, OurAnswer, SeenSource, Week
from consultations.domain.calendar import local_day
from consultations.domain.change import DEADLINE_NAMES
from consultations.domain.decision import NONE_SECTION
from consultations.domain.people import People
from consultations.domain.readers import Reader, WhenNothing
from consultations.domain.response.acts import STATE_WORDS, State
from consultations.handlers.coverage import Sight
from consultations.store.weeks import Matter

UNPLACED = "Ikke fordelt til en seksjon ennå"


class _About(Protocol):
    @property
    def matter(self) -> Matter: ...


_T = TypeVar("_T", bound=_About)


@dataclass(frozen=True)
class Chooser:
    """Chooses for one reader. ``sections`` names every section id, in the order of the file."""

    week: Week
    reader: Reader
    sections: Mapping[str, str]
    people: People
    links: Links

    def digest(self, heading: str, why: str, unsubscribe: str | None) -> Digest | None:
        """Return the reader's mail; None where there is nothing to say and they want silence."""
        blocks = tuple(block for block in self._blocks() if block.groups or block.notes)
        blind = any(source.blindness for source in self.week.sources)
        if not blocks and self.reader.when_nothing is WhenNothing.SILENT and not blind:
            return None
        return Digest(
            heading=heading,
            period=f"Dekker tiden {wording.period(self.week.since, self.week.until)}.",
            summary=tuple(self._summary(anything=bool(blocks))),
            blocks=(*blocks, _coverage(self.week.sources)),
            why=why,
            unsubscribe=unsubscribe,
        )

    def _blocks(self) -> Iterator[Block]:
        yield self._new()
        yield self._due()
        yield self._moved()
        yield self._eu()
        yield self._short()
        yield self._ours()

    def _summary(self, *, anything: bool) -> Iterator[str]:
        if anything:
            yield self._counts()
        else:
            yield "Ingenting nytt i det du følger, og ingen frister de neste fire ukene."
        blind = sum(1 for source in self.week.sources if source.blindness)
        if blind:
            yield (
                f"Vi kan være blinde for {blind} av {len(self.week.sources)} kilder; se nederst. "
                "Det som er lagt ut der i mellomtiden, står ikke her."
            )

    def _counts(self) -> str:
        opened, due = self._heard(self.week.opened), self._heard(self.week.due)
        moved = {news.matter.id for news in self._heard(self.week.moved)}
        ahead = "de neste fire ukene"
        said = wording.listed([
            wording.counted(len(opened), "ny høring", "nye høringer"),
            wording.counted(len(due), f"frist {ahead}", f"frister {ahead}"),
            wording.counted(len(moved), "flyttet eller avlyst", "flyttet eller avlyst"),
        ])  # fmt: skip
        return f"{said[:1].upper()}{said[1:]}."

    def _new(self) -> Block:
        by_section: dict[str, list[Entry]] = defaultdict(list)
        for news in self._heard(self.week.opened):
            by_section[self._placed(news.matter)].append(self._new_entry(news.matter))
        order = [*self.sections, UNPLACED]
        places = sorted(by_section, key=lambda one: order.index(one) if one in order else -1)
        groups = tuple(
            Group(
                self.sections.get(section, section),
                tuple(by_section[section]),
                self.links.listing(section=section if section in self.sections else None),
            )
            for section in places
        )
        return Block("Nye høringer", groups, tuple(self._not_ours()))

    def _not_ours(self) -> Iterator[str]:
        """Let those who read everything know how much was left out, and of what kind."""
        left_out = sum(1 for news in self.week.opened if news.matter.lead == NONE_SECTION)
        if self.reader.leadership and left_out:
            said = wording.counted(left_out, "ny høring", "nye høringer")
            yield f"I tillegg er {said} vurdert til ikke å gjelde KS."

    def _new_entry(self, matter: Matter) -> Entry:
        seen = matter.history.latest
        return self._entry(
            matter,
            _joined(wording.senders(seen), self._tags(matter)),
            wording.deadlines(seen, self.week.now),
        )

    def _due(self) -> Block:
        by_week: dict[str, list[Entry]] = defaultdict(list)
        for due in self._heard(self.week.due):
            matter, deadline = due.matter, due.deadline
            said = f"{DEADLINE_NAMES[deadline.kind]} er {wording.moment(deadline.at)}."
            by_week[self._week_name(local_day(deadline.at))].append(
                self._entry(matter, said, _joined(self._where(matter), self._our_state(matter)))
            )
        section = self.reader.sections[0] if len(self._followed) == 1 else None
        address = self.links.listing(section=section, by_deadline=True)
        groups = tuple(Group(name, tuple(entries), address) for name, entries in by_week.items())
        return Block("Frister de neste fire ukene", groups)

    def _moved(self) -> Block:
        words: dict[int, list[str]] = defaultdict(list)
        told: dict[int, Matter] = {}
        for news in self._heard(self.week.moved):
            words[news.matter.id].append(wording.line(news.fact.words))
            told[news.matter.id] = news.matter
        entries = (self._entry(told[id_], *said) for id_, said in words.items())
        return _block("Flyttet, avlyst eller åpnet igjen", entries, self.links.listing())

    def _eu(self) -> Block:
        entries = (self._eu_entry(one) for one in self._heard(self.week.eu))
        return _block("EU- og EØS-saker", entries, self.links.listing(eu_eea=True))

    def _eu_entry(self, one: EuMatter) -> Entry:
        def said(name: str, at: str | None) -> str:
            return f"{name}: {at or 'ikke oppgitt'}."

        national = wording.moment(one.national.at) if one.national else None
        eu = wording.moment(one.eu.at) if one.eu else None
        together = None
        if one.joint:
            together = f"Besvares sammen med «{wording.line(one.joint.history.latest.title)}»."
        return self._entry(
            one.matter,
            _joined("Ny." if one.matter.id in self._opened else None, wording.senders(
                one.matter.history.latest
            )),
            f"{said('Norsk frist', national)} {said('EU-frist', eu)}",
            together if not self.reader.members else None,
        )  # fmt: skip

    def _short(self) -> Block:
        entries = (
            self._entry(one.matter, *(wording.line(remark) for remark in one.remarks))
            for one in self._heard(self.week.short)
        )
        return _block("Kortere høringstid enn seks uker", entries, self.links.listing())

    def _ours(self) -> Block:
        parts = {"Sendt": [self._sent_entry(one) for one in self._ours_of(self.week.sent)]}
        if not self.reader.members:
            parts["Over fristen"] = [self._late_entry(o) for o in self._ours_of(self.week.late)]
        parts["Utfall"] = [
            self._entry(one.matter, wording.outcome(one.case.demands))
            for one in self._ours_of(self.week.outcomes)
        ]
        listing = self.links.listing()
        groups = (Group(name, tuple(found), listing) for name, found in parts.items() if found)
        return Block("KS' egne høringssvar", tuple(groups))

    def _sent_entry(self, one: OurAnswer) -> Entry:
        late = " etter fristen" if one.too_late else ""
        return self._entry(one.matter, f"Svaret ble sendt {wording.day(local_day(one.at))}{late}.")

    def _late_entry(self, one: OurAnswer) -> Entry:
        passed = f"Fristen var {wording.moment(one.at)}, og det er ikke ført at vi har svart."
        return self._entry(one.matter, passed, self._our_state(one.matter))

    def _entry(self, matter: Matter, *lines: str | None) -> Entry:
        seen = matter.history.latest
        return Entry(
            title=wording.line(seen.title, wording.LONGEST_TITLE) or matter.key,
            lang=seen.language if seen.language != "nb" else None,
            address=self.links.matter(matter),
            lines=tuple(one for one in lines if one),
        )

    def _heard(self, told: Iterable[_T]) -> Sequence[_T]:
        return [one for one in told if self._follows(one.matter)]

    def _follows(self, matter: Matter) -> bool:
        if matter.lead == NONE_SECTION:
            return False
        if self.reader.follows_all or (self.reader.brussels and matter.eu_eea):
            return True
        return not self._followed.isdisjoint({matter.lead, *matter.seconds})

    def _ours_of(self, answers: Iterable[OurAnswer]) -> Iterator[OurAnswer]:
        """Choose by who works on it: that is not always who it was routed to."""
        for one in answers:
            work = one.matter.work
            at_work = {work.lead, *work.contributing} if work else set()
            if self._follows(one.matter) or not self._followed.isdisjoint(at_work):
                yield one

    @cached_property
    def _opened(self) -> frozenset[int]:
        return frozenset(news.matter.id for news in self.week.opened)

    @cached_property
    def _followed(self) -> frozenset[str | None]:
        return frozenset(self.reader.sections)

    def _placed(self, matter: Matter) -> str:
        """Return the section a matter stands under: its lead, or else the reader's own.

        To members the sections are fields, and our best guess will do.
        """
        if matter.lead is None or (matter.abstained and not self.reader.members):
            return UNPLACED
        everything = self.reader.follows_all or not self._followed
        if everything or matter.lead in self._followed:
            return matter.lead
        return next((one for one in matter.seconds if one in self._followed), matter.lead)

    def _tags(self, matter: Matter) -> str | None:
        eu = "EU/EØS-sak." if matter.eu_eea else None
        return _joined(eu, None if self.reader.members else self._placing(matter))

    def _placing(self, matter: Matter) -> str | None:
        """Say who else in KS a matter is for, where its place in the mail does not say it all."""
        if matter.abstained and matter.lead:
            return f"Kanskje {self._name(matter.lead)}; et menneske må velge seksjon."
        if matter.lead and self._placed(matter) != matter.lead:
            return f"{self._name(matter.lead)} fører saken."
        if matter.seconds:
            return f"Leses også av {wording.listed(map(self._name, matter.seconds))}."
        return None

    def _where(self, matter: Matter) -> str | None:
        """Say which section a matter belongs to, to those who follow several."""
        if matter.lead is None or (matter.abstained and not self.reader.members):
            return f"{UNPLACED}."
        return f"{self._name(matter.lead)}." if self._follows_several else None

    @property
    def _follows_several(self) -> bool:
        return self.reader.follows_all or self.reader.brussels or len(self._followed) > 1

    def _our_state(self, matter: Matter) -> str | None:
        work = matter.work
        if work is None or self.reader.members:
            return None
        state = "ikke vurdert ennå" if work.state is State.NEW else STATE_WORDS[work.state]
        owner = wording.line(self.people.name(work.owner)) if work.owner else None
        said = f"KS: {state}, {owner}." if owner else f"KS: {state}, ingen har saken."
        stated = [one.at for one in matter.history.latest.deadlines_to_act_on]
        if work.deadline_at and stated and work.deadline_at > max(stated):
            said += f" Avtalt frist for KS er {wording.moment(work.deadline_at)}."
        return said

    def _week_name(self, on: date) -> str:
        year, number, _ = on.isocalendar()
        this = local_day(self.week.now).isocalendar()
        return f"Uke {number}, denne uken" if (year, number) == this[:2] else f"Uke {number}"

    def _name(self, section: str) -> str:
        return self.sections.get(section, section)


def _block(heading: str, entries: Iterable[Entry], address: str | None) -> Block:
    found = tuple(entries)
    return Block(heading, (Group(None, found, address),) if found else ())


def _joined(*parts: str | None) -> str | None:
    return " ".join(part for part in parts if part) or None


def _coverage(sources: Sequence[SeenSource]) -> Block:
    seen = [_seen(one) for one in sources if one.sight is Sight.SEEN]
    notes = [f"Sett som de skal: {wording.listed(seen)}."] if seen else []
    for source in sources:
        if source.blindness:
            notes.append(wording.line(source.blindness))
        elif source.sight is not Sight.SEEN:
            notes.append(f"Feiler nå, men er sett siste døgn: {_seen(source)}.")
    return Block("Kildene våre", notes=tuple(notes or ["Ingen kilder er satt opp."]))


def _seen(source: SeenSource) -> str:
    name, at = wording.line(source.name), source.last_seen_at
    return f"{name} (sist {wording.exactly(at)})" if at else name
