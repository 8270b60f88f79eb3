"""Cases (``detaljert_sak``): stripped to what a hearing needs when fetched, read afterwards."""

from lxml import etree

from connectors.stortinget.elements import (
    field,
    listed,
    local_name,
    new_root,
    number,
    tag,
    unknown_fields,
)
from connectors.stortinget.fields import CASE, TOPIC
from connectors.strict import audit
from consultations.domain.errors import InvalidRecord
from consultations.domain.observation import StortingCase


def strip_case(detailed: etree._Element, case_id: str) -> str:
    """Return the case as XML with only what we read, and nothing about persons.

    A field we do not know stays as an empty element: it is reported, its content is not kept.
    Raises ``InvalidRecord`` when this is another case than the one asked for.
    """
    if (found := number(detailed, "id")) != case_id:
        raise InvalidRecord(f"spurte etter sak {case_id}, men fikk sak {found}")
    stripped = new_root("detaljert_sak")
    for child in detailed:
        name = local_name(child)
        if name == "emne_liste":
            stripped.append(_topics(child))
        elif name not in CASE.ignored:
            kept = etree.SubElement(stripped, child.tag)
            kept.text = field(detailed, name) if name in CASE.read else None
    return etree.tostring(stripped, encoding="unicode")


def _topics(found: etree._Element) -> etree._Element:
    topics = etree.Element(tag("emne_liste"))
    for topic in found.findall(tag("emne")):
        kept = etree.SubElement(topics, tag("emne"))
        etree.SubElement(kept, tag("navn")).text = field(topic, "navn")
        for name in audit(topic, handled=TOPIC.read, ignored=TOPIC.ignored):
            etree.SubElement(kept, tag(name))
    return topics


def read_case(detailed: etree._Element) -> tuple[StortingCase, list[str]]:
    """Read a stripped case; the second value is notes on what we did not know."""
    case_id = number(detailed, "id")
    short = field(detailed, "korttittel")
    topics = listed(detailed, "emne_liste", "emne")
    notes = unknown_fields(detailed, CASE)
    notes += [note for topic in topics for note in unknown_fields(topic, TOPIC)]
    case = StortingCase(
        id=case_id,
        title=field(detailed, "tittel") or short or f"Sak {case_id}",
        short_title=short,
        reference=field(detailed, "henvisning"),
        topics=tuple(dict.fromkeys(name for t in topics if (name := field(t, "navn")))),
    )
    return case, notes
