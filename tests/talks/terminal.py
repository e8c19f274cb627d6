"""The terminal of whoever runs the bot, in a transcript: a command, and all that it prints.

$       kaimono bot setup                 what differs at LINE WORKS; with --apply it is changed
$       kaimono check                     whether everything is right before people buy
$       kaimono replay 記録               all callbacks so far once more, from files
$       ls 記録                         what [record] has saved; $ python -m tests.talks.transcribe 記録: as a transcript
端末    株式会社サンプル商事 OK …           what was printed
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.check import check
from bot.replay import replay
from bot.setup import setup
from bot.talk.wording import wording
from tests.talks.stage import Stage


class Terminal:
    """`printed` is what the last command said."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.printed = ""

    async def run(self, command: str) -> None:
        stage, words, out = self._stage, wording("ja"), StringIO()
        await stage.quiet()
        with redirect_stdout(out):
            match command.split():
                case ["kaimono", "bot", "setup"]:
                    await setup(stage.config, words, apply=False, clock=stage.clock)
                case ["kaimono", "bot", "setup", "--apply"]:
                    await setup(stage.config, words, apply=True, clock=stage.clock)
                case ["kaimono", "check"]:
                    await check(stage.config, words, stage.clock)
                case ["kaimono", "replay", "記録"]:
                    await self._replay()
                case ["ls", "記録"]:
                    out.write("\n".join(sorted(file.name for file in self._saved().iterdir())))
                case ["python", "-m", "tests.talks.transcribe", "記録"]:
                    out.write(await _run("-m", "tests.talks.transcribe", str(self._saved())))
                case _:
                    raise AssertionError("nobody knows this command")
        self.printed = out.getvalue()

    def _saved(self) -> Path:
        kept = self._stage.config.record
        assert kept is not None, "nothing is recorded: 設定 コールバックを保存する"
        return Path(kept.callbacks)

    async def _replay(self) -> None:
        lineworks = self._stage.config.company[0].lineworks
        url = f"{self._stage.config.public_url}/lineworks/callback"
        with TemporaryDirectory() as folder:
            secret = Path(folder, "secret")
            record = self._recorded(secret, lineworks.bot_secret.reveal())
            await replay(wording("ja"), [record], url, secret, str(lineworks.bot_id))

    def _recorded(self, secret: Path, words: str) -> Path:
        """The folder with what LINE WORKS has posted, beside the file with the bot's secret."""
        secret.write_text(words, encoding="utf-8")
        record = secret.with_name("記録")
        record.mkdir()
        said = [entry.body for entry in self._stage.tenant.log.after(0) if entry.kind == "callback"]
        for number, body in enumerate(said, start=1):
            Path(record, f"{number:04}.json").write_text(body, encoding="utf-8")
        return record


async def _run(*arguments: str) -> str:
    """All that Python prints there."""
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=PIPE, stderr=STDOUT)
    printed, _ = await process.communicate()
    return printed.decode()
