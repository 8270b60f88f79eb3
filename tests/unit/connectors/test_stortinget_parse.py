"""What a stored record says: against reviewed answers, field by field, and when it is hostile."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from connectors.stortinget import Stortinget
from consultations.domain.errors import InvalidRecord, SourceChanged
from consultations.domain.observation import DeadlineKind, Observation, Status
from consultations.domain.source_record import SourceRecord

FIXTURES = Path(__file__).parents[2] / "fixtures/stortinget"
FETCHED = datetime(2026, 8, 27, 9, tzinfo=UTC)
URL = "https://data.stortinget.no/eksport/horinger?sesjonid=2025-2026"
NS = "http://data.stortinget.no"


def never(url: str) -> None:
    raise AssertionError(url)


SOURCE = Stortinget(never)


def split(body: bytes) -> list[SourceRecord]:
    return SOURCE.split(URL, "text/xml", body, FETCHED)


def hearing(inner: str, cases: str = "") -> bytes:
    horing = f"<horing><id>10005544</id><horing_status>Planlagt</horing_status>{inner}</horing>"
    return f'<horing_med_saker xmlns="{NS}">{horing}{cases}</horing_med_saker>'.encode()


def record(body: bytes, external_id: str = "10005544") -> SourceRecord:
    return SourceRecord(
        source="stortinget",
        external_id=external_id,
        url="https://www.stortinget.no/no/Hva-skjer-pa-Stortinget/Horing/horing/?h=10005544",
        fetched_at=FETCHED,
        media_type="application/xml",
        body=body,
    )


def observe(inner: str, cases: str = "") -> Observation:
    return SOURCE.parse(record(hearing(inner, cases)))


def named_case(case_id: str, **fields: str) -> str:
    inner = "".join(f"<sak_{name}>{text}</sak_{name}>" for name, text in fields.items())
    return f"<horing_sak_info><sak_id>{case_id}</sak_id>{inner}</horing_sak_info>"


def named_cases(*cases: str) -> str:
    return f"<horing_sak_info_liste>{''.join(cases)}</horing_sak_info_liste>"


def test_real_values_when_parsed_then_agree_with_the_json_of_the_same_hearing() -> None:
    said = json.loads((FIXTURES / "horing-10005544-excerpt-2026-08.json").read_text())
    [cut] = split((FIXTURES / "horinger-2025-2026.xml").read_bytes())
    observation = SOURCE.parse(cut)
    assert observation.external_id == str(said["id"])
    assert observation.senders == (said["komite"]["navn"],)
    assert observation.meetings[0].place == said["horingstidspunkt_liste"][0]["sted"]
    assert observation.title == said["horing_sak_info_liste"][0]["sak_korttittel"]
    deadline = observation.deadline(DeadlineKind.WRITTEN_ANSWER)
    assert deadline is not None
    assert deadline.in_words == "21. oktober 2025 kl. 23.59"


def test_title_when_several_cases_then_names_each_short_title_once() -> None:
    cases = named_cases(
        named_case("1", tittel="Lang A", korttittel="Kort A"),
        named_case("2", tittel="Lang B"),
        named_case("3", tittel="Lang C", korttittel="Kort A"),
    )
    assert observe(cases).title == "Kort A; Lang B"


@pytest.mark.parametrize(
    ("komite", "title"),
    [
        ("<komite><navn>Finanskomiteen</navn></komite>", "Høring i finanskomiteen"),
        ("", "Høring i Stortinget"),
    ],
)
def test_title_when_no_cases_then_names_the_committee(komite: str, title: str) -> None:
    assert observe(komite).title == title


def test_titles_when_the_case_differs_then_the_hearings_own_words_win() -> None:
    cases = (
        "<detaljert_sak><id>7</id><tittel>Sakens tittel</tittel><korttittel>Sakens</korttittel>"
        "<henvisning>Prop. 1 L</henvisning></detaljert_sak>"
    )
    observation = observe(named_cases(named_case("7", tittel="Høringens tittel")), cases)
    [case] = observation.cases
    assert (case.title, case.short_title, case.reference) == (
        "Høringens tittel",
        "Sakens",
        "Prop. 1 L",
    )


def test_fields_when_they_occur_nested_too_then_only_direct_children_count() -> None:
    nested = "<komite><id>ARBSOS</id><navn>Komiteen</navn><status>avlyst</status></komite>"
    observation = observe(nested)
    assert (observation.external_id, observation.status) == ("10005544", Status.OPEN)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Planlagt", Status.OPEN),
        ("Planlagt med forbehold", Status.OPEN),
        ("Pågår", Status.OPEN),
        ("Påbegynt", Status.OPEN),
        ("Avholdt", Status.CONCLUDED),
        ("Avlyst", Status.CANCELLED),
        ("Ukjent", Status.UNKNOWN),
        ("Noe nytt", Status.UNKNOWN),
        ("", Status.UNKNOWN),
    ],
)
def test_status_when_said_then_is_mapped_and_the_undocumented_noted(
    said: str, status: Status
) -> None:
    body = hearing("").replace(b"Planlagt", said.encode())
    observation = SOURCE.parse(record(body))
    assert observation.status is status
    assert bool(observation.notes) is (said in {"Noe nytt", ""})


def test_status_when_the_lesser_field_says_cancelled_then_is_cancelled() -> None:
    assert observe("<status>avlyst</status>").status is Status.CANCELLED


def test_request_deadline_when_only_the_superfluous_field_is_set_then_that_one_counts() -> None:
    observation = observe(
        "<anmodningsfrist_dato_tid>0001-01-01T00:00:00Z</anmodningsfrist_dato_tid>"
        "<soknadfrist_dato>2026-09-01T12:00:00</soknadfrist_dato>"
    )
    [deadline] = observation.deadlines
    assert (deadline.kind, deadline.quote) == (
        DeadlineKind.REQUEST_TO_APPEAR,
        "2026-09-01T12:00:00",
    )


def test_hearing_day_when_start_date_has_no_time_then_the_sitting_that_day_gives_it() -> None:
    observation = observe(
        "<start_dato>2026-10-25T00:00:00</start_dato><horingstidspunkt_liste>"
        "<horingstidspunkt><tidspunkt>2026-10-25T09:00:00</tidspunkt></horingstidspunkt>"
        "<horingstidspunkt><tidspunkt>2026-10-25T13:00:00</tidspunkt></horingstidspunkt>"
        "</horingstidspunkt_liste>"
    )
    assert [d.at.isoformat() for d in observation.deadlines] == ["2026-10-25T08:00:00+00:00"]
    assert len(observation.meetings) == 2


def test_meaning_when_only_housekeeping_moves_then_is_the_same() -> None:
    old = "<versjon>1.5</versjon><respons_dato_tid>2026-01-01T00:00:00</respons_dato_tid>"
    new = (
        "<versjon>1.6</versjon><respons_dato_tid>2026-02-01T00:00:00</respons_dato_tid>"
        "<sist_oppdatert_dato>2026-02-01T00:00:00</sist_oppdatert_dato><nytt>x</nytt>"
    )
    assert observe(old).meaning_hash == observe(new).meaning_hash


def test_fields_when_unknown_then_are_noted_at_every_level() -> None:
    observation = observe(
        "<nytt/><komite><navn>K</navn><leder/></komite>"
        + named_cases("<horing_sak_info><sak_id>1</sak_id><sak_farge/></horing_sak_info>"),
        "<detaljert_sak><id>1</id><sak_vekt/><emne_liste><emne><ikon/></emne></emne_liste>"
        "</detaljert_sak>",
    )
    assert observation.notes == (
        "Ukjent felt: horing/nytt",
        "Ukjent felt: komite/leder",
        "Ukjent felt: horing_sak_info/sak_farge",
        "Ukjent felt: detaljert_sak/sak_vekt",
        "Ukjent felt: emne/ikon",
    )


def test_odd_values_when_nobody_acts_on_them_then_are_noted() -> None:
    observation = observe(
        "<skriftlig>kanskje</skriftlig><publisert_dato>i går</publisert_dato>"
        + named_cases(named_case("1", publikasjon="javascript:alert(1)"))
    )
    assert observation.in_writing_only is None
    assert observation.published_on is None
    assert observation.documents == ()
    assert len(observation.notes) == 3


@pytest.mark.parametrize(
    "field",
    ["innspillsfrist", "anmodningsfrist_dato_tid", "start_dato"],
)
def test_deadline_when_impossible_then_the_record_is_refused_and_names_the_field(
    field: str,
) -> None:
    with pytest.raises(InvalidRecord, match=field):
        observe(f"<{field}>2026-02-30T23:59:00</{field}>")


@pytest.mark.parametrize("sak_id", ["", "../1", "1/2", "-1", "0", "１２", "9" * 13])
def test_case_when_its_number_is_none_then_it_is_kept_by_title_with_a_note(sak_id: str) -> None:
    observation = observe(named_cases(named_case(sak_id, korttittel="Veier")))
    [case] = observation.cases
    assert (case.id, case.title, observation.title) == ("", "Veier", "Veier")
    assert observation.notes == (
        f"Saken «Veier» har ikke noe nummer (sak_id er «{sak_id}») og slås ikke opp.",
    )


def test_cases_when_several_have_no_number_then_each_title_is_kept_and_the_nameless_left() -> None:
    observation = observe(
        named_cases(*(named_case("-1", **{"korttittel": t} if t else {}) for t in ("A", "B", "")))
    )
    assert observation.title == "A; B"


@pytest.mark.parametrize("hearing_id", ["", "10005544/../1", "abc", "1" * 300])
def test_hearing_when_its_number_is_none_then_is_refused(hearing_id: str) -> None:
    body = f'<horing xmlns="{NS}"><id>{hearing_id}</id></horing>'.encode()
    with pytest.raises(SourceChanged, match="ikke et nummer"):
        split(body)


def test_hearing_when_it_has_no_number_then_is_refused() -> None:
    with pytest.raises(SourceChanged, match="ikke et nummer"):
        split(f'<horing xmlns="{NS}"/>'.encode())


def test_record_when_it_holds_another_hearing_then_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="inneholder høring 10005544"):
        SOURCE.parse(record(hearing(""), "10009999"))


def test_split_when_given_a_whole_list_then_gives_a_record_for_each_hearing() -> None:
    records = split((FIXTURES / "horinger-2019-2020.xml").read_bytes())
    assert [r.external_id for r in records] == [str(90000001 + n) for n in range(6)]
    assert all(SOURCE.parse(r).external_id == r.external_id for r in records)


def test_split_when_given_our_own_record_then_gives_it_back_unchanged() -> None:
    [cut, *_] = split((FIXTURES / "horinger-2019-2020.xml").read_bytes())
    assert [r.body for r in split(cut.body)] == [cut.body]


def test_split_when_persons_stand_in_a_hearing_then_they_are_left_out() -> None:
    person = "<person><etternavn>Nordmann</etternavn></person>"
    [cut] = split(f'<horing xmlns="{NS}"><id>1</id><leder>{person}</leder></horing>'.encode())
    assert b"Nordmann" not in cut.body


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
)
GOOD = (FIXTURES / "horinger-2025-2026.xml").read_bytes()
HOSTILE = {
    "empty": b"",
    "truncated": GOOD[: len(GOOD) // 2],
    "latin-1 declared utf-8": GOOD.decode().encode("latin-1"),
    "billion laughs": BOMB + b']><horing xmlns="http://data.stortinget.no">&j;</horing>',
    "external entity": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    b'<horing xmlns="http://data.stortinget.no"><id>&a;</id></horing>',
    "doctype": GOOD.replace(b"<horinger_oversikt", b"<!DOCTYPE horinger><horinger_oversikt", 1),
    "no namespace": GOOD.replace(b' xmlns="http://data.stortinget.no"', b""),
    "other namespace": GOOD.replace(b"http://data.stortinget.no", b"http://example.org"),
    "error document": b'<feil xmlns="http://data.stortinget.no"><melding>Oi</melding></feil>',
    "login page": b"<!DOCTYPE html><html><body><form>Logg inn</form></body></html>",
    "tidy login page": b"<html><body><form>Logg inn</form></body></html>",
    "json": b'{"horinger_liste": []}',
    "deeply nested": b"<horing>" * 50_000 + b"</horing>" * 50_000,
    "nulls": b"\x00" * 1000,
    "list missing": b'<horinger_oversikt xmlns="http://data.stortinget.no"/>',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_answer_when_hostile_then_split_refuses_it_and_keeps_the_body(body: bytes) -> None:
    with pytest.raises(SourceChanged) as refused:
        split(body)
    assert refused.value.body == body


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_record_when_hostile_then_parse_refuses_it(body: bytes) -> None:
    with pytest.raises(InvalidRecord):
        SOURCE.parse(record(body))


def test_error_document_when_answered_then_its_message_is_told() -> None:
    with pytest.raises(SourceChanged, match="en feilmelding: «Oi»"):
        split(HOSTILE["error document"])


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, len(GOOD) - 1), cut=st.integers(0, 30), put=st.binary(max_size=12))
def test_list_when_damaged_anywhere_then_only_known_errors_come_out(
    at: int, cut: int, put: bytes
) -> None:
    try:
        for found in split(GOOD[:at] + put + GOOD[at + cut :]):
            SOURCE.parse(found)
    except (InvalidRecord, SourceChanged):
        pass


VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30)
NAMES = st.sampled_from(
    [
        "id",
        "horing_status",
        "status",
        "status_info_tekst",
        "skriftlig",
        "komite",
        "innspillsfrist",
        "start_dato",
        "publisert_dato",
        "horing_sak_info_liste",
        "horingstidspunkt_liste",
    ]
)


@settings(max_examples=150, deadline=None)
@given(fields=st.lists(st.tuples(NAMES, VALUES), max_size=8))
def test_hearing_when_its_fields_hold_anything_then_reads_or_is_refused(
    fields: list[tuple[str, str]],
) -> None:
    horing = etree.Element(f"{{{NS}}}horing")
    etree.SubElement(horing, f"{{{NS}}}id").text = "7"
    for name, text in fields:
        try:
            etree.SubElement(horing, f"{{{NS}}}{name}").text = text
        except ValueError:
            continue  # not a character XML can hold
    [cut] = split(etree.tostring(horing))
    try:
        observation = SOURCE.parse(cut)
    except InvalidRecord:
        return
    assert observation.title
    assert SOURCE.parse(cut) == observation
