"""Small aids for reading foreign XML and HTML strictly: what is not as expected is reported."""

import functools
import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import ParamSpec, TypeVar

import lxml.html
from lxml import etree

from consultations.domain.errors import InvalidRecord

T = TypeVar("T")
P = ParamSpec("P")

log = logging.getLogger(__name__)

# Elements that do not break the line: their edges are no word boundaries («<b>H</b>øring»).
INLINE = frozenset(
    "a abbr b bdi cite code em font i kbd mark q s small span strong sub sup u wbr".split()  # noqa: SIM905
)
UNSHOWN = frozenset({"script", "style", "template"})


def one_record_at_a_time(parse: Callable[P, T]) -> Callable[P, T]:
    """Let a fault of ours in a parser cost the record it fell over, and not the whole source."""

    @functools.wraps(parse)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return parse(*args, **kwargs)
        except InvalidRecord:
            raise
        except Exception as fault:
            log.exception("Feil i leseren")
            reason = f"Feil i leseren ({type(fault).__name__}: {fault}). Meld den fra."
            raise InvalidRecord(reason) from fault

    return guarded


def parse_xml(body: bytes) -> etree._Element:
    """Return the root of ``body``. Raises ``InvalidRecord`` with line and column.

    Nothing outside the body is read, and a DOCTYPE is refused: our sources have none, and
    entity bombs need one.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        what = str(error.msg).rpartition(", line")[0].strip()
        raise InvalidRecord(f"XML-feil på linje {line}, kolonne {column}: {what}.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise InvalidRecord("XML-en har en DOCTYPE, og det godtar vi ikke.")
    return root


def parse_html(body: bytes, charset: str | None = None) -> lxml.html.HtmlElement:
    """Return the ``html`` element of a page, mending the small faults that browsers mend.

    ``charset`` is what the answer's header said; without it the page's own word counts, then
    UTF-8. Raises ``InvalidRecord`` for what is no page, or a page that cannot be read whole.
    """
    text = _decoded(body, charset)
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise InvalidRecord(f"Siden har et nulltegn på linje {line}.")
    if not re.search(r"<body[\s>]", text, re.IGNORECASE):
        raise InvalidRecord("Svaret er ingen hel HTML-side: det mangler <body>.")
    parser = lxml.html.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        page = lxml.html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError as error:
        raise InvalidRecord(f"Svaret er ingen HTML-side: {error}.") from error
    # The parser mends most things, but stops without a word where elements nest too deep.
    for fault in parser.error_log.filter_from_fatals():
        raise InvalidRecord(f"HTML-feil på linje {fault.line}: {fault.message}.")
    return page


def _decoded(body: bytes, charset: str | None) -> str:
    stated = re.search(rb"<meta[^>]+charset\s*=\s*[\"']?([\w.:-]+)", body[:2048], re.IGNORECASE)
    name = charset or (stated.group(1).decode("ascii", "replace") if stated else "utf-8")
    try:
        return body.decode(name).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        column = error.start - body.rfind(b"\n", 0, error.start)
        raise InvalidRecord(
            f"Linje {line}, kolonne {column} er ikke gyldig {name}: {error.reason}."
        ) from error
    except (LookupError, ValueError) as error:
        raise InvalidRecord(
            f"Svaret er merket med tegnsettet {name!r}, som ikke finnes."
        ) from error


def text_of(element: etree._Element) -> str:
    """Return the text people see in ``element``, on one line, hard spaces made ordinary."""
    return " ".join("".join(_pieces(element)).split())


def _pieces(element: etree._Element) -> Iterator[str]:
    """Yield the text in order, with a space wherever people see a break."""
    if not isinstance(element.tag, str) or element.tag in UNSHOWN:
        return
    yield element.text or ""
    for child in element:
        edge = "" if child.tag in INLINE else " "
        yield edge
        yield from _pieces(child)
        yield edge
        yield child.tail or ""


def exactly_one(found: Sequence[T], what: str) -> T:
    """Return the only one of ``found``. Raises ``InvalidRecord``, with ``what`` was looked for."""
    if len(found) != 1:
        raise InvalidRecord(f"Ventet nøyaktig én {what}, men fant {len(found)}.")
    return found[0]


def audit(
    element: etree._Element, *, handled: Collection[str], ignored: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the names of children that are neither handled nor ignored, each once, sorted.

    Names are without namespace. ``ignored`` maps a name to the reason why we leave it.
    """
    names = {etree.QName(child).localname for child in element if isinstance(child.tag, str)}
    return tuple(sorted(names - set(handled) - set(ignored)))
