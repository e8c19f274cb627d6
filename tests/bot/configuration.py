"""A configuration file as an administrator would write it, for tests that start from one."""

import re
from functools import cache
from pathlib import Path

from sandbox.settings import make_keys

TEXT = """\
public_url = "https://bot.example.co.jp"
listen = "127.0.0.1:0"
database = "sqlite:///kaimono.db"
key_file = "kaimono.key"

[[company]]
name = "株式会社サンプル商事"
admins = ["buyer-admin@sample"]

[company.lineworks]
bot_id = 2000001
bot_secret = "sandbox-bot-secret"
client_id = "sandbox-client-id"
client_secret = "sandbox-client-secret"
service_account = "sandbox.serviceaccount@sample"
private_key_file = "private.key"

[company.amazon]
from_identity = "kaimono-sandbox"
shared_secret = "sandbox-shared-secret"
order_url = "https://orders.example.com/token"
mode = "test"
notice_user = "kaimono"
notice_password = "sandbox-notice-password"

[[company.addresses]]
id = "honsha"
name = "本社"
postal_code = "100-0005"
prefecture = "東京都"
city = "千代田区"
street = "丸の内1-1-1"
deliver_to = "総務部"
phone = "03-0000-0000"
"""


@cache
def keys() -> tuple[str, str]:
    """A service account's key pair for the whole run: private, public."""
    return make_keys()


def instead(line: str, text: str = TEXT) -> str:
    """The text with the first line of this key (`mode = "live"`) in place of the former."""
    key = line.partition(" = ")[0]
    changed, found = re.subn(rf"(?m)^{key} = .*$", lambda _: line, text, count=1)
    assert found, f"there is no {key}"
    return changed


def without(key: str, text: str = TEXT) -> str:
    """The text without the first line of this key."""
    return instead(f"{key} = ", text).replace(f"{key} = \n", "", 1)


def beside(key: str, line: str, text: str = TEXT) -> str:
    """The text with one more line after the first line of this key."""
    return re.sub(rf"(?m)^({key} = .*)$", lambda found: f"{found[1]}\n{line}", text, count=1)


def write(folder: Path, text: str = TEXT) -> Path:
    """config.toml in this folder, and the private key that it names."""
    (folder / "private.key").write_text(keys()[0], encoding="utf-8")
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path
