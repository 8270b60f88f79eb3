"""What differs between machines, read from environment variables and a ``.env`` file.

What KS decides (sections, rules, sources, channels) is not here but in ``config/``.
"""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import (
    AwareDatetime,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from consultations.config_file import expected
from consultations.domain.errors import ConfigError

PREFIX = "CONSULTATIONS_"


class Settings(BaseSettings):
    """One frozen object. Every variable starts with ``CONSULTATIONS_``."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", frozen=True, extra="ignore"
    )

    database_url: str = Field(
        "sqlite:///var/consultations.db", description="Hvor tilstanden ligger"
    )
    config_dir: Path = Field(Path("config"), description="Mappen med seksjoner, regler og kilder")
    contact: str | None = Field(
        None, description="E-post eller nettadresse som kildene kan nå oss på; kreves for å hente"
    )
    slack_token: SecretStr | None = Field(
        None, description="Bot-nøkkelen fra Slack; uten den skrives varslene i vinduet"
    )
    slack_token_file: Path | None = Field(
        None, description="Fil med bot-nøkkelen, i stedet for selve nøkkelen"
    )
    slack_api_url: str = Field("https://slack.com/api/", description="Adressen til Slacks tjeneste")
    slack_patience_minutes: int = Field(
        30,
        ge=1,
        le=1440,
        description="Så lenge kan Slack være nede før det som haster, går i e-post",
    )
    smtp_host: str | None = Field(
        None, description="E-posttjeneren; uten den sendes ingen ukesoversikt"
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Porten på e-posttjeneren")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="Hvordan forbindelsen sikres; none bare på samme maskin"
    )
    smtp_user: str | None = Field(None, description="Brukeren på e-posttjeneren, om den krever en")
    smtp_password: SecretStr | None = Field(None, description="Passordet til brukeren")
    smtp_password_file: Path | None = Field(
        None, description="Fil med passordet, i stedet for selve passordet"
    )
    mail_from: str | None = Field(
        None, description="Adressen e-posten kommer fra; kreves når e-posttjeneren er satt"
    )
    page_url: str | None = Field(
        None, description="Adressen folk når nettsidene på, for lenker i varsler"
    )
    port: int = Field(8010, ge=0, le=65535, description="Porten nettsidene lytter på (loopback)")
    host: str = Field(
        "127.0.0.1", description="Adressen nettsidene lytter på; noe annet bare bak en innlogging"
    )
    health_port: int | None = Field(
        None, ge=0, le=65535, description="Porten der en prosess svarer på om den lever og virker"
    )
    kafka_servers: str | None = Field(
        None, description="Kafka-tjenerne (vert:port, komma imellom); uten dem brukes databasen"
    )
    kafka_partitions: int = Field(
        6,
        ge=1,
        le=100,
        description="Partisjoner i hvert emne med nøkkel: så mange kan dele et steg",
    )
    kafka_replication: int = Field(
        1, ge=1, le=10, description="Kopier av hver melding, på hver sin Kafka-tjener"
    )
    kafka_session_seconds: int = Field(
        45,
        ge=6,
        le=1800,
        description="Så lenge venter de andre før de tar over etter en arbeider som er borte",
    )
    news_days: int = Field(
        14, ge=0, description="Så mange dager gammelt kan noe være og fortsatt meldes som nytt"
    )
    recorded_answers: Path | None = Field(
        None, description="Mappe med lagrede svar som brukes i stedet for nettet"
    )
    clock_starts_at: AwareDatetime | None = Field(
        None, description="Tidspunkt klokka stilles til ved start, for demo på lagrede svar"
    )

    @model_validator(mode="after")
    def _one_slack_token(self) -> Self:
        if self.slack_token and self.slack_token_file:
            raise ValueError(f"Sett bare én av {PREFIX}SLACK_TOKEN og {PREFIX}SLACK_TOKEN_FILE.")
        return self

    @model_validator(mode="after")
    def _mail_has_all_it_needs(self) -> Self:
        if self.smtp_host and not self.mail_from:
            raise ValueError(
                f"{PREFIX}SMTP_HOST er satt, og da må {PREFIX}MAIL_FROM si hvem e-posten er fra."
            )
        if self.smtp_password and self.smtp_password_file:
            raise ValueError(
                f"Sett bare én av {PREFIX}SMTP_PASSWORD og {PREFIX}SMTP_PASSWORD_FILE."
            )
        return self

    @model_validator(mode="after")
    def _kafka_needs_a_server_for_the_state(self) -> Self:
        if self.kafka_servers and self.database_url.startswith("sqlite"):
            raise ValueError(
                f"{PREFIX}KAFKA_SERVERS er satt, og da må tilstanden ligge i PostgreSQL. Sett "
                f"{PREFIX}DATABASE_URL til for eksempel postgresql://bruker:passord@vert/base, "
                f"eller fjern {PREFIX}KAFKA_SERVERS for å kjøre alt på denne maskinen."
            )
        return self

    @field_validator("kafka_servers")
    @classmethod
    def _without_blanks(cls, servers: str | None) -> str | None:
        return "".join((servers or "").split()) or None

    @model_validator(mode="after")
    def _kafka_servers_are_addresses(self) -> Self:
        for server in self.kafka_servers.split(",") if self.kafka_servers else ():
            host, _, port = server.rpartition(":")
            if not host or not port.isdecimal():
                raise ValueError(
                    f"{PREFIX}KAFKA_SERVERS: «{server}» er ingen adresse. Skriv vert:port, "
                    "med komma imellom når det er flere."
                )
        return self

    @property
    def news_age(self) -> timedelta:
        return timedelta(days=self.news_days)

    def read_slack_token(self) -> str | None:
        """Return the token itself. Raises ``ConfigError`` when its file cannot be read."""
        return _secret("SLACK_TOKEN", self.slack_token, self.slack_token_file)

    def read_smtp_password(self) -> str | None:
        """Return the password itself. Raises ``ConfigError`` when its file cannot be read."""
        return _secret("SMTP_PASSWORD", self.smtp_password, self.smtp_password_file)


def _secret(name: str, given: SecretStr | None, file: Path | None) -> str | None:
    if file is None:
        return (given.get_secret_value() if given else None) or None
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(
            f"{PREFIX}{name}_FILE kan ikke leses ({problem}). "
            f"Rett stien, eller sett {PREFIX}{name}."
        ) from problem


def read_settings(**given: object) -> Settings:
    """Read the environment; ``given`` values win. Raises ``ConfigError`` naming the variable."""
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        if not first["loc"]:
            raise ConfigError(str(first["ctx"]["error"])) from problem
        name = "_".join(str(part) for part in first["loc"]).upper()
        wanted = expected(first) or first["msg"]
        raise ConfigError(f"{PREFIX}{name}: ventet {wanted}.") from problem
