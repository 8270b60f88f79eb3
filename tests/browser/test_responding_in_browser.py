"""A person works with KS' response in a browser: by keyboard, after mistakes, without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from consultations.handlers.response import Note
from consultations.store.database import Database
from consultations.web import create_app
from tests.browser.conftest import served
from tests.browser.test_pages_in_browser import RULES, tab_to
from tests.unit.web.offices import OFFICE, do, seed_responses
from tests.unit.web.seeding import CHANNELS, CHILD_WELFARE, NOW, SECTIONS, SEWAGE, SOURCE_TITLES

pytestmark = pytest.mark.browser

PAGE = f"/horinger/{CHILD_WELFARE}"
SAVED = "**?lagret=1#svar"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    database.migrate()
    seed_responses(database)
    yield database
    database.close()


@pytest.fixture
def acting(database: Database) -> Iterator[str]:
    """The address of the application, where people may act on responses."""
    app = create_app(
        database, clock=lambda: NOW, sections=SECTIONS, channels=CHANNELS,
        source_titles=SOURCE_TITLES, may_write=True, office=OFFICE,
    )  # fmt: skip
    with served(app) as url:
        yield url


@pytest.fixture(params=[(1280, "light"), (1280, "dark"), (320, "light")])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, scheme = request.param
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    yield context.new_page()
    context.close()


def check(page: Page) -> None:
    """Hold the page, with every form unfolded, against the rules and the width of the screen."""
    for details in page.locator("details").all():
        details.evaluate("d => { d.open = true }")
    results = Axe().run(page, options=RULES)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_working_from_triage_to_receipt_then_every_page_breaks_no_rule(
    page: Page, acting: str
) -> None:
    page.goto(f"{acting}/innboks/oppvekst")
    check(page)
    page.get_by_role("link", name="Høring om endringer i barnevernsloven").click()
    page.get_by_role("button", name="Lagre avgjørelsen").click()
    page.wait_for_selector("[role=alert]")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert page.title().startswith("Feil: ")
    check(page)
    page.get_by_role("link", name="Velg om KS skal svare.").click()
    page.get_by_label("KS svarer", exact=True).check()
    page.get_by_label("Bærekraftig velferd").check()
    form = page.locator("#vurder-skjema")
    form.get_by_label("Navnet ditt").fill("Kari Eksempel")
    page.get_by_role("button", name="Lagre avgjørelsen").click()
    page.wait_for_url(SAVED)
    assert page.get_by_role("status").is_visible()
    check(page)
    form = page.locator("#fordel-skjema")
    assert form.get_by_label("Navnet ditt").input_value() == "Kari Eksempel"
    form.get_by_label("Saksansvarlig").select_option("kari-eksempel")
    form.get_by_role("button").click()
    page.wait_for_url(SAVED)
    page.get_by_label("Godkjent (hopper over").check()
    page.get_by_label("Ja, det som står i parentesen").check()
    page.locator("#videre-skjema").get_by_role("button").click()
    page.wait_for_selector("#sendt-skjema")
    page.get_by_label("Fristen for å svare, 14. august 2026").first.check()
    page.locator("#sendt-skjema").get_by_role("button").click()
    page.wait_for_selector("#kvittering-skjema")
    check(page)
    page.get_by_label("Referanse fra mottakeren").fill("26/1234")
    page.get_by_label("Dagen det ble sendt").fill("2026-07-10")
    page.get_by_label("Klokkeslett").fill("09:30")
    page.locator("#kvittering-skjema").get_by_role("button").click()
    page.wait_for_selector("text=Kvittering: sendt")
    check(page)


def test_conflict_then_what_was_typed_stays_and_the_page_breaks_no_rule(
    page: Page, acting: str, database: Database
) -> None:
    page.goto(acting + PAGE)
    page.get_by_label("KS svarer", exact=True).check()
    form = page.locator("#vurder-skjema")
    form.get_by_label("Grunn").fill("Store kostnader")
    form.get_by_label("Navnet ditt").fill("Kari")
    do(database, CHILD_WELFARE, Note(), "Kom først")
    form.get_by_role("button").click()
    page.wait_for_selector("[role=alert]")
    assert "Kom først" in (page.get_by_role("alert").text_content() or "")
    assert form.get_by_label("Grunn").input_value() == "Store kostnader"
    check(page)
    form.get_by_role("button").click()
    page.wait_for_url(SAVED)


def test_triage_by_keyboard_alone_without_scripts(chromium: Browser, acting: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(acting + PAGE)
    tab_to(page, page.get_by_label("KS svarer", exact=True))
    page.keyboard.press("Space")
    tab_to(page, page.locator("#vurder-skjema").get_by_label("Navnet ditt"))
    page.keyboard.type("Ola")
    page.keyboard.press("Enter")
    page.wait_for_url(SAVED)
    assert "Vi skal svare" in (page.locator(".state").text_content() or "")
    context.close()


def test_undo_with_scripts_off_then_works_all_the_same(
    chromium: Browser, acting: str, database: Database
) -> None:
    do(database, CHILD_WELFARE, Note(), "Feil sak")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(acting + PAGE)
    page.get_by_text("Angre dette").click()
    page.locator("#angre-skjema").get_by_label("Navnet ditt").fill("Kari")
    page.locator("#angre-skjema").get_by_role("button").click()
    page.wait_for_url(SAVED)
    assert page.locator(".log s").count() == 1
    context.close()


def test_letter_then_can_be_marked_and_copied_by_keyboard(chromium: Browser, acting: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{acting}/horinger/{SEWAGE}")
    page.get_by_text("Utkast til brev om utsatt frist").click()
    page.get_by_label("Merk alt, og kopier").focus()
    page.keyboard.press("Control+A")
    marked = page.evaluate(
        "(() => { const t = document.activeElement;"
        " return t.value.slice(t.selectionStart, t.selectionEnd) })()"
    )
    assert marked.startswith("Til Klima- og miljødepartementet")
    context.close()


def test_page_when_printed_then_the_panel_without_its_forms(chromium: Browser, acting: str) -> None:
    page = chromium.new_context().new_page()
    page.goto(acting + PAGE)
    page.emulate_media(media="print")
    assert page.locator("#svar").is_visible()
    assert page.locator(".timeline").is_visible()
    assert not page.locator("#vurder-skjema").is_visible()
    page.context.close()
