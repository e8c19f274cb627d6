"""The access token of a company in the database, sealed: one process fetches it, all the others find it here.

No lock is held while the token server is asked. Who fetches says so in the row, for `FETCHING` at most: if it dies over
it, the next one fetches.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from bot.lineworks.token import Token
from punchout.secret import Secret
from storage.database import Database, Tx
from storage.tables import AccessToken
from storage.vault import Keyring, VaultFault

FETCHING = timedelta(seconds=5)
LOOK_EVERY = 0.1
"""Seconds between two looks while somebody else fetches; the token server answers within a few of them."""
_MINE = object()


class TokenShelf:
    """`credentials` is what the token was asked with: one that was asked for otherwise (another scope) is not found."""

    def __init__(
        self,
        db: Database,
        vault: Keyring,
        company_id: str,
        credentials: tuple[str, ...],
        clock: Callable[[], datetime],
    ) -> None:
        self._db, self._vault, self._company, self._clock = db, vault, company_id, clock
        digest = sha256("\0".join(credentials).encode()).hexdigest()
        self._place = f"access_token|{company_id}|{digest[:32]}"

    async def find(self, refused: Secret | None) -> Token | None:
        """The token that is there, or None once it is this caller's to fetch."""
        while True:
            found = await self._db.write(lambda tx: self._look(tx, refused))
            if found is not None:
                return found if isinstance(found, Token) else None
            await asyncio.sleep(LOOK_EVERY)

    async def leave(self, token: Token | None) -> None:
        """Put the token there for all, or let somebody else try."""

        def work(tx: Tx) -> None:
            row = self._row(tx)
            row.renewing_until = None
            if token is not None:
                row.sealed = self._vault.seal(token.secret.reveal().encode(), self._place)
                row.issued_at, row.renew_at = token.issued_at, token.renew_at

        await self._db.write(work)

    def _look(self, tx: Tx, refused: Secret | None) -> object:
        """The token, `_MINE` if the caller is to fetch one, None if somebody else is at it."""
        row, now = self._row(tx), self._clock()
        token = self._opened(row)
        if token is not None and now < token.renew_at and token.secret != refused:
            return token
        if row.renewing_until is not None and now < row.renewing_until <= now + FETCHING:
            return None
        row.renewing_until = now + FETCHING
        return _MINE

    def _opened(self, row: AccessToken) -> Token | None:
        if row.issued_at is None or row.renew_at is None:
            return None
        try:
            return Token(
                Secret(self._vault.open(row.sealed, self._place).decode()), row.issued_at, row.renew_at
            )
        except VaultFault:
            return None  # asked for otherwise, or sealed with a key that is gone: a new one is as good

    def _row(self, tx: Tx) -> AccessToken:
        row = tx.orm.get(AccessToken, self._company, with_for_update=True)
        if row is None:
            row = AccessToken(company_id=self._company)
            tx.orm.add(row)
            tx.orm.flush()
        return row
