"""«consultations digest»: the weekly mail as files, and how the last one went."""

from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest

from consultations.digest import picture
from consultations.store import digests
from consultations.store.database import Database
from consultations.store.digests import Composed
from tests.building import observation
from tests.digest_building import MONDAY, WEEK, keep, see_sources

FIRST_BYTES_OF_PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def week(stored: Database) -> Database:
    """A database with a week of news in it, that the commands use."""
    see_sources(stored)
    keep(stored, observation(title="Høring om <b>barnevern</b>"), lead="helse-omsorg")
    return stored


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "browser", lambda: None)


@pytest.mark.usefixtures("week", "no_browser")
def test_preview_when_asked_for_a_week_then_writes_the_same_mail_three_ways(run, tmp_path: Path):
    result = run("digest", "preview", "--week", WEEK, "--reader", "kari-eksempel",
                 "--to", str(tmp_path / "ut"))  # fmt: skip
    assert result.exit_code == 0, result.output
    files = {path.suffix: path for path in (tmp_path / "ut").iterdir()}
    assert set(files) == {".txt", ".html", ".eml"}
    mail = BytesParser(policy=default).parsebytes(files[".eml"].read_bytes())
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text
    assert html
    assert "Høring om <b>barnevern</b>" in files[".txt"].read_text("utf-8")
    assert text.get_content().split() == files[".txt"].read_text("utf-8").split()
    assert html.get_content().split() == files[".html"].read_text("utf-8").split()
    assert "Ingen bilder: fant ingen nettleser" in result.output


@pytest.mark.usefixtures("week", "no_browser")
def test_preview_when_asked_for_nobody_then_writes_everyones(run, tmp_path: Path):
    result = run("digest", "preview", "--week", WEEK, "--to", str(tmp_path / "ut"))
    assert result.exit_code == 0, result.output
    texts = {path.stem for path in (tmp_path / "ut").glob("*.txt")}
    assert {f"{WEEK}-kari-eksempel", f"{WEEK}-ledelsen", f"{WEEK}-medlemmer"} <= texts
    assert "siri-eksempel: ingenting å sende" in result.output


@pytest.mark.browser
@pytest.mark.skipif(picture.browser() is None, reason="no Chromium on the search path")
@pytest.mark.usefixtures("week")
def test_preview_when_there_is_a_browser_then_takes_a_picture_in_light_and_in_dark(
    run, tmp_path: Path
):
    result = run("digest", "preview", "--week", WEEK, "--reader", "ledelsen",
                 "--to", str(tmp_path / "ut"))  # fmt: skip
    assert result.exit_code == 0, result.output
    light, dark = (tmp_path / "ut" / f"{WEEK}-ledelsen{end}.png" for end in ("", "-mork"))
    assert light.read_bytes().startswith(FIRST_BYTES_OF_PNG)
    assert light.read_bytes() != dark.read_bytes()


@pytest.mark.usefixtures("week")
@pytest.mark.parametrize(
    ("words", "said"),
    [(["preview", "--reader", "ukjent"], "Ukjent leser «ukjent», ventet en av: kari-eksempel"),
     (["preview", "--week", "uke 28"], "Skriv år og uke slik: 2026-W28."),
     (["status", "--week", "28"], "Skriv år og uke slik: 2026-W28.")],
)  # fmt: skip
def test_digest_when_asked_for_what_is_not_there_then_says_what_there_is(run, words, said):
    result = run("digest", *words)
    assert result.exit_code == 1
    assert said in result.output


@pytest.mark.usefixtures("week")
def test_status_when_nothing_was_made_then_says_so(run):
    assert run("digest", "status").output == "Ingen ukesoversikt er laget ennå.\n"


def test_status_when_some_were_sent_then_says_how_each_went(run, week: Database):
    with week.transaction() as session:
        digests.keep(session, [_composed("kari-eksempel"), _composed("ledelsen")], MONDAY)
        due = digests.claim(session, WEEK, MONDAY, digests.LONGEST_WAIT)
        assert due
        digests.mark_sent(session, due, MONDAY)
        other = digests.claim(session, WEEK, MONDAY, digests.LONGEST_WAIT)
        assert other
        digests.refuse(session, other, "E-posttjeneren avviste adressen.")
    said = run("digest", "status").output
    assert "2026-W28: sendt 1, avvist 1" in said
    assert "kari-eksempel: sendt 6. juli 2026 kl. 07.00" in said
    assert "ledelsen: avvist. E-posttjeneren avviste adressen." in said


def _composed(reader: str) -> Composed:
    return Composed(WEEK, reader, f"<{reader}@x>", MONDAY, MONDAY, b"x")
