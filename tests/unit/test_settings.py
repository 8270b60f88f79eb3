import pytest

from consultations.domain.errors import ConfigError
from consultations.settings import read_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_settings_when_a_value_is_wrong_name_the_variable(monkeypatch):
    monkeypatch.setenv("CONSULTATIONS_PORT", "åtti")
    with pytest.raises(ConfigError, match="CONSULTATIONS_PORT"):
        read_settings()


def test_settings_never_show_the_token(monkeypatch):
    monkeypatch.setenv("CONSULTATIONS_SLACK_TOKEN", "xoxb-hemmelig")
    settings = read_settings()
    assert settings.read_slack_token() == "xoxb-hemmelig"
    assert "hemmelig" not in repr(settings)


def test_settings_read_the_token_from_a_file(tmp_path, monkeypatch):
    (tmp_path / "token").write_text("xoxb-fra-fil\n")
    monkeypatch.setenv("CONSULTATIONS_SLACK_TOKEN_FILE", str(tmp_path / "token"))
    assert read_settings().read_slack_token() == "xoxb-fra-fil"


def test_settings_when_the_token_file_is_missing_say_which(monkeypatch):
    monkeypatch.setenv("CONSULTATIONS_SLACK_TOKEN_FILE", "finnes-ikke")
    with pytest.raises(ConfigError, match="finnes-ikke"):
        read_settings().read_slack_token()


def test_settings_when_the_token_is_given_twice_refuse(monkeypatch):
    monkeypatch.setenv("CONSULTATIONS_SLACK_TOKEN", "a")
    monkeypatch.setenv("CONSULTATIONS_SLACK_TOKEN_FILE", "b")
    with pytest.raises(ConfigError, match="bare én"):
        read_settings()


def test_settings_when_kafka_is_set_and_the_database_is_a_file_then_say_what_to_do(monkeypatch):
    monkeypatch.setenv("CONSULTATIONS_KAFKA_SERVERS", "localhost:9092")
    with pytest.raises(ConfigError, match=r"CONSULTATIONS_DATABASE_URL.*postgresql://"):
        read_settings()


def test_settings_when_kafka_is_set_and_the_database_is_a_server_then_both_are_taken(monkeypatch):
    monkeypatch.setenv("CONSULTATIONS_KAFKA_SERVERS", "a:9092, b:9092")
    monkeypatch.setenv("CONSULTATIONS_DATABASE_URL", "postgresql://u:p@h/d")
    assert read_settings().kafka_servers == "a:9092,b:9092"


@pytest.mark.parametrize("servers", ["", "  "])
def test_settings_when_kafka_is_left_blank_then_it_is_not_set(monkeypatch, servers):
    monkeypatch.setenv("CONSULTATIONS_KAFKA_SERVERS", servers)
    assert read_settings().kafka_servers is None


@pytest.mark.parametrize("servers", ["localhost", "localhost:", ":9092", "a:9092,b", "a:9092,"])
def test_settings_when_a_kafka_server_is_no_address_then_say_how_one_looks(monkeypatch, servers):
    monkeypatch.setenv("CONSULTATIONS_KAFKA_SERVERS", servers)
    monkeypatch.setenv("CONSULTATIONS_DATABASE_URL", "postgresql://u:p@h/d")
    with pytest.raises(ConfigError, match="vert:port"):
        read_settings()
