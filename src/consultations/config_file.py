"""Reads a YAML file into a pydantic model; every error names file, line and what was expected."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin

import yaml
from pydantic import AfterValidator, BaseModel, ValidationError
from pydantic_core import ErrorDetails

from consultations.domain.errors import ConfigError

T = TypeVar("T", bound=BaseModel)

Loc = tuple[int | str, ...]
"""Where a value stands in the file: keys and positions from the top, as pydantic gives them."""

_EXPECTED = {
    "string_type": "tekst",
    "int_type": "et helt tall",
    "int_parsing": "et helt tall",
    "int_from_float": "et helt tall",
    "float_type": "et tall",
    "float_parsing": "et tall",
    "finite_number": "et endelig tall",
    "bool_type": "true eller false",
    "bool_parsing": "true eller false",
    "list_type": "en liste",
    "tuple_type": "en liste",
    "dict_type": "nøkler med verdier",
    "model_type": "nøkler med verdier",
    "model_attributes_type": "nøkler med verdier",
    "timezone_aware": "et tidspunkt med tidssone, som 2026-07-04T08:42:00+00:00",
    "datetime_from_date_parsing": "et tidspunkt med tidssone, som 2026-07-04T08:42:00+00:00",
    "date_type": "en dato som 2026-10-16",
    "date_parsing": "en dato som 2026-10-16",
    "date_from_datetime_parsing": "en dato som 2026-10-16",
    "date_from_datetime_inexact": "en dato som 2026-10-16, uten klokkeslett",
    "literal_error": "en av: {expected}",
    "enum": "en av: {expected}",
    "greater_than": "et tall over {gt}",
    "greater_than_equal": "et tall på minst {ge}",
    "less_than": "et tall under {lt}",
    "less_than_equal": "et tall på høyst {le}",
    "too_short": "minst {min_length} i listen",
    "string_too_short": "minst {min_length} tegn",
    "string_pattern_mismatch": "tekst på formen {pattern}",
}

_IN_WORDS = {
    "^[a-z]+(-[a-z]+)*$": "plan-bygg (små bokstaver a–z, bindestrek mellom ordene)",
}
"""Patterns as people say them."""

_READ_AS_VALUES = (bool, int, float, date)
"""What YAML makes of words such as no, on, 12 and 2026-10-16 without quotation marks."""

_LARGEST = 2_000_000
"""Bytes. Larger ones are something else, and would take the memory and patience of a start."""


@dataclass(frozen=True)
class ConfigFile(Generic[T]):
    """The content of a file, with the line of every value in it."""

    path: Path
    content: T
    lines: Mapping[Loc, int]

    def error(self, loc: Loc, problem: str) -> ConfigError:
        """Name a place in this file as wrong, for checks that need more than one file."""
        return ConfigError(f"{self.place(loc)}: {problem}")

    def place(self, loc: Loc) -> str:
        """Return file and line of a value, as people say it."""
        return _place(self.path, _line(self.lines, loc))


def load(path: Path, model: type[T]) -> T:
    """Read ``path`` as ``model``. Raises ``ConfigError`` with file, line and what was expected."""
    return read(path, model).content


def read(path: Path, model: type[T]) -> ConfigFile[T]:
    """As ``load``, but keeps the line numbers for the caller's own checks."""
    text = _text(path)
    try:
        root = _compose(path, text)
        lines = dict(_places(path, root, (), set()))
        loader = yaml.SafeLoader("")
        _check_values(path, root, loader)
        content = loader.construct_document(root)
        return ConfigFile(path, model.model_validate(content), lines)
    except RecursionError:
        raise _error(path, 1, "for mange nivåer inni hverandre") from None
    except yaml.MarkedYAMLError as error:
        raise _broken(path, text, error) from None
    except ValidationError as error:
        problems = [_problem(path, lines, model, one) for one in error.errors(include_url=False)]
        raise ConfigError("\n".join(problems)) from None


def _compile(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"ugyldig regulært uttrykk «{pattern}»: {error}") from None
    unescaped = re.sub(r"\\.|\[[^\]]*\]", "", pattern)
    if "*" in unescaped or "+" in unescaped:
        raise ValueError(f"«{pattern}» kan bli tregt: skriv {{0,80}} i stedet for * og +")
    return pattern


BoundedRegex = Annotated[str, AfterValidator(_compile)]
"""A regular expression without open-ended repeats, the commonest way to make one hang."""


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        problem = f"{_short(path)} finnes ikke. Legg filen i mappen {path.parent}."
        raise ConfigError(problem) from None
    except OSError as error:
        raise _error(path, 1, f"kan ikke leses ({error.strerror}); ventet en YAML-fil") from None
    if len(content) > _LARGEST:
        problem = (
            "filen er på mer enn 2 MB; er det rett fil? En slik fil er på høyst noen hundre kB"
        )
        raise _error(path, 1, problem)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _error(path, line, "ikke UTF-8; lagre filen som UTF-8") from None


def _compose(path: Path, text: str) -> yaml.Node:
    text = _text(path)
    try:
        root = yaml.compose(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _error(path, line, "styretegn i filen; ventet vanlig tekst") from None
    if root is None:
        raise _error(path, 1, "filen er tom; ventet nøkler med verdier")
    return root


def _broken(path: Path, text: str, error: yaml.MarkedYAMLError) -> ConfigError:
    mark = error.problem_mark or error.context_mark
    reason = error.problem or error.context
    problem = f"ikke gyldig YAML ({reason}); sjekk innrykk, kolon og anførselstegn"
    if mark and error.context_mark and error.context_mark.line < mark.line:
        problem += f" fra linje {error.context_mark.line + 1} av"
    if mark and text[mark.index : mark.index + 1] == "\t":
        problem = "tabulator i filen; skriv mellomrom i stedet"
    return _error(path, mark.line + 1 if mark else 1, problem)


def _check_values(path: Path, node: yaml.Node, loader: yaml.SafeLoader) -> None:
    """Refuse what looks like a date or a number and is none: «2026-13-41», «0x»."""
    if isinstance(node, yaml.ScalarNode):
        try:
            loader.construct_object(node)
        except ValueError:
            problem = f"{_shown(node.value)} kan ikke leses; sett teksten i anførselstegn"
            raise _error(path, node.start_mark.line + 1, problem) from None
        return
    for child in node.value:
        for one in child if isinstance(child, tuple) else (child,):
            _check_values(path, one, loader)


def _places(path: Path, node: yaml.Node, loc: Loc, visited: set[int]) -> Iterator[tuple[Loc, int]]:
    """Every value's place and line; refuses a key that stands twice, and aliases."""
    line = node.start_mark.line + 1
    if id(node) in visited:
        raise _error(path, line, "alias (*navn) er ikke tillatt; skriv verdien ut")
    visited.add(id(node))
    yield loc, line
    if isinstance(node, yaml.SequenceNode):
        for position, child in enumerate(node.value):
            yield from _places(path, child, (*loc, position), visited)
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, child in node.value:
            line, name = key.start_mark.line + 1, str(key.value)
            if name in seen:
                raise _error(path, line, f"nøkkel «{name}» står også på linje {seen[name]}")
            seen[name] = line
            yield from _places(path, child, (*loc, name), visited)
            yield (*loc, name), line  # the key's line: a block value starts below it


def _problem(path: Path, lines: Mapping[Loc, int], model: Any, error: ErrorDetails) -> str:
    loc = error["loc"]
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        problem = _unknown_key(str(loc[-1]), _keys_at(model, loc[:-1]))
    elif kind == "missing":
        problem = f"mangler nøkkel «{loc[-1]}»"
    elif kind == "value_error":
        problem = str(context["error"])
    elif wanted := expected(error):
        problem = f"{_named(loc)}ventet {wanted}, fant {_shown(error['input'])}"
        if kind == "string_type" and isinstance(error["input"], _READ_AS_VALUES):
            problem += "; sett ordet i anførselstegn"
    else:
        problem = f"{_named(loc)}ugyldig verdi {_shown(error['input'])}: {error['msg']}"
    return str(_error(path, _line(lines, loc), problem))


def expected(error: ErrorDetails) -> str | None:
    """Say in Norwegian what was expected in place of a wrong value, where the error tells."""
    words, context = _EXPECTED.get(error["type"]), error.get("ctx", {})
    if "pattern" in context:
        context = {"pattern": _IN_WORDS.get(context["pattern"], context["pattern"])}
    return words.format(**context).replace(" or ", " eller ") if words else None


def _unknown_key(key: str, allowed: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, allowed, n=1)
    hint = f" (mente du «{near[0]}»?)" if near else ""
    return f"ukjent nøkkel «{key}», ventet en av: {', '.join(allowed)}{hint}"


def _keys_at(annotation: Any, loc: Loc) -> list[str]:
    """Find the keys a model allows at a place, by walking its annotations."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not loc:
            return [f.alias or name for name, f in annotation.model_fields.items()]
        field = annotation.model_fields.get(str(loc[0]))
        return _keys_at(field.annotation, loc[1:]) if field else []
    rest = loc[1:] if get_origin(annotation) in {list, tuple, dict, Mapping, Sequence} else loc
    found = (_keys_at(part, rest) for part in reversed(get_args(annotation)))
    return next((keys for keys in found if keys), [])


def _line(lines: Mapping[Loc, int], loc: Loc) -> int:
    """Find the line of a place, or of the nearest thing around it."""
    places = (lines.get(tuple(loc[:length])) for length in range(len(loc), -1, -1))
    return next((line for line in places if line is not None), 1)


def _named(loc: Loc) -> str:
    names = [part for part in loc if isinstance(part, str)]
    return f"«{names[-1]}»: " if names else ""


def _shown(value: object) -> str:
    text = "ingenting" if value is None else f"«{value}»"
    return text if len(text) <= 60 else f"{text[:60]} …»"  # noqa: PLR2004 - one line of a terminal


def _error(path: Path, line: int, problem: str) -> ConfigError:
    return ConfigError(f"{_place(path, line)}: {problem}")


def _place(path: Path, line: int) -> str:
    return f"{_short(path)} linje {line}"


def _short(path: Path) -> str:
    """``config/routing.yaml``: folder and name, as people call the file."""
    return f"{path.parent.name}/{path.name}" if path.parent.name else path.name
