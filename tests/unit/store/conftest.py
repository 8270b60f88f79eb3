"""What the store does, it does on every kind of database."""

import pytest

from tests.databases import on_each_kind


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    on_each_kind(metafunc)
