"""The headings and goals that KS measures its responses by: ``config/priorities.yaml``."""

from consultations.domain.observation import Frozen


class Priorities(Frozen):
    """``config/priorities.yaml``."""
