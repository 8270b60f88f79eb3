"""The composition root: reads the settings and joins every part. Nobody else reads them."""

from consultations.bootstrap.configuration import read_rules
from consultations.bootstrap.sources import readers
from consultations.bootstrap.tracker import Tracker
from consultations.routing import RuleSet
from consultations.settings import read_settings


def tracker(**given: object) -> Tracker:
    """Join everything, with settings from the environment; ``given`` ones win."""
    return Tracker(read_settings(**given))


def rules() -> RuleSet:
    """Load the routing rules alone."""
    return read_rules(read_settings().config_dir)


__all__ = ["Tracker", "readers", "rules", "tracker"]
