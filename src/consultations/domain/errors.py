"""What can go wrong, named by what the caller should do about it."""

from datetime import timedelta


class ConfigError(Exception):
    """A configuration file or variable is wrong: refuse to start and say where."""


class SourceUnavailable(Exception):  # noqa: N818 - reads as the news it is
    """The source could not be reached; it may pass. Raised after retries are used up."""

    def __init__(self, reason: str, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class FetchRefused(Exception):  # noqa: N818
    """We will not fetch this address: robots, a private address or another publisher."""


class SourceChanged(Exception):  # noqa: N818
    """The answer is not in the shape we know: stop this source and tell people.

    ``url``, ``media_type`` and ``body`` hold the answer itself, for the dead letter.
    """

    def __init__(
        self, reason: str, *, url: str = "", media_type: str = "", body: bytes = b""
    ) -> None:
        super().__init__(reason)
        self.url = url
        self.media_type = media_type
        self.body = body


class BrokerUnavailable(Exception):  # noqa: N818
    """The broker did not confirm what it was given; it may pass, so try again."""


class NotFound(Exception):  # noqa: N818
    """A person asked for something that is not there."""


class InvalidRecord(Exception):  # noqa: N818
    """One record cannot be read. It becomes a dead letter; the others go on."""
