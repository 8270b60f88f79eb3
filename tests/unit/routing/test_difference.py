"""Where a matter moves when it is decided anew, the dearest error first, and by which words."""

import pytest

from consultations.domain.decision import Decision, Evidence
from consultations.routing.difference import MoveKind, move
from consultations.routing.schema import Section
from consultations.routing.section_life import SectionLife

LIFE = SectionLife(
    (
        Section(id="jus", name_no="Jus", name_en="Law", remit="", formerly={"lov": "Lov"}),
        Section(id="kultur", name_no="Kultur", name_en="Culture", remit=""),
        Section(id="none", name_no="Ikke for KS", name_en="Not for KS", remit=""),
    )
)


def decided(lead: str, *seconds: str, **given) -> Decision:
    return Decision(lead=lead, seconds=seconds, score=9, rules_hash="x", **given)


def word(section: str, weight: float, start: int = 0) -> Evidence:
    return Evidence(
        field="title", start=start, end=start + 3, quote="ord", rule=f"{section}/ord/ord",
        section=section, weight=weight,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (decided("jus"), decided("none"), MoveKind.THROWN_AWAY),
        (decided("jus", abstained=True), decided("none"), MoveKind.THROWN_AWAY),
        (decided("jus"), decided("kultur"), MoveKind.MOVED),
        (decided("jus", brussels=True), decided("kultur"), MoveKind.MOVED),
        (decided("none"), decided("jus"), MoveKind.FOUND),
        (decided("jus"), decided("jus", abstained=True), MoveKind.UNDECIDED),
        (decided("none"), decided("jus", abstained=True), MoveKind.UNDECIDED),
        (decided("jus", abstained=True), decided("kultur"), MoveKind.DECIDED),
        (decided("jus", brussels=True), decided("jus"), MoveKind.BRUSSELS_LOST),
        (decided("jus"), decided("jus", brussels=True), MoveKind.BRUSSELS),
        (decided("jus"), decided("jus", "kultur"), MoveKind.READERS),
        (decided("jus", abstained=True), decided("kultur", abstained=True), MoveKind.GUESS),
        (decided("jus", abstained=True), decided("jus", "kultur", abstained=True), None),
        (decided("jus", "kultur", "none"), decided("jus", "none", "kultur"), None),
        (decided("lov"), decided("jus"), None),
        (decided("kultur", "lov"), decided("kultur", "jus"), None),
        (decided("kultur"), decided("lov"), MoveKind.MOVED),
    ],
)
def test_move_when_decided_anew_then_is_named_by_the_dearest_thing(before, after, kind):
    moved = move(before, after, LIFE)
    assert (moved.kind if moved else None) == kind


def test_move_when_words_count_differently_then_names_them_and_by_how_much():
    before = decided("jus", evidence=(word("jus", 3), word("jus", 2, 9)))
    after = decided("kultur", evidence=(word("kultur", 6), word("jus", 2, 9)))
    moved = move(before, after, LIFE)
    assert moved
    assert [(one.section, one.change) for one in moved.words] == [("kultur", 6), ("jus", -3)]


def test_move_when_a_section_is_not_concerned_then_its_words_are_left_out():
    before = decided("jus", evidence=(word("none", 1),))
    after = decided("kultur", evidence=(word("kultur", 6),))
    moved = move(before, after, LIFE)
    assert moved
    assert [one.section for one in moved.words] == ["kultur"]


def test_move_when_only_the_section_was_renamed_then_its_words_are_the_same():
    before = decided("lov", evidence=(word("lov", 3),))
    after = decided("jus", "kultur", evidence=(word("jus", 3), word("kultur", 2, 9)))
    moved = move(before, after, LIFE)
    assert moved
    assert [(one.section, one.change) for one in moved.words] == [("kultur", 2)]


def test_move_when_brussels_hears_then_the_words_of_eu_law_are_named():
    eu = word("internasjonalt", 2)
    moved = move(decided("jus"), decided("jus", brussels=True, eu_evidence=(eu,)), LIFE)
    assert moved
    assert [(one.evidence, one.change) for one in moved.words] == [(eu, 2)]


def test_move_when_thresholds_alone_changed_then_no_words_are_named():
    found = (word("jus", 3), word("kultur", 2, 9))
    moved = move(decided("jus", evidence=found), decided("jus", "kultur", evidence=found), LIFE)
    assert moved
    assert moved.words == ()
