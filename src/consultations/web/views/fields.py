"""The fields of a form: what each asks for, what stands in it, and what is wrong with it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from consultations.domain.correction import LONGEST_NAME, LONGEST_REASON
from consultations.domain.response.acts import LONGEST_LINE
from consultations.web.form import Problem, Sent, Typed


@dataclass(frozen=True)
class Choice:
    value: str
    words: str
    chosen: bool


@dataclass(frozen=True)
class Field:
    """One field. ``look`` is text, date, time, area, select, radio or ticks.

    ``hint`` stands under its name, ``wrong`` says what to mend in it.
    """

    look: str
    id: str
    name: str
    label: str
    value: str = ""
    hint: str = ""
    wrong: str | None = None
    choices: tuple[Choice, ...] = ()
    longest: int | None = None
    required: bool = False

    @property
    def described_by(self) -> str | None:
        """The ids of the hint and of what is wrong, for those who hear the page."""
        parts = [f"{self.id}-hjelp"] if self.hint else []
        parts += [f"{self.id}-feil"] if self.wrong else []
        return " ".join(parts) or None

    @property
    def place(self) -> str:
        """The id to go to: the first choice, where it is a group of them."""
        return f"{self.id}-1" if self.look in {"radio", "ticks"} else self.id


@dataclass(frozen=True)
class Filling:
    """Makes the fields of one form out of what was typed in it, or stood there before.

    ``prefix`` tells its ids from those of the other forms on the page.
    """

    prefix: str
    typed: Typed
    problem: Problem | None = None

    @classmethod
    def of(cls, form: str, before: Typed, sent: Sent | None, *, prefix: str) -> Self:
        if sent is None or sent.form != form:
            return cls(prefix, before)
        return cls(prefix, sent.typed, sent.problem)

    def text(
        self, name: str, label: str, *, hint: str = "", look: str = "text", required: bool = False,
        longest: int = LONGEST_LINE,
    ) -> Field:  # fmt: skip
        return self._field(
            look, name, label, value=self.typed.one(name), hint=hint, longest=longest,
            required=required,
        )  # fmt: skip

    def area(self, name: str, label: str, *, hint: str = "") -> Field:
        return self.text(name, label, hint=hint, look="area", longest=LONGEST_REASON)

    def date(self, name: str, label: str, *, hint: str = "", required: bool = False) -> Field:
        return self.text(name, label, hint=hint, look="date", required=required)

    def select(self, name: str, label: str, choices: Mapping[str, str], *, hint: str = "") -> Field:
        return self._group("select", name, label, choices, hint)

    def radio(self, name: str, label: str, choices: Mapping[str, str], *, hint: str = "") -> Field:
        return self._group("radio", name, label, choices, hint)

    def ticks(self, name: str, label: str, choices: Mapping[str, str], *, hint: str = "") -> Field:
        return self._group("ticks", name, label, choices, hint)

    def name(self, hint: str) -> Field:
        return self._field(
            "name", "navn", "Navnet ditt", value=self.typed.one("navn"), hint=hint,
            longest=LONGEST_NAME, required=True,
        )  # fmt: skip

    def _group(
        self, look: str, name: str, label: str, choices: Mapping[str, str], hint: str
    ) -> Field:
        chosen = self.typed.several(name) or ("",)
        return self._field(look, name, label, hint=hint, choices=choices_of(choices, chosen))

    def _field(self, look: str, name: str, label: str, **given: object) -> Field:
        wrong = self.problem.words if self.problem and self.problem.field == name else None
        return Field(look, f"{self.prefix}{name}", name, label, wrong=wrong, **given)  # type: ignore[arg-type]


def choices_of(choices: Mapping[str, str], chosen: Iterable[str]) -> tuple[Choice, ...]:
    """Return the choices in their order; those whose values are ``chosen`` are."""
    chosen = set(chosen)
    return tuple(Choice(value, words, value in chosen) for value, words in choices.items())
