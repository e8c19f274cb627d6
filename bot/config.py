"""The configuration: one TOML file, environment variables over it, every fault told at once.

`load` returns a `Config` or raises `ConfigFaults`. A fault is a place ("company[0].amazon.mode") and the key of a
sentence in the catalogue, so that the command line can say it in the reader's language. Every secret key `x` may be
given as `x_file`; any key as KAIMONO_X, with `__` between levels and a number for the place in a list
(KAIMONO_COMPANY__0__AMAZON__SHARED_SECRET).
"""

import json
import os
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
)

from punchout.secret import Secret
from purchasing.addresses import PREFECTURES
from purchasing.numbers import check_pattern

PREFIX = "KAIMONO_"
SECRETS = ("bot_secret", "client_secret", "private_key", "shared_secret", "notice_password")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, and which sentence of the catalogue says so."""

    place: str
    key: str
    detail: str = ""


class ConfigFaults(Exception):
    """Everything that is wrong with a configuration. Nothing was started."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(", ".join(f"{fault.place}: {fault.key}" for fault in faults))
        self.faults = faults


def _secret(value: object) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str) or not value.strip():
        raise ValueError("empty")
    return Secret(value.strip())


def _pem(value: Secret) -> Secret:
    """A service account's key: RSA, as a PEM without a password."""
    key = load_pem_private_key(value.reveal().encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")
    return value


def _url(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError("not a URL")
    return value.strip().rstrip("/")


def _listen(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError("not host:port")
    return value


def _database(value: str) -> str:
    if not re.match(r"sqlite:///.+|postgresql(\+psycopg)?://.+", value):
        raise ValueError("unknown database")
    return value


def _narrow(value: object) -> object:
    """Full-width digits and letters become ordinary ones."""
    return unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else value


def _postal_code(value: str) -> str:
    digits = value.replace("-", "").replace("〒", "").strip()
    if not re.fullmatch(r"[0-9]{7}", digits):
        raise ValueError("not seven digits")
    return f"{digits[:3]}-{digits[3:]}"


def _phone(value: str) -> str:
    if not re.fullmatch(r"0[0-9]{9,10}", re.sub(r"[-() ]", "", value)):
        raise ValueError("not a phone number")
    return value


def _prefecture(value: str) -> str:
    if value not in PREFECTURES:
        raise ValueError("not a prefecture")
    return value


def _pattern(value: str) -> str:
    check_pattern(value)
    return value


SecretText = Annotated[Secret, PlainValidator(_secret)]
Url = Annotated[str, AfterValidator(_url)]
Name = Annotated[str, Field(min_length=1)]


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
    private_key: Annotated[SecretText, AfterValidator(_pem)]
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
    notice_user: Name
    notice_password: SecretText
    business_unit: str = Field(default="", pattern=r"^[A-Za-z0-9]{0,20}$")


class Address(_Section):
    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,50}$")
    name: Name
    postal_code: Annotated[str, BeforeValidator(_narrow), AfterValidator(_postal_code)]
    prefecture: Annotated[str, AfterValidator(_prefecture)]
    city: Name
    street: Name
    building: str = ""
    deliver_to: Name
    phone: Annotated[str, BeforeValidator(_narrow), AfterValidator(_phone)]


class CompanyConfig(_Section):
    id: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,40}$")
    name: Name
    admins: list[Name] = []
    order_number: Annotated[str, AfterValidator(_pattern)] = "KM-{yyyy}{mm}-{n:05d}"
    link_minutes: int = Field(default=60, ge=1, le=1440)
    lineworks: LineWorks
    amazon: Amazon
    addresses: list[Address] = Field(min_length=1)

    @property
    def key(self) -> str:
        """What the company's rows are named by: its id, or the bot's where none is set."""
        return self.id or str(self.lineworks.bot_id)

    @property
    def link_life(self) -> timedelta:
        return timedelta(minutes=self.link_minutes)


class Config(_Section):
    public_url: Url
    listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:8080"
    database: Annotated[str, AfterValidator(_database)] = "sqlite:///var/kaimono.db"
    key_file: Name = "var/kaimono.key"
    company: list[CompanyConfig] = Field(min_length=1)


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read, overlay and check the configuration. Raises ConfigFaults with every fault that there is."""
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigFaults([Fault(str(path), "unreadable_file", error.strerror or "")]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigFaults([Fault(str(path), "not_toml", str(error))]) from None
    faults: list[Fault] = []
    _overlay(raw, environ)
    _read_secret_files(raw, path.resolve().parent, "", faults)
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        unread = {fault.place.removesuffix("_file") for fault in faults}
        faults += [fault for fault in map(_fault, error.errors()) if fault.place not in unread]
        raise ConfigFaults(faults) from None
    faults += _clashes(config)
    if faults:
        raise ConfigFaults(faults)
    return config


def _overlay(raw: dict[str, Any], environ: Mapping[str, str]) -> None:
    for name, value in sorted(environ.items()):
        steps = name.removeprefix(PREFIX).lower().split("__")
        if not name.startswith(PREFIX) or steps[0] not in Config.model_fields:
            continue
        target: Any = raw
        for step, following in zip(steps, [*steps[1:], ""], strict=True):
            last = following == ""
            leaf: Any = (_environment_value(value)) if last else ([] if following.isdigit() else {})
            if isinstance(target, list) and step.isdigit():
                target += [{} for _ in range(int(step) + 1 - len(target))] if int(step) < 100 else []
                if last and int(step) < len(target):
                    target[int(step)] = leaf
                target = target[int(step)] if int(step) < len(target) else {}
            elif isinstance(target, dict):
                if last:
                    target[step] = leaf
                target = target.setdefault(step, leaf)


def _environment_value(text: str) -> Any:
    if text.startswith("["):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _read_secret_files(node: Any, folder: Path, place: str, faults: list[Fault]) -> None:
    """Replace every `<secret>_file` by the file's content. Looked for beside the configuration first."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            _read_secret_files(item, folder, f"{place}[{index}]", faults)
    if not isinstance(node, dict):
        return
    for key in list(node):
        here = f"{place}.{key}".lstrip(".")
        name = key.removesuffix("_file")
        if name == key or name not in SECRETS:
            _read_secret_files(node[key], folder, here, faults)
            continue
        given = str(node.pop(key))
        file = next((p for p in (folder / given, Path(given)) if p.is_file()), None)
        try:
            node[name] = file.read_text(encoding="utf-8") if file else None
        except (OSError, UnicodeDecodeError):
            file = None
        if file is None:
            node.pop(name, None)
            faults.append(Fault(here, "unreadable_file", given))


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


def _clashes(config: Config) -> list[Fault]:
    """Values that are fine alone and wrong together."""
    faults = []
    for name, values in (
        ("lineworks.bot_id", [c.lineworks.bot_id for c in config.company]),
        ("id", [c.key for c in config.company]),
        ("amazon.from_identity", [c.amazon.from_identity for c in config.company]),
    ):
        faults += [
            Fault(f"company[{i}].{name}", "twice", str(value))
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
    return faults
