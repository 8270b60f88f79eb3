"""The policy consultation tracker for KS."""

__version__ = "0.1.0"
