"""The two ways a mail can fail."""


class Refused(Exception):  # noqa: N818 - reads as the news it is
    """The server said no and will again until a person acts. The text says what to do.

    ``address`` is the reader it said no to; None when it says no to all of ours: a wrong password,
    a sender it does not know, a certificate that does not hold.
    """

    def __init__(self, reason: str, *, address: str | None = None) -> None:
        super().__init__(reason)
        self.address = address


class Passing(Exception):  # noqa: N818
    """It did not work now but may later.

    ``uncertain``: the whole mail was handed over and no answer came, so it may have arrived.
    """

    def __init__(self, reason: str, *, uncertain: bool = False) -> None:
        super().__init__(reason)
        self.uncertain = uncertain
