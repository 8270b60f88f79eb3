"""Reads the Storting's XML: one namespace, direct children only, ``i:nil`` for «no value»."""

from lxml import etree

from connectors.stortinget.fields import Fields
from connectors.strict import audit, parse_xml, text_of
from consultations.domain.errors import InvalidRecord, SourceChanged

NAMESPACE = "http://data.stortinget.no"
_SHOWN = 60


def tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def new_root(name: str) -> etree._Element:
    """Return an empty element whose document speaks the Storting's namespace by default."""
    return etree.Element(tag(name), nsmap={None: NAMESPACE})  # type: ignore[dict-item] # stubs


def local_name(element: etree._Element) -> str:
    return etree.QName(element).localname


def field(parent: etree._Element, name: str) -> str | None:
    """Text of a direct child; ``None`` when it is absent, nil or empty.

    Direct only: ``id`` and ``navn`` occur in nested elements too, of other things.
    """
    child = parent.find(tag(name))
    return None if child is None else text_of(child) or None


def listed(parent: etree._Element, wrapper: str, name: str) -> list[etree._Element]:
    """Return the elements of a list, such as each ``horing`` in ``horinger_liste``."""
    return parent.findall(f"{tag(wrapper)}/{tag(name)}")


def number(parent: etree._Element, name: str) -> str:
    """Return an id: digits, kept as text. Raises ``InvalidRecord`` for anything else."""
    text = field(parent, name) or ""
    if not (text.isascii() and text.isdigit() and len(text) <= 12):  # noqa: PLR2004 - 10 005 544
        raise InvalidRecord(f"{local_name(parent)}/{name} er «{text[:_SHOWN]}», ikke et nummer")
    return text


def unknown_fields(element: etree._Element, fields: Fields) -> list[str]:
    """Say which direct children are neither read nor listed as ignored."""
    names = audit(element, handled=fields.read, ignored=fields.ignored)
    return [f"Ukjent felt: {local_name(element)}/{name[:_SHOWN]}" for name in names]


def root_of(url: str, media_type: str, body: bytes, *names: str) -> etree._Element:
    """Parse a whole answer. Raises ``SourceChanged`` unless its root is one of ``names``."""
    try:
        root = parse_xml(body)
    except InvalidRecord as error:
        reason = f"Svaret er ikke lesbar XML: {error}"
        raise SourceChanged(reason, url=url, media_type=media_type, body=body) from error
    if root.tag in {tag(name) for name in names}:
        return root
    reason = f"Ventet <{names[0]}> fra Stortinget, men fikk {_described(root)}."
    raise SourceChanged(reason, url=url, media_type=media_type, body=body)


def _described(root: etree._Element) -> str:
    name = local_name(root)
    if name == "feil":
        return f"en feilmelding: «{text_of(root)[:_SHOWN]}»"
    elsewhere = "" if root.tag == tag(name) else " i et annet navnerom"
    return f"<{name[:_SHOWN]}>{elsewhere}"
