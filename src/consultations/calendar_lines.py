"""Writes meetings into ``config/calendar.yaml``, and leaves every other line as it stands."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from consultations.calendar_file import CalendarFile, MeetingLine
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
    lines = text.splitlines(keepends=True)
    places = [read.lines["bodies", body, "meetings", n] - 1 for n in range(len(meetings))]
    for place in places:
        if places.count(place) > 1 or not lines[place].lstrip().startswith("-"):
            raise read.error(
                ("bodies", body, "meetings"),
                "møtene må stå ett på hver linje, som «- {day: 2026-01-28}», for at import skal "
                "kunne skrive i filen",
            )
    blocks = dict(zip(places, meetings, strict=True))
    if blocks:
        return "".join(_merged(lines, blocks, changes))
    return "".join(_begun(read, lines, body, changes.new))


def _merged(lines: list[str], blocks: dict[int, MeetingLine], changes: Changes) -> Iterator[str]:
    """Yield the lines, the new ones in front of the first later meeting, or after the last."""
    waiting = list(changes.new)
    first = next(iter(blocks))
    indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
    last, skipping = max(blocks), False
    for number, line in enumerate(lines):
        meeting = blocks.get(number)
        if meeting:
            skipping = meeting.day in changes.gone
            while waiting and waiting[0] < meeting.day:
                yield _line(waiting.pop(0), indent)
        elif skipping:
            skipping = _belongs(line, indent)
        if not meeting and waiting and number > last and not _belongs(line, indent):
            yield from (_line(day, indent) for day in waiting)
            waiting = []
        if not skipping:
            yield line if line.endswith("\n") else f"{line}\n"
    yield from (_line(day, indent) for day in waiting)


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


def _belongs(line: str, indent: str) -> bool:
    """Tell whether a line goes on with the meeting above it."""
    content = line.strip()
    deeper = len(line) - len(line.lstrip()) > len(indent)
    return deeper and bool(content) and not content.startswith(("#", "-"))


def _line(day: date, indent: str) -> str:
    return f"{indent}- {{day: {day.isoformat()}}}\n"
