"""Server-rendered pages for people: read-only, Norwegian, without JavaScript."""

from consultations.web.app import create_app

__all__ = ["create_app"]
