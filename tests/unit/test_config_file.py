"""Every mistake a person can make in a YAML file is named with file, line and what was expected."""

import tempfile
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from consultations import config_file
from consultations.config_file import BoundedRegex
from consultations.domain.errors import ConfigError
from consultations.domain.observation import Frozen


class Source(Frozen):
    id: str
    weight: float = Field(default=1, ge=0)
    kind: Literal["feed", "list"] = "feed"
    pattern: BoundedRegex = ""


class Sources(Frozen):
    title: str
    sources: tuple[Source, ...] = ()
    named: dict[str, Source] = Field(default_factory=dict)


class Named(Frozen):
    id: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$")


@pytest.fixture
def refusal(tmp_path: Path):
    """Load the text as a file and give the error it is refused with."""

    def load(text: str | bytes) -> str:
        path = tmp_path / "config" / "sources.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        with pytest.raises(ConfigError) as raised:
            config_file.load(path, Sources)
        return str(raised.value)

    return load


def test_load_when_file_is_right_then_gives_the_model(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("title: æøå\nsources:\n  - {id: a, weight: 2}\n", encoding="utf-8")
    assert config_file.load(path, Sources) == Sources(
        title="æøå", sources=(Source(id="a", weight=2),)
    )


def test_load_when_a_quote_is_never_closed_then_says_where_to_look_from(refusal):
    error = refusal('title: a\nsources: [\n  {id: "a},\n  {id: "b"}]\n')
    assert "linje 4: ikke gyldig YAML" in error
    assert "sjekk innrykk, kolon og anførselstegn fra linje 3 av" in error


def test_load_when_an_id_is_not_one_then_says_so_without_a_pattern(tmp_path):
    (tmp_path / "a.yaml").write_text("id: Økonomi\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="på formen plan-bygg \\(små bokstaver") as raised:
        config_file.load(tmp_path / "a.yaml", Named)
    assert "^" not in str(raised.value)


def test_load_when_file_has_byte_order_mark_then_reads_it(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbftitle: a\n")
    assert config_file.load(path, Sources).title == "a"


def test_load_when_key_is_unknown_then_says_line_and_what_is_allowed(refusal):
    error = refusal("title: a\nsources:\n  - id: b\n    wieght: 3\n")
    assert error == (
        "config/sources.yaml linje 4: ukjent nøkkel «wieght», ventet en av: "
        "id, weight, kind, pattern (mente du «weight»?)"
    )


def test_load_when_unknown_key_is_inside_a_mapping_then_lists_that_models_keys(refusal):
    error = refusal("title: a\nnamed:\n  x:\n    id: b\n    colour: red\n")
    assert "linje 5: ukjent nøkkel «colour», ventet en av: id, weight" in error


def test_load_when_key_is_missing_then_says_where(refusal):
    assert "linje 4: mangler nøkkel «id»" in refusal(
        "title: a\nsources:\n  - id: x\n  - weight: 1\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title: [a]\n", "linje 1: «title»: ventet tekst, fant «['a']»"),
        ("title: a\nsources: 3\n", "linje 2: «sources»: ventet en liste, fant «3»"),
        ("title: a\nsources:\n  - 3\n", "linje 3: «sources»: ventet nøkler med verdier, fant «3»"),
        (
            "title: a\nsources:\n  - id: b\n    weight: tung\n",
            "linje 4: «weight»: ventet et tall, fant «tung»",
        ),
        (
            "title: a\nsources:\n  - id: b\n    weight: -1\n",
            "linje 4: «weight»: ventet et tall på minst 0.0, fant «-1»",
        ),
        (
            "title: a\nsources:\n  - id: b\n    kind: web\n",
            "linje 4: «kind»: ventet en av: 'feed' eller 'list', fant «web»",
        ),
    ],
)
def test_load_when_value_has_wrong_type_then_says_line_and_expected(refusal, text, expected):
    assert expected in refusal(text)


def test_load_when_key_stands_twice_then_names_both_lines(refusal):
    assert "linje 3: nøkkel «title» står også på linje 1" in refusal(
        "title: a\nsources: []\ntitle: b\n"
    )


def test_load_when_yaml_is_broken_then_says_line(refusal):
    error = refusal("title: a\nsources:\n  - id: b\n   weight: 3\n")
    assert "linje 4: ikke gyldig YAML" in error
    assert "sjekk innrykk" in error


@pytest.mark.parametrize("text", ["", "# bare en kommentar\n"])
def test_load_when_file_is_empty_then_says_so(refusal, text):
    assert "linje 1: filen er tom; ventet nøkler med verdier" in refusal(text)


def test_load_when_not_utf8_then_says_line(refusal):
    assert "linje 2: ikke UTF-8" in refusal("title: a\n# blåbær\n".encode("latin-1"))


def test_load_when_control_character_then_says_line(refusal):
    assert "linje 2: styretegn i filen" in refusal("title: a\n# \x00\n")


def test_load_when_file_is_missing_then_says_so(tmp_path):
    with pytest.raises(ConfigError, match=r"borte\.yaml finnes ikke\. Legg filen i mappen "):
        config_file.load(tmp_path / "borte.yaml", Sources)


def test_load_when_regex_is_bad_then_says_line_and_why(refusal):
    error = refusal("title: a\nsources:\n  - id: b\n    pattern: '(a'\n")
    assert "linje 4: ugyldig regulært uttrykk «(a»" in error


@pytest.mark.parametrize("pattern", ["a.*b", "(a+)+$", "x{1,3}y*"])
def test_load_when_regex_is_open_ended_then_is_refused(refusal, pattern):
    error = refusal(f"title: a\nsources:\n  - id: b\n    pattern: '{pattern}'\n")
    assert "linje 4" in error
    assert "{0,80}" in error


def test_load_when_regex_only_escapes_stars_then_is_accepted(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("title: a\nsources:\n  - {id: b, pattern: 'a\\+[*]{1,3}'}\n", encoding="utf-8")
    assert config_file.load(path, Sources).sources[0].pattern == "a\\+[*]{1,3}"


def test_load_when_file_uses_aliases_then_is_refused(refusal):
    assert "alias" in refusal("title: &a x\nsources:\n  - id: *a\n")


def test_load_when_unknown_tag_then_says_line(refusal):
    assert "linje 2: ikke gyldig YAML" in refusal("title: a\nsources: !!python/object:os.x []\n")


def test_load_when_nested_too_deep_then_is_refused(refusal):
    assert "for mange nivåer" in refusal("title: " + "[" * 3000 + "]" * 3000)


def test_load_when_two_mistakes_then_names_both(refusal):
    error = refusal("sources:\n  - id: b\n    wieght: 3\n")
    assert "mangler nøkkel «title»" in error
    assert "ukjent nøkkel «wieght»" in error


def test_error_when_asked_for_a_place_then_names_its_line(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("title: a\nsources:\n  - id: b\n  - id: c\n", encoding="utf-8")
    file = config_file.read(path, Sources)
    assert "linje 4: feil" in str(file.error(("sources", 1, "id"), "feil"))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_load_when_given_any_bytes_then_loads_or_refuses_with_line(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.yaml"
        path.write_bytes(content)
        refused = ""
        try:
            config_file.load(path, Sources)
        except ConfigError as error:
            refused = str(error)
        assert refused == "" or " linje " in refused
