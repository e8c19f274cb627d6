"""`kaimono check`: one line for everything that must be right before people can buy, each OK or what to do."""

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

import aiohttp

from bot.app import buying, line_of, utc_now
from bot.config import CompanyConfig, Config
from bot.lineworks.client import CallFailed
from bot.lineworks.token import TokenRefused, TokenUnreachable
from bot.talk.wording import Wording
from punchout.address import Address
from punchout.envelope import new_payload_id
from punchout.setup import SetupRequest, build_setup
from punchout.supplier import Refused, StartPage, Supplier
from storage.database import DatabaseFault, open_database
from storage.migrate import migrate
from storage.vault import VaultFault, load_keyring

Result = str | None
"""None is OK; a text says what is wrong and what to do."""


async def check(config: Config, words: Wording) -> int:
    """Print the lines; 1 on any fault."""
    good = True

    async def line(name: str, test: Callable[[], Awaitable[Result]]) -> None:
        nonlocal good
        fault = await test()
        good = good and fault is None
        print(f"{'OK ' if fault is None else 'NG '} {name}" + (f": {fault}" if fault else ""), flush=True)

    await line(words("check", "config"), _nothing)
    await line(words("check", "key_file"), lambda: _key_file(config, words))
    await line(words("check", "database"), lambda: _database(config, words))
    async with aiohttp.ClientSession() as session:
        for company in config.company:
            name = company.name
            works = _LineWorks(company, session, words)
            await line(words("check", "token", company=name), works.token)
            await line(words("check", "bot", company=name), works.bot)
            await line(
                words("check", "setup", company=name),
                lambda company=company: _setup(config, company, session, words),  # type: ignore[misc]
            )
    return 0 if good else 1


async def _nothing() -> Result:
    return None


async def _key_file(config: Config, words: Wording) -> Result:
    try:
        load_keyring(Path(config.key_file))
    except (VaultFault, OSError) as fault:
        return words("fault", "key_file", detail=str(fault))
    return None


async def _database(config: Config, words: Wording) -> Result:
    try:
        migrate(config.database)
        db = open_database(config.database)
        try:
            await db.write(lambda tx: None)
        finally:
            await db.close()
    except (DatabaseFault, OSError) as fault:
        return words("fault", "database", detail=str(fault))
    return None


class _LineWorks:
    """Token first, then the bot; the second is not asked when the first fails."""

    def __init__(self, company: CompanyConfig, session: aiohttp.ClientSession, words: Wording) -> None:
        self._company, self._session, self._words = company, session, words

    async def token(self) -> Result:
        try:
            client = line_of(self._company, self._session, utc_now).client
            await client.tokens.token()
        except (TokenRefused, TokenUnreachable) as fault:
            return self._words("check", "token_refused", reason=str(fault))
        return None

    async def bot(self) -> Result:
        try:
            await line_of(self._company, self._session, utc_now).client.bot()
        except CallFailed as failed:
            return self._words("check", "bot_failed", reason=str(failed))
        return None


async def _setup(
    config: Config, company: CompanyConfig, session: aiohttp.ClientSession, words: Wording
) -> Result:
    """A setup request as a member's would be; it opens a shop that nobody enters."""
    ours, now = buying(company, config.public_url), utc_now()
    outcome = await Supplier(session).setup(ours.punchout_url, _probe(ours.public_url, company, now))
    if isinstance(outcome, StartPage):
        return None
    if isinstance(outcome, Refused):
        name = "setup_credentials" if outcome.status == 401 else "setup_refused"
        return words("check", name, reason=outcome.reason)
    return words("check", "setup_failed", reason=outcome.why)


def _probe(public_url: str, company: CompanyConfig, now: datetime) -> bytes:
    account = buying(company, public_url).account
    place = company.addresses[0]
    return build_setup(
        SetupRequest(
            buyer_cookie=secrets.token_hex(16),
            return_url=f"{public_url}/punchout/cart/check",
            email=f"kaimono-check@{public_url.split('//')[1].split('/')[0].split(':')[0]}",
            business_unit=company.amazon.business_unit,
            ship_to=Address(
                id=place.id,
                company=company.name,
                deliver_to=(place.deliver_to,),
                postal_code=place.postal_code,
                prefecture=place.prefecture,
                city=place.city,
                streets=(place.street, place.building or " "),
                phone=place.phone,
            ),
        ),
        account,
        new_payload_id(now, account.identity, secrets.token_hex(6)),
        now,
    )
