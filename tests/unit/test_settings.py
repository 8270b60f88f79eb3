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
