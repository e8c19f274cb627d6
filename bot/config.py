"""The configuration: one TOML file, environment variables over it, every fault told at once.

`load` returns a `Config` or raises `ConfigFaults`. A fault is a place ("company[0].amazon.mode") and the key of a
sentence in the catalogue, so that the command line can say it in the reader's language. Every secret key `x` may be
given as `x_file`; any key as KAIMONO_X, with `__` between levels and a number for the place in a list
(KAIMONO_COMPANY__0__AMAZON__SHARED_SECRET).
"""

import os
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.fault import Fault
from bot.fields import (
    Certificate,
    Code,
    DatabaseUrl,
    Listen,
    ListenIfAtAll,
    Name,
    Network,
    NumberPattern,
    Pem,
    Phone,
    PostalCode,
    Prefecture,
    SecretText,
    Url,
)
from bot.overlay import overlay, read_secret_files
from bot.places import settle


class ConfigFaults(Exception):
    """Everything that is wrong with a configuration. Nothing was started."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(", ".join(f"{fault.place}: {fault.key}" for fault in faults))
        self.faults = faults


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, arbitrary_types_allowed=True
    )


class LineWorks(_Section):
    bot_id: int
    bot_secret: SecretText
    client_id: Name
    client_secret: SecretText
    service_account: Name
    private_key: Pem
    auth_url: Url = "https://auth.worksmobile.com/oauth2/v2.0"
    api_url: Url = "https://www.worksapis.com/v1.0"
    app_url: Url = "https://line.worksmobile.com"
    scope: Name = "bot.message user.profile.read"
    sends_per_minute: int = Field(default=240, ge=1, le=100_000)


class Amazon(_Section):
    from_identity: str = Field(pattern=r"^[A-Za-z0-9_-]{4,64}$")
    shared_secret: SecretText
    punchout_url: Url = "https://www.amazon.co.jp/eprocurement/punchout"
    order_url: Url
    mode: Literal["test", "active"]
    client_certificate: Certificate = None
    notice_user: Name
    notice_password: SecretText
    business_unit: str = Field(default="", pattern=r"^[A-Za-z0-9]{0,20}$")


class AccountingConfig(_Section):
    cost_center: Code = ""
    gl_account: Code = ""
    project: Code = ""


class Address(_Section):
    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,50}$")
    name: Name
    postal_code: PostalCode
    prefecture: Prefecture
    city: Name
    street: Name
    building: str = ""
    deliver_to: Name
    phone: Phone


class GroupConfig(_Section):
    name: Name
    members: list[Name] = Field(min_length=1)
    addresses: list[Name] = []
    admins: list[Name] = []
    business_unit: str = Field(default="", pattern=r"^[A-Za-z0-9]{0,20}$")
    accounting: AccountingConfig = AccountingConfig()


class CompanyConfig(_Section):
    id: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,40}$")
    name: Name
    admins: list[Name] = []
    order_number: NumberPattern = "KM-{yyyy}{mm}-{n:05d}"
    link_minutes: int = Field(default=60, ge=1, le=1440)
    permitted: list[Name] = []
    contact: str = ""
    ask_purpose: bool = False
    lineworks: LineWorks
    amazon: Amazon
    accounting: AccountingConfig = AccountingConfig()
    addresses: list[Address] = Field(min_length=1)
    groups: list[GroupConfig] = []

    @property
    def key(self) -> str:
        """What the company's rows are named by: its id, or the bot's where none is set."""
        return self.id or str(self.lineworks.bot_id)

    @property
    def digest(self) -> str:
        """What tells one configuration of a company from another; a secret prints *** and does not count."""
        return sha256(repr(self).encode()).hexdigest()[:16]

    @property
    def link_life(self) -> timedelta:
        return timedelta(minutes=self.link_minutes)


class LimitsConfig(_Section):
    requests_per_minute: int = Field(default=120, ge=10, le=100_000)
    visits_per_hour: int = Field(default=60, ge=1, le=10_000)
    strangers_per_day: int = Field(default=200, ge=1, le=100_000)
    callbacks_waiting: int = Field(default=50_000, ge=1, le=10_000_000)
    trusted_proxies: list[Network] = ["127.0.0.1", "::1"]


class RetentionConfig(_Section):
    orders_years: int = Field(default=10, ge=7, le=100)
    visits_days: int = Field(default=180, ge=14, le=36_500)
    jobs_days: int = Field(default=30, ge=7, le=36_500)


class Record(_Section):
    callbacks: Name


class Config(_Section):
    public_url: Url
    listen: Listen = "127.0.0.1:8080"
    worker_listen: ListenIfAtAll = ""
    database: DatabaseUrl = "sqlite:///var/kaimono.db"
    key_file: Name = "var/kaimono.key"
    limits: LimitsConfig = LimitsConfig()
    retention: RetentionConfig = RetentionConfig()
    record: Record | None = None
    company: list[CompanyConfig] = Field(min_length=1)


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read, overlay and check the configuration. Raises ConfigFaults with every fault that there is."""
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError:
        raise ConfigFaults([Fault("--config", "unreadable_file", str(path))]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigFaults([Fault(str(path), "not_toml", str(error))]) from None
    overlay(raw, environ, Config.model_fields)
    unread: list[tuple[str, str]] = []
    read_secret_files(raw, path.resolve().parent, "", unread)
    faults = [Fault(place, "unreadable_file", file) for place, file in unread]
    misplaced = settle(raw)
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        told = {place.removesuffix("_file") for place, _ in unread} | {fault.place for fault in misplaced}
        faults += [fault for fault in map(_fault, error.errors()) if fault.place not in told]
        raise ConfigFaults(faults + misplaced) from None
    faults += misplaced + _clashes(config)
    if faults:
        raise ConfigFaults(faults)
    return config


def _fault(error: Any) -> Fault:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    if error["type"] == "extra_forbidden":
        return Fault(place, "unknown_key")
    if error["type"] == "missing":
        return Fault(place, "missing", _expectation(error["loc"]))
    return Fault(place, "wrong", _expectation(error["loc"]))


def _expectation(location: tuple[int | str, ...]) -> str:
    """The name of the key that is wrong, for the catalogue's sentence on what belongs there."""
    return next((str(part) for part in reversed(location) if isinstance(part, str)), "")


def _notice_login(company: CompanyConfig) -> tuple[str, str]:
    """What tells whose document Amazon is posting: two companies may share the name, not name and password."""
    return company.amazon.notice_user, company.amazon.notice_password.reveal()


def _clashes(config: Config) -> list[Fault]:
    """Values that are fine alone and wrong together."""
    faults = []
    for name, values in (
        ("lineworks.bot_id", [c.lineworks.bot_id for c in config.company]),
        ("id", [c.key for c in config.company]),
        ("amazon.from_identity", [c.amazon.from_identity for c in config.company]),
        ("amazon.notice_user", [_notice_login(c) for c in config.company]),
    ):
        faults += [
            Fault(f"company[{i}].{name}", "twice", str(value[0] if isinstance(value, tuple) else value))
            for i, value in enumerate(values)
            if value in values[:i]
        ]
    for i, company in enumerate(config.company):
        keys = [address.id for address in company.addresses]
        faults += [
            Fault(f"company[{i}].addresses[{j}].id", "twice", key)
            for j, key in enumerate(keys)
            if key in keys[:j]
        ]
        faults += [
            Fault(f"company[{i}].groups[{j}].addresses", "unknown_address", key)
            for j, group in enumerate(company.groups)
            for key in group.addresses
            if key not in keys
        ]
    return faults
