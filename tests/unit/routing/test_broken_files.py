"""Whatever is wrong in the three files, the tracker says file, line and what to do about it."""

import re
from pathlib import Path

import pytest

from consultations.domain.errors import ConfigError
from consultations.routing import load_rules


@pytest.fixture
def refusal(changed):
    """Load the real files with one text in one of them replaced; give the refusal."""

    def load(name: str, old: str, new: str) -> str:
        folder = changed(name, old, new)
        with pytest.raises(ConfigError) as raised:
            load_rules(folder)
        return str(raised.value)

    return load


@pytest.fixture
def refusal_of_bytes(changed):
    """Load the real files with the bytes of one of them replaced."""

    def load(name: str, content: bytes) -> str:
        folder: Path = changed(name, "", "")
        (folder / name).write_bytes(content)
        with pytest.raises(ConfigError) as raised:
            load_rules(folder)
        return str(raised.value)

    return load


def rule(**given: str) -> str:
    keys = {"id": "prøve", "section": "jus", "words": "[prøveord]", "weight": "1", **given}
    return f"rules:\n  - {{{', '.join(f'{key}: {value}' for key, value in keys.items())}}}\n"


def mark(**given: str) -> str:
    keys = {"id": "prøve", "needs": "[prøve]", "pattern": "prøve", "weight": "1", **given}
    return f"  marks:\n    - {{{', '.join(f'{key}: {value}' for key, value in keys.items())}}}"


IN_SECTIONS = [
    ("sections:\n", "sections: 3\nx:\n", "«sections»: ventet en liste, fant «3»"),
    ("committees: [", "committees: arbeid #[", "ventet en liste, fant «arbeid»"),
    ("id: kultur\n", "id: [kultur]\n", "«id»: ventet tekst"),
    ("id: kultur\n", "id: Kultur\n", "ventet tekst på formen"),
    ("id: kultur\n", "id: kultur\n    retired: kanskje\n", "ventet true eller false"),
    ("id: kultur\n", "id: kultur\n    navn: K\n", "ukjent nøkkel «navn», ventet en av: id,"),
    ("id: kultur\n", "id: kultur\n    keyword: [K]\n", "(mente du «keywords»?)"),
    ("id: kultur\n", "id: jus\n", "id «jus» er brukt før; gi hver sin id"),
    ("ministries: [", "ministries: [12, ", "fant «12»; sett ordet i anførselstegn"),
    ("ministries: [", "ministries: [XX, ", "ventet en id fra senders i routing.yaml"),
    ("examples: [", "examples: [no, ", "fant «False»; sett ordet i anførselstegn"),
    ("examples: [", "examples: [2026-10-16, ", "sett ordet i anførselstegn"),
    ("hints:\n      [", "hints:\n      ['', ", "«» inneholder ingen ord"),
    ("hints:\n      [", "hints:\n      ['-', ", "«-» inneholder ingen ord"),
    ("    name_en: Pensions\n", "", "mangler nøkkel «name_en»"),
]
IN_ROUTING = [
    ("thresholds:\n", "thresholds: []\nx:\n", "ventet nøkler med verdier"),
    ("  title: {", "  title: 3\n  x: {", "ventet nøkler med verdier, fant «3»"),
    ("most_seconds: ", "most_seconds: 2.5 #", "ventet et helt tall, fant «2.5»"),
    ("{id: KUD,", "{id: BFD,", "id «BFD» er brukt før"),
    ("rules:\n", rule() + rule()[7:], "id «prøve» er brukt før"),
    ("rules:\n", rule(section="juss"), "ukjent seksjon «juss», ventet en av:"),
    ("rules:\n", rule(id="modell/ord"), "er den lærte modellens; kall regelen noe annet"),
    ("rules:\n", rule(id="''"), "ventet minst 1 tegn"),
    ("rules:\n", rule(words="[]"), "ventet minst 1 i listen"),
    ("rules:\n", rule(fields="[tittel]"), "ventet en av: 'title',"),
    ("  marks:", mark() + mark()[8:], "id «prøve» er brukt før"),
    ("  marks:", mark(pattern="'(prøve'"), "ugyldig regulært uttrykk"),
    ("  marks:", mark(pattern="'(a|b)*c'"), "skriv {0,80} i stedet"),
    ("  marks:", mark(needs="[Prøve]"), "ventet tekst på formen"),
    ("rules:\n", rule(weight=".nan"), "«weight»: ventet et "),
    ("rules:\n", rule(weight=".inf"), "«weight»: ventet et "),
    ("rules:\n", rule(weight="1.0e+300"), "ventet et tall på høyst 1000"),
    ("rules:\n", rule(weight="9" * 400), "«weight»: "),
    ("rules:\n", rule(weight="9" * 5000), "kan ikke leses; sett teksten i anførselstegn"),
    ("rules:\n", rule(weight="2026-13-41"), "«2026-13-41» kan ikke leses"),
    ("second_share: ", "second_share: 7 #", "ventet et tall på høyst 1"),
    ("second_share: ", "second_share: .nan #", "«second_share»: ventet et "),
    ("none_lead: ", "none_lead: 0.5 #", "ventet et tall på minst 1"),
    ("  law: ", "  law: 0 #", "ventet et tall over 0"),
    ("weights:", "a: &a 1\nb: *a\nweights:", "alias (*navn) er ikke tillatt"),
    ("weights:", "weights: {}\nweights:", "nøkkel «weights» står også på linje"),
    ("  law: ", "\tlaw: ", "tabulator i filen; skriv mellomrom i stedet"),
    ("  law: ", "  law ", "ikke gyldig YAML"),
]
IN_ACTS = [
    ("acts:\n", "acts:\n  - {names: []}\n", "ventet minst 1 i listen"),
    ("acts:\n", "acts:\n  - {names: [a-], section: miljø}\n", "ukjent seksjon «miljø»"),
    ("acts:\n", "acts:\n  - {names: [a-], celex: [32000L60]}\n", "ventet tekst på formen"),
]
MISTAKES = [
    *(("sections.yaml", *one) for one in IN_SECTIONS),
    *(("routing.yaml", *one) for one in IN_ROUTING),
    *(("eu-acts.yaml", *one) for one in IN_ACTS),
]


@pytest.mark.parametrize(("name", "old", "new", "problem"), MISTAKES)
def test_load_rules_when_a_file_is_wrong_then_says_file_line_and_remedy(
    refusal, name, old, new, problem
):
    said = refusal(name, old, new)
    assert problem in said
    assert f"config/{name} linje " in said
    assert all(re.match(r"config/[\w-]+\.yaml linje [1-9]\d*: ", one) for one in said.splitlines())
    assert max(map(len, said.splitlines())) < 600


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "filen er tom; ventet nøkler med verdier"),
        (b"\x00\x01\x02\x03" * 50, "styretegn i filen"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "ikke UTF-8; lagre filen som UTF-8"),
        ("acts: []\n".encode("utf-16"), "ikke UTF-8; lagre filen som UTF-8"),
        ("acts: []\n# blåbær\n".encode("latin-1"), "linje 2: ikke UTF-8"),
        (b"# x\n" * 2_500_000, "filen er på mer enn 2 MB"),
        (b"acts:\n" + b"  - {names: [a\n" * 1000, "ikke gyldig YAML"),
        (b"- acts\n", "ventet nøkler med verdier"),
        (b"acts\n", "ventet nøkler med verdier, fant «acts»"),
    ],
)
def test_load_rules_when_a_file_is_something_else_then_says_so(refusal_of_bytes, content, problem):
    said = refusal_of_bytes("eu-acts.yaml", content)
    assert problem in said
    assert re.match(r"config/eu-acts\.yaml linje [1-9]\d*: ", said)


@pytest.mark.parametrize("name", ["sections.yaml", "routing.yaml", "eu-acts.yaml"])
@pytest.mark.parametrize(
    "written",
    [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")],
    ids=["byte order mark", "Windows newlines"],
)
def test_load_rules_when_an_editor_saved_it_its_own_way_then_it_means_the_same(
    changed, rules, name, written
):
    folder = changed(name, "", "")
    text = (folder / name).read_text("utf-8")
    (folder / name).write_bytes(written(text).encode())
    assert load_rules(folder).hash == rules.hash


def test_load_rules_when_several_things_are_wrong_then_names_them_all(refusal):
    said = refusal("sections.yaml", "ministries: [", "ministries: [XX, YY, ")
    assert "ukjent avsender «XX»" in said
    assert "ukjent avsender «YY»" in said
