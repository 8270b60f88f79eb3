"""Tries a command as it is typed, without running it."""

from collections.abc import Sequence

import click

from consultations.cli import main


def parse(words: Sequence[str]) -> None:
    """Parse what stands after ``consultations``. Raises when there is no such command or option."""
    command: click.Command = main
    while isinstance(command, click.Group):
        flags = [word for word in words if word.startswith("-")]
        known = {option for p in command.params for option in p.opts}
        name = next((word for word in words if word not in flags), None)
        if name is None and command.invoke_without_command:
            break
        assert name
        assert set(words[: words.index(name)]) <= known
        words = words[words.index(name) + 1 :]
        command = command.commands[name]
    command.make_context(command.name, list(words))
