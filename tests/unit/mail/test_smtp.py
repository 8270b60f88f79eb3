"""What a real SMTP server answers decides whether a person must act, and what may have arrived."""

import socket
import threading
from datetime import UTC, datetime

import pytest

from consultations.mail import Mailbox, Mailer, Passing, Refused, compose
from tests.servers.mail import HOST, PASSWORD, USER, MailServer, mail_server

pytestmark = pytest.mark.services

KARI = "kari@example.org"


def mailer(server: MailServer, security: str = "none", **given: object) -> Mailer:
    facts: dict[str, object] = {"timeout": 5.0, "trust": server.trust, **given}
    return Mailer(HOST, server.port, security, **facts)  # type: ignore[arg-type]


def letter(to: str = KARI, text: str = "Hei på deg.\n") -> bytes:
    return compose(
        sender=Mailbox("horinger@example.org", "Høringer"), to=Mailbox(to, "Kåre"),
        subject="Uke 28", text=text, html="<p>Hei</p>", message_id="<uke.kari@example.org>",
        at=datetime(2026, 7, 6, 5, tzinfo=UTC),
    ).as_bytes()  # fmt: skip


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_mail_when_sent_then_it_arrives_byte_for_byte(security):
    mail = letter(text=".\n..\nFrom her\n" + "æ" * 3000)
    with mail_server(security) as server:
        mailer(server, security).hand_over(mail)
    assert server.accepted == [mail]
    assert server.recipients == [KARI]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_when_the_server_asks_who_we_are_then_signs_in(security):
    with mail_server(security, sign_in=True) as server:
        mailer(server, security, user=USER, password=PASSWORD).hand_over(letter())
    assert len(server.accepted) == 1
    assert set(server.passwords_tried) == {PASSWORD.encode()}


def test_mail_when_the_password_is_wrong_then_a_person_must_act():
    with mail_server("starttls", sign_in=True) as server, pytest.raises(Refused) as refused:
        mailer(server, "starttls", user=USER, password="feil").hand_over(letter())
    assert "CONSULTATIONS_SMTP_PASSWORD" in str(refused.value)
    assert "feil" not in str(refused.value).split()
    assert refused.value.address is None
    assert server.accepted == []


def test_mail_when_the_server_takes_no_password_then_says_so():
    with mail_server() as server, pytest.raises(Refused, match="CONSULTATIONS_SMTP_USER"):
        mailer(server, user=USER, password=PASSWORD).hand_over(letter())


def test_mail_when_the_certificate_does_not_hold_then_nothing_is_sent():
    with mail_server("tls") as server:
        with pytest.raises(Refused, match="Sertifikatet"):
            mailer(server, "tls", trust=None).hand_over(letter())
        assert server.accepted == []


def test_mail_when_starttls_is_not_offered_then_nothing_is_sent_in_the_clear():
    with mail_server("starttls", offer_starttls=False) as server:
        with pytest.raises(Refused, match="tilbyr ikke STARTTLS"):
            mailer(server, "starttls", user=USER, password=PASSWORD).hand_over(letter())
        assert server.accepted == []
        assert server.passwords_tried == []


def test_mail_when_the_sender_is_refused_then_it_is_about_all_of_ours():
    with mail_server() as server:
        server.behaviour.to_sender = "553 5.7.1 Sender not owned"
        with pytest.raises(Refused, match="CONSULTATIONS_MAIL_FROM") as refused:
            mailer(server).hand_over(letter())
    assert refused.value.address is None
    assert "553 5.7.1 Sender not owned" in str(refused.value)


def test_mail_when_the_reader_is_refused_then_it_is_about_that_address():
    with mail_server() as server:
        server.behaviour.to_recipients[KARI] = "550 5.1.1 No such user"
        with pytest.raises(Refused, match=r"550 5\.1\.1 No such user") as refused:
            mailer(server).hand_over(letter())
    assert refused.value.address == KARI


def test_mail_when_the_content_is_refused_then_it_is_about_that_address():
    with mail_server() as server:
        server.behaviour.to_content[KARI] = "554 5.6.0 Looks like spam"
        with pytest.raises(Refused, match="554") as refused:
            mailer(server).hand_over(letter())
    assert refused.value.address == KARI


@pytest.mark.parametrize("where", ["to_recipients", "to_content"])
def test_mail_when_asked_to_wait_then_it_surely_did_not_arrive(where):
    with mail_server() as server:
        getattr(server.behaviour, where)[KARI] = "451 4.7.1 Greylisted, try again"
        with pytest.raises(Passing, match="Greylisted") as passing:
            mailer(server).hand_over(letter())
    assert not passing.value.uncertain


def test_mail_when_dropped_before_it_was_handed_over_then_it_surely_did_not_arrive():
    with mail_server() as server:
        server.behaviour.drop_before_data.add(KARI)
        with pytest.raises(Passing) as passing:
            mailer(server).hand_over(letter())
    assert not passing.value.uncertain
    assert server.accepted == []


@pytest.mark.parametrize("security", ["none", "tls"])
def test_mail_when_dropped_after_it_was_handed_over_then_it_may_have_arrived(security):
    with mail_server(security) as server:
        server.behaviour.drop_after_data.add(KARI)
        with pytest.raises(Passing, match="kan være kommet fram") as passing:
            mailer(server, security).hand_over(letter())
    assert passing.value.uncertain
    assert len(server.accepted) == 1


def test_mail_when_no_answer_comes_then_it_may_have_arrived():
    with mail_server() as server:
        server.behaviour.never_answer_data.add(KARI)
        with pytest.raises(Passing) as passing:
            mailer(server, timeout=0.3).hand_over(letter())
    assert passing.value.uncertain


def test_mail_when_nobody_listens_then_it_may_pass():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(Passing, match="svarer ikke") as passing:
        Mailer("127.0.0.1", port, "none", timeout=1).hand_over(letter())
    assert not passing.value.uncertain


def test_mail_when_the_server_does_not_exist_then_it_may_pass():
    with pytest.raises(Passing, match="svarer ikke"):
        Mailer("finnes-ikke.invalid", 25, "none", timeout=1).hand_over(letter())


def test_mail_when_the_server_says_nothing_then_we_do_not_wait_for_ever():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(Passing):
            Mailer("127.0.0.1", port, "none", timeout=0.3).hand_over(letter())


def test_mail_when_the_server_is_busy_then_it_may_pass():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        answering = threading.Thread(target=_answer_busy, args=(busy,))
        answering.start()
        with pytest.raises(Passing, match="421"):
            Mailer("127.0.0.1", busy.getsockname()[1], "none", timeout=2).hand_over(letter())
        answering.join()


def _answer_busy(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.sendall(b"421 4.3.2 Too busy\r\n")


def test_mail_when_sent_as_a_message_then_it_goes_to_whom_it_is_addressed():
    mail = compose(
        sender=Mailbox("horinger@example.org"), to=Mailbox("kari@blåbær.no"), subject="x",
        text="Hei", message_id="<x.y@example.org>", at=datetime(2026, 7, 6, 5, tzinfo=UTC),
    )  # fmt: skip
    with mail_server() as server:
        mailer(server).send(mail)
    assert server.recipients == ["kari@xn--blbr-roah.no"]
    assert server.mails[0].get_content() == "Hei\r\n"
