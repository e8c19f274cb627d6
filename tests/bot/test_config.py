"""The configuration: what it takes, and everything that it refuses, at once and in words."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from bot.config import ConfigFaults, load
from bot.fault import Fault
from bot.faults import told
from bot.overlay import SECRETS
from bot.talk.wording import wording
from tests.bot.configuration import TEXT, beside, instead, keys, without, write

GIVEN = [name for name in SECRETS if name != "client_certificate"]
"""Secrets that every configuration has; the certificate has tests of its own (test_certificate)."""
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def faults_of(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> list[Fault]:
    with pytest.raises(ConfigFaults) as caught:
        load(write(folder, text), environ or {})
    return caught.value.faults


def test_a_complete_file_is_taken(tmp_path: Path) -> None:
    config = load(write(tmp_path), {})
    company = config.company[0]
    assert config.public_url == "https://bot.example.co.jp"
    assert company.key == "2000001"
    assert company.lineworks.private_key.reveal() == keys()[0].strip()
    assert company.lineworks.scope == "bot.message user.profile.read"
    assert (company.amazon.mode, company.amazon.punchout_url) == (
        "test",
        "https://www.amazon.co.jp/eprocurement/punchout",
    )
    assert company.addresses[0].building == ""


def test_no_secret_can_be_printed(tmp_path: Path) -> None:
    shown = repr(load(write(tmp_path), {}))
    assert shown.count("***") == len(GIVEN)
    assert not any(
        secret in shown for secret in ("sandbox-shared-secret", "PRIVATE KEY", "sandbox-bot-secret")
    )


def test_what_people_paste_is_made_plain(tmp_path: Path) -> None:
    text = instead('shared_secret = "  abc123 "', instead('public_url = "https://bot.example.co.jp/ "'))
    text = instead('phone = "０３（００００）００００"', instead('postal_code = "〒１００－０００５"', text))
    config = load(write(tmp_path, text), {})
    assert config.public_url == "https://bot.example.co.jp"
    assert config.company[0].amazon.shared_secret.reveal() == "abc123"
    assert config.company[0].addresses[0].postal_code == "100-0005"
    assert config.company[0].addresses[0].phone == "03(0000)0000"


def test_an_editor_that_writes_a_bom_is_forgiven(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.write_text("\ufeff" + TEXT, encoding="utf-8")
    assert load(path, {}).listen == "127.0.0.1:0"


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = without("order_url", instead('mode = "live"', instead('public_url = "bot.example.co.jp"')))
    text = beside("listen", 'listne = "0.0.0.0:80"', instead('private_key_file = "gone.key"', text))
    assert {(fault.place, fault.key) for fault in faults_of(tmp_path, text)} == {
        ("public_url", "wrong"),
        ("listne", "unknown_key"),
        ("company[0].lineworks.private_key_file", "unreadable_file"),
        ("company[0].amazon.order_url", "missing"),
        ("company[0].amazon.mode", "wrong"),
    }


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('public_url = "ftp://bot.example.co.jp"', "public_url"),
        ('public_url = "https://user:pw@bot.example.co.jp"', "public_url"),
        ('public_url = "https://[bot"', "public_url"),
        ('listen = "8080"', "listen"),
        ('listen = "127.0.0.1:99999"', "listen"),
        ('database = "mysql://db/kaimono"', "database"),
        ('key_file = ""', "key_file"),
        ('bot_id = "bot"', "company[0].lineworks.bot_id"),
        ('bot_secret = "  "', "company[0].lineworks.bot_secret"),
        ("client_secret = 5", "company[0].lineworks.client_secret"),
        ('from_identity = "abc"', "company[0].amazon.from_identity"),
        ('from_identity = "株式会社"', "company[0].amazon.from_identity"),
        ('mode = "production"', "company[0].amazon.mode"),
        ('admins = "buyer-admin@sample"', "company[0].admins"),
        ('id = "本社"', "company[0].addresses[0].id"),
        ('postal_code = "100-000"', "company[0].addresses[0].postal_code"),
        ('street = ""', "company[0].addresses[0].street"),
        ('phone = "3-0000-0000"', "company[0].addresses[0].phone"),
    ],
)
def test_a_wrong_value_is_named_by_its_place(tmp_path: Path, line: str, place: str) -> None:
    faults = faults_of(tmp_path, instead(line))
    assert [(fault.place, fault.key) for fault in faults] == [(place, "wrong")]


@pytest.mark.parametrize(
    "pattern", ["KM-{yyyy}", "KM-{yyyy}{mm}{dd}-{n:012d}", "注文{n}", "{customer}-{n}", "{n", "{n.x}"]
)
def test_an_order_number_that_will_not_do_is_refused_at_the_start(tmp_path: Path, pattern: str) -> None:
    (fault,) = faults_of(tmp_path, beside("admins", f'order_number = "{pattern}"'))
    assert (fault.place, fault.key) == ("company[0].order_number", "wrong")


def pem_of(key: Any, password: bytes | None = None) -> str:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    text: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    return text.decode()


@pytest.mark.parametrize(
    "pem",
    [
        "not a key",
        pem_of(ec.generate_private_key(ec.SECP256R1())),
        pem_of(rsa.generate_private_key(public_exponent=65537, key_size=2048), b"password"),
        keys()[1],
    ],
    ids=["text", "elliptic", "encrypted", "public"],
)
def test_a_private_key_that_cannot_sign_is_refused_at_the_start(tmp_path: Path, pem: str) -> None:
    path = write(tmp_path)
    (tmp_path / "private.key").write_text(pem, encoding="utf-8")
    with pytest.raises(ConfigFaults) as caught:
        load(path, {})
    assert [(f.place, f.key) for f in caught.value.faults] == [("company[0].lineworks.private_key", "wrong")]


def test_what_is_there_twice_is_refused(tmp_path: Path) -> None:
    company = TEXT[TEXT.index("[[company]]") :]
    address = TEXT[TEXT.index("[[company.addresses]]") :]
    assert faults_of(tmp_path, TEXT + company) == [
        Fault("company[1].lineworks.bot_id", "twice", "2000001"),
        Fault("company[1].id", "twice", "2000001"),
        Fault("company[1].amazon.from_identity", "twice", "kaimono-sandbox"),
        Fault("company[1].amazon.notice_user", "twice", "kaimono"),
    ]
    assert faults_of(tmp_path, TEXT + address) == [Fault("company[0].addresses[1].id", "twice", "honsha")]


@pytest.mark.parametrize("name", GIVEN)
def test_every_secret_can_come_from_a_file_beside_the_configuration(tmp_path: Path, name: str) -> None:
    value = keys()[0] if name == "private_key" else "from-a-file"
    (tmp_path / "secret.txt").write_text(f"{value}\n", encoding="utf-8")
    line = f'{name}_file = "secret.txt"'
    text = instead(line) if name == "private_key" else beside("bot_id", "", without(name))
    section = "bot_id" if name in ("bot_secret", "client_secret") else "mode"
    text = text if name == "private_key" else beside(section, line, text)
    company = load(write(tmp_path, text), {}).company[0]
    owner = company.amazon if hasattr(company.amazon, name) else company.lineworks
    assert getattr(owner, name).reveal() == value.strip()


def test_the_address_of_the_database_can_hold_a_password_and_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url.txt").write_text("postgresql://kaimono:word@database/kaimono\n", encoding="utf-8")
    url = "postgresql://kaimono:word@database/kaimono"
    assert load(write(tmp_path), {"KAIMONO_DATABASE_FILE": "url.txt"}).database == url
    assert load(write(tmp_path, beside("listen", 'database_file = "url.txt"')), {}).database == url


def test_a_secret_file_that_is_not_there_is_the_only_fault(tmp_path: Path) -> None:
    text = beside("mode", 'shared_secret_file = "gone.txt"', without("shared_secret"))
    assert faults_of(tmp_path, text) == [
        Fault("company[0].amazon.shared_secret_file", "unreadable_file", "gone.txt")
    ]


def test_the_environment_goes_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("from-a-file", encoding="utf-8")
    environ = {
        "KAIMONO_LISTEN": "0.0.0.0:80",
        "KAIMONO_COMPANY__0__NAME": "別会社",
        "KAIMONO_COMPANY__0__ADMINS": '["a@sample", "b@sample"]',
        "KAIMONO_COMPANY__0__LINEWORKS__BOT_ID": "7",
        "KAIMONO_COMPANY__0__AMAZON__SHARED_SECRET": "from-the-environment",
        "KAIMONO_COMPANY__0__AMAZON__NOTICE_PASSWORD_FILE": "secret.txt",
        "KAIMONO_COMPANY__0__ADDRESSES__0__BUILDING": "8階",
        "KAIMONO_CXML_DTD": "is no key of ours",
        "LISTEN": "is nobody's",
    }
    config = load(write(tmp_path), environ)
    company = config.company[0]
    assert (config.listen, company.name, company.admins) == ("0.0.0.0:80", "別会社", ["a@sample", "b@sample"])
    assert (company.lineworks.bot_id, company.key) == (7, "7")
    assert company.amazon.shared_secret.reveal() == "from-the-environment"
    assert company.amazon.notice_password.reveal() == "from-a-file"
    assert company.addresses[0].building == "8階"


def test_the_environment_alone_is_enough(tmp_path: Path) -> None:
    """A container needs no file but an empty one."""
    environ = {f"KAIMONO_{name}": value for name, value in _as_environment(tomllib.loads(TEXT))}
    environ["KAIMONO_COMPANY__0__LINEWORKS__PRIVATE_KEY"] = keys()[0]
    del environ["KAIMONO_COMPANY__0__LINEWORKS__PRIVATE_KEY_FILE"]
    assert load(write(tmp_path, ""), environ) == load(write(tmp_path), {})


def _as_environment(node: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _as_environment(value, f"{name}__{key.upper()}".strip("_"))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _as_environment(value, f"{name}__{index}")
    else:
        yield name, str(node)


def test_a_fault_in_the_environment_is_told_like_one_in_the_file(tmp_path: Path) -> None:
    environ = {"KAIMONO_COMPANY__0__AMAZON__MODE": "live", "KAIMONO_COMPANY__0__LINEWORKS__BOT": "7"}
    assert {(f.place, f.key) for f in faults_of(tmp_path, TEXT, environ)} == {
        ("company[0].amazon.mode", "wrong"),
        ("company[0].lineworks.bot", "unknown_key"),
    }


@pytest.mark.parametrize("text", ["public_url = ", "公開 = 1", "a = 1\na = 2", '"'])
def test_what_is_not_toml_is_one_fault(tmp_path: Path, text: str) -> None:
    (fault,) = faults_of(tmp_path, text)
    assert (fault.place, fault.key) == (str(tmp_path / "config.toml"), "not_toml")


def test_a_file_in_another_encoding_is_one_fault(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(TEXT.encode("shift_jis"))
    with pytest.raises(ConfigFaults) as caught:
        load(path, {})
    assert [fault.key for fault in caught.value.faults] == ["not_toml"]


@pytest.mark.parametrize("name", ["gone.toml", "."])
def test_a_configuration_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigFaults) as caught:
        load(tmp_path / name, {})
    assert [fault.key for fault in caught.value.faults] == ["unreadable_file"]
    assert f"cannot read the file {tmp_path / name}." in told(wording("en"), caught.value)


def test_faults_are_told_in_japanese_and_in_english(tmp_path: Path) -> None:
    text = without("order_url", instead('mode = "live"', beside("listen", 'listne = "x"')))
    with pytest.raises(ConfigFaults) as caught:
        load(write(tmp_path, text), {})
    japanese, english = (told(wording(language), caught.value).splitlines() for language in ("ja", "en"))
    assert len(japanese) == len(english) == 1 + 3
    assert "何も起動していません" in japanese[0]
    assert any("company[0].amazon.order_url" in line and "PO Request URL" in line for line in japanese)
    assert any("company[0].amazon.mode" in line and "active" in line for line in english)
    assert all(JAPANESE.search(line) for line in japanese)
    assert not any(JAPANESE.search(line) for line in english)
