"""Every consultation is gone through, a few at a time."""

import pytest

from consultations.store import texts
from tests.building import DAY_ONE, observation
from tests.pipeline import engine, take_in


@pytest.fixture
def seven(database, rules, monkeypatch) -> None:
    monkeypatch.setattr(texts, "AT_A_TIME", 3)
    seen = [observation(external_id=str(number)) for number in range(7)]
    take_in(engine(database, rules, lambda: DAY_ONE), seen)


@pytest.mark.usefixtures("seven")
def test_all_dossiers_when_there_are_more_than_fit_then_come_in_batches_the_newest_first(database):
    batches = [[one.key for one in batch] for batch in texts.all_dossiers(database)]
    assert list(map(len, batches)) == [3, 3, 1]
    assert sorted(key for batch in batches for key in batch) == [
        f"regjeringen:{number}" for number in range(7)
    ]
    assert texts.count(database) == 7


@pytest.mark.usefixtures("seven")
def test_all_dossiers_when_one_comes_meanwhile_then_none_is_given_twice(database, rules):
    batches = texts.all_dossiers(database)
    keys = [one.key for one in next(batches)]
    take_in(engine(database, rules, lambda: DAY_ONE), [observation(external_id="99")])
    keys += [one.key for batch in batches for one in batch]
    assert sorted(keys) == [f"regjeringen:{number}" for number in range(7)]


def test_all_dossiers_when_there_are_none_then_gives_none(database):
    assert list(texts.all_dossiers(database)) == []
    assert texts.count(database) == 0
