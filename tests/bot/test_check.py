"""`kaimono check` against the stand-ins: all is well, and every fault by itself, with what to do about it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.app import provision, running
from bot.check import check
from bot.config import load
from bot.talk.wording import wording
from purchasing import evidence
from sandbox.app import make_sandbox
from sandbox.lineworks.app import TENANT
from sandbox.lineworks.tenant import Tenant
from sandbox.settings import AmazonSettings, LineWorksSettings, Settings
from storage.database import Tx, open_database
from storage.migrate import migrate
from storage.tables import StoredDocument
from tests.bot.configuration import beside, instead, keys, write
from tests.trouble.house import NOW, vault

COMPANY = "(株式会社サンプル商事)"
TOKEN, BOT, SENDING, DIRECTORY, SETUP = (
    f"LINE WORKS token {COMPANY}",
    f"LINE WORKS bot {COMPANY}",
    f"LINE WORKS sending {COMPANY}",
    f"LINE WORKS directory {COMPANY}",
    f"Amazon Business connection {COMPANY}",
)
MAY_LOOK = 'scope = "bot.message bot.read user.read"'


@dataclass(frozen=True)
class House:
    """The stand-ins, and a configuration in a folder that points at them."""

    folder: Path
    text: str
    tenant: Tenant

    async def check(
        self, capsys: pytest.CaptureFixture[str], text: str | None = None
    ) -> tuple[int, dict[str, str]]:
        """The exit code, and every line's verdict and text by its name."""
        code = await check(load(write(self.folder, text or self.text), {}), wording("en"))
        lines = capsys.readouterr().out.splitlines()
        assert all(line[:4] in ("OK  ", "NG  ", "--  ") for line in lines)
        return code, {line[4:].partition(": ")[0]: line[:2] + line[4:].partition(": ")[2] for line in lines}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    works = LineWorksSettings(
        public_key=keys()[1],
        bot_secret=SecretStr("sandbox-bot-secret"),
        callback_url="https://127.0.0.1:1/lineworks/callback",
    )
    app = make_sandbox(Settings(lineworks=works, amazon=AmazonSettings()))
    async with TestServer(app) as server:
        here = str(server.make_url("/")).rstrip("/")
        text = instead('public_url = "https://127.0.0.1:1"')
        text = instead(f'database = "sqlite:///{tmp_path}/kaimono.db"', text)
        text = instead(f'key_file = "{tmp_path}/kaimono.key"', text)
        text = beside(
            "bot_id", f'auth_url = "{here}/lineworks/oauth2/v2.0"\napi_url = "{here}/lineworks/v1.0"', text
        )
        text = beside("mode", f'punchout_url = "{here}/amazon/eprocurement/punchout"', text)
        yield House(tmp_path, text, app[TENANT])


async def test_all_is_well(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = await house.check(capsys, beside("bot_id", MAY_LOOK, house.text))
    names = ["Configuration file", "Encryption keys", "Database", TOKEN, BOT, SENDING, DIRECTORY, SETUP]
    reach = lines.pop("callback route")
    assert (code, lines) == (0, dict.fromkeys(names, "OK"))
    assert reach.startswith("--no answer from https://127.0.0.1:1/lineworks/callback"), (
        "the bot does not run yet"
    )


async def test_without_user_read_languages_are_learned_in_the_talk(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    """The default scope is enough to buy; that languages are then learned from taps is said, and is no fault."""
    code, lines = await house.check(capsys)
    assert code == 0
    assert lines[DIRECTORY].startswith("OK")
    assert "user.read" in lines[DIRECTORY]


async def test_something_else_answers_where_the_bot_should(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    async with TestServer(web.Application()) as other:
        there = str(other.make_url("/")).rstrip("/")
        code, lines = await house.check(capsys, instead(f'public_url = "{there}"', house.text))
    assert code == 1
    assert "HTTP 404" in lines["callback route"]


@pytest.mark.parametrize(
    ("here", "said"),
    [("https://kaimono.invalid", "no such name"), ("https://127.0.0.1:{port}", "no TLS connection")],
)
async def test_a_name_or_certificate_that_is_none_is_a_fault_whether_the_bot_runs_or_not(
    house: House, capsys: pytest.CaptureFixture[str], here: str, said: str
) -> None:
    async with TestServer(web.Application()) as plain:
        there = here.format(port=plain.port)
        code, lines = await house.check(capsys, instead(f'public_url = "{there}"', house.text))
    assert code == 1
    assert lines["callback route"].startswith("NG")
    assert said in lines["callback route"]


@pytest.mark.parametrize("runs", [True, False])
async def test_a_proxy_that_finds_no_bot_is_a_fault_while_the_bot_runs(
    house: House, capsys: pytest.CaptureFixture[str], runs: bool
) -> None:
    async def well(_request: web.Request) -> web.Response:
        return web.Response()

    async def bad_gateway(_request: web.Request) -> web.Response:
        return web.Response(status=502)

    proxy, bot = web.Application(), web.Application()
    proxy.router.add_post("/lineworks/callback", bad_gateway)
    bot.router.add_get("/healthz", well)
    async with TestServer(proxy) as before, TestServer(bot) as behind:
        text = instead(f'public_url = "http://127.0.0.1:{before.port}"', house.text)
        if runs:
            text = instead(f'listen = "127.0.0.1:{behind.port}"', text)
        code, lines = await house.check(capsys, text)
    assert (code, lines["callback route"][:2]) == ((1, "NG") if runs else (0, "--"))


async def test_a_bot_that_runs_refuses_what_is_not_signed(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    async def refuses(_request: web.Request) -> web.Response:
        return web.Response(status=401)

    app = web.Application()
    app.router.add_post("/lineworks/callback", refuses)
    async with TestServer(app) as bot:
        there = str(bot.make_url("/")).rstrip("/")
        _, lines = await house.check(capsys, instead(f'public_url = "{there}"', house.text))
    assert lines["callback route"] == "OK"


@pytest.mark.parametrize("scope_401", [False, True])
async def test_an_app_that_may_only_send_is_well_but_the_bot_was_not_seen(
    house: House, capsys: pytest.CaptureFixture[str], scope_401: bool
) -> None:
    """The default scope: the platform answers 403 FORBIDDEN, or 401, to a look at the bot (reference 1.7)."""
    house.tenant.faults.turn("scope_401", scope_401)
    code, lines = await house.check(capsys)
    assert code == 0
    assert lines[BOT].startswith("--")
    assert "bot.read" in lines[BOT]


@pytest.mark.parametrize(
    ("line", "name", "said"),
    [
        ('client_secret = "another"', TOKEN, "Client Secret"),
        ('service_account = "another.serviceaccount@sample"', TOKEN, "Service Account"),
        ('auth_url = "http://127.0.0.1:1/oauth2/v2.0"', TOKEN, "can't be reached"),
        ('shared_secret = "another"', SETUP, "does not accept the login"),
        ('from_identity = "another"', SETUP, "does not accept the login"),
        ('punchout_url = "http://127.0.0.1:1/punchout"', SETUP, "Check the Punchout URL"),
    ],
)
async def test_a_wrong_value_is_the_only_line_that_is_not_well(
    house: House, capsys: pytest.CaptureFixture[str], line: str, name: str, said: str
) -> None:
    code, lines = await house.check(capsys, instead(line, house.text))
    assert code == 1
    assert [line for line, verdict in lines.items() if verdict.startswith("NG")] == [name]
    assert said in lines[name]


async def test_without_a_token_nobody_asks_for_the_bot(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    _, lines = await house.check(capsys, instead('client_secret = "another"', house.text))
    assert BOT not in lines


@pytest.mark.parametrize(
    ("registration", "said"),
    [
        ({"callbackUrl": "https://elsewhere.example.co.jp/"}, "https://127.0.0.1:1/lineworks/callback"),
        ({"callbackUrl": ""}, "https://127.0.0.1:1/lineworks/callback"),
        ({"enableCallback": False}, "https://127.0.0.1:1/lineworks/callback"),
        ({"channelEvents": ["message", "begin"]}, "(end, join, postback)"),
        ({"channelEvents": ["message", "postback", "begin", "end"]}, "(join)"),
        ({"callbackEvents": []}, "(text)"),
        ({"callbackEvents": ["image", "sticker"]}, "(text)"),
    ],
)
async def test_a_bot_that_does_not_call_us_is_not_well(
    house: House, capsys: pytest.CaptureFixture[str], registration: dict[str, object], said: str
) -> None:
    house.tenant.bot.change(registration, replace=False)
    code, lines = await house.check(capsys, beside("bot_id", MAY_LOOK, house.text))
    assert code == 1
    assert lines[BOT].startswith("NG")
    assert said in lines[BOT]


async def test_a_bot_of_another_number_is_not_well(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    text = beside("bot_id", MAY_LOOK, instead("bot_id = 7", house.text))
    code, lines = await house.check(capsys, text)
    assert code == 1
    assert lines[BOT].startswith("NG")
    assert "Bot ID" in lines[BOT]


@pytest.mark.parametrize("unknown_403", [False, True])
async def test_a_bot_of_another_number_is_not_well_even_if_nobody_may_look_at_it(
    house: House, capsys: pytest.CaptureFixture[str], unknown_403: bool
) -> None:
    """The default scope shows nothing of the bot, and LINE WORKS judges a message's form before its bot."""
    house.tenant.faults.turn("unknown_403", unknown_403)
    code, lines = await house.check(capsys, instead("bot_id = 7", house.text))
    assert code == 1
    assert [name for name, verdict in lines.items() if verdict.startswith("NG")] == [SENDING]
    assert "no bot 7" in lines[SENDING]


@pytest.mark.parametrize("scope_401", [False, True])
async def test_scopes_that_promise_more_than_the_app_has_are_a_fault(
    house: House, capsys: pytest.CaptureFixture[str], scope_401: bool
) -> None:
    house.tenant.faults.turn("scope_401", scope_401)
    house.tenant.settings.scopes.remove("bot.read")
    code, lines = await house.check(capsys, beside("bot_id", MAY_LOOK, house.text))
    assert code == 1
    assert "NG" in {verdict[:2] for name, verdict in lines.items() if name in (TOKEN, BOT)}


@pytest.mark.parametrize(
    ("scope", "line"),
    [("bot.message", DIRECTORY), ("bot.read user.profile.read", SENDING)],
)
async def test_a_scope_that_was_not_asked_for_is_found_by_using_it(
    house: House, capsys: pytest.CaptureFixture[str], scope: str, line: str
) -> None:
    code, lines = await house.check(capsys, beside("bot_id", f'scope = "{scope}"', house.text))
    assert code == 1
    assert [name for name, verdict in lines.items() if verdict.startswith("NG")] == [line]
    assert ("user.profile.read" if line is DIRECTORY else "bot.message") in lines[line]


async def test_an_administrator_whom_lineworks_does_not_know_is_named(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = await house.check(capsys, instead('admins = ["nobody@sample"]', house.text))
    assert code == 1
    assert lines[DIRECTORY].startswith("NG")
    assert "nobody@sample" in lines[DIRECTORY]


async def test_checking_sends_nobody_a_message(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    await house.check(capsys)
    people = house.tenant.settings.people
    assert [house.tenant.talks.with_bot(person.user_id).after(0) for person in people] == [[] for _ in people]


async def test_a_key_file_that_others_can_read_is_not_well(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    (house.folder / "kaimono.key").touch(0o644)
    code, lines = await house.check(capsys)
    assert code == 1
    assert lines["Encryption keys"].startswith("NG")
    assert "chmod 600" in lines["Encryption keys"]


async def test_a_database_that_cannot_be_opened_is_not_well(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = await house.check(capsys, instead(f'database = "sqlite:///{house.folder}"', house.text))
    assert code == 1
    assert lines["Database"].startswith("NG")
    assert lines[SETUP] == "OK"


async def test_a_key_file_of_another_database_is_a_fault(
    house: House, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A backup was put back on a new machine, and the key file was forgotten: the start would make a fresh one."""
    config = load(write(house.folder, house.text), {})

    def keep(tx: Tx) -> None:
        provision(tx, config, NOW)
        evidence.keep(
            tx, vault(), company_id=config.company[0].key, direction="out", identity="1", kind="OrderRequest",
            raw=b"<cXML/>", now=NOW, outcome="",
        )  # fmt: skip

    migrate(config.database)
    database = open_database(config.database)
    await database.write(keep)
    code, found = await house.check(capsys)
    assert code == 1
    assert found["Encryption keys"] == "OK"
    assert found["Database"].startswith(
        "NGThe newest document in it is sealed with the key k1, which is not in"
    )
    caplog.clear()
    async with running(config, web_too=False, worker_too=False):
        [said] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert said == f"the newest document is sealed with the key k1, which is not in {config.key_file}"
    await database.close()


async def test_a_damaged_document_keeps_no_bot_from_its_work(
    house: House, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever asks for this document is told; nobody else has to know."""
    config = load(write(house.folder, house.text), {})
    migrate(config.database)
    database = open_database(config.database)
    await database.write(lambda tx: provision(tx, config, NOW))
    damaged = StoredDocument(
        company_id=config.company[0].key, direction="out", identity="1", kind="OrderRequest",
        sealed=b"damaged", at=NOW, outcome="",
    )  # fmt: skip
    await database.write(lambda tx: tx.orm.add(damaged))
    _, found = await house.check(capsys)
    assert found["Database"] == "OK"
    caplog.clear()
    async with running(config, web_too=False, worker_too=False):
        assert not [record for record in caplog.records if record.levelname == "ERROR"]
    await database.close()
