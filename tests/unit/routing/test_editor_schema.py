"""The schemas that editors read are those of the rules of today, and every key explains itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from consultations.routing.editor_schema import FILES, schemas

CONFIG = Path(__file__).parents[3] / "config"


def objects(name: str) -> Iterator[dict[str, Any]]:
    document = json.loads(schemas()[f"{name}.schema.json"])
    for each in (document, *document["$defs"].values()):
        if "properties" in each:
            yield each


def test_schemas_when_written_to_disk_then_up_to_date():
    on_disk = {path.name: path.read_text("utf-8") for path in (CONFIG / "schemas").iterdir()}
    assert on_disk == schemas(), "skriv dem på nytt: make schemas"


@pytest.mark.parametrize("name", FILES)
def test_file_when_opened_in_an_editor_then_names_its_schema(name):
    first = (CONFIG / f"{name}.yaml").read_text("utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema=schemas/{name}.schema.json"


@pytest.mark.parametrize("name", FILES)
def test_schema_when_a_key_may_be_written_then_it_is_explained_and_others_are_refused(name):
    for each in objects(name):
        assert each["description"].endswith(".")
        assert each["additionalProperties"] is False
        for key, told in each["properties"].items():
            assert told["description"].endswith((".", "…")), key


@pytest.mark.parametrize("name", FILES)
def test_schema_when_an_independent_validator_reads_the_file_then_it_holds(name):
    schema = json.loads(schemas()[f"{name}.schema.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    content = yaml.safe_load((CONFIG / f"{name}.yaml").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(content)
    content["ukjent"] = 1
    assert not jsonschema.Draft202012Validator(schema).is_valid(content)
