"""The topics, declared once."""

SOURCE_RECORDS = "source-records.v1"
"""Raw records from the sources, keyed ``source:external_id``; read by intake."""

EVENTS = "events.v1"
"""What happened to consultations, keyed the same way; read by routing and tracking."""
