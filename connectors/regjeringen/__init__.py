"""Consultations from the ministries, as regjeringen.no publishes them."""

from connectors.regjeringen.connector import PUBLISHER, Regjeringen

__all__ = ["PUBLISHER", "Regjeringen"]
