"""The parts of a høring page by the names its markup gives them, and what else stood there."""

import re
from collections import defaultdict
from functools import cached_property

import lxml.html
from lxml import etree

from connectors.regjeringen.identity import number_in
from connectors.regjeringen.letter import lines_of
from connectors.strict import parse_html, text_of
from consultations.domain.errors import InvalidRecord

LETTER, PAPERS, CONSULTEES, ANSWERS = (
    "horingsbrev", "horingsnotater", "horingsinstanser", "horingssvar",
)  # fmt: skip
SECTIONS = {LETTER, PAPERS, CONSULTEES, ANSWERS}

READ_METAS = {
    "DC.Creator", "DC.Date", "DC.Identifier.URL", "DC.Language", "DC.Subject", "DC.Title",
    "DC.Type", "author", "description", "last-modified", "og:title",
}  # fmt: skip
IGNORED_METAS = {
    "DC.Description": "same as description",
    "DC.Format": "always text/html",
    "DC.Publisher": "always regjeringen.no",
    "DC.Type.Status": "«Gyldig» is about the web page, not about the høring",
    "authorshortname": "the ministry's name is read instead",
    "csp-nonce": "security of the page",
    "keywords": "free words for search engines",
    "ownerid": "the ministry's name is read instead",
    "revised": "same as last-modified",
    "title": "same as DC.Title",
    "viewport": "layout",
}
# Layout, sharing in social media and consent to cookies.
IGNORED_META_FAMILIES = ("apple-", "application-", "consent.", "msapplication-", "og:", "twitter:")

IGNORED_PARTS = {
    "article-related": "links to news, not to the papers",
    "article-sidebar": "its topics are read; the rest is about the web site",
    "content-owner-dep": "the ministry once more",
    "department-contact": "telephone numbers and postal addresses",
}

_ld_address = re.compile(r'"@id"\s*:\s*"([^"#]{1,500})')


class Markup:
    """One page, taken apart. Raises ``InvalidRecord`` unless it is the whole page of a høring.

    ``notes`` grows with everything met that is neither read nor ignored for a reason.
    """

    def __init__(self, body: bytes) -> None:
        if b"</html>" not in body[-500:].lower():
            raise InvalidRecord("Siden er kuttet: den slutter ikke med </html>.")
        self.root = parse_html(body)
        self.notes: list[str] = []
        self.metas = metas_of(self.root)
        self._require_horing()
        self.main = next(self.root.iter("main"), self.root)
        self.by_class: defaultdict[str, list[etree._Element]] = defaultdict(list)
        for element in self.main.iter():
            for name in element.get("class", "").split():
                self.by_class[name].append(element)

    def meta(self, name: str) -> str | None:
        return next(iter(self.metas.get(name, [])), None)

    def first(self, class_name: str) -> etree._Element | None:
        return next(iter(self.by_class.get(class_name, [])), None)

    def text(self, class_name: str) -> str | None:
        element = self.first(class_name)
        return None if element is None else text_of(element) or None

    @cached_property
    def number(self) -> str | None:
        """The number the page itself says it has."""
        stated = self.meta("DC.Identifier.URL")
        return number_in(stated or self._structured_address())

    @cached_property
    def sections(self) -> dict[str, etree._Element]:
        """The boxes «Høringsbrev», «Høringsnotat» and so on, by the id of their content."""
        return {box.get("id", ""): box for box in self.by_class.get("factbox-content", [])}

    @cached_property
    def fields(self) -> list[tuple[str, str]]:
        """Label and value of each line above the letter, such as «Status» and «På høring»."""
        pairs = []
        for box in self.by_class.get("horing-meta", []):
            for line in box:
                label = " ".join((line.findtext("strong") or "").split())
                text = text_of(line)
                pairs.append((label.rstrip(": "), text.removeprefix(label).lstrip(": ")))
        return pairs

    @cached_property
    def freestanding(self) -> tuple[str, ...]:
        """Lines of the article that stand outside every part we know."""
        body = self.first("article-body")
        if body is None:
            return ()
        known = ("horing-meta", "factbox", "horing-cta")
        return lines_of(body, [part for name in known for part in self.by_class.get(name, [])])

    def note_the_unknown(self) -> None:
        """Report sections, headings and meta tags that are neither read nor ignored."""
        for name in sorted(self.sections.keys() - SECTIONS):
            self.notes.append(f"Ukjent del av siden: «{name or 'uten navn'}».")
        for name in sorted(self.metas.keys() - READ_METAS - IGNORED_METAS.keys()):
            if not name.startswith(IGNORED_META_FAMILIES):
                self.notes.append(f"Ukjent metafelt: «{name}».")
        if self.freestanding:
            self.notes.append(f"Tekst utenfor de kjente delene: «{self.freestanding[0][:80]}».")
        for heading in self._unknown_headings():
            self.notes.append(f"Ukjent overskrift: «{text_of(heading)[:80]}».")

    def _unknown_headings(self) -> list[etree._Element]:
        ignored = [part for name in IGNORED_PARTS for part in self.by_class.get(name, [])]
        known = {*ignored, *self.sections.values()}
        return [
            heading
            for heading in self.main.iter("h2")
            if "factbox-title" not in heading.get("class", "").split()
            and not known.intersection(heading.iterancestors())
        ]

    def _structured_address(self) -> str:
        for script in self.root.iter("script"):
            if script.get("type") == "application/ld+json":
                address = _ld_address.search(script.text or "")
                return address.group(1) if address else ""
        return ""

    def _require_horing(self) -> None:
        body = self.root.find("body")
        body_classes = body.get("class", "").split() if body is not None else []
        kind = self.meta("DC.Type")
        if "page-horing" not in body_classes or kind != "Horing":
            found = f'<body class="{" ".join(body_classes)[:80]}"> og DC.Type {kind!r}'
            raise InvalidRecord(f"Siden er ikke en høring: fant {found}.")


def metas_of(root: lxml.html.HtmlElement) -> dict[str, list[str]]:
    """Return the values of each meta tag by name, in order."""
    values: defaultdict[str, list[str]] = defaultdict(list)
    for meta in root.iterfind("head/meta"):
        name = meta.get("name") or meta.get("property")
        value = " ".join(meta.get("content", "").split())
        if name and value:
            values[name].append(value)
    return values


def other_kind_of_page(body: bytes) -> str | None:
    """Return what a page of regjeringen.no says it is, when it says it is no høring."""
    try:
        metas = metas_of(parse_html(body))
    except InvalidRecord:
        return None
    kind = next(iter(metas.get("DC.Type", [])), "")
    return kind if kind != "Horing" and "DC.Publisher" in metas and kind else None
