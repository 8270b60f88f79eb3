"""Working on KS' response from the command line, as a policy officer would."""

import hashlib
import json

import pytest

from tests.service import said

KEY = "regjeringen:3167177"
OTHER = "regjeringen:3167338"


@pytest.fixture
def do(run):
    """Work on the matter in a database with what the recorded answers hold."""
    run("poll", "regjeringen", "--once")

    def do(command, *arguments, key=KEY, by="Kari"):
        result = run("response", command, key, "--by", by, *arguments)
        assert result.exit_code == 0, result.output
        return result.output

    return do


@pytest.fixture
def shown(run):
    def shown(key=KEY):
        return json.loads(run("response", "show", key, "--json").output)

    return shown


def test_response_when_worked_on_to_the_end_then_every_step_is_in_the_log(do, shown, run, tmp_path):
    file = tmp_path / "svar.pdf"
    file.write_bytes(b"svaret" * 1000)
    do("triage", "--choice", "answer", "--brussels", "nei")
    do(
        "assign",
        "--owner",
        "kari-eksempel",
        "--deputy",
        "ola-eksempel",
        "--contributing",
        "okonomi",
    )
    do("advance", "--to", "draft", "--skip", "member_input")
    do("demand", "--text", "Full finansiering")
    do("extend", "--until", "2026-11-02", "--with", "departementet")
    do("note", "--note", "Ringte departementet.")
    do("advance", "--to", "sent", "--skip", "legal_check", "--skip", "board", "--skip", "approved")
    do("file-receipt", "--reference", "26/1", "--file", str(file), "--sent-at", "2026-07-04T09:00")
    do("outcome", "--demand", "4", "--verdict", "partly", "--quote", "Delvis enig.",
       "--link", "https://example.org/prop")  # fmt: skip
    case = shown()
    assert (case["state"], case["owner"], case["version"]) == ("receipt_filed", "kari-eksempel", 9)
    receipt = case["acts"][7]
    assert receipt["sha256"] == hashlib.sha256(b"svaret" * 1000).hexdigest()
    assert receipt["sent_at"] == "2026-07-04T07:00:00Z"
    assert case["demands"][0]["verdict"] == "partly"
    assert case["deadlines"][0]["receipt"] == "26/1"
    text = run("response", "show", KEY).output
    assert "Saksansvarlig: Kari Eksempel" in text
    assert "Krav 4:" in text
    assert "  3. Utkast; hoppet over innspill fra medlemmer (Kari 4. juli 2026)." in text


def test_result_then_says_where_the_case_stands_and_where_it_can_go(do):
    assert do("triage", "--choice", "answer") == (
        "Lagret. Saken står nå som «vi skal svare» (versjon 1).\n"
        "Videre: member_input, draft, legal_check, board, approved, sent.\n"
    )


def test_result_when_json_then_the_whole_case(do):
    case = json.loads(do("triage", "--choice", "not_answer", "--note", "Gjelder ikke.", "--json"))
    assert (case["state"], case["reason"]) == ("not_answering", "Gjelder ikke.")


def test_by_when_an_id_then_the_name_stands_in_the_log(do, shown):
    do("triage", "--choice", "follow", by="kari-eksempel")
    assert shown()["acts"][0]["by"] == "Kari Eksempel"


def test_undo_then_back_to_new_and_the_log_has_both(do, shown):
    do("triage", "--choice", "answer")
    do("undo", "--note", "Feil sak.")
    case = shown()
    assert case["state"] == "new"
    assert case["log"][1] == "Angret: KS skal svare (Kari 4. juli 2026): Feil sak."


def test_join_then_what_is_sent_is_sent_in_both(do, shown):
    for key in (KEY, OTHER):
        do("triage", "--choice", "answer", key=key)
        do("assign", "--owner", "kari-eksempel", key=key)
    do("join", "--with", KEY, key=OTHER)
    steps = ("member_input", "draft", "legal_check", "board", "approved")
    do("advance", "--to", "sent", *(word for one in steps for word in ("--skip", one)))
    assert (shown(OTHER)["state"], shown(OTHER)["joint_with"]) == ("sent", KEY)


def test_second_round_then_linked(do, shown):
    do("second-round", "--of", OTHER)
    assert shown()["second_round_of"] == OTHER


def test_list_then_each_list_has_what_it_should(do, run):
    assert KEY in run("response", "list").output
    do("triage", "--choice", "answer")
    do("assign", "--owner", "kari-eksempel", by="Ola")
    lines = run("response", "list", "--json").output.splitlines()
    assert KEY not in [json.loads(line)["key"] for line in lines]
    (mine,) = run("response", "list", "--person", "kari-eksempel", "--json").output.splitlines()
    assert json.loads(mine)["state"] == "assigned"
    assert KEY in run("response", "list", "--section", "velferd-bolig").output
    assert run("response", "list", "--late").output == "Ingen saker.\n"
    assert KEY in run("response", "list", "--meetings").output


def test_list_when_two_lists_are_asked_for_or_an_unknown_one_then_says_so(run):
    assert "bare én" in said(run("response", "list", "--late", "--meetings"))
    assert "Ukjent seksjon «tull»" in said(run("response", "list", "--section", "tull"))
    assert "Ukjent person «tull»" in said(run("response", "list", "--person", "tull"))


CANNOT = [
    (("triage", KEY, "--choice", "not_answer"), "trenger en grunn"),
    (("triage", "tull:1", "--choice", "answer"), "ingen høring"),
    (("assign", KEY, "--owner", "tull"), "config/people.yaml"),
    (("advance", KEY, "--to", "draft"), "ikke avgjort"),
    (("file-receipt", KEY), "ikke meldt sendt"),
    (("outcome", KEY, "--demand", "1", "--verdict", "followed"), "ikke meldt"),
    (("note", KEY), "er tom"),
    (("undo", KEY), "ingenting å angre"),
    (("triage", KEY, "--choice", "answer", "--expects", "3"), "endret siden"),
]


def test_commands_when_they_cannot_be_done_then_say_why_and_keep_nothing(run, shown):
    run("poll", "regjeringen", "--once")
    for arguments, words in CANNOT:
        assert words in said(run("response", *arguments, "--by", "Kari"))
    assert shown()["version"] == 0


def test_words_when_hostile_then_harmless_in_the_window(do, run):
    do("triage", "--choice", "follow", "--note", "\u202e<b>\x1b[31mrødt", by="K\x1b[2J\u200bari")
    text = run("response", "show", KEY).output
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "<b>[31mrødt" in text
