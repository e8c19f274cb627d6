"""`kaimono copy`, `backup` and `restore` at the terminal: what moves is shown table by table, faults are one sentence."""

from pathlib import Path

from bot.config import Config
from bot.talk.wording import Wording
from storage.backup import backup as take
from storage.backup import restore as put_back
from storage.copy import Tally
from storage.copy import copy as move

SHOWN_EVERY = 50_000
"""Rows of one table after which a person wants to see that it goes on."""


class Terminal:
    """Shows what moves. `shown` is the last number of rows that was told of a table."""

    def __init__(self, words: Wording) -> None:
        self._words, self._shown = words, 0

    def moving(self, table: str, rows: int, of: int) -> None:
        if rows // SHOWN_EVERY > self._shown // SHOWN_EVERY:
            print(self._words("cli", "moving", table=table, rows=rows, of=of), flush=True)
        self._shown = rows

    def compared(self, table: str, source: Tally, target: Tally) -> None:
        self._shown = 0
        print(
            self._words(
                "cli",
                "compared",
                table=table,
                sent=source.rows,
                sent_sum=source.checksum,
                came=target.rows,
                came_sum=target.checksum,
            ),
            flush=True,
        )


def copy(words: Wording, source: str, target: str) -> int:
    move(source, target, Terminal(words))
    print(words("cli", "copy_done"))
    return 0


def backup(config: Config, words: Wording, file: Path) -> int:
    size = take(config.database, file, Terminal(words))
    print(words("cli", "backup_done", file=file, size=size, key_file=config.key_file))
    return 0


def restore(config: Config, words: Wording, file: Path, *, replace: bool) -> int:
    put_back(file, config.database, Terminal(words), replace=replace)
    print(words("cli", "restore_done", key_file=config.key_file))
    return 0
