"""What only a browser can tell: accessibility rules, narrow screens, dark mode, the keyboard."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

PATHS = [
    "/",
    "/?sorter=frist&apne=1&eu=1",
    "/?sok=finnes+ikke",
    "/horinger/regjeringen:3167072",
    "/horinger/regjeringen:3168525",
    "/horinger/stortinget:10005544",
    "/horinger/regjeringen:1",
    "/horinger/regjeringen:avlyst",
    "/horinger/stortinget:lang",
    "/trenger-et-menneske",
    "/trenger-et-menneske?avsluttede=1",
    "/kilder",
    "/dode-brev",
    "/dode-brev/1",
    "/mine",
    "/mine?person=kari-eksempel",
    "/innboks",
    "/innboks/oppvekst",
    "/moter",
    "/forsinket",
    "/gjennomslag",
    "/tilgjengelighet",
    "/finnes-ikke",
    "/?side=0",
]
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}

Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, address: str) -> Iterator[Open]:
    """Open a page of the application in a context of its own."""
    contexts = []

    def open_(path: str, width: int = 1280, **given: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, **given)
        contexts.append(context)
        page = context.new_page()
        page.goto(address + path)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (320, "light")])
@pytest.mark.parametrize("path", PATHS)
def test_page_then_breaks_no_accessibility_rule(
    open_page: Open, path: str, width: int, scheme: str
) -> None:
    page = open_page(path, width, color_scheme=scheme)
    for details in page.locator("details").all():
        details.evaluate("d => { d.open = true }")
    results = Axe().run(page, options=RULES)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("path", PATHS)
def test_page_on_a_phone_then_no_sideways_scroll(open_page: Open, path: str) -> None:
    page = open_page(path, 320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("path", ["/", "/horinger/regjeringen:3167072"])
def test_page_with_wide_text_spacing_then_nothing_is_cut(open_page: Open, path: str) -> None:
    page = open_page(path, 320, bypass_csp=True)
    page.add_style_tag(
        content="* { line-height: 1.5 !important; letter-spacing: .12em !important; "
        "word-spacing: .16em !important; } p { margin-bottom: 2em !important; }"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("width", [1440, 1280, 1200, 1153, 900, 375])
@pytest.mark.parametrize("path", ["/", "/horinger/regjeringen:avlyst", "/horinger/stortinget:lang"])
def test_words_and_dates_then_never_broken(open_page: Open, path: str, width: int) -> None:
    broken = open_page(path, width).evaluate(
        """[...document.querySelectorAll('.list tbody td, .key .value')].flatMap(cell => {
            const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT)
            const found = []
            while (texts.nextNode()) {
                const text = texts.currentNode
                for (const word of text.data.matchAll(/[^ \\n-]+/g)) {
                    const range = document.createRange()
                    range.setStart(text, word.index)
                    range.setEnd(text, word.index + word[0].length)
                    if (new Set([...range.getClientRects()].map(r => r.top)).size > 1)
                        found.push(word[0])
                }
            }
            return found
        })"""
    )
    assert broken == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("width", [1280, 320])
def test_targets_then_at_least_24_pixels_high(open_page: Open, path: str, width: int) -> None:
    page = open_page(path, width)
    small = page.evaluate(
        """[...document.querySelectorAll(
            'nav a, footer a, button, select, input:not([type=hidden]), summary, thead a'
        )].filter(e => e.checkVisibility())
          .map(e => e.closest('label') ?? e)
          .filter(e => e.getBoundingClientRect().height < 24)
          .map(e => e.textContent.trim())"""
    )
    assert small == []


def test_page_then_asks_nothing_of_the_network(open_page: Open, address: str) -> None:
    page = open_page("/tilgjengelighet")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: pytest.fail(message.text))
    page.goto(f"{address}/")
    assert asked
    assert all(url.startswith(address) for url in asked)


def tab_to(page: Page, goal: Locator, presses: int = 60) -> None:
    """Move with the tab key until the goal has focus."""
    for _ in range(presses):
        page.keyboard.press("Tab")
        if goal.evaluate("e => e === document.activeElement"):
            return
    pytest.fail(f"the keyboard never reached {goal}")


def test_keyboard_alone_from_list_to_consultation(open_page: Open) -> None:
    page = open_page("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Gå til innholdet"
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Søk i tittel"))
    page.keyboard.type("barnevern")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?sok=barnevern**")
    tab_to(page, page.get_by_role("link", name="Høring om endringer i barnevernsloven"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/horinger/**")
    assert page.locator("h1").text_content() == "Høring om endringer i barnevernsloven"
    tab_to(page, page.get_by_text("Vis alle 3 på listen"))
    page.keyboard.press("Enter")
    assert page.get_by_text("Redd Barna").is_visible()


def test_focus_then_visible_on_every_stop(open_page: Open) -> None:
    page = open_page("/")
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"


def test_colours_then_follow_the_readers_choice(open_page: Open) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = open_page("/", color_scheme="light").evaluate(ground)
    dark = open_page("/", color_scheme="dark").evaluate(ground)
    assert light == "rgb(255, 255, 255)"
    assert dark != light


def test_print_then_leaves_out_what_only_a_screen_can_use(open_page: Open) -> None:
    page = open_page("/")
    page.emulate_media(media="print")
    assert not page.locator("form").is_visible()
    assert page.locator("table").is_visible()
