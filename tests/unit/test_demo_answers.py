"""The demo's recorded answers are what the script makes of the real values, and say so."""

import hashlib
import json
from pathlib import Path

import pytest

from connectors.recorded import RecordedAnswers
from demo.build_answers import write

DEMO = Path(__file__).parents[2] / "demo"
ANSWERS = DEMO / "answers"


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def index() -> list[dict[str, str]]:
    entries: list[dict[str, str]] = json.loads((ANSWERS / "index.json").read_text("utf-8"))
    return entries


def test_committed_answers_when_built_again_then_same_bytes(tmp_path):
    write(tmp_path)

    assert files_in(tmp_path) == files_in(ANSWERS)


def test_index_when_read_then_every_file_stands_there_once(index):
    listed = [entry["file"] for entry in index]

    assert sorted([*listed, "index.json"]) == sorted(files_in(ANSWERS))


def test_index_when_served_then_it_is_accepted():
    RecordedAnswers(ANSWERS)


def test_labels_when_read_then_only_files_from_the_source_are_called_raw(index):
    called_raw = {entry["file"] for entry in index if entry["label"] == "raw"}

    assert {entry["label"] for entry in index} == {"raw", "derived"}
    assert called_raw == {f"regjeringen/{name}" for name in sums()}


def test_raw_answers_when_hashed_then_unchanged():
    for name, expected in sums().items():
        body = (ANSWERS / "regjeringen" / name).read_bytes()
        assert hashlib.sha256(body).hexdigest() == expected, name


def test_derived_answers_when_opened_then_second_line_says_so(index):
    for entry in index:
        if entry["label"] == "derived":
            second = (ANSWERS / entry["file"]).read_text("utf-8").splitlines()[1]
            assert second.startswith("<!-- derived"), entry["file"]


def test_invented_facts_when_served_then_file_name_and_text_say_so(index):
    loud = [entry["file"] for entry in index if "INVENTED" in entry["file"]]
    telling = [name for name, body in files_in(ANSWERS).items() if "oppdiktet" in body.decode()]

    assert len(loud) == 3
    assert sorted(telling) == sorted(loud)


def test_set_when_weighed_then_it_stays_small():
    assert sum(len(body) for body in files_in(DEMO).values()) < 4_000_000


def sums() -> dict[str, str]:
    lines = (DEMO / "source-material" / "RAW-SHA256SUMS").read_text("utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}
