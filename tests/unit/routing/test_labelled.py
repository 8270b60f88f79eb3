"""Labelled matters: what is wrong with a file is said, and matters that are alike keep together."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultations.domain.errors import ConfigError
from consultations.routing import load_rules
from consultations.routing.labelled import LabelledMatter, data_hash, parts, read_labelled
from consultations.routing.schema import Section
from consultations.routing.section_life import SectionLife

WORDS = ("skole", "barnehage", "avløp", "veger", "plan", "helse", "skatt")
TITLES = st.lists(
    st.lists(st.sampled_from(WORDS), max_size=5)
    .map(" ".join),
    min_size=1, max_size=30,
)  # fmt: skip


def matter(number, title="Høring", section="none"):
    return LabelledMatter(id=f"m-{number}", title=title, primary_section=section)


def written(tmp_path, *lines):
    path = tmp_path / "fasit.jsonl"
    path.write_bytes(b"\n".join(x if isinstance(x, bytes) else x.encode() for x in lines))
    return path


def line(**changed):
    return json.dumps({"id": "a", "title": "Høring", "primary_section": "none"} | changed)


def test_file_when_it_is_right_then_every_matter_is_read(rules, tmp_path):
    path = written(tmp_path, "\ufeff" + line(), "", line(id="b", secondary_sections=["jus"]))
    first, second = read_labelled(path, rules.life)
    assert (first.id, second.secondary_sections) == ("a", ("jus",))


def test_file_when_a_section_is_renamed_or_closed_then_its_matters_follow_or_are_left_out(tmp_path):
    def section(id_, **given):
        return Section(id=id_, name_no=id_, name_en=id_, remit="", **given)

    life = SectionLife((section("jus", formerly={"lov": "Lov"}), section("sport", retired=True)))
    path = written(
        tmp_path, line(primary_section="lov", secondary_sections=["jus", "sport"]),
        line(id="b", primary_section="sport"),
    )  # fmt: skip
    (matter,) = read_labelled(path, life)
    assert (matter.primary_section, matter.secondary_sections) == ("jus", ())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("{", "linje 2: «linjen» er ikke gyldig JSON"),
        ("[]", "linje 2: «linjen» er feil"),
        (line(id=None), "linje 2: «id» er feil, ventet tekst"),
        (json.dumps({"id": "b", "primary_section": "jus"}), "linje 2: «title» mangler"),
        (line(id="b", primary_section="trolldom"), "linje 2: ukjent seksjon «trolldom»"),
        (line(id="b", secondary_sections=["trolldom"]), "linje 2: ukjent seksjon «trolldom»"),
        (line(id="b", brussels="kanskje"), "linje 2: «brussels» er feil, ventet true eller false"),
        (line(), "linje 2: id «a» er brukt før"),
    ],
)
def test_file_when_a_line_is_wrong_then_the_line_and_the_reason_are_said(
    rules, tmp_path, wrong, said
):
    with pytest.raises(ConfigError, match=said):
        read_labelled(written(tmp_path, line(), wrong), rules.life)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe{"])
def test_file_when_it_holds_nothing_to_read_then_it_is_refused(rules, tmp_path, content):
    with pytest.raises(ConfigError, match=r"fasit\.jsonl"):
        read_labelled(written(tmp_path, content), rules.life)


def test_file_when_it_is_not_there_then_it_is_said(rules, tmp_path):
    with pytest.raises(ConfigError, match="kan ikke leses"):
        read_labelled(tmp_path / "borte.jsonl", rules.life)


def test_section_when_it_was_renamed_then_the_answer_follows(changed, tmp_path):
    folder = changed(
        "sections.yaml", "  - id: kultur\n", "  - id: kultur\n    formerly: {fest: Fest}\n"
    )
    found = read_labelled(written(tmp_path, line(primary_section="fest")), load_rules(folder).life)
    assert found[0].primary_section == "kultur"


@given(TITLES)
def test_parts_when_titles_are_the_same_then_so_is_the_part(titles):
    matters = [matter(number, title) for number, title in enumerate(titles)]
    dealt = parts(matters, 5)
    by_title = {}
    for one, part in zip(matters, dealt, strict=True):
        if one.title:
            assert by_title.setdefault(one.title, part) == part


@given(TITLES, TITLES)
def test_parts_when_matters_are_added_that_are_like_none_before_then_nobody_moves(before, after):
    old = [matter(number, title) for number, title in enumerate(before)]
    new = [
        matter(f"n{number}", title.replace("o", "ø") + "x") for number, title in enumerate(after)
    ]
    new = [one for one in new if not set(one.title.split()) & set(" ".join(before).split())]
    assert parts([*old, *new], 5)[: len(old)] == parts(old, 5)


def test_parts_when_titles_share_half_their_words_then_they_keep_together():
    alike = [
        matter(n, f"Endringer i barnehageloven paragraf {'a' * 5} {'b' * n}") for n in range(4, 40)
    ]
    assert len(set(parts(alike, 5))) == 1


def test_hash_when_the_order_differs_then_it_is_the_same():
    a, b = matter(1), matter(2)
    assert data_hash([a, b]) == data_hash([b, a]) != data_hash([a])
