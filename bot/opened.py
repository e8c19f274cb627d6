"""The database of a configuration, opened for one command of the operator's while the bot may be serving."""

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.config import Config
from bot.faults import Unstartable
from storage.copy import refuse_nothing
from storage.database import Database, DatabaseFault, open_database
from storage.migrate import migrate


@asynccontextmanager
async def opened(config: Config) -> AsyncIterator[Database]:
    """Open it at its newest schema. Raises Unstartable when it is not there (asking must not make one: a relative path
    means another one in another folder), can't be had, or fails on the way."""
    try:
        refuse_nothing(config.database)
        migrate(config.database)
        db = open_database(config.database)
        try:
            yield db
        finally:
            await db.close()
    except DatabaseFault as fault:
        raise Unstartable("database", fault) from fault


def operator() -> str:
    """Who sits at the terminal, for the audit."""
    try:
        return f"operator:{getpass.getuser()}"
    except (KeyError, OSError):  # a container may run under a number that has no name
        return "operator:unknown"
