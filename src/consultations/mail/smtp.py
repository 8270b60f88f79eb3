"""Hands mails to an SMTP server, one connection for each, and says what became of it."""

import smtplib
import ssl
import time
from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses
from typing import Literal

from consultations.domain.foreign_text import plain
from consultations.mail.failures import Passing, Refused

Security = Literal["starttls", "tls", "none"]

ANSWERS_FIT_IN = 4
"""A mail is handed over within so many timeouts, or not at all."""

_READY_FOR_TEXT = 354
_PERMANENT = 500
_LONGEST_ANSWER = 200


class Mailer:
    """One SMTP server, spoken to as ``user`` if it asks for one. Any thread may use it.

    ``security``: ``starttls`` (port 587), ``tls`` (port 465), or ``none`` for this machine only.
    ``timeout`` (seconds) is how long one answer is waited for. ``trust`` is for tests.
    """

    def __init__(
        self,
        host: str,
        port: int,
        security: Security,
        user: str | None = None,
        password: str | None = None,
        timeout: float = 30.0,
        *,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._security = security
        self._user = user
        self._password = password
        self._timeout = timeout
        self._trust = trust or ssl.create_default_context()

    def send(self, message: EmailMessage) -> None:
        """Send a mail that ``compose`` wrote. Raises ``Refused`` or ``Passing``."""
        self.hand_over(message.as_bytes())

    def hand_over(self, mail: bytes) -> None:
        """Send a mail as it is, byte for byte, to the one it is addressed to.

        Raises ``Refused`` or ``Passing``, and ``Passing(uncertain=True)`` only when all of it was
        handed over and no answer came.
        """
        sender, to = _envelope(mail)
        began = time.monotonic()
        server = self._reached()
        try:
            self._sign_in(server)
            self._offer(server, sender, to)
            if time.monotonic() - began > ANSWERS_FIT_IN * self._timeout:
                raise Passing("E-posttjeneren var for treg.")
            self._give(server, mail, to)
        finally:
            _leave(server)

    def _reached(self) -> smtplib.SMTP:
        try:
            return self._connected()
        except ssl.SSLCertVerificationError as problem:
            raise Refused(
                f"Sertifikatet til e-posttjeneren {self._host} holder ikke "
                f"({problem.verify_message}). Rett CONSULTATIONS_SMTP_HOST, eller sertifikatet."
            ) from problem
        except smtplib.SMTPNotSupportedError as problem:
            raise Refused(
                f"E-posttjeneren {self._host} tilbyr ikke STARTTLS. Sett "
                "CONSULTATIONS_SMTP_SECURITY til tls, og porten til 465."
            ) from problem
        except (OSError, smtplib.SMTPException) as problem:
            raise Passing(f"E-posttjeneren {self._host} svarer ikke ({_said(problem)}).") from None

    def _connected(self) -> smtplib.SMTP:
        if self._security == "tls":
            return smtplib.SMTP_SSL(
                self._host, self._port, timeout=self._timeout, context=self._trust
            )
        server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            if self._security == "starttls":
                server.starttls(context=self._trust)
        except BaseException:
            server.close()
            raise
        return server

    def _sign_in(self, server: smtplib.SMTP) -> None:
        if not self._user:
            return
        try:
            server.login(self._user, self._password or "")
        except smtplib.SMTPNotSupportedError as problem:
            raise Refused(
                f"E-posttjeneren {self._host} tar ikke imot brukernavn og passord. Fjern "
                "CONSULTATIONS_SMTP_USER, eller bruk en port som gjør det (587)."
            ) from problem
        except smtplib.SMTPResponseException as problem:
            if problem.smtp_code < _PERMANENT:
                raise Passing(f"E-posttjeneren slapp oss ikke inn nå ({_said(problem)}).") from None
            raise Refused(
                f"E-posttjeneren avviste brukeren eller passordet ({_said(problem)}). Rett "
                "CONSULTATIONS_SMTP_USER og CONSULTATIONS_SMTP_PASSWORD."
            ) from problem
        except (OSError, smtplib.SMTPException) as problem:
            raise Passing(f"Forbindelsen til e-posttjeneren brast ({_said(problem)}).") from None

    def _offer(self, server: smtplib.SMTP, sender: str, to: str) -> None:
        """Say who the mail is from and to, and be told to go on."""
        try:
            server.ehlo_or_helo_if_needed()
            _accepted(
                server.mail(sender), Refused(
                    f"E-posttjeneren lar oss ikke sende fra {sender}. Rett CONSULTATIONS_MAIL_FROM."
                ),
            )  # fmt: skip
            _accepted(
                server.rcpt(to), Refused(
                    f"E-posttjeneren avviste adressen {to}. Rett den, eller stryk den.", address=to
                ),
            )  # fmt: skip
            answer = server.docmd("DATA")
            if answer[0] != _READY_FOR_TEXT:
                _accepted(answer, _not_taken(to))
                raise Passing(f"E-posttjeneren svarte noe vi ikke forstår ({_words(answer)}).")
        except (OSError, smtplib.SMTPException) as problem:
            raise Passing(f"Forbindelsen til e-posttjeneren brast ({_said(problem)}).") from None

    def _give(self, server: smtplib.SMTP, mail: bytes, to: str) -> None:
        """Hand the mail over. It counts as handed over from the moment its last line is sent."""
        try:
            server.send(_stuffed(mail))
        except (OSError, smtplib.SMTPException) as problem:
            raise Passing(f"Forbindelsen til e-posttjeneren brast ({_said(problem)}).") from None
        try:
            server.send(b".\r\n")
            answer = server.getreply()
        except (OSError, smtplib.SMTPException) as problem:
            raise Passing(
                "E-posttjeneren fikk e-posten, men svarte ikke "
                f"({_said(problem)}). Den kan være kommet fram.",
                uncertain=True,
            ) from None
        _accepted(answer, _not_taken(to))


def _accepted(answer: tuple[int, bytes], refusal: Refused) -> None:
    """Raise what an answer calls for: nothing, ``Passing``, or ``refusal`` with the answer."""
    code, _ = answer
    if code < 400:  # noqa: PLR2004 - 2xx and 3xx are a yes
        return
    if code < _PERMANENT:
        raise Passing(f"E-posttjeneren ba oss vente ({_words(answer)}).")
    raise Refused(f"{refusal} Tjeneren svarte: {_words(answer)}", address=refusal.address)


def _not_taken(to: str) -> Refused:
    return Refused(
        f"E-posttjeneren tok ikke imot e-posten til {to}. Spør den som driver den.", address=to
    )


def _envelope(mail: bytes) -> tuple[str, str]:
    """Return the addresses a mail is from and to, as they stand in it."""
    headers = message_from_bytes(mail.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", policy=SMTP)
    (_, sender), *_ = getaddresses([str(headers["From"])])
    (_, to), *_ = getaddresses([str(headers["To"])])
    return sender, to


def _stuffed(mail: bytes) -> bytes:
    """Double the full stop that begins a line, so that none ends the mail (RFC 5321, 4.5.2)."""
    lines = b"".join(
        b"." + line if line.startswith(b".") else line for line in mail.splitlines(keepends=True)
    )
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"


def _leave(server: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _said(problem: Exception) -> str:
    if isinstance(problem, smtplib.SMTPResponseException):
        return _words((problem.smtp_code, problem.smtp_error))
    return plain(str(problem))[:_LONGEST_ANSWER] or type(problem).__name__


def _words(answer: tuple[int, bytes | str]) -> str:
    code, said = answer
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return plain(f"{code} {text}")[:_LONGEST_ANSWER]
