"""The sandbox's settings: every key is optional, so the stand-ins start without a file."""

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from sandbox.keys import Keys, KeyUnusable, find_keys, make_keys

__all__ = [
    "AmazonSettings",
    "KeyUnusable",
    "LineWorksSettings",
    "Person",
    "Settings",
    "SettingsError",
    "load",
    "make_keys",
]


class SettingsError(Exception):
    """The settings file can't be used; the text lists every fault, one a line, for its writer."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_default=True)


class Person(_Section):
    """A member of the pretended company, as the directory of LINE WORKS knows one (reference 7)."""

    user_id: str
    login_id: str
    last_name: str | None = None
    first_name: str | None = None
    language: Literal["ja_JP", "en_US", "ko_KR", "zh_CN", "zh_TW"] = "ja_JP"
    external_key: str | None = None
    organizations: list[str] = Field(default=[], description="names of the units the person belongs to")
    bot_allowed: bool = True

    @property
    def display_name(self) -> str:
        """Last name, then first name; the login id where the directory has neither."""
        return " ".join(part for part in (self.last_name, self.first_name) if part) or self.login_id


def _sample_people() -> list[Person]:
    return [
        Person(
            user_id="5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e01",
            login_id="taro.yamada@sample",
            last_name="山田",
            first_name="太郎",
        ),
        Person(
            user_id="5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e02",
            login_id="hanako.sato@sample",
            last_name="佐藤",
            first_name="花子",
        ),
        Person(
            user_id="5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e03",
            login_id="buyer-admin@sample",
            last_name="購買管理者",
        ),
    ]


CallbackEvent = Literal["text", "location", "sticker", "image", "file", "audio", "video"]
ChannelEvent = Literal["message", "join", "leave", "joined", "left", "postback", "begin", "end"]


class LineWorksSettings(_Section):
    """What the Developer Console and the Admin Console of LINE WORKS would hold."""

    bot_id: int = 2000001
    bot_name: str = "kaimono 買い物"
    bot_secret: SecretStr = SecretStr("sandbox-bot-secret")
    client_id: str = "sandbox-client-id"
    client_secret: SecretStr = SecretStr("sandbox-client-secret")
    service_account: str = "sandbox.serviceaccount@sample"
    public_key: str = Field(default="", description="PEM; empty: the stand-in makes a key pair")
    public_key_file: Path | None = None
    private_key_file: Path | None = Field(
        default=None, description="where the private key of a pair made here is written, and found again"
    )
    domain_id: int = 12345678
    callback_url: str = "http://127.0.0.1:8080/lineworks/callback"
    callback_seconds: float = Field(default=3.0, gt=0, description="a callback unanswered by then has failed")
    callback_events: list[CallbackEvent] = ["text", "location", "sticker", "image", "file"]
    channel_events: list[ChannelEvent] = ["message", "postback", "begin", "end", "join"]
    token_seconds: int = Field(default=86400, gt=0)
    refresh_rotation: bool = Field(default=False, description="each refresh kills its refresh token")
    sends_per_minute: int = Field(default=240, gt=0)
    scopes: list[str] = [
        "bot",
        "bot.message",
        "bot.read",
        "user.read",
        "user.profile.read",
        "user.email.read",
        "directory.read",
    ]
    people: list[Person] = Field(default_factory=_sample_people)

    @model_validator(mode="after")
    def _people_are_distinct(self) -> Self:
        for what in ("user_id", "login_id"):
            values = [getattr(person, what).lower() for person in self.people]
            if len(set(values)) < len(values):
                raise ValueError(f"two people have the same {what}")
        return self

    @cached_property
    def keys(self) -> Keys:
        """The service account's keys, made here where no public key is configured; raises KeyUnusable."""
        return find_keys(self.public_key, self.public_key_file, self.private_key_file)


class AmazonSettings(_Section):
    """What the punchout settings page of the pretended Amazon Business holds."""

    identity: str = "kaimono-sandbox"
    password: SecretStr = SecretStr("sandbox-shared-secret")
    order_token: str = "sandbox-orders"
    notice_url: str = "http://127.0.0.1:8080/cxml"
    notice_user: str = "kaimono"
    notice_password: SecretStr = SecretStr("sandbox-notice-password")
    mode: Literal["test", "active"] = "test"
    confirm_after: float = Field(default=3.0, ge=0)
    ship_after: float = Field(default=3.0, ge=0)
    registered_emails: list[str] = ["taro.yamada@example.co.jp", "buyer-admin@example.co.jp"]


class Settings(_Section):
    """Both stand-ins and the address they listen on."""

    listen: str = "127.0.0.1:9300"
    lineworks: LineWorksSettings = Field(default_factory=LineWorksSettings)
    amazon: AmazonSettings = Field(default_factory=AmazonSettings)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `listen`."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)

    @model_validator(mode="after")
    def _listen_is_an_address(self) -> Self:
        host, _, port = self.listen.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65535:
            raise ValueError(f'listen must look like "127.0.0.1:9300", not "{self.listen}"')
        return self


def load(path: Path | None = None) -> Settings:
    """Settings from a TOML file, or the defaults without one.

    Raises SettingsError naming all faults at once: unreadable file, broken TOML, unknown key, wrong value,
    unusable key file.
    """
    if path is None:
        return Settings()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    try:
        settings = Settings.model_validate(values)
        _ = settings.lineworks.keys  # so that a bad key file is told now, with the file that names it
    except KeyUnusable as error:
        raise SettingsError(f"{path}: lineworks: {error}") from error
    except ValidationError as error:
        faults = (
            f"{path}: {'.'.join(str(part) for part in fault['loc']) or 'settings'}: {fault['msg']}"
            for fault in error.errors(include_input=False)
        )
        raise SettingsError("\n".join(faults)) from error
    return settings
