"""The command line from outside: what it prints, the exit codes, and that it ends when it is asked to."""

import asyncio
import json
import re
import signal
import socket
import stat
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.cli import main
from tests.bot.configuration import instead, without, write
from tests.bot.program import begin, files, kaimono, until_listening

COMMANDS = (
    "demo",
    "serve",
    "sandbox",
    "check",
    "replay",
    "read",
    "migrate",
    "copy",
    "backup",
    "restore",
    "bot",
    "jobs",
    "audit",
    "evidence",
)


@pytest.mark.parametrize(
    ("lang", "heading", "port"),
    [
        ("ja_JP.UTF-8", "何も起動していません", "待ち受ける"),
        ("C", "Nothing was started", "Give the address and port"),
    ],
)
async def test_serve_tells_all_faults_in_the_language_of_the_locale_and_starts_nothing(
    tmp_path: Path, lang: str, heading: str, port: str
) -> None:
    text = without("order_url", instead('mode = "live"', instead('listen = "8080"')))
    write(tmp_path, text)
    before = files(tmp_path)
    ended = await kaimono(tmp_path, "serve", "--config", "config.toml", lang=lang)
    first, *faults = ended.err.splitlines()
    assert (ended.code, ended.out) == (1, "")
    assert heading in first
    assert [fault.split(": ")[0] for fault in faults] == [
        "- listen",
        "- company[0].amazon.order_url",
        "- company[0].amazon.mode",
    ]
    assert port in faults[0]
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("buy",),
        ("serve",),
        ("serve", "--config", "config.toml", "--role", "boss"),
        ("demo", "--port", "many"),
        ("replay", "--to", "http://127.0.0.1:1/"),
        ("replay", "a.json", "--bot-secret-file", "secret"),
        ("migrate",),
        ("copy", "--from", "sqlite:///a.db"),
        ("backup", "--config", "config.toml"),
        ("restore", "a.backup"),
        ("check",),
        ("bot",),
        ("bot", "setup"),
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_2_and_says_how_it_is_used(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert err.startswith("usage: kaimono")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("lang", "letters"), [("ja_JP.UTF-8", "ぁ-ん"), ("ko_KR.UTF-8", "가-힣"), ("en_US.UTF-8", ""), ("", "")]
)
def test_every_command_has_help_in_the_language_of_the_locale(
    command: str,
    lang: str,
    letters: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", lang)
    with pytest.raises(SystemExit) as ended:
        main([*(("bot", "setup") if command == "bot" else (command,)), "--help"])
    out, err = capsys.readouterr()
    assert (ended.value.code, err) == (0, "")
    assert out.startswith(f"usage: kaimono {command}")
    for script in ("ぁ-ん", "가-힣"):
        assert bool(re.search(f"[{script}]", out)) == (script == letters)


async def test_the_help_of_the_command_names_all_of_them(tmp_path: Path) -> None:
    ended = await kaimono(tmp_path, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert [line.split()[0] for line in ended.out.splitlines() if re.match(r" {4}\S", line)] == list(COMMANDS)


async def test_migrate_brings_a_database_up_to_date_once(tmp_path: Path) -> None:
    write(tmp_path)
    first = await kaimono(tmp_path, "migrate", "--config", "config.toml")
    again = await kaimono(tmp_path, "migrate", "--config", "config.toml")
    assert (first.code, again.code) == (0, 0)
    assert first.out.startswith("brought to 0001")
    assert again.out == "the database is up to date\n"
    assert (tmp_path / "kaimono.db").exists()


async def test_migrate_says_in_a_sentence_that_there_is_no_database_to_reach(tmp_path: Path) -> None:
    write(tmp_path, instead('database = "postgresql://nobody@127.0.0.1:1/kaimono"'))
    ended = await kaimono(tmp_path, "migrate", "--config", "config.toml")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Cannot open the database: ")
    assert "Traceback" not in ended.err


async def test_serve_answers_until_it_is_asked_to_stop(tmp_path: Path) -> None:
    write(tmp_path)
    process = await begin(tmp_path, "serve", "--config", "config.toml")
    port = await until_listening(process)
    async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}/readyz") as ready:
        assert (ready.status, await ready.json()) == (200, {"status": "ready", "reasons": [], "warnings": []})
    process.send_signal(signal.SIGTERM)
    out, err = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, out) == (0, b"")
    assert all(json.loads(line)["level"] == "info" for line in err.splitlines())
    assert stat.S_IMODE((tmp_path / "kaimono.key").stat().st_mode) == 0o600


async def test_serve_on_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        write(tmp_path, instead(f'listen = "127.0.0.1:{port}"'))
        ended = await kaimono(tmp_path, "serve", "--config", "config.toml")
    said = [line for line in ended.err.splitlines() if not line.startswith("{")]
    assert ended.code == 1
    assert len(said) == 1
    assert said[0].startswith(f"Cannot listen on 127.0.0.1:{port} (Address already in use). ")


@pytest.mark.parametrize("port", ["65536", "-1", "abc", "9" * 40])
async def test_a_port_that_is_none_is_wrong_use(tmp_path: Path, port: str) -> None:
    ended = await kaimono(tmp_path, "demo", f"--port={port}")
    assert (ended.code, ended.out) == (2, "")
    assert f"not a port: '{port}'" in ended.err


async def test_a_folder_that_cannot_be_made_for_the_demo_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = await kaimono(tmp_path, "demo", "--keep", "file")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out == "cannot read file (File exists). Check where it is and who may read it.\n"


@pytest.mark.parametrize(
    "given",
    [
        ("audit", "--limit", "0"), ("audit", "--limit", "-5"), ("audit", "--limit", "9" * 40),
        ("audit", "--order", "\udcff"), ("audit", "--member", "\udcff"), ("evidence", "\udcff"),
        ("jobs", "--forget-company", "\udcff"),
    ],
    ids=lambda given: ascii(" ".join(given))[:30],
)  # fmt: skip
async def test_what_no_database_could_be_asked_for_is_wrong_use(
    tmp_path: Path, given: tuple[str, ...]
) -> None:
    """A number below 1 or beyond all rows, and what a terminal of another encoding sends."""
    ended = await kaimono(tmp_path, *given, "--config", write(tmp_path))
    assert (ended.code, ended.out) == (2, "")
    assert "error: argument" in ended.err
    assert "Traceback" not in ended.err


async def test_serve_refuses_a_key_file_that_others_can_read(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "kaimono.key").touch(0o644)
    ended = await kaimono(tmp_path, "serve", "--config", "config.toml", lang="ja_JP.UTF-8")
    assert ended.code == 1
    assert "鍵ファイルを使えません" in ended.err
    assert not (tmp_path / "kaimono.db").exists()
