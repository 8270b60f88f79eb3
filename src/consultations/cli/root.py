"""The root of the command line, and how every command says what went wrong: in plain words."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from consultations.domain.errors import (
    BrokerUnavailable,
    ConfigError,
    FetchRefused,
    InvalidRecord,
    NotFound,
    SourceChanged,
)
from consultations.store.database import DatabaseUnavailable, reason_of

_FOR_PEOPLE = (
    BrokerUnavailable, ConfigError, FetchRefused, InvalidRecord, NotFound, SourceChanged,
)  # fmt: skip
"""Raised with words that say what went wrong and what to do."""


class Failure(click.ClickException):
    """An error a person can act on, without a traceback."""

    def show(self, file: object = None) -> None:  # noqa: ARG002 - click's signature
        click.echo(f"Feil: {self.message}", err=True)


class Misuse(Failure):
    """A command that was typed in a way it cannot be."""

    exit_code = click.UsageError.exit_code


def _misuse(wrong: click.UsageError) -> Misuse:
    command = wrong.ctx.command_path if wrong.ctx else "consultations"
    return Misuse(f"{_what_is_wrong(wrong)} Skriv «{command} --help» for å se hva den tar.")


def _what_is_wrong(wrong: click.UsageError) -> str:
    match wrong:
        case click.MissingParameter(param=click.Parameter() as missing):
            return f"{_typed(missing)} mangler."
        case click.NoSuchOption():
            return f"Valget {wrong.option_name} finnes ikke."
        case click.BadParameter(param=click.Parameter() as given):
            return f"{_typed(given)} kan ikke brukes ({wrong.message.rstrip('.')})."
        case _:
            return f"Kommandoen ble ikke forstått ({wrong.message.rstrip('.')})."


def _typed(parameter: click.Parameter) -> str:
    """Return a parameter's name the way ``--help`` shows it."""
    is_option = isinstance(parameter, click.Option)
    return parameter.opts[0] if is_option else parameter.human_readable_name


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as wrong:
        raise _misuse(wrong) from wrong
    except DatabaseUnavailable as problem:
        raise Failure(
            f"Databasen svarer ikke ({reason_of(problem)}). Sjekk CONSULTATIONS_DATABASE_URL, at "
            "tjeneren går eller mappen kan skrives i og har plass, og at ikke noe annet holder "
            "databasen. Prøv så igjen."
        ) from problem
    except (KeyboardInterrupt, click.Abort) as stopped:
        raise Failure("Avbrutt.") from stopped
    except _FOR_PEOPLE as problem:
        raise Failure(str(problem)) from problem


class _Commands(click.Group):
    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _told_plainly():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> object:
        with _told_plainly():
            return super().invoke(ctx)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--verbose", is_flag=True, help="Vis mer av det som skjer.")
def main(verbose: bool) -> None:
    """Høringer for KS: henter, fordeler, varsler."""
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if not verbose:  # a hundred lines a second while the broker is away; we say it ourselves, once
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
