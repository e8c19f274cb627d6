"""The kinds of values that a configuration holds, each with the check that it must pass."""

import re
import unicodedata
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from bot.certificate import check_certificate, private_key
from punchout.secret import Secret
from purchasing.addresses import PREFECTURES
from purchasing.numbers import check_pattern


def secret(value: object) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str) or not value.strip():
        raise ValueError("empty")
    return Secret(value.strip())


def pem(value: Secret) -> Secret:
    """A service account's key: RSA, as a PEM without a password."""
    if not isinstance(private_key(value), RSAPrivateKey):
        raise ValueError("not an RSA key")
    return value


def certificate(value: object) -> Secret | None:
    """A client certificate with its key; empty for none."""
    if value is None or value == "":
        return None
    pem = secret(value)
    check_certificate(pem)
    return pem


def url(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise ValueError("not a URL")
    return value.strip().rstrip("/")


def listen(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise ValueError("not host:port")
    return value


def listen_if_at_all(value: str) -> str:
    return value and listen(value)


def database(value: str) -> str:
    if not re.match(r"sqlite:///.+|postgresql(\+psycopg)?://.+", value):
        raise ValueError("unknown database")
    return value


def narrow(value: object) -> object:
    """Full-width digits and letters become ordinary ones."""
    return unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else value


def postal_code(value: str) -> str:
    digits = value.replace("-", "").replace("〒", "").strip()
    if not re.fullmatch(r"[0-9]{7}", digits):
        raise ValueError("not seven digits")
    return f"{digits[:3]}-{digits[3:]}"


def phone(value: str) -> str:
    if not re.fullmatch(r"0[0-9]{9,10}", re.sub(r"[-() ]", "", value)):
        raise ValueError("not a phone number")
    return value


def prefecture(value: str) -> str:
    if value not in PREFECTURES:
        raise ValueError("not a prefecture")
    return value


def pattern(value: str) -> str:
    check_pattern(value)
    return value


def network(value: str) -> str:
    ip_network(value)
    return value


SecretText = Annotated[Secret, PlainValidator(secret)]
Pem = Annotated[SecretText, AfterValidator(pem)]
Certificate = Annotated[Secret | None, PlainValidator(certificate)]
Url = Annotated[str, AfterValidator(url)]
Listen = Annotated[str, AfterValidator(listen)]
ListenIfAtAll = Annotated[str, AfterValidator(listen_if_at_all)]
DatabaseUrl = Annotated[str, AfterValidator(database)]
PostalCode = Annotated[str, BeforeValidator(narrow), AfterValidator(postal_code)]
Prefecture = Annotated[str, AfterValidator(prefecture)]
Phone = Annotated[str, BeforeValidator(narrow), AfterValidator(phone)]
Network = Annotated[str, AfterValidator(network)]
NumberPattern = Annotated[str, AfterValidator(pattern)]
Code = Annotated[str, BeforeValidator(narrow), Field(max_length=60, pattern=r"^[^\x00-\x1f]*$")]
Name = Annotated[str, Field(min_length=1)]
