"""Mail: written so that nobody can smuggle anything into it, and handed to an SMTP server."""

from consultations.mail.failures import Passing, Refused
from consultations.mail.letter import Mailbox, compose
from consultations.mail.smtp import Mailer

__all__ = ["Mailbox", "Mailer", "Passing", "Refused", "compose"]
