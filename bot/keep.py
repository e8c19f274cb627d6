"""`kaimono copy`, `backup` and `restore` at the terminal: what moves is shown table by table, faults are one sentence."""

from pathlib import Path

from sqlmodel import select

from bot.app import Clock, buying, utc_now
from bot.config import Config
from bot.opened import operator
from bot.talk.wording import Wording
from purchasing import numbers
from storage import audit, tables
from storage.backup import backup as take
from storage.backup import restore as put_back
from storage.copy import Tally
from storage.copy import copy as move
from storage.database import Tx

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


def restore(config: Config, words: Wording, file: Path, *, replace: bool, clock: Clock = utc_now) -> int:
    def leave_gaps(tx: Tx) -> list[tuple[str, str]]:
        """What was ordered after the backup has numbers that Amazon knows and this database does not."""
        now = clock()
        known = set(tx.orm.exec(select(tables.Company.id)).all())
        found = []
        for company in (buying(each, config.public_url) for each in config.company):
            found.append((company.name, numbers.leave_gap(tx, company, now)))
            if company.id in known:
                audit.note(tx, company.id, operator(), "restored", now, next_number=found[-1][1])
        return found

    gaps = put_back(file, config.database, Terminal(words), leave_gaps, replace=replace)
    for company, number in gaps:
        print(words("cli", "restore_gap", company=company, gap=numbers.GAP, number=number))
    print(words("cli", "restore_done", key_file=config.key_file))
    return 0
