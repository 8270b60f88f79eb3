"""A hearing with its cases in one small XML document: the raw piece that is kept.

``<horing_med_saker>`` is our own root, in the Storting's namespace, so that one record can be
read again without asking anyone.
"""

from collections.abc import Iterable
from copy import deepcopy
from datetime import datetime

from lxml import etree

from connectors.stortinget.elements import new_root, tag
from connectors.stortinget.fields import PERSONAL
from connectors.strict import exactly_one, parse_xml
from consultations.domain.errors import InvalidRecord
from consultations.domain.source_record import SourceRecord

ROOT = "horing_med_saker"
MEDIA_TYPE = "application/xml"
_PAGE = "https://www.stortinget.no/no/Hva-skjer-pa-Stortinget/Horing/horing/?h="


def wrap(horing: etree._Element, cases: Iterable[str] = ()) -> bytes:
    """Put a ``horing`` as served, without persons, and stripped cases under one root."""
    root = new_root(ROOT)
    kept = deepcopy(horing)
    kept.tail = None
    for person in list(kept.iter(*map(tag, PERSONAL))):
        if (parent := person.getparent()) is not None:
            parent.remove(person)
    root.append(kept)
    root.extend(parse_xml(case.encode()) for case in cases)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def record_of(hearing_id: str, body: bytes, fetched_at: datetime) -> SourceRecord:
    return SourceRecord(
        source="stortinget",
        external_id=hearing_id,
        url=_PAGE + hearing_id,
        fetched_at=fetched_at,
        media_type=MEDIA_TYPE,
        body=body,
    )


def unwrap(body: bytes) -> tuple[etree._Element, list[etree._Element]]:
    """Return the ``horing`` and its ``detaljert_sak`` elements. Raises ``InvalidRecord``."""
    root = parse_xml(body)
    if root.tag != tag(ROOT):
        raise InvalidRecord(f"Ventet <{ROOT}>, men fikk <{str(root.tag)[:60]}>.")
    horing = exactly_one(root.findall(tag("horing")), "<horing>")
    return horing, root.findall(tag("detaljert_sak"))
