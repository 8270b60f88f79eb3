"""Writes meetings into ``config/calendar.yaml``, and leaves every other line as it stands."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from consultations.calendar_file import CalendarFile
from consultations.config_file import ConfigFile

_IN_A_BODY = "    "
_IN_A_LIST = "      "


@dataclass(frozen=True)
class Changes:
    """What an imported calendar changes in a body's meetings. Oslo days, in order."""

    new: tuple[date, ...]
    gone: tuple[date, ...]
    same: tuple[date, ...]

    @classmethod
    def between(
        cls, known: Collection[date], imported: Collection[date], *, complete: bool
    ) -> "Changes":
        """Compare. What is known from the first to the last imported day and not in it is gone.

        Where the file could not be read whole (not ``complete``), nothing is.
        """
        first, last = min(imported, default=date.max), max(imported, default=date.min)
        gone = [day for day in known if first <= day <= last and day not in imported]
        return cls(
            new=tuple(sorted({*imported} - {*known})),
            gone=tuple(sorted(gone)) if complete else (),
            same=tuple(sorted({*imported} & {*known})),
        )


def rewritten(read: ConfigFile[CalendarFile], text: str, body: str, changes: Changes) -> str:
    """Return the file's text with the changes made to a body's meetings, one on each line.

    Raises ``ConfigError`` where they are written in another way.
    """
    meetings = read.content.bodies[body].meetings
    lines = f"{text.rstrip()}\n".splitlines(keepends=True)
    places = [read.lines["bodies", body, "meetings", n] - 1 for n in range(len(meetings))]
    for place in places:
        if places.count(place) > 1 or not lines[place].lstrip().startswith("-"):
            raise read.error(
                ("bodies", body, "meetings"),
                "møtene må stå ett på hver linje, som «- {day: 2026-01-28}», for at import skal "
                "kunne skrive i filen",
            )
    if not meetings:
        return "".join(_begun(read, lines, body, changes.new))
    blocks = [
        _Block(meeting.day, place, _end(lines, place))
        for place, meeting in zip(places, meetings, strict=True)
    ]
    return "".join(_merged(lines, read.lines["bodies", body, "meetings"], blocks, changes))


@dataclass(frozen=True)
class _Block:
    """The lines of one meeting, from ``first`` to the one before ``end``, counted from 0."""

    day: date
    first: int
    end: int


def _merged(lines: list[str], top: int, blocks: list[_Block], changes: Changes) -> Iterator[str]:
    """Yield the lines, each new one after the meeting it follows; ``top`` is where they begin."""
    indent = _indent(lines[blocks[0].first])
    gone = {n for one in blocks if one.day in changes.gone for n in range(one.first, one.end)}
    new: dict[int, list[date]] = defaultdict(list)
    for day in changes.new:
        before = max(
            (one for one in blocks if one.day < day), key=lambda one: one.day, default=None
        )
        new[before.end if before else top].append(day)
    for number, line in enumerate([*lines, ""]):
        yield from (_line(day, indent) for day in new.get(number, ()))
        if number not in gone:
            yield line


def _end(lines: list[str], first: int) -> int:
    """Return where the lines of a meeting end: at what stands no deeper, or is a comment."""
    indent = _indent(lines[first])
    for number, line in enumerate(lines[first + 1 :], first + 1):
        content = line.strip()
        if not content or content.startswith("#") or len(_indent(line)) <= len(indent):
            return number
    return len(lines)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _begun(
    read: ConfigFile[CalendarFile], lines: list[str], body: str, new: tuple[date, ...]
) -> Iterator[str]:
    """Yield the lines with the first meetings of a body that had none."""
    written = read.lines.get(("bodies", body, "meetings"))
    after = (written or read.lines["bodies", body, "name"]) - 1
    added = [f"{_IN_A_BODY}meetings:\n", *(_line(day, _IN_A_LIST) for day in new)]
    for number, line in enumerate(lines):
        if number != after or not written:
            yield line
        if number == after:
            yield from added


def _line(day: date, indent: str) -> str:
    return f"{indent}- {{day: {day.isoformat()}}}\n"
