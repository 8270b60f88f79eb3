"""The Storting's open data: hearings in committee, with the cases they are about."""

from connectors.stortinget.connector import Stortinget

__all__ = ["Stortinget"]
