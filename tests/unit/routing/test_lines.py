"""`consultations route`: a line in, a line out, and never a crash."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from consultations.routing import route_lines


def answers(rules, *lines):
    return [json.loads(line) for line in route_lines(lines, rules)]


def test_route_lines_when_line_is_right_then_answers_in_the_agreed_shape(rules):
    line = json.dumps(
        {"id": "a", "title": "Barnehagen", "sender": "KD", "summary": "", "lang": "nb"}
    )
    (answer,) = answers(rules, line)
    assert list(answer) == [
        "id",
        "primary_section",
        "secondary_sections",
        "brussels",
        "score",
        "evidence",
        "abstained",
        "runner_up",
        "eu_eea",
        "criterion",
        "eu_acts",
        "rules_hash",
        "model_version",
        "text_hash",
    ]
    assert (answer["id"], answer["primary_section"]) == ("a", "utdanning")
    assert answer["evidence"][0]["quote"] == "Barnehagen"


def test_route_lines_when_keys_are_null_extra_or_bytes_then_answers(rules):
    line = json.dumps({"id": 7, "title": "Avløp", "sender": None, "url": "x", "topics": ["a", "b"]})
    (answer,) = answers(rules, line.encode())
    assert (answer["id"], answer["primary_section"]) == (7, "klima-miljo")


def test_route_lines_when_some_lines_are_bad_then_says_which_and_goes_on(rules):
    lines = ['{"id": 1, "title": "Ferje"}', "", "ikke json", "[1]", '{"id": 2}', b"\xff\xfe", "42"]
    good, *bad = answers(rules, *lines)
    assert good["primary_section"] == "samferdsel"
    assert [one["error"].split(":")[0] for one in bad] == [
        "linje 3",
        "linje 4",
        "linje 5",
        "linje 6",
        "linje 7",
    ]
    assert [one["id"] for one in bad] == [None, None, 2, None, None]
    assert "title" in bad[2]["error"]


@settings(max_examples=80, deadline=None)
@given(st.one_of(st.text(max_size=80), st.binary(max_size=80)))
def test_route_lines_when_given_anything_then_gives_at_most_one_json_line(rules, line):
    assert len(answers(rules, line)) <= 1


def test_route_lines_when_nested_too_deep_then_says_so(rules):
    (answer,) = answers(rules, "[" * 100_000)
    assert answer["error"].startswith("linje 1:")


def test_route_lines_when_text_holds_half_an_emoji_then_answer_can_be_written(rules):
    lines = ['{"id": "\\ud800", "title": "Avløp"}', '{"id": 1, "title": "Avløp \\ud83d"}']
    for line in route_lines(lines, rules):
        assert json.loads(line.encode())
