"""The kinds of database that the store promises the same on."""

import pytest

KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.services))


def on_each_kind(metafunc: pytest.Metafunc) -> None:
    """Run a test once on a database of each kind."""
    if "database" in metafunc.fixturenames:
        metafunc.parametrize("database", KINDS, indirect=True)
