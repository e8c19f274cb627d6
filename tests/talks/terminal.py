"""The terminal of whoever runs the bot, in a transcript: a command, and all that it prints.

$       kaimono bot setup                 what differs at LINE WORKS; with --apply it is changed
$       kaimono check                     whether everything is right before people buy
端末    株式会社サンプル商事 OK …           what was printed
"""

from contextlib import redirect_stdout
from io import StringIO

from bot.check import check
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
                case _:
                    raise AssertionError("nobody knows this command")
        self.printed = out.getvalue()
