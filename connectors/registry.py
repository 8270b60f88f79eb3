"""Every source we know, by its id. A new source is one line here."""

from collections.abc import Callable

from connectors.http import Answer
from connectors.regjeringen import Regjeringen
from connectors.stortinget import Stortinget
from consultations.domain.connector import Connector

CONNECTORS: dict[str, Callable[[Callable[[str], Answer]], Connector]] = {
    Regjeringen.source: Regjeringen,
    Stortinget.source: Stortinget,
}
