"""The command that shows which stored matters a change to the rules would move."""

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import click

from consultations import bootstrap
from consultations.alerts.text import plain, shortened
from consultations.cli.layout import quoted, signed, wrapped
from consultations.domain.decision import FIELD_WORDS, Decision
from consultations.domain.errors import ConfigError
from consultations.handlers.rehearsal import Rehearsal, Rehearsed
from consultations.routing import RuleSet
from consultations.routing.difference import Move, MovedWords, MoveKind
from consultations.store import texts
from consultations.store.database import Database
from consultations.web.wording import number, sentence

MOVES = 3
"""Exit code when at least one matter moves; errors have 1, as everywhere."""

_WORDS_SHOWN = 6
_TITLE_SHOWN = 300
_KINDS = {
    MoveKind.THROWN_AWAY: "blir «ikke for KS», og ingen ville hørt om dem",
    MoveKind.MOVED: "får en annen seksjon",
    MoveKind.FOUND: "var «ikke for KS», og får en seksjon",
    MoveKind.UNDECIDED: "må avgjøres av et menneske",
    MoveKind.DECIDED: "trengte et menneske, og får en seksjon",
    MoveKind.BRUSSELS_LOST: "går ikke lenger til Brussel-kontoret",
    MoveKind.BRUSSELS: "går også til Brussel-kontoret",
    MoveKind.READERS: "får andre som leser med",
    MoveKind.GUESS: "trenger fortsatt et menneske, men en annen seksjon er nærmest",
}
"""What matters most first; the moves are shown in this order."""

Names = Mapping[str, str]
_Pages = Mapping[MoveKind, IO[str]]
"""A file for each kind of move, on disk: there may be a hundred thousand of them."""


@click.command()
@click.option(
    "--config",
    "folder",
    metavar="MAPPE",
    type=click.Path(path_type=Path),
    help="Prøv reglene i denne mappen mot dem som er i bruk.",
)
@click.option("--json", "as_lines", is_flag=True, help="Skriv JSON-linjer.")
def diff(folder: Path | None, as_lines: bool) -> None:
    """Vis hvilke lagrede saker som ville flyttet seg med andre regler.

    Uten --config: reglene slik filene er nå, mot avgjørelsene som er lagret. Ingenting endres.
    Slutter med 0 når ingen saker flytter seg, og med 3 når noen gjør det.
    """
    tracker = bootstrap.tracker()
    rules = _rules_in(folder) if folder else tracker.rules
    names = {**tracker.rules.life.names, **rules.life.names}
    rehearsal = Rehearsal(rules, in_use=tracker.rules if folder else None)
    seen = Counter[str]()
    with ExitStack() as stack:
        pages = {
            kind: stack.enter_context(TemporaryFile("w+", encoding="utf-8")) for kind in _KINDS
        }
        for one in _rehearsed(tracker.database, rehearsal):
            seen[_fate(one)] += 1
            if one.move:
                lines = _as_json(one, one.move) if as_lines else _in_words(one, one.move, names)
                pages[one.move.kind].writelines(f"{line}\n" for line in lines)
        if as_lines:
            _copy_out(pages, {})
            click.echo(json.dumps({"summary": dict(sorted(seen.items()))}))
        else:
            _summarise(seen)
            _copy_out(
                pages, {kind: f"{sentence(_KINDS[kind])}: {number(seen[kind])}" for kind in _KINDS}
            )
    if any(seen[kind] for kind in _KINDS):
        sys.exit(MOVES)


def _rules_in(folder: Path) -> RuleSet:
    if not folder.is_dir():
        raise ConfigError(
            f"Finner ikke mappen {folder}. Kopier mappen som er i bruk, endre i kopien, og prøv "
            f"igjen: cp -r config {folder}"
        )
    return bootstrap.rules(folder)


def _rehearsed(database: Database, rehearsal: Rehearsal) -> Iterator[Rehearsed]:
    total = texts.count(database)
    with click.progressbar(
        length=max(total, 1), label="Saker", show_pos=True, file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    ) as bar:  # fmt: skip
        for dossiers in texts.all_dossiers(database):
            yield from map(rehearsal.of, dossiers)
            bar.update(len(dossiers))


def _fate(one: Rehearsed) -> str:
    if one.move:
        return one.move.kind
    if one.held:
        return "held"
    return "stays" if one.decided else "undecided_text"


def _summarise(seen: Counter[str]) -> None:
    moving = sum(seen[kind] for kind in _KINDS)
    click.echo(f"{_matters(moving)} av {number(seen.total())} ville flyttet seg.")
    for kind, words in _KINDS.items():
        if seen[kind]:
            click.echo(f"{number(seen[kind]):>8}  {words}")
    if seen["held"]:
        click.echo(f"{_matters(seen['held'])} til ville flyttet seg, men er rettet av mennesker.")
    if seen["undecided_text"]:
        click.echo(
            f"{_matters(seen['undecided_text'])} er ikke fordelt ennå, og er ikke regnet med."
        )


def _copy_out(pages: _Pages, headings: Mapping[MoveKind, str]) -> None:
    for kind, page in pages.items():
        if page.tell():
            page.seek(0)
            if kind in headings:
                click.echo(f"\n{headings[kind]}")
            shutil.copyfileobj(page, click.get_text_stream("stdout"))


def _as_json(one: Rehearsed, moved: Move) -> Iterator[str]:
    words = [
        {**word.evidence.model_dump(mode="json"), "section": word.section, "change": word.change}
        for word in moved.words
    ]
    line = {
        "id": one.dossier.key,
        "title": one.dossier.text.title,
        "kind": moved.kind,
        "before": _placing(moved.before),
        "after": _placing(moved.after),
        "words": words,
    }
    yield json.dumps(line, ensure_ascii=False).encode(errors="replace").decode()


def _placing(decision: Decision) -> dict[str, object]:
    return decision.model_dump(
        mode="json", include={"lead", "seconds", "abstained", "brussels", "score"}
    )


def _in_words(one: Rehearsed, moved: Move, names: Names) -> Iterator[str]:
    title = shortened(plain(one.dossier.text.title), _TITLE_SHOWN)
    yield ""
    yield from wrapped(f"{one.dossier.key}  {title}", "  ", "    ")
    for change in _changes(moved.before, moved.after, names):
        yield from wrapped(change, "    ", "      ")
    yield from _words(moved.words, names)


def _changes(before: Decision, after: Decision, names: Names) -> Iterator[str]:
    was, becomes = _lead(before, names), _lead(after, names)
    yield f"{was} → {becomes}" if was != becomes else was
    lost, won = (
        [names.get(s, s) for s in one if s not in other]
        for one, other in ((before.seconds, after.seconds), (after.seconds, before.seconds))
    )
    if won:
        yield f"Leser også: {', '.join(won)}"
    if lost:
        yield f"Leser ikke lenger: {', '.join(lost)}"
    if before.brussels != after.brussels:
        yield f"Brussel-kontoret: {'ja → nei' if before.brussels else 'nei → ja'}"


def _lead(decision: Decision, names: Names) -> str:
    name = names.get(decision.lead, decision.lead)
    return f"trenger et menneske (nærmest {name})" if decision.abstained else name


def _words(words: Sequence[MovedWords], names: Names) -> Iterator[str]:
    for word in words[:_WORDS_SHOWN]:
        for_section = names.get(word.section, word.section)
        said = f"{quoted(word.evidence.quote)} {FIELD_WORDS[word.evidence.field]} for {for_section}"
        yield from wrapped(said, f"  {signed(word.change)}  ", " " * 11)
    if len(words) > _WORDS_SHOWN:
        yield f"           og {len(words) - _WORDS_SHOWN} ord til"
    if not words:
        yield "    Ordene teller som før: grensene er endret, eller seksjonene står likt."


def _matters(count: int) -> str:
    return "1 sak" if count == 1 else f"{number(count)} saker"
