"""A test client that holds every page it fetches against our rules for pages."""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import httpx
from lxml import html
from starlette.applications import Starlette

SERVICE = "Høringer for KS"


@dataclass(frozen=True)
class Page:
    """An answer, and its HTML as a tree."""

    response: httpx.Response
    tree: html.HtmlElement

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def text(self) -> str:
        """Everything a reader sees, in one line."""
        return words(self.tree.find("body"))

    @property
    def h1(self) -> str:
        return words(self.tree.find(".//h1"))

    def find(self, path: str) -> list[html.HtmlElement]:
        return self.tree.xpath(path)

    def links(self) -> dict[str, str]:
        """Where every link goes, by its words."""
        return {words(a): a.get("href") for a in self.tree.iter("a")}

    def rows(self, table: int = 0) -> list[list[str]]:
        body = self.tree.xpath("//table")[table].find("tbody")
        return [[words(cell) for cell in row] for row in body]


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


class CheckedClient:
    """Fetches pages from the application itself; checks each one before handing it over."""

    def __init__(self, app: Starlette, host: str = "127.0.0.1:8000") -> None:
        self._app = app
        self._host = host

    def fetch(
        self, path: str, method: str = "GET", host: str | None = None, **given: Any
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            base = f"http://{host or self._host}"
            async with httpx.AsyncClient(transport=transport, base_url=base) as client:
                return await client.request(method, path, **given)

        return asyncio.run(ask())

    def get(self, path: str, status: int = 200) -> Page:
        return self._checked(self.fetch(path), status)

    def send(self, path: str, fields: dict[str, str], status: int = 200, **headers: str) -> Page:
        """Send a form as a browser does from our own page, and check the page that answers."""
        return self._checked(self.post(path, fields, **headers), status)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        ours = {"origin": f"http://{self._host}", "sec-fetch-site": "same-origin"}
        return self.fetch(path, "POST", data=fields, headers={**ours, **headers})

    def _checked(self, response: httpx.Response, status: int) -> Page:
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        page = Page(response, html.document_fromstring(response.text))
        check(page)
        return page


def check(page: Page) -> None:
    """Hold a page against every rule."""
    assert page.response.text.startswith("<!doctype html>")
    assert page.tree.get("lang") == "nb"
    _check_title(page.tree)
    _check_headings(page.tree)
    _check_ids(page.tree)
    _check_forms(page.tree)
    _check_tables(page.tree)
    _check_nothing_active(page.tree)
    _check_security(page.response)


def _check_title(tree: html.HtmlElement) -> None:
    headings = tree.findall(".//h1")
    assert len(headings) == 1
    assert words(headings[0]), "the heading is empty"
    title = words(tree.find("head/title"))
    assert title.removeprefix("Feil: ") == f"{words(headings[0])} – {SERVICE}".removeprefix(
        "Feil: "
    )


def _check_headings(tree: html.HtmlElement) -> None:
    levels = [int(h.tag[1]) for h in tree.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def _check_ids(tree: html.HtmlElement) -> None:
    ids = tree.xpath("//@id")
    assert [id_ for id_, times in Counter(ids).items() if times > 1] == []
    said_of = tree.xpath("//label/@for | //@aria-labelledby | //@aria-describedby")
    pointed_at = [id_ for named in said_of for id_ in named.split()]
    pointed_at += [link[1:] for link in tree.xpath("//a/@href[starts-with(., '#')]")]
    assert set(pointed_at) <= set(ids)


def _check_forms(tree: html.HtmlElement) -> None:
    for form in tree.iter("form"):
        assert form.get("action")
        assert form.get("method") in {"get", "post"}
    labelled = set(tree.xpath("//label/@for"))
    for field in tree.iter("input", "select", "textarea"):
        assert field.get("type") == "hidden" or field.get("id") in labelled


def _check_tables(tree: html.HtmlElement) -> None:
    for table in tree.iter("table"):
        assert words(table.find("caption"))
        assert all(cell.get("scope") in {"col", "row"} for cell in table.iter("th"))
        assert all(cell.get("data-label") for cell in table.xpath("tbody/tr/*"))


def _check_nothing_active(tree: html.HtmlElement) -> None:
    active = ["script", "style", "iframe", "object", "embed", "base", "img", "video", "audio"]
    assert list(tree.iter(*active)) == []
    assert tree.xpath("//@*[name() = 'style' or starts-with(name(), 'on')]") == []
    for address in tree.xpath("//@href | //@src | //@action"):
        assert re.match(r"(/(?!/)|#|https?://)", address), address
    for bold in tree.iter("mark"):
        assert bold.xpath("ancestor::mark") == []


def _check_security(response: httpx.Response) -> None:
    policy = response.headers["content-security-policy"]
    for rule in ("default-src 'self'", "object-src 'none'", "base-uri 'none'",
                 "frame-ancestors 'none'", "script-src 'none'"):  # fmt: skip
        assert rule in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"
