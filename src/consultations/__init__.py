"""The policy consultation tracker for KS."""
