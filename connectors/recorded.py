"""Serves a folder of recorded answers in place of the network, for the demo and for tests."""

import json
import re
import threading
from collections import defaultdict
from pathlib import Path
from typing import Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consultations.domain.errors import ConfigError

INDEX = "index.json"
UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


class RecordedAnswer(BaseModel):
    """One line of the index. ``label`` says how close ``file`` is to what the source sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(pattern=r"^https?://[^/]+")
    file: str = Field(min_length=1)
    status: int = Field(default=200, ge=200, le=599)
    media_type: str = Field(min_length=1)
    label: Literal["raw", "trimmed", "derived", "written-from-documentation"]


class RecordedAnswers(httpx.BaseTransport):
    """Answers from ``folder/index.json``; an address that is not there gets 404.

    An address that stands there several times gives its answers in order, one a request, and
    then stays at the last. Raises ``ConfigError`` naming the file and the entry that is wrong.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._answers: defaultdict[str, list[RecordedAnswer]] = defaultdict(list)
        for number, entry in enumerate(_entries(folder / INDEX), start=1):
            answer = _checked(folder, number, entry)
            self._answers[normalised(httpx.URL(answer.url))].append(answer)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._next(normalised(request.url))
        if answer is None:
            return httpx.Response(404, headers={"Content-Type": "text/plain"}, text="")
        body = (self._folder / answer.file).read_bytes()
        headers = {"Content-Type": answer.media_type}
        return httpx.Response(answer.status, headers=headers, stream=httpx.ByteStream(body))

    def _next(self, address: str) -> RecordedAnswer | None:
        with self._lock:
            answers = self._answers.get(address)
            if not answers:
                return None
            return answers.pop(0) if len(answers) > 1 else answers[0]


def normalised(url: httpx.URL) -> str:
    """Write an address one way: no default port, no fragment, one form of percent-encoding."""
    plain = str(url.copy_with(fragment=None))
    return re.sub(r"%[0-9A-Fa-f]{2}", lambda escape: _one_form(escape.group()), plain)


def _one_form(escape: str) -> str:
    character = chr(int(escape[1:], 16))
    return character if character in UNRESERVED else escape.upper()


def _entries(index: Path) -> list[object]:
    try:
        entries = json.loads(index.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{index}: kan ikke leses: {error}. Rett filen.") from error
    if not isinstance(entries, list):
        raise ConfigError(f"{index}: ventet en liste med svar. Rett filen.")
    return entries


def _checked(folder: Path, number: int, entry: object) -> RecordedAnswer:
    place = f"{folder / INDEX}, svar nr. {number}"
    try:
        answer = RecordedAnswer.model_validate(entry)
        httpx.URL(answer.url)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "hele svaret"
        raise ConfigError(f"{place}: {field}: {first['msg']}. Rett filen.") from error
    except httpx.InvalidURL as error:
        raise ConfigError(f"{place}: url: {error}. Rett filen.") from error
    file = (folder / answer.file).resolve()
    if not (file.is_relative_to(folder.resolve()) and file.is_file()):
        raise ConfigError(f"{place}: file: fant ikke {answer.file} i mappen. Rett filen.")
    return answer
