"""Consultations from the ministries, as regjeringen.no publishes them."""

from connectors.regjeringen.connector import Regjeringen

__all__ = ["Regjeringen"]
