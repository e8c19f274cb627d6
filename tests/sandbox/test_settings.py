"""The sandbox's settings: all optional, all faults told at once, keys made where none are given."""

import stat
from pathlib import Path

import jwt
import pytest

from sandbox.keys import KeyUnusable, make_keys
from sandbox.settings import LineWorksSettings, SettingsError, load

FILE = """
listen = "127.0.0.1:9301"

[lineworks]
bot_id = 2000009
token_seconds = 3600

[[lineworks.people]]
user_id = "u-1"
login_id = "taro.yamada@sample"
last_name = "山田"
first_name = "太郎"

[amazon]
mode = "active"
confirm_after = 0
registered_emails = ["taro.yamada@example.co.jp"]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "sandbox.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_everything_has_a_value() -> None:
    settings = load()
    assert settings.address == ("127.0.0.1", 9300)
    assert [person.display_name for person in settings.lineworks.people] == [
        "山田 太郎",
        "佐藤 花子",
        "購買管理者",
    ]
    assert settings.amazon.identity == "kaimono-sandbox"
    assert settings.amazon.mode == "test"


def test_a_file_changes_what_it_names(tmp_path: Path) -> None:
    settings = load(write(tmp_path, FILE))
    assert settings.address == ("127.0.0.1", 9301)
    assert (settings.lineworks.bot_id, settings.lineworks.token_seconds) == (2000009, 3600)
    assert [person.login_id for person in settings.lineworks.people] == ["taro.yamada@sample"]
    assert (settings.amazon.mode, settings.amazon.confirm_after) == ("active", 0.0)
    assert settings.amazon.ship_after == 3.0


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = 'listen = "nowhere"\nsurprise = 1\n[lineworks]\nsends_per_minute = 0\n[amazon]\nmode = "both"\n'
    with pytest.raises(SettingsError) as refused:
        load(write(tmp_path, text))
    for name in ("surprise", "lineworks.sends_per_minute", "amazon.mode"):
        assert name in str(refused.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("listen = ", "not TOML"),
        ('listen = "127.0.0.1"', "must look like"),
        ('listen = "127.0.0.1:99999"', "must look like"),
        (
            '[[lineworks.people]]\nuser_id = "a"\nlogin_id = "x@sample"\n'
            '[[lineworks.people]]\nuser_id = "b"\nlogin_id = "X@sample"\n',
            "two people have the same login_id",
        ),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        load(write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"missing\.toml: No such file"):
        load(tmp_path / "missing.toml")


def test_secrets_are_never_printed(tmp_path: Path) -> None:
    text = '[lineworks]\nbot_secret = "hidden-1"\n[amazon]\npassword = "hidden-2"\n'
    assert "hidden" not in repr(load(write(tmp_path, text)))
    with pytest.raises(SettingsError) as refused:
        load(write(tmp_path, text + 'notice_password = ["hidden-3"]\n'))
    assert "hidden" not in str(refused.value)


def test_made_keys_fit_each_other() -> None:
    private_pem, public_pem = make_keys()
    assert private_pem.startswith("-----BEGIN PRIVATE KEY-----")  # PKCS#8, as the console's .key file
    signed = jwt.encode({"iss": "client"}, private_pem, algorithm="RS256")
    assert jwt.decode(signed, public_pem, algorithms=["RS256"]) == {"iss": "client"}


def test_a_pair_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "private.key"
    first = LineWorksSettings(private_key_file=path).keys
    assert path.read_text() == first.private_pem
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert LineWorksSettings(private_key_file=path).keys == first
    assert "PRIVATE" not in repr(first)


def test_a_configured_public_key_is_enough(tmp_path: Path) -> None:
    _, public_pem = make_keys()
    path = tmp_path / "public.pem"
    path.write_text(public_pem)
    assert LineWorksSettings(public_key=public_pem).keys.public_pem == public_pem
    assert LineWorksSettings(public_key_file=path).keys.public_pem == public_pem
    assert LineWorksSettings(public_key_file=path).keys.private_pem is None


def test_unusable_keys_are_told(tmp_path: Path) -> None:
    unusable = [
        (
            LineWorksSettings(public_key="-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
            "not an RSA key",
        ),
        (LineWorksSettings(public_key_file=tmp_path / "missing.pem"), "No such file"),
        (LineWorksSettings(private_key_file=tmp_path / "no" / "folder.key"), "No such file"),
    ]
    for settings, sentence in unusable:
        with pytest.raises(KeyUnusable, match=sentence):
            _ = settings.keys
    path = write(tmp_path, '[lineworks]\npublic_key_file = "missing.pem"\n')
    with pytest.raises(SettingsError, match=r"sandbox\.toml: lineworks: missing\.pem: No such file"):
        load(path)
