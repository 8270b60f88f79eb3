"""The forms about KS' response: what each does, what it refuses, and what comes back."""

import pytest

from consultations.domain.response.acts import Choice, State
from consultations.handlers.response import Advance, Demand, Note, Triage
from consultations.store import consultations, responses
from tests.unit.web.checked_client import words
from tests.unit.web.offices import KARI, OLA, answer, do
from tests.unit.web.seeding import CHILD_WELFARE, HEARING, SEWAGE

PAGE = f"/horinger/{CHILD_WELFARE}"
EVIL = '"><script>alert(1)</script>\u202e{{ 7*7 }}'


def case_of(database, key=CHILD_WELFARE):
    with database.reading() as session:
        return responses.case(session, consultations.known(session, {key})[key])


def send(client, form, status=303, key=CHILD_WELFARE, version=0, **fields):
    """Send a form as it stands on a page that shows the version."""
    sent = {"versjon": str(version), "navn": "Kari Eksempel", **fields}
    if status != 303:
        return client.send(f"/svar/{form}/{key}", sent, status)
    response = client.post(f"/svar/{form}/{key}", sent)
    assert response.status_code == 303, response.text
    assert response.headers["location"] == f"/horinger/{key}?lagret=1#svar"
    return response


def value(page, id_):
    (field,) = page.find(f"//*[@id='{id_}']")
    return (field.get("value") or field.text or "").strip()


def test_triage_when_sent_then_kept_with_headings_and_goals(database, acting):
    send(acting, "vurder", valg="answer", merknad="Store kostnader",
         overskrifter=["velferd", "fremtid"], mal="handlingsrom")  # fmt: skip
    case = case_of(database)
    assert (case.state, case.reason) == (State.ANSWERING, "Store kostnader")
    assert (case.headings, case.goals) == (("velferd", "fremtid"), ("handlingsrom",))
    page = acting.get(f"{PAGE}?lagret=1")
    assert words(page.find("//*[@role='status']")[0]) == "Det er lagret, og står i loggen."


def test_triage_then_the_suggestion_is_shown_and_nothing_is_ticked(acting):
    page = acting.get(PAGE)
    assert "Sporeren foreslår Bærekraftig velferd («barnevernsloven»). Du velger selv." in page.text
    assert page.find("//form[@id='vurder-skjema']//input[@checked]") == []


@pytest.mark.parametrize(
    ("fields", "place", "said"),
    [
        ({}, "vurder-valg", "Velg om KS skal svare."),
        ({"valg": "kanskje"}, "vurder-valg", "Velg om KS skal svare."),
        ({"valg": "not_answer"}, "vurder-skjema", "trenger en grunn"),
        ({"valg": "answer", "navn": " "}, "vurder-navn", "Skriv navnet ditt"),
        ({"valg": "answer", "navn": "x" * 121}, "vurder-navn", "høyst 120 tegn"),
        ({"valg": "answer", "merknad": "x" * 2001}, "vurder-merknad", "høyst 2000 tegn"),
    ],
)
def test_form_when_something_is_wrong_then_says_so_above_and_at_the_field(
    database, acting, fields, place, said
):
    page = send(acting, "vurder", 422, **fields)
    assert page.tree.findtext(".//title").startswith("Feil: ")
    (alert,) = page.find("//div[@role='alert']")
    assert alert.get("tabindex") == "-1"
    (link,) = alert.xpath(".//a")
    assert said in words(link)
    assert link.get("href") == f"#{place}"
    if not place.endswith("skjema"):
        assert said in words(page.find(f"//*[@id='{place}-feil']")[0])
    assert case_of(database).version == 0


def test_form_when_refused_then_what_was_typed_is_still_there(acting):
    page = send(acting, "vurder", 422, valg="not_answer", navn="Åse", overskrifter="velferd")
    assert page.find("//input[@name='valg'][@value='not_answer']")[0].get("checked") is not None
    assert page.find("//input[@value='velferd']")[0].get("checked") is not None
    assert value(page, "vurder-navn") == "Åse"


def test_form_when_others_came_first_then_keeps_what_was_typed_and_says_what_they_did(
    database, acting
):
    do(database, CHILD_WELFARE, Triage(Choice.FOLLOW))
    do(database, CHILD_WELFARE, Note(), "Avventer departementet.")
    page = send(acting, "vurder", 409, valg="answer", merknad="Vi må svare")
    alert = words(page.find("//div[@role='alert']")[0])
    assert "Noen andre har gjort noe med saken siden du åpnet den" in alert
    assert "KS svarer ikke, men følger saken (Ola Eksempel 10. juli 2026)." in alert
    assert "Avventer departementet." in alert
    assert value(page, "vurder-merknad") == "Vi må svare"
    (version,) = page.find("//form[@id='vurder-skjema']/input[@name='versjon']")
    assert version.get("value") == "2"
    assert case_of(database).version == 2


def test_form_when_sent_again_after_others_then_kept(database, acting):
    do(database, CHILD_WELFARE, Note(), "Hei")
    send(acting, "vurder", 409, valg="answer")
    send(acting, "vurder", valg="answer", version=1)
    assert case_of(database).state is State.ANSWERING


@pytest.mark.parametrize("version", ["", "x", "-1", "1.5", "9" * 10, "٣"])
def test_form_without_a_version_that_is_one_then_refused(database, acting, version):
    page = send(acting, "vurder", 400, valg="answer", version=version)
    assert page.h1 == "Feil: Skjemaet kan ikke leses"
    assert case_of(database).version == 0


def test_form_of_a_version_that_is_not_yet_then_conflict(database, acting):
    send(acting, "vurder", 409, valg="answer", version=7)
    assert case_of(database).version == 0


def test_assign_when_sent_then_kept(database, acting):
    do(database, CHILD_WELFARE, Triage(Choice.ANSWER))
    send(acting, "fordel", version=1, ansvarlig=KARI, stedfortreder=OLA, seksjon="klima-miljo",
         bidrar=["demokrati-styring"], brussel="ja", merknad="Kari kan dette")  # fmt: skip
    case = case_of(database)
    assert (case.owner, case.deputy, case.lead) == (KARI, OLA, "klima-miljo")
    assert (case.contributing, case.brussels) == (("demokrati-styring",), True)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"ansvarlig": ""}, "fordel-ansvarlig"),
        ({"ansvarlig": "ukjent"}, "fordel-ansvarlig"),
        ({"ansvarlig": EVIL}, "fordel-ansvarlig"),
        ({"ansvarlig": KARI, "stedfortreder": "ukjent"}, "fordel-stedfortreder"),
        ({"ansvarlig": KARI, "seksjon": "ukjent"}, "fordel-seksjon"),
        ({"ansvarlig": KARI, "bidrar": "ukjent"}, "fordel-bidrar"),
        ({"ansvarlig": KARI, "stedfortreder": KARI}, "fordel-skjema"),
    ],
)
def test_assign_when_someone_or_something_is_unknown_then_refused(database, acting, fields, place):
    do(database, CHILD_WELFARE, Triage(Choice.ANSWER))
    page = send(acting, "fordel", 422, version=1, **fields)
    assert page.find("//div[@role='alert']//a")[0].get("href") == f"#{place}"
    assert case_of(database).owner is None


def test_advance_then_names_what_is_skipped_and_asks_for_confirmation(database, acting):
    answer(database, CHILD_WELFARE)
    page = acting.get(PAGE)
    assert "Utkast (hopper over innspill fra medlemmer)" in page.text
    refused = send(acting, "videre", 422, version=2, til="draft")
    assert "Dette hopper over innspill fra medlemmer." in refused.text
    send(acting, "videre", version=2, til="draft", bekreft="ja")
    assert case_of(database).state is State.DRAFT
    assert State.MEMBER_INPUT in case_of(database).skipped


@pytest.mark.parametrize("to", ["", "new", "closed", "finnes-ikke", "published"])
def test_advance_to_what_cannot_be_then_refused(database, acting, to):
    answer(database, CHILD_WELFARE)
    send(acting, "videre", 422, version=2, til=to, bekreft="ja")
    assert case_of(database).state is State.ASSIGNED


def test_way_from_sent_to_closed_then_everything_is_on_the_page(database, acting):
    answer(database, CHILD_WELFARE)
    do(database, CHILD_WELFARE, Demand("Full finansiering"))
    send(acting, "sendt", version=3, frister="written_answer", bekreft="ja")
    send(acting, "kvittering", version=4, referanse="26/1234", dag="2026-07-09", klokka="14:30",
         lenke="https://arkiv.example.org/1", kontrollsum="A" * 64)  # fmt: skip
    page = acting.get(PAGE)
    assert "Kvittering: sendt 9. juli 2026 kl. 14.30, referanse 26/1234" in page.text
    send(acting, "videre", version=5, til="published", lenke="https://ks.example.org/svar")
    send(acting, "utfall", version=6, krav="3", utfall="partly", sitat="Delvis enig",
         lenke="https://stortinget.example.org/prop")  # fmt: skip
    send(acting, "videre", version=7, til="outcome_known")
    send(acting, "videre", version=8, til="closed")
    page = acting.get(PAGE)
    assert "Full finansiering delvis fulgt «Delvis enig» Se stedet" in page.text
    assert case_of(database).state is State.CLOSED
    assert [words(s) for s in page.find("//section[@class='response']//summary")] == [
        "Skriv i loggen", "Angre dette",
    ]  # fmt: skip


def test_receipt_with_half_a_time_or_a_wrong_day_then_refused(database, acting):
    answer(database, CHILD_WELFARE)
    send(acting, "sendt", version=2, frister="written_answer", bekreft="ja")
    for fields, place in [
        ({"dag": "2026-07-09"}, "klokka"), ({"klokka": "12:00"}, "dag"),
        ({"dag": "31.02.2026", "klokka": "12:00"}, "dag"),
        ({"dag": "2026-07-09", "klokka": "25:00"}, "klokka"),
        ({"dag": "9999-12-31", "klokka": "23:59"}, "skjema"),
        ({"kontrollsum": "xyz"}, "kontrollsum"), ({"lenke": "javascript:alert(1)"}, "skjema"),
    ]:  # fmt: skip
        page = send(acting, "kvittering", 422, version=3, referanse="1", **fields)
        link = page.find("//div[@role='alert']//a")[0].get("href")
        assert link == f"#kvittering-{place}", words(page.find("//div[@role='alert']")[0])


def test_sending_where_there_are_several_deadlines_then_asks_which(database, acting):
    answer(database, HEARING)
    page = send(acting, "sendt", 422, HEARING, 2, bekreft="ja")
    assert page.find("//div[@role='alert']//a")[0].get("href") == "#sendt-frister"
    send(acting, "sendt", 303, HEARING, 2, bekreft="ja", frister="request_to_appear")
    statuses = [
        words(li) for li in acting.get(f"/horinger/{HEARING}").find("//ul[@class='statuses']/li")
    ]
    assert "sendt 10. juli 2026" in statuses[0]
    assert "ikke sendt" in statuses[1]


def test_extension_when_agreed_then_the_deadline_is_the_later_one_and_says_so(database, acting):
    answer(database, CHILD_WELFARE)
    send(acting, "utsettelse", version=2, frist="written_answer", til="2026-09-15",
         avtalt="Barne- og familiedepartementet")  # fmt: skip
    text = acting.get(PAGE).text
    assert "Utsatt etter avtale med Barne- og familiedepartementet. Kilden sier 14. august 2026." \
        in text  # fmt: skip
    assert "Planen ble lagt på nytt" in text


def test_link_to_another_then_both_pages_lead_to_each_other(database, acting):
    answer(database, CHILD_WELFARE)
    answer(database, SEWAGE)
    send(acting, "knytt", 303, SEWAGE, 2, sak=CHILD_WELFARE, hvordan="joint")
    page = acting.get(f"/horinger/{SEWAGE}")
    assert page.links()["Høring om endringer i barnevernsloven"] == f"{PAGE}#svar"
    assert page.find("//form[@id='videre-skjema']") == []
    assert f"/horinger/{SEWAGE}#svar" in acting.get(PAGE).links().values()


def test_undo_then_the_latest_act_is_struck_through_and_both_stand_in_the_log(database, acting):
    answer(database, CHILD_WELFARE)
    (number,) = acting.get(PAGE).find("//form[@id='angre-skjema']/input[@name='gjelder']")
    assert number.get("value") == "2"
    send(acting, "angre", version=2, gjelder="2", merknad="Feil person")
    assert case_of(database).owner is None
    log = acting.get(PAGE).find("//ol[contains(@class, 'log')]/li")
    assert len(log) == 3
    assert "Feil person" in words(log[0])
    assert "Angret" in words(log[0])
    assert log[1].xpath(".//s")
    assert "Saksansvarlig er Kari Eksempel angret" in words(log[1])


def test_undo_of_another_act_than_the_latest_then_refused(database, acting):
    answer(database, CHILD_WELFARE)
    page = send(acting, "angre", 422, version=2, gjelder="1")
    assert "Bare det siste som ble gjort, kan angres." in page.text


def test_form_then_the_name_is_remembered_and_for_our_own_pages_only(acting):
    response = send(acting, "merknad", merknad="Ringte", navn="Kari Ås")
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    page = acting.fetch(PAGE, headers={"cookie": response.headers["set-cookie"].split(";")[0]}).text
    assert 'value="Kari Ås"' in page


def test_hostile_words_in_name_note_and_demand_then_only_text(database, acting):
    answer(database, CHILD_WELFARE)
    send(acting, "merknad", version=2, merknad=EVIL, navn=EVIL[:100])
    send(acting, "krav", version=3, krav=EVIL)
    send(acting, "utsettelse", version=4, frist="written_answer", til="2026-12-01", avtalt=EVIL)
    page = acting.get(PAGE)
    assert "<script>" not in page.response.text
    assert "\u202e" not in page.response.text
    assert "{{ 7*7 }}" in page.text


def test_hostile_words_that_come_back_then_only_text(acting):
    page = send(acting, "vurder", 422, valg=EVIL, merknad=EVIL, navn=EVIL)
    assert "<script>" not in page.response.text
    assert EVIL.replace("\u202e", "") in value(page, "vurder-merknad")


def test_very_long_words_then_shown_whole(database, acting):
    send(acting, "merknad", merknad="å" * 2000, navn="ø" * 120)
    assert "å" * 2000 in acting.get(PAGE).text
    assert case_of(database).version == 1


@pytest.mark.parametrize("headers", [
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-site"},
    {"origin": "null"},
])  # fmt: skip
def test_form_from_elsewhere_then_refused(database, acting, headers):
    sent = {"versjon": "0", "navn": "Tyv", "valg": "answer"}
    page = acting.send(f"/svar/vurder/{CHILD_WELFARE}", sent, 403, **headers)
    assert page.h1 == "Feil: Skjemaet kom ikke herfra"
    assert case_of(database).version == 0


def test_form_of_a_megabyte_then_refused(database, acting):
    send(acting, "merknad", 413, merknad="x" * 1_000_000)
    assert case_of(database).version == 0


def test_form_with_too_many_fields_then_refused(acting):
    send(acting, "merknad", 400, merknad="x", bidrar=["x"] * 101)


def test_address_of_a_form_when_only_asked_for_then_leads_to_the_page(database, acting):
    response = acting.fetch(f"/svar/vurder/{CHILD_WELFARE}")
    assert response.status_code == 303
    assert response.headers["location"] == f"{PAGE}#svar"
    assert case_of(database).version == 0


@pytest.mark.parametrize("path", ["/svar/finnes-ikke/x:1", "/svar/vurder/regjeringen:404",
                                  "/svar/vurder/" + "a" * 301])  # fmt: skip
def test_form_of_what_is_not_there_then_not_found(acting, path):
    acting.send(path, {"versjon": "0", "navn": "Kari", "valg": "answer"}, 404)


def test_forms_where_nobody_may_write_then_neither_shown_nor_listened_to(database, seeded):
    page = seeded.get(PAGE)
    assert page.find("//form[@method='post']") == []
    sent = {"versjon": "0", "navn": "Kari", "valg": "answer"}
    assert seeded.post(f"/svar/vurder/{CHILD_WELFARE}", sent).status_code == 404
    assert case_of(database).version == 0


def test_every_form_then_carries_the_version(database, acting):
    answer(database, CHILD_WELFARE)
    forms = acting.get(PAGE).find("//section[@class='response']//form")
    assert len(forms) > 5
    assert {f.xpath("string(input[@name='versjon']/@value)") for f in forms} == {"2"}


def test_address_for_sending_then_a_link_and_never_a_form(database, acting):
    page = acting.get(PAGE)
    assert page.links()["Send svaret selv her"].startswith("https://www.regjeringen.no/")
    assert all(a.startswith("/") for a in page.find("//form/@action"))


def test_short_time_and_missing_meeting_then_both_ways_are_offered(database, acting):
    page = acting.get(f"/horinger/{SEWAGE}")
    assert "Hovedstyret har ikke noe møte som rekkes før fristen." in page.text
    letter = page.find("//textarea[@id='brev']")[0].text
    assert "Til Klima- og miljødepartementet" in letter
    assert "utsatt høringsfrist" in letter
    assert "uten politisk behandling" in page.text


def test_plan_then_a_time_line_that_says_what_is_done_next_and_late(database, acting):
    answer(database, CHILD_WELFARE)
    do(database, CHILD_WELFARE, Advance(State.DRAFT, skipped=(State.MEMBER_INPUT,)))
    lines = [words(li) for li in acting.get(PAGE).find("//ol[@class='timeline']/li")]
    assert lines[0].startswith("Utkast pågår Senest ")
    assert lines[1].startswith("Politisk behandling senere Møte 5. august 2026 i Hovedstyret")
    assert "Sakspapirene må være inne 3. august 2026." in lines[1]
