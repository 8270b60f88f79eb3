"""A person moves a matter with a browser: by keyboard, after a mistake, without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from consultations.store.database import Database
from consultations.web import create_app
from tests.browser.conftest import served
from tests.browser.test_pages_in_browser import RULES, tab_to
from tests.unit.web.seeding import CHANNELS, HEARING, NOW, SECTIONS, SOURCE_TITLES, seed

pytestmark = pytest.mark.browser

PAGE = f"/horinger/{HEARING}"


@pytest.fixture
def teaching(tmp_path: Path) -> Iterator[str]:
    """The address of the application, where people may correct."""
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    database.migrate()
    seed(database)
    app = create_app(
        database, clock=lambda: NOW, sections=SECTIONS, channels=CHANNELS,
        source_titles=SOURCE_TITLES, may_write=True,
    )  # fmt: skip
    with served(app) as url:
        yield url
    database.close()


@pytest.fixture(params=[(1280, "light"), (1280, "dark"), (320, "light")])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    width, scheme = request.param
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    yield context.new_page()
    context.close()


def breaks_no_rule(page: Page) -> bool:
    results = Axe().run(page, options=RULES)
    assert results.violations_count == 0, results.generate_report()
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_correcting_then_every_page_on_the_way_breaks_no_rule(page: Page, teaching: str) -> None:
    page.goto(f"{teaching}/trenger-et-menneske")
    assert breaks_no_rule(page)
    page.get_by_role("link", name="Endringer i kommuneloven").click()
    assert page.url.endswith("#flytt")
    assert breaks_no_rule(page)
    page.get_by_role("button", name="Lagre rettelsen").click()
    page.wait_for_selector("[role=alert]")
    assert breaks_no_rule(page)
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    page.get_by_role("link", name="Skriv navnet").click()
    page.keyboard.type("Kari Nordmann")
    page.get_by_label("Seksjon som holder pennen").select_option("demokrati-styring")
    page.get_by_role("button", name="Lagre rettelsen").click()
    page.wait_for_url("**?rettet=1#fordeling")
    assert page.get_by_role("status").is_visible()
    assert breaks_no_rule(page)
    assert page.locator("#navn").input_value() == "Kari Nordmann"
    page.goto(f"{teaching}/trenger-et-menneske")
    assert page.get_by_text("Ingen høringer venter på et menneske nå.").is_visible()
    assert breaks_no_rule(page)


def test_correcting_by_keyboard_alone_without_scripts(chromium: Browser, teaching: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(teaching + PAGE)
    tab_to(page, page.get_by_label("Seksjon som holder pennen"))
    page.keyboard.type("Opp")
    tab_to(page, page.get_by_label("Er dette en EU/EØS-sak"))
    page.keyboard.type("Ja")
    tab_to(page, page.locator("#grunn"))
    page.keyboard.type("Gjelder barn")
    tab_to(page, page.locator("#navn"))
    page.keyboard.type("Ola Hansen")
    page.keyboard.press("Enter")
    page.wait_for_url("**?rettet=1#fordeling")
    text = page.locator("section[aria-labelledby=fordeling]").text_content() or ""
    assert "Oppvekst, barnevern og familie" in text
    assert "Ola Hansen" in text
    assert "«Gjelder barn»" in text
    context.close()


def test_correcting_with_scripts_off_then_works_all_the_same(
    chromium: Browser, teaching: str
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(teaching + PAGE)
    page.get_by_label("Seksjon som holder pennen").select_option("oppvekst")
    page.locator("#navn").fill("Kari")
    page.get_by_role("button", name="Lagre rettelsen").click()
    page.wait_for_url("**?rettet=1#fordeling")
    context.close()


def test_page_when_printed_then_has_no_form_and_no_heading_for_one(page, teaching):
    page.goto(teaching + PAGE)
    page.emulate_media(media="print")
    assert page.locator("#fordeling").is_visible()
    assert not page.locator("#flytt").is_visible()


def test_form_when_another_site_sends_it_then_refused(chromium: Browser, teaching: str) -> None:
    page = chromium.new_context().new_page()
    page.set_content(
        f'<form method="post" action="{teaching}{PAGE}"><input name="navn" value="Tyv">'
        '<input name="seksjon" value="oppvekst"><button>Vinn</button></form>'
    )
    page.get_by_role("button").click()
    page.wait_for_selector("h1")
    assert page.locator("h1").text_content() == "Feil: Skjemaet kom ikke herfra"
    page.context.close()


def test_marks_then_told_apart_without_colour(chromium: Browser, teaching: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{teaching}/horinger/regjeringen:3168525")
    styles = page.locator("mark").evaluate_all(
        """marks => [...new Set(marks.map(
            m => m.className + getComputedStyle(m).textDecorationStyle
        ))]"""
    )
    assert sorted(styles) == ["eudotted", "solid"]
    context.close()
