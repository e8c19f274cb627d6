"""`kaimono bot setup` against the stand-in: shows what differs, changes it when asked to, then finds nothing to do."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.config import load
from bot.setup import setup
from bot.talk.hearing import Verb, button
from bot.talk.languages import SHOWN_IN_ALL
from bot.talk.wording import LANGUAGES, wording
from sandbox.app import make_sandbox
from sandbox.lineworks.app import TENANT
from sandbox.lineworks.tenant import Tenant
from sandbox.settings import AmazonSettings, LineWorksSettings, Settings
from tests.bot.configuration import beside, instead, keys, write
from tests.bot.program import kaimono

OURS = "https://bot.example.co.jp/lineworks/callback"
CONTENTS = {"text", "location", "sticker", "image", "file", "audio", "video"}
EVENTS = {"message", "postback", "begin", "end"}


@dataclass(frozen=True)
class House:
    """The stand-ins with a bot that somebody registered half, and a configuration that points at them."""

    folder: Path
    text: str
    tenant: Tenant

    async def setup(
        self, capsys: pytest.CaptureFixture[str], *, apply: bool, text: str | None = None
    ) -> tuple[int, str]:
        code = await setup(load(write(self.folder, text or self.text), {}), wording("en"), apply=apply)
        return code, capsys.readouterr().out

    @property
    def registered(self) -> dict[str, Any]:
        return self.tenant.bot.as_json() | {"menu": self.tenant.bot.menu}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    works = LineWorksSettings(
        public_key=keys()[1],
        bot_secret=SecretStr("sandbox-bot-secret"),
        callback_url="https://elsewhere.example.co.jp/hook",
        callback_events=["text"],
        channel_events=["message", "join"],
    )
    app = make_sandbox(Settings(lineworks=works, amazon=AmazonSettings()))
    app[TENANT].bot.change({"enableCallback": False}, replace=False)
    async with TestServer(app) as server:
        here = str(server.make_url("/")).rstrip("/")
        text = beside(
            "bot_id", f'auth_url = "{here}/lineworks/oauth2/v2.0"\napi_url = "{here}/lineworks/v1.0"'
        )
        yield House(tmp_path, text, app[TENANT])


async def test_a_dry_run_tells_every_difference_and_changes_nothing(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    before = house.registered
    code, out = await house.setup(capsys, apply=False)
    assert code == 0
    told = [line.strip() for line in out.splitlines()]
    assert told[0] == "株式会社サンプル商事"
    assert [line.removeprefix("differs: ").split()[0] for line in told[1:-1]] == [
        "callbackUrl",
        "enableCallback",
        "callbackEvents",
        "channelEvents",
        "persistentmenu",
    ]
    assert f"callbackUrl → {OURS}" in out
    assert told[-1].startswith("Nothing was changed yet")
    assert house.registered == before


async def test_apply_registers_it_and_keeps_what_else_was_switched_on(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    name = house.registered["botName"]
    code, out = await house.setup(capsys, apply=True)
    made = house.registered
    assert code == 0
    assert "Nothing was changed" not in out
    assert out.count("changed: ") == 5
    assert (made["callbackUrl"], made["enableCallback"], made["botName"]) == (OURS, True, name)
    assert set(made["callbackEvents"]) == CONTENTS
    assert set(made["channelEvents"]) == EVENTS | {"join"}


async def test_the_menu_says_in_every_language_what_the_buttons_of_the_talk_say(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    await house.setup(capsys, apply=True)
    actions = house.registered["menu"]["actions"]
    assert [action["label"] for action in actions] == ["買い物をする", "注文履歴", "ヘルプ", "キャンセル"]
    assert [action["postback"] for action in actions] == [
        button(verb, nonce=SHOWN_IN_ALL) for verb in (Verb.SHOP, Verb.HISTORY, Verb.HELP, Verb.CANCEL)
    ]
    for action, name in zip(actions, ("shop", "history", "help", "cancel"), strict=True):
        labels = {entry["language"]: entry["label"] for entry in action["i18nLabels"]}
        assert labels == {code: wording(code)("label", name) for code in labels}
        assert {code[:2] for code in labels} == set(LANGUAGES)
        assert labels == {entry["language"]: entry["text"] for entry in action["i18nTexts"]}


async def test_a_second_run_finds_nothing_to_do(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    await house.setup(capsys, apply=True)
    made, calls = house.registered, len(house.tenant.log.after(0))
    for apply in (True, False):
        code, out = await house.setup(capsys, apply=apply)
        assert code == 0
        assert [line.split()[0] for line in out.splitlines()[1:3]] == ["OK", "OK"]
        assert "differs" not in out
        assert "Nothing was changed" not in out
        assert "changed: " not in out
    assert house.registered == made
    whats = [entry.what for entry in house.tenant.log.after(calls)]
    assert not [what for what in whats if what.startswith(("PATCH", "PUT", "POST"))]


async def test_only_what_differs_is_changed(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    await house.setup(capsys, apply=True)
    house.tenant.set_menu(None)
    _, out = await house.setup(capsys, apply=True)
    assert out.count("changed: ") == 1
    assert "changed: persistentmenu" in out
    assert house.registered["menu"] is not None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("bot_id = 7", "refused it"),
        ('client_secret = "another"', "check client_id"),
        ('auth_url = "http://127.0.0.1:1/oauth2/v2.0"', "can't be reached"),
        ('api_url = "http://127.0.0.1:1/v1.0"', "can't be reached"),
    ],
)
@pytest.mark.parametrize("apply", [True, False])
async def test_what_cannot_be_done_is_one_sentence_and_1(
    house: House, capsys: pytest.CaptureFixture[str], wrong: str, said: str, apply: bool
) -> None:
    before = house.registered
    code, out = await house.setup(capsys, apply=apply, text=instead(wrong, house.text))
    assert code == 1
    _, fault = out.splitlines()
    assert fault.startswith("  NG ")
    assert said in fault
    assert "Check the scope" in fault
    assert house.registered == before


async def test_an_app_without_the_scope_is_told_which_it_needs(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.tenant.settings.scopes.remove("bot")
    code, out = await house.setup(capsys, apply=True)
    assert code == 1
    assert [line[:5] for line in out.splitlines()[1:]] == ["  NG "]
    assert "(bot)" in out


async def test_a_refusal_in_the_middle_is_not_told_as_a_change(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    text = house.text.replace(
        'public_url = "https://bot.example.co.jp"', 'public_url = "http://bot.example.co.jp"'
    )
    code, out = await house.setup(capsys, apply=True, text=text)
    assert code == 1
    assert "changed: callback" not in out
    assert "HTTP 400" in out


async def test_the_command_ends_with_1_and_a_sentence(house: House) -> None:
    write(house.folder, instead('auth_url = "http://127.0.0.1:1/oauth2/v2.0"', house.text))
    ended = await kaimono(house.folder, "bot", "setup", "--config", "config.toml", lang="ja_JP.UTF-8")
    assert (ended.code, ended.err) == (1, "")
    assert "LINE WORKSが受け付けませんでした" in ended.out
    write(house.folder, house.text)
    ended = await kaimono(house.folder, "bot", "setup", "--config", "config.toml", "--apply")
    assert (ended.code, ended.err) == (0, "")
    assert house.registered["callbackUrl"] == OURS
