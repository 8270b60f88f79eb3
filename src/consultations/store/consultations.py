"""Consultations: their sightings, current state and routing decisions."""

import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from consultations.domain.correction import Correction
from consultations.domain.decision import Decision, RoutingText
from consultations.domain.events import Event
from consultations.domain.history import History, Sighting
from consultations.domain.observation import Observation
from consultations.domain.source_record import SourceRecord
from consultations.store.columns import as_text
from consultations.store.tables import (
    ConsultationRow,
    CorrectionRow,
    DecisionRow,
    HushedFactRow,
    SectionLinkRow,
    SightingRow,
)
from consultations.store.upsert import insert_new, upsert


@dataclass(frozen=True)
class ReadRecord:
    """A record together with what it was read to say, and by which reading."""

    record: SourceRecord
    sighting: Sighting
    reading: int


@dataclass(frozen=True)
class Dossier:
    """Everything the tracker holds on one consultation.

    ``decided`` holds the tracker's own decision on each text it has had, by the text's hash,
    oldest first. ``hushed`` names the facts that are not to be told. ``corrections`` is all that
    people have said of where it belongs, oldest first.
    """

    id: int
    key: str
    history: History
    decided: Mapping[str, Decision]
    hushed: frozenset[str] = frozenset()
    corrections: tuple[Correction, ...] = ()

    @property
    def text(self) -> RoutingText:
        """The text that the current decision rests on; its evidence points in here."""
        return RoutingText.of(self.history.latest)

    @property
    def own_decision(self) -> Decision | None:
        """What the tracker itself decided on the current text, once it has."""
        return self.decided.get(self.text.hash)

    @property
    def decision(self) -> Decision | None:
        """The decision on the current text as it stands, with the last word of people."""
        own = self.own_decision
        return own.corrected(self.corrections) if own else None

    @property
    def latest_decision(self) -> Decision | None:
        """The one that stands, or while a new text waits for its own, the one made last."""
        last = self.decisions[-1] if self.decided else None
        return self.decision or (last.corrected(self.corrections) if last else None)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        return tuple(self.decided.values())


def hold(session: Session, keys: Collection[str]) -> None:
    """Let nobody else handle these consultations until the transaction ends.

    A batch of another step may have them for longer than a lock is usually worth waiting for: it
    is waited for as long as a statement may take. SQLite has one writer at a time as it is.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    names = sa.cast([as_text(key) for key in keys], ARRAY(sa.Text))
    wanted = sa.select(sa.func.unnest(names, type_=sa.Text).label("key")).subquery()
    locks = sa.select(sa.func.hashtextextended(wanted.c.key, 0).label("lock")).distinct()
    ordered = locks.order_by("lock").subquery()  # in one order, so that no two wait in a ring
    session.execute(sa.text("SET LOCAL lock_timeout = 0"))
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(ordered.c.lock)))
    session.execute(sa.text("SET LOCAL lock_timeout TO DEFAULT"))


def known(session: Session, keys: Collection[str]) -> dict[str, int]:
    """Return the number of each consultation that is known."""
    query = sa.select(ConsultationRow.key, ConsultationRow.id).where(ConsultationRow.key.in_(keys))
    return dict(session.execute(query).all())


def histories(session: Session, keys: Collection[str]) -> dict[str, History]:
    """Load the history of each consultation that is known."""
    query = (
        sa.select(ConsultationRow.key, SightingRow.observation, SightingRow.meaning_hash,
                  SightingRow.backfill)
        .join(SightingRow, SightingRow.consultation_id == ConsultationRow.id)
        .where(ConsultationRow.key.in_(keys))
    )  # fmt: skip
    sightings: dict[str, list[Sighting]] = defaultdict(list)
    for key, document, meaning_hash, backfill in session.execute(query):
        observation = Observation.model_validate_json(document)
        sightings[key].append(Sighting(observation, meaning_hash, backfill))
    return {key: History(found) for key, found in sightings.items()}


def save_state(session: Session, states: Iterable[History]) -> dict[str, int]:
    """Write the current state of consultations, new or known. Returns their ids by key."""
    rows = [_state(history) for history in states]
    upsert(session, ConsultationRow, rows, unique=["key"])
    return known(session, [str(row["key"]) for row in rows])


def _state(history: History) -> dict[str, object]:
    latest = history.latest
    deadlines = latest.deadlines_to_act_on or (None,)
    first, last = deadlines[0], deadlines[-1]
    return {
        "key": latest.key,
        "source": latest.source,
        "kind": latest.kind,
        "title": latest.title,
        "senders": list(latest.senders),
        "status": history.versions[-1].standing,
        "language": latest.language,
        "published_on": latest.published_on,
        "first_deadline_at": first.at if first else None,
        "first_deadline_kind": first.kind if first else None,
        "last_deadline_at": last.at if last else None,
        "last_deadline_kind": last.kind if last else None,
        "first_seen_at": history.versions[0].first_seen_at,
        "news_on": history.news_on,
    }


def add_sightings(session: Session, ids: dict[str, int], read: Iterable[ReadRecord]) -> None:
    """Keep each record with its raw bytes, once."""
    rows = [
        {
            "consultation_id": ids[item.record.key],
            "observed_at": item.sighting.observation.observed_at,
            "meaning_hash": item.sighting.meaning_hash,
            "backfill": item.sighting.backfill,
            "reading": item.reading,
            "observation": item.sighting.observation.model_dump_json(),
            "url": item.record.url,
            "media_type": item.record.media_type,
            "raw": zlib.compress(item.record.body, level=6),
        }
        for item in read
    ]
    unique = ["consultation_id", "observed_at", "meaning_hash"]
    insert_new(session, SightingRow, rows, unique, order=["consultation_id"])


def outdated(
    session: Session, keys: Collection[str], readings: Mapping[str, int]
) -> list[tuple[int, SourceRecord]]:
    """Return the sightings, by number, that an earlier reading of their source made."""
    older = [
        sa.and_(ConsultationRow.source == source, SightingRow.reading < reading)
        for source, reading in readings.items()
    ]
    query = (
        sa.select(SightingRow, ConsultationRow.source, ConsultationRow.key)
        .join(ConsultationRow, SightingRow.consultation_id == ConsultationRow.id)
        .where(ConsultationRow.key.in_(keys), sa.or_(*older))
    )
    return [
        (
            row.id,
            SourceRecord(
                source=source,
                external_id=key.removeprefix(f"{source}:"),
                url=row.url,
                fetched_at=row.observed_at,
                media_type=row.media_type,
                body=zlib.decompress(row.raw),
                backfill=row.backfill,
            ),
        )
        for row, source, key in session.execute(query)
    ]


def read_anew(session: Session, sighting_id: int, item: ReadRecord) -> None:
    """Put a new reading of a sighting in the place of the old one."""
    row = session.get_one(SightingRow, sighting_id)
    row.observation = item.sighting.observation.model_dump_json()
    row.meaning_hash = item.sighting.meaning_hash
    row.reading = item.reading


def hush(session: Session, facts: Mapping[str, Collection[str]]) -> None:
    """Note facts, by consultation, that nobody is to be told."""
    rows = [
        {"consultation_id": id_, "fact": fact}
        for key, id_ in known(session, facts.keys()).items()
        for fact in facts[key]
    ]
    insert_new(session, HushedFactRow, rows, unique=["consultation_id", "fact"])


def find(session: Session, keys: Collection[str]) -> dict[str, Dossier]:
    """Load the dossiers of the consultations that are known, with every decision made."""
    found, ids = histories(session, keys), known(session, keys)
    decided, hushed = _decisions(session, ids.values()), _hushed(session, ids.values())
    corrected = corrections(session, ids.values())
    return {
        key: Dossier(
            ids[key],
            key,
            history,
            decided.get(ids[key], {}),
            frozenset(hushed.get(ids[key], ())),
            tuple(corrected.get(ids[key], ())),
        )
        for key, history in found.items()
    }


def _hushed(session: Session, ids: Collection[int]) -> dict[int, list[str]]:
    query = sa.select(HushedFactRow).where(HushedFactRow.consultation_id.in_(ids))
    hushed: dict[int, list[str]] = defaultdict(list)
    for row in session.scalars(query):
        hushed[row.consultation_id].append(row.fact)
    return hushed


def _decisions(session: Session, ids: Collection[int]) -> dict[int, dict[str, Decision]]:
    query = (
        sa.select(DecisionRow).where(DecisionRow.consultation_id.in_(ids)).order_by(DecisionRow.id)
    )
    decided: dict[int, dict[str, Decision]] = defaultdict(dict)
    for row in session.scalars(query):
        decided[row.consultation_id][row.text_hash] = Decision.model_validate_json(row.decision)
    return decided


def corrections(session: Session, ids: Collection[int]) -> dict[int, list[Correction]]:
    """Return what people have said of each consultation, oldest first."""
    query = (
        sa.select(CorrectionRow)
        .where(CorrectionRow.consultation_id.in_(ids))
        .order_by(CorrectionRow.made_at, CorrectionRow.event_id)
    )
    said: dict[int, list[Correction]] = defaultdict(list)
    for row in session.scalars(query):
        said[row.consultation_id].append(as_correction(row))
    return said


def as_correction(row: CorrectionRow) -> Correction:
    return Correction(
        at=row.made_at,
        seen_at=row.seen_at,
        by=row.made_by,
        lead=row.lead,
        brussels=row.brussels,
        reason=row.reason,
    )


def keep_corrections(session: Session, said: Iterable[Event]) -> None:
    """Keep the corrections that events tell of, each once. Their consultations must be known."""
    said = list(said)
    ids = known(session, {event.consultation for event in said})
    rows = [
        {
            "consultation_id": ids[event.consultation],
            "event_id": event.id,
            "made_at": event.correction.at,
            "seen_at": event.correction.seen_at,
            "made_by": event.correction.by,
            "lead": event.correction.lead,
            "brussels": event.correction.brussels,
            "reason": event.correction.reason,
        }
        for event in said
        if event.correction
    ]
    insert_new(session, CorrectionRow, rows, unique=["event_id"], order=["consultation_id"])


@dataclass(frozen=True)
class Decided:
    """A decision on one text. ``current`` when it is the text the source shows now."""

    consultation_id: int
    text_hash: str
    decided_at: datetime
    decision: Decision
    current: bool


def save_decisions(session: Session, decided: Sequence[Decided]) -> None:
    """Keep the decisions, and let the current ones show in lists as people have corrected them."""
    rows = [
        {
            "consultation_id": d.consultation_id,
            "text_hash": d.text_hash,
            "decided_at": d.decided_at,
            "decision": d.decision.model_dump_json(),
        }
        for d in decided
    ]
    unique = ["consultation_id", "text_hash"]
    insert_new(session, DecisionRow, rows, unique, order=["consultation_id"])
    current = {d.consultation_id: d.decision for d in decided if d.current}
    said = corrections(session, current.keys())
    show(session, {id_: one.corrected(said.get(id_, ())) for id_, one in current.items()})


def show(session: Session, standing: Mapping[int, Decision]) -> None:
    """Let lists show these decisions, by the number of their consultation."""
    if not standing:
        return
    ids = standing.keys()
    session.execute(sa.delete(SectionLinkRow).where(SectionLinkRow.consultation_id.in_(ids)))
    links = [
        {"consultation_id": id_, "section": section, "is_lead": section == decision.lead}
        for id_, decision in standing.items()
        for section in (decision.lead, *decision.seconds)
    ]
    insert_new(session, SectionLinkRow, links, unique=["consultation_id", "section"])
    session.execute(
        sa.update(ConsultationRow),
        [
            {"id": id_, "eu_eea": decision.eu_eea, "abstained": decision.abstained}
            for id_, decision in sorted(standing.items())
        ],
    )
