"""What every part of the demo's set needs: the real values, the templates, and an answer."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

HERE = Path(__file__).parent
MATERIAL = HERE / "source-material"

HTML = "text/html; charset=utf-8"
RSS = "application/rss+xml; charset=utf-8"
XML = "text/xml; charset=utf-8"

LABEL = "derived for the demo: real values in the documented format, see demo/README.md"

Record = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """One answer of a source; several with the same address are given in order."""

    url: str
    file: str
    body: bytes
    media_type: str
    label: str = "derived"


def lines(name: str) -> list[Record]:
    text = (MATERIAL / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def document(name: str) -> Record:
    content: Record = json.loads((MATERIAL / name).read_text(encoding="utf-8"))
    return content


def as_element(name: str, value: str | None) -> Markup:
    """Write an XML element the Storting's way, where a missing value is marked as nil."""
    if value is None:
        return Markup('<{0} i:nil="true" />').format(Markup(name))  # noqa: S704 - our own names
    return Markup("<{0}>{1}</{0}>").format(Markup(name), value)  # noqa: S704


def templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "day": lambda iso: f"{date.fromisoformat(iso):%d.%m.%Y}",
        "element": as_element,
        "moment": lambda at: f"{at:%Y-%m-%dT%H:%M:%S}" if at else "0001-01-01T00:00:00",
        "path": lambda url: urlsplit(url).path,
        "rfc822": lambda iso: format_datetime(datetime.fromisoformat(iso + "T00:00:00+02:00")),
    }
    environment.globals["label"] = LABEL
    return environment


TEMPLATES = templates()


def render(template: str, **values: Any) -> bytes:
    return TEMPLATES.get_template(template).render(**values).encode()
