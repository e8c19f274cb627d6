"""`kaimono replay`: recorded callbacks, signed and posted as they lie in their files."""

import socket
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.lineworks.signature import verify
from punchout.secret import Secret
from tests.bot.program import Ended, kaimono

SECRET = "sandbox-bot-secret"


@dataclass
class Receiver:
    """A bot that answers callbacks as it is told to, and keeps what it was sent."""

    answers: list[int]
    bodies: list[bytes]
    signed: list[bool]
    bots: list[str]

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.bodies.append(body)
        self.signed.append(verify(Secret(SECRET), body, request.headers.get("X-WORKS-Signature")))
        self.bots.append(request.headers.get("X-WORKS-BotId", ""))
        return web.Response(status=self.answers.pop(0))


async def replay(folder: Path, answers: list[int], *files: str | Path) -> tuple[Receiver, Ended]:
    receiver = Receiver(answers, [], [], [])
    app = web.Application()
    app.router.add_post("/lineworks/callback", receiver.take)
    (folder / "secret").write_text(f"{SECRET}\n")
    async with TestServer(app) as server:
        url = str(server.make_url("/lineworks/callback"))
        ended = await kaimono(folder, "replay", *files, "--to", url, "--bot-secret-file", "secret")
    return receiver, ended


async def test_replay_signs_the_bytes_as_they_lie_in_the_files(tmp_path: Path) -> None:
    first, second = '{"type": "message",  "text": "買い物をする"}\n'.encode(), b'{"type":"begin"}'
    (tmp_path / "2.json").write_bytes(first)
    (tmp_path / "1.json").write_bytes(second)
    receiver, ended = await replay(tmp_path, [200, 200], "2.json", "1.json")
    assert receiver.bodies == [first, second]
    assert receiver.signed == [True, True]
    assert receiver.bots == ["2000001", "2000001"]
    lines = [line.split() for line in ended.out.splitlines()]
    assert ended.code == 0
    assert [(line[0], line[2], line[3]) for line in lines] == [
        ("200", "ms", "2.json"),
        ("200", "ms", "1.json"),
    ]
    assert all(float(line[1]) > 0 for line in lines)


async def test_replay_goes_through_a_folder_by_name_and_ends_with_1_if_one_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "callbacks"
    folder.mkdir()
    for name in ("b.json", "a.json", "note.txt"):
        (folder / name).write_text(f'"{name}"')
    receiver, ended = await replay(tmp_path, [200, 401], "callbacks")
    assert receiver.bodies == [b'"a.json"', b'"b.json"']
    assert [line.split()[0] for line in ended.out.splitlines()] == ["200", "401"]
    assert ended.code == 1


async def test_replay_to_nobody_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "secret").write_text(SECRET)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        ended = await kaimono(tmp_path, "replay", "a.json", "--to", url, "--bot-secret-file", "secret")
    assert ended.code == 1
    assert ended.out.startswith("no answer")


@pytest.mark.parametrize(("there", "gone"), [("secret", "a.json"), ("a.json", "secret")])
async def test_replay_names_the_file_that_it_cannot_read(tmp_path: Path, there: str, gone: str) -> None:
    (tmp_path / there).write_text("{}")
    ended = await kaimono(
        tmp_path, "replay", "a.json", "--to", "http://127.0.0.1:1/", "--bot-secret-file", "secret"
    )
    assert ended.code == 1
    assert (
        ended.out + ended.err
        == f"cannot read {gone} (No such file or directory). Check where it is and who may read it.\n"
    )


async def test_a_folder_without_recordings_is_a_mistake_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    receiver, ended = await replay(tmp_path, [], "none")
    assert ended.code == 1
    assert "none" in ended.out
    assert receiver.bodies == []


async def test_the_help_says_whom_old_recordings_are_not_answered_for(tmp_path: Path) -> None:
    ended = await kaimono(tmp_path, "replay", "--help")
    assert "issued more than a week ago is not answered to people whom the bot knew" in " ".join(
        ended.out.split()
    )


async def test_a_secret_that_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "secret").write_bytes(b"\xff\xfe")
    ended = await kaimono(
        tmp_path, "replay", "a.json", "--to", "http://127.0.0.1:1/", "--bot-secret-file", "secret"
    )
    assert (ended.code, ended.err) == (1, "")
    assert ended.out == "cannot read secret (not UTF-8). Check where it is and who may read it.\n"
