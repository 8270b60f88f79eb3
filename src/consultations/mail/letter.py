"""Writes a mail in which nothing from outside can become a header, an address or a new line."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from urllib.parse import urlsplit

from consultations.domain.foreign_text import plain
from consultations.mail.failures import Refused

LONGEST_SUBJECT = 200
_LONGEST_ADDRESS = 900
_FOR_MACHINES = {"Message-ID", "In-Reply-To", "References", "List-Unsubscribe"}
"""Headers that must stand as they are: encoded words are for people."""


class _Lines(EmailPolicy):
    """Folds what people read, and leaves whole what machines compare.

    Python's own folding writes a long address as encoded words, which nobody can click on.
    """

    def fold(self, name: str, value: str) -> str:
        if name in _FOR_MACHINES:
            return f"{name}: {value}\r\n"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: str) -> bytes:
        if name in _FOR_MACHINES:
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


_LINES = _Lines(linesep="\r\n", max_line_length=76)
"""Quoted-printable text has lines no longer than this (RFC 2045, 6.7)."""

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{3,253}")
_IDENTITY = re.compile(r"<[A-Za-z0-9._-]{1,150}@[A-Za-z0-9.-]{1,100}>")


@dataclass(frozen=True)
class Mailbox:
    """Whom a mail is from or to. Raises ``Refused`` when the address cannot be used."""

    address: str
    name: str = ""

    def __post_init__(self) -> None:
        _ = self.ascii

    @classmethod
    def read(cls, written: str) -> "Mailbox":
        """Read ``Høringer i KS <horinger@example.org>``, or an address alone."""
        name, address = parseaddr(written)
        return cls(address, name)

    @property
    def ascii(self) -> str:
        """The address as mail servers take it. Only what follows @ may hold æ, ø and å."""
        local, _, domain = self.address.rpartition("@")
        try:
            written = f"{local}@{domain.encode('idna').decode()}"
        except UnicodeError:
            written = ""
        if not _ADDRESS.fullmatch(written):
            shown = plain(self.address)
            raise Refused(
                f"«{shown}» er ingen e-postadresse vi kan sende til eller fra. Rett den.",
                address=self.address,
            )
        return written

    @property
    def header(self) -> Address:
        return Address(display_name=plain(self.name), addr_spec=self.ascii)


def compose(
    *,
    sender: Mailbox,
    to: Mailbox,
    subject: str,
    text: str,
    html: str | None = None,
    message_id: str,
    at: datetime,
    references: Sequence[str] = (),
    unsubscribe: str | None = None,
) -> EmailMessage:
    """Write a mail dated ``at``. The same arguments always give the same bytes.

    ``message_id`` and ``references`` are ``<word@domain>``. ``unsubscribe`` is an address that
    takes a POST and asks no questions (RFC 8058). ``html`` must be escaped by who wrote it.
    Raises ``Refused`` for an address that cannot be used.
    """
    mail = EmailMessage(policy=_LINES)
    mail["From"] = sender.header
    mail["To"] = to.header
    mail["Subject"] = plain(subject)[:LONGEST_SUBJECT]
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = _identity(message_id)
    if references:
        mail["In-Reply-To"] = _identity(references[-1])
        mail["References"] = " ".join(_identity(one) for one in references)
    mail["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        mail["List-Unsubscribe"] = f"<{_web_address(unsubscribe)}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["Content-Language"] = "nb"
    mail.set_content(_readable(text), cte="quoted-printable")
    if html is not None:
        mail.add_alternative(_readable(html), subtype="html", cte="quoted-printable")
        # «=_» stands in no quoted-printable text, so no title can end a part.
        mail.set_boundary(f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}")
    return mail


def _readable(text: str) -> str:
    """Take out what nobody reads: control marks and marks that turn the direction of words."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    return "\n".join(_seen(line).rstrip() for line in lines)


def _seen(line: str) -> str:
    return line if line.isprintable() else "".join(filter(_is_seen, line))


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs"}


def _identity(written: str) -> str:
    if not _IDENTITY.fullmatch(written):
        raise ValueError(f"no message id: {written!r}")
    return written


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"no web address: {url!r}")
    if len(url) > _LONGEST_ADDRESS or not url.isascii() or any(one in url for one in ' <>,\r\n\t"'):
        raise ValueError(f"no plain web address: {url!r}")
    return url
