"""Every field of the Storting's answers that we know: read, or left out with the reason why."""

from collections.abc import Mapping
from dataclasses import dataclass

_HOUSEKEEPING = {
    "respons_dato_tid": "when the server answered; no news",
    "versjon": "version of the format; no news",
    "sist_oppdatert_dato": "moves without any news",
}


@dataclass(frozen=True)
class Fields:
    """The children one element may have. ``ignored`` maps each name to why it is not read."""

    read: frozenset[str]
    ignored: Mapping[str, str]


def _fields(*read: str, **ignored: str) -> Fields:
    return Fields(read=frozenset(read), ignored=_HOUSEKEEPING | ignored)


OVERVIEW = _fields("sesjon_id", "horinger_liste")

HEARING = _fields(
    "id",
    "horing_status",
    "status",
    "status_info_tekst",
    "skriftlig",
    "komite",
    "anmodningsfrist_dato_tid",
    # Documented as the same as anmodningsfrist_dato_tid and superfluous, so it only counts when
    # that one is not set. The documentation spells it with ø, the answers with o.
    "soknadfrist_dato",
    "søknadfrist_dato",
    "innspillsfrist",
    "start_dato",
    "horingstidspunkt_liste",
    "horing_sak_info_liste",
    "publisert_dato",
    type="komite or kontroll; committee and cases say what the hearing is",
    sesjon_id="the session we asked for; the overview has it too",
)

CASE_IN_HEARING = _fields(
    "sak_id", "sak_tittel", "sak_korttittel", "sak_henvisning", "sak_publikasjon"
)

SITTING = _fields("sted", "tidspunkt")

COMMITTEE = _fields("navn", id="a code for the committee; people know the name")

TOPIC = _fields(
    "navn",
    id="a number for the topic; people know the name",
    er_hovedemne="main or sub-topic; both count alike",
    hovedemne_id="a number for the main topic",
    underemne_liste="the whole branch of topics, not what the case is about",
)

# What is ignored here never leaves the connector: a case is stripped when it is fetched.
CASE = _fields(
    "id",
    "tittel",
    "korttittel",
    "henvisning",
    "emne_liste",
    saksordfoerer_liste="personal data: who speaks for the case",
    sak_opphav="personal data: who proposed the case",
    forslagstiller_liste="personal data: who proposed the case",
    innstillingstekst="comes after the hearing, and names representatives",
    kortvedtak="comes after the hearing, and names representatives",
    vedtakstekst="comes after the hearing",
    parentestekst="which parties proposed the case",
    saksgang="the hearing has its own dates",
    publikasjon_referanse_liste="links to papers; the hearing links to its own",
    komite="the hearing has its own committee",
    status="the case's way through the Storting, not the hearing's",
    ferdigbehandlet="the case's way through the Storting, not the hearing's",
    type="class of case; the reference says more",
    dokumentgruppe="class of document; the reference says more",
    sak_nummer="stands in the reference",
    sak_sesjon="stands in the reference",
    sak_fremmet_id="number of the case as first put forward",
    innstilling_id="comes after the hearing",
    innstilling_kode="comes after the hearing",
    behandlet_sesjon_id="comes after the hearing",
    sak_relasjon_liste="related cases are other hearings' business",
    stikkord_liste="free keywords; the topics are the Storting's own order",
)

PERSONAL = ("representant", "person", "saksordfoerer_liste", "forslagstiller_liste")
"""Elements about persons: taken out wherever they stand."""
