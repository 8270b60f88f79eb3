"""A mail says what it is given to say, and nothing from outside becomes a header of it."""

import mailbox
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import compat32, default
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.mail import Mailbox, Refused, compose

SENDER = Mailbox.read("Høringer i KS <horinger@example.org>")
KARI = Mailbox("kari@example.org", "Kåre Ærlig")
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "List-Unsubscribe", "List-Unsubscribe-Post", "Content-Language", "MIME-Version",
    "Content-Type",
}  # fmt: skip
HOSTILE = "Frist\r\nBcc: alle@example.org\r\n\r\n<script>\u202e\x00\u2066 ferdig"


def letter(**given: object) -> bytes:
    facts: dict[str, object] = {
        "sender": SENDER, "to": KARI, "subject": "Ukesoversikt", "text": "Hei på deg.\n",
        "html": "<p>Hei på deg.</p>", "message_id": "<2026-w28.kari@example.org>",
        "at": datetime(2026, 7, 6, 5, tzinfo=UTC), "references": ["<rot.kari@example.org>"],
        "unsubscribe": "https://horinger.example.org/avmelding/abc",
    }  # fmt: skip
    return compose(**{**facts, **given}).as_bytes()  # type: ignore[arg-type]


def read(mail: bytes) -> EmailMessage:
    return BytesParser(policy=default).parsebytes(mail)


def text(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_letter_when_written_then_both_parts_and_names_are_read_back():
    mail = read(letter())
    assert mail.get_content_type() == "multipart/alternative"
    assert text(mail) == "Hei på deg.\n"
    assert text(mail, "html") == "<p>Hei på deg.</p>\n"
    assert mail["From"].addresses[0].display_name == "Høringer i KS"
    assert mail["To"].addresses[0].display_name == "Kåre Ærlig"
    assert mail["Date"].datetime == datetime(2026, 7, 6, 5, tzinfo=UTC)


def test_letter_when_written_then_one_click_ends_the_subscription():
    mail = read(letter())
    assert mail["List-Unsubscribe"] == "<https://horinger.example.org/avmelding/abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_letter_when_an_address_is_longer_than_a_line_then_it_stands_whole():
    long = f"https://horinger.kommunesektoren.example.org/sporer/avmeld/{'a' * 64}"
    root = f"<ukesoversikt.{'a' * 60}@kommunesektoren.example.org>"
    lines = letter(unsubscribe=long, references=[root]).split(b"\r\n")
    assert f"List-Unsubscribe: <{long}>".encode() in lines
    assert f"References: {root}".encode() in lines


def test_letter_when_written_then_it_belongs_to_the_thread_of_its_root():
    mail = read(letter())
    assert mail["References"] == mail["In-Reply-To"] == "<rot.kari@example.org>"


def test_letter_when_written_twice_then_the_bytes_are_the_same():
    assert letter() == letter()


def test_letter_when_without_html_then_it_is_plain_text():
    assert read(letter(html=None)).get_content_type() == "text/plain"


@pytest.mark.parametrize("field", ["subject", "to", "sender"])
def test_letter_when_a_name_holds_line_breaks_then_no_header_is_added(field):
    value = HOSTILE if field == "subject" else Mailbox("kari@example.org", HOSTILE)
    mail = read(letter(**{field: value}))
    assert set(mail.keys()) <= HEADERS
    assert "Bcc" not in mail


@pytest.mark.parametrize("field", ["message_id", "unsubscribe"])
def test_letter_when_an_identity_or_address_holds_line_breaks_then_it_is_not_written(field):
    with pytest.raises(ValueError, match="no "):
        letter(**{field: "<a@b>\r\nBcc: alle@example.org"})


@pytest.mark.parametrize(
    "address", ["", "kari", "kari@", "kåre@example.org", "a@b@c", "kari@example.org\r\nBcc: x@y.no",
                "Kari <kari@example.org>", "a b@example.org", "kari@exa mple.org"],
)  # fmt: skip
def test_mailbox_when_the_address_cannot_be_used_then_says_so(address):
    with pytest.raises(Refused, match="ingen e-postadresse"):
        Mailbox(address)


def test_mailbox_when_the_domain_holds_norwegian_letters_then_it_is_written_for_servers():
    assert Mailbox("kari@blåbær.no").ascii == "kari@xn--blbr-roah.no"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=2000))
def test_letter_when_words_are_anything_then_two_parsers_read_the_same(subject, name, words):
    mail = letter(subject=subject, to=Mailbox("kari@example.org", name), text=words, html=words)
    modern, old = read(mail), message_from_bytes(mail, policy=compat32)
    assert set(modern.keys()) <= HEADERS
    assert modern.keys() == old.keys()
    assert modern["To"].addresses[0].addr_spec == "kari@example.org"
    parts = list(old.walk())
    assert [part.get_content_type() for part in parts] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    payload = parts[1].get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().replace("\r\n", "\n") == text(modern)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=3000))
def test_letter_when_lines_are_long_then_no_line_of_the_mail_is(words):
    mail = letter(text=words + "å" * 500, html=words * 2, subject=words)
    assert mail.isascii()
    assert all(len(line) <= 78 for line in mail.split(b"\r\n"))
    assert b"\n" not in mail.replace(b"\r\n", b"")


def test_letter_when_words_turn_the_direction_then_the_marks_are_gone():
    mail = read(letter(text="frist \u202e2026\u202c\x1b[31m", html="<p>\u2067frist</p>"))
    assert text(mail) == "frist 2026[31m\n"
    assert text(mail, "html") == "<p>frist</p>\n"


def test_letter_when_kept_in_an_mbox_then_it_is_one_mail(tmp_path: Path):
    box = mailbox.mbox(tmp_path / "box")
    box.add(letter(text="From her\nFrom der\n.\n"))
    box.flush()
    (kept,) = box
    box.close()
    assert kept["Message-ID"] == "<2026-w28.kari@example.org>"
