"""Pure: text in, decision with evidence out."""

from consultations.routing.engine import decide
from consultations.routing.lines import read_line, route_lines
from consultations.routing.rules import RuleSet, load_rules
from consultations.routing.selftest import selftest

__all__ = ["RuleSet", "decide", "load_rules", "read_line", "route_lines", "selftest"]
