"""Mistakes in the rules are refused with file and line; examples in them are run."""

import re

import pytest

from consultations.domain.errors import ConfigError
from consultations.routing import load_rules, selftest
from consultations.routing.rules import Rule


def line_of(folder, name: str, text: str) -> int:
    lines = (folder / name).read_text("utf-8").splitlines()
    return max(number for number, line in enumerate(lines, start=1) if text in line)


def test_load_rules_when_real_files_then_has_nineteen_sections_and_none(rules):
    assert len(rules.sections) == 20
    assert "none" in rules.sections
    assert re.fullmatch(r"[0-9a-f]{64}", rules.hash)


def test_selftest_when_real_files_then_every_example_holds(rules):
    assert selftest(rules) == []


def test_rules_when_written_then_each_proves_itself_and_each_section_has_an_example(rules):
    settings = rules.settings
    proven = (*settings.rules, *settings.eu.marks, *settings.eu.outside)
    assert [one.id for one in proven if not one.matches] == []
    assert [one.id for one in settings.rules if not one.rejects] == []
    assert [id_ for id_, section in rules.sections.items() if not section.examples] == []


def test_load_rules_when_every_sender_is_used_then_none_is_idle(rules):
    used = {
        sender
        for section in rules.sections.values()
        for sender in (*section.ministries, *section.directorates, *section.committees)
    }
    assert {sender.id for sender in rules.settings.senders} == used


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("routing.yaml", "section: jus", "section: juss", "ukjent seksjon «juss», ventet en av: "),
        ("routing.yaml", "lead: oppvekst", "lead: oppvexst", "ukjent seksjon «oppvexst»"),
        ("eu-acts.yaml", "section: jus", "section: juss", "ukjent seksjon «juss»"),
        ("eu-acts.yaml", "[32000L0060]", "[2000/60]", "ventet tekst på formen"),
        ("sections.yaml", "ministries: [BFD]", "ministries: [BDF]", "ukjent avsender «BDF»"),
        ("sections.yaml", "id: pensjon", "id: arbeidsgiver", "id «arbeidsgiver» er brukt før"),
        ("sections.yaml", "id: pensjon", "id: Pensjon", "ventet tekst på formen"),
        ("routing.yaml", "  law: 3", "  law: tung", "«law»: ventet et tall, fant «tung»"),
        ("routing.yaml", "  law: 3", "  low: 3", "ukjent nøkkel «low», ventet en av: law, keyword"),
        ("routing.yaml", "weight: -2", "wieght: -2", "ukjent nøkkel «wieght»"),
        (
            "routing.yaml",
            "pattern: 'EØS-komit'",
            "pattern: 'EØS-(komit'",
            "ugyldig regulært uttrykk",
        ),
        ("routing.yaml", "pattern: 'EØS-komit'", "pattern: 'EØS.*komit'", "skriv {0,80}"),
        ("routing.yaml", "words: [EØS-avtalen]", 'words: ["--"]', "inneholder ingen ord"),
    ],
)
def test_load_rules_when_something_is_wrong_then_says_file_line_and_why(
    changed, name, old, new, problem
):
    folder = changed(name, old, new)
    with pytest.raises(ConfigError) as raised:
        load_rules(folder)
    assert problem in str(raised.value)
    assert f"config/{name} linje {line_of(folder, name, new)}:" in str(raised.value)


def test_load_rules_when_none_is_missing_then_is_refused(changed):
    with pytest.raises(ConfigError, match="mangler seksjonen «none»"):
        load_rules(changed("sections.yaml", "id: none", "id: ingen"))


def test_hash_when_only_a_comment_changes_then_is_the_same(changed, rules):
    folder = changed("routing.yaml", "# Hvordan ord", "# Slik blir ord")
    assert load_rules(folder).hash == rules.hash


def test_hash_when_a_weight_changes_then_is_another(changed, rules):
    assert load_rules(changed("routing.yaml", "  law: 3", "  law: 4")).hash != rules.hash


def test_selftest_when_a_rule_loses_its_word_then_says_which(changed):
    folder = changed("routing.yaml", "words: [EØS-avtalen]", "words: [EØS-avtelen]")
    (failure,) = selftest(load_rules(folder))
    line = line_of(folder, "routing.yaml", "Evaluering av EØS-avtalen")
    assert failure == (
        f"config/routing.yaml linje {line}: "
        "Regel «grense/EØS-avtalen som sådan» treffer ikke «Evaluering av EØS-avtalen»"
    )


def test_selftest_when_a_rule_matches_too_much_then_says_which(changed):
    folder = changed("routing.yaml", "rejects: [vannforsyning]", "rejects: [drikkevannet]")
    (failure,) = selftest(load_rules(folder))
    line = line_of(folder, "routing.yaml", "rejects: [drikkevannet]")
    assert failure == (
        f"config/routing.yaml linje {line}: Regel «grense/drikkevann» treffer «drikkevannet»"
    )


def test_selftest_when_a_mark_is_broken_then_says_which(changed):
    folder = changed("routing.yaml", "pattern: 'EØS-komit'", "pattern: 'EØS-kommit'")
    assert any("EU-merke «eu/eøs-komiteen»" in failure for failure in selftest(load_rules(folder)))


def test_selftest_when_a_decision_moves_then_says_from_and_to(changed):
    folder = changed("routing.yaml", "lead: oppvekst}", "lead: utdanning}")
    (failure,) = selftest(load_rules(folder))
    assert re.search(r"Eksempel «.*»: ble oppvekst \(.*\), ventet utdanning", failure)


def test_selftest_when_a_title_leads_elsewhere_then_says_line_words_and_where_it_went(changed):
    folder = changed("sections.yaml", "examples: [Endringar i barnehagelova]", "examples: [Avløp]")
    (failure,) = selftest(load_rules(folder))
    line = line_of(folder, "sections.yaml", "examples: [Avløp]")
    assert failure.startswith(
        f"config/sections.yaml linje {line}: Eksempel «Avløp»: ble klima-miljo"
    )
    assert "av «Avløp»), ventet utdanning" in failure


def test_rules_when_law_has_two_spellings_then_it_counts_once(rules):
    (hit,) = rules.find("opplæringslova")
    assert len([rule for rule in hit.found if isinstance(rule, Rule)]) == 1


def test_find_when_a_rule_wants_the_same_word_then_the_section_keeps_it(rules):
    found = {f.id for hit in rules.find("drikkevannsforskriften") for f in hit.found}
    assert found == {
        "klima-miljo/lov/drikkevannsforskriften",
        "grense/drikkevann",
        "eu/norsk lov/drikkevannsforskriften",
    }


def test_phrase_when_it_stands_in_a_section_then_it_finds_itself(rules):
    dead = [
        phrase
        for section in rules.sections.values()
        for phrase in (*section.laws, *section.keywords, *section.hints)
        if not finds(rules, phrase.strip("-"), section.id)
    ]
    assert dead == []


def finds(rules, text, section):
    wanted = (one for hit in rules.find(text) for one in hit.found)
    return any(getattr(one, "section", None) == section for one in wanted)
