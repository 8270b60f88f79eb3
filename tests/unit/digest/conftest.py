"""What is kept of the weekly mail is kept on every kind of database."""

import pytest

from tests.databases import on_each_kind


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.endswith("test_digest_sending"):
        on_each_kind(metafunc)
