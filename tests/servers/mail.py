"""A real SMTP server on this machine, which can be told to refuse, to drop and to be slow."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "localhost"
USER, PASSWORD = "sporeren", "riktig-passord"
NAME = "e-post.example.org"


@dataclass
class Behaviour:
    """What the server does out of the ordinary. Answers are whole lines: ``550 5.1.1 No``."""

    to_sender: str | None = None
    to_recipients: dict[str, str] = field(default_factory=dict)
    to_content: dict[str, str] = field(default_factory=dict)
    drop_before_data: set[str] = field(default_factory=set)
    drop_after_data: set[str] = field(default_factory=set)
    never_answer_data: set[str] = field(default_factory=set)


@dataclass
class MailServer:
    """``accepted`` are the mails it took, byte for byte, whatever it answered afterwards."""

    behaviour: Behaviour = field(default_factory=Behaviour)
    accepted: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    passwords_tried: list[bytes] = field(default_factory=list)
    port: int = 0
    trust: ssl.SSLContext | None = None
    arrived: threading.Event = field(default_factory=threading.Event)

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(one, policy=default) for one in self.accepted]

    def sign_in(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.passwords_tried.append(data.password)
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.behaviour.to_sender:
            return self.behaviour.to_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.behaviour.to_recipients:
            return self.behaviour.to_recipients[address]
        if address in self.behaviour.drop_before_data:
            server.transport.abort()
            return "250 OK"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        (to,) = envelope.rcpt_tos
        if to in self.behaviour.to_content:
            return self.behaviour.to_content[to]
        self.accepted.append(bytes(envelope.content or b""))
        self.recipients.append(to)
        self.arrived.set()
        if to in self.behaviour.never_answer_data:
            await asyncio.sleep(60)
        if to in self.behaviour.drop_after_data:
            self.behaviour.drop_after_data.discard(to)
            server.transport.abort()
        return "250 OK"


@contextmanager
def mail_server(
    security: str = "none", *, sign_in: bool = False, offer_starttls: bool = True
) -> Iterator[MailServer]:
    """Run a server until the block ends. ``security`` is as ``Mailer`` has it."""
    server, authority = MailServer(), trustme.CA()
    inside = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST, "127.0.0.1").configure_cert(inside)
    server.trust = ssl.create_default_context()
    authority.configure_trust(server.trust)
    given: dict[str, Any] = {"ident": NAME, "timeout": 30}
    if security == "tls":
        given["ssl_context"] = inside
    elif security == "starttls" and offer_starttls:
        given |= {"tls_context": inside, "require_starttls": True}
    if sign_in:
        given |= {
            "auth_required": True, "auth_require_tls": security == "starttls",
            "authenticator": server.sign_in,
        }  # fmt: skip
    controller = _Controller(server, hostname="127.0.0.1", port=0, **given)
    controller.start()
    try:
        server.port = controller.server.sockets[0].getsockname()[1]
        yield server
    finally:
        controller.stop()


class _Controller(Controller):
    """Port 0 is a free one; the server itself has to be asked which."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
