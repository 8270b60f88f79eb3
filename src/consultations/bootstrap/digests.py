"""The weekly mail, joined: who reads it, what goes into it and where it is sent from."""

from consultations.bootstrap.digest_readers import read_readers
from consultations.bootstrap.tracker import Tracker
from consultations.digest.composing import Composer
from consultations.digest.sending import DigestRelay
from consultations.digest.week import Gatherer
from consultations.mail import Mailbox

NOT_SET = "ikke-satt@example.org"
"""Who a preview says it is from, where no sender is set."""


def composer(tracker: Tracker) -> Composer:
    """Return what writes the mails. Raises ``ConfigError`` when a file is wrong."""
    settings, office = tracker.settings, tracker.office
    return Composer(
        readers=read_readers(settings.config_dir, tracker.rules),
        gatherer=Gatherer(
            settings.news_age,
            office.calendar,
            {name: source.title for name, source in tracker.sources.items()},
        ),
        sections=tracker.section_names,
        people=office.people,
        sender=Mailbox.read(settings.mail_from or NOT_SET),
        page_url=settings.page_url,
    )


def digest_relay(tracker: Tracker) -> DigestRelay | None:
    """Return what sends the weekly mail; None where no mail server is set.

    Raises ``ConfigError`` when a file is wrong, the one with the password too.
    """
    if tracker.mailer is None:
        return None
    return DigestRelay(tracker.database, tracker.mailer, composer(tracker), tracker.clock)
