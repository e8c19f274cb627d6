"""`kaimono check`: one line for everything that must be right before people can buy, each OK or what to do."""

import secrets
from collections.abc import Awaitable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

import aiohttp

from bot.app import buying, outgoing, utc_now
from bot.certificate import valid_until
from bot.config import CompanyConfig, Config
from bot.finding import OK, Finding, Verdict, fault
from bot.line import Clock, line_of
from bot.lineworks.client import CallFailed, Client
from bot.lineworks.outcome import Never
from bot.lineworks.profile import BotFacts
from bot.lineworks.token import TokenRefused, TokenUnreachable
from bot.reach import reach
from bot.setup import EVENTS
from bot.talk.wording import Wording
from punchout.address import Address
from punchout.envelope import new_payload_id
from punchout.secret import Secret
from punchout.setup import SetupRequest, build_setup
from punchout.supplier import Refused, StartPage, Supplier
from purchasing import evidence
from purchasing.certificate import days_left, step
from purchasing.values import local
from storage.database import DatabaseFault, open_database
from storage.migrate import migrate
from storage.vault import Keyring, VaultFault, load_keyring

_NEEDED_CONTENTS = frozenset({"text"})
"""Without it nothing typed arrives, and no tap on a message button (LINE WORKS reference 6). The other contents that
`kaimono bot setup` switches on only get a kind answer."""


_TELL_LANGUAGE = frozenset({"user", "user.read", "directory", "directory.read"})
"""The scopes that show a member's language (LINE WORKS reference 7)."""


async def check(config: Config, words: Wording, clock: Clock = utc_now) -> int:
    """Print the lines; 1 on any fault."""
    findings: list[Finding] = []

    async def line(name: str, test: Awaitable[Finding]) -> bool:
        finding = await test
        findings.append(finding)
        head = f"{finding.verdict}  {name}"
        print(f"{head}: {finding.text}" if finding.text else head, flush=True)
        return finding.verdict is not Verdict.FAULT

    await line(words("check", "config"), _nothing())
    await line(words("check", "key_file"), _key_file(config, words))
    await line(words("check", "database"), _database(config, words))
    async with outgoing() as session:
        for company in config.company:
            name, client = company.name, line_of(company, session, clock).client
            if await line(words("check", "token", company=name), _token(client, words)):
                await line(words("check", "bot", company=name), _bot(config, company, client, words))
                await line(words("check", "sending", company=name), _sending(company, client, words))
                await line(words("check", "directory", company=name), _directory(company, client, words))
            await line(
                words("check", "setup", company=name), _setup(config, company, session, words, clock())
            )
            if (pem := company.amazon.client_certificate) is not None:
                await line(words("check", "certificate", company=name), _certificate(pem, clock(), words))
        await line(words("check", "reach"), reach(config, session, words))
    return 1 if Verdict.FAULT in {finding.verdict for finding in findings} else 0


async def _nothing() -> Finding:
    """Whoever comes this far has a configuration that can be read."""
    return OK


async def _key_file(config: Config, words: Wording) -> Finding:
    try:
        load_keyring(Path(config.key_file))
    except (VaultFault, OSError) as refused:
        return fault(words("fault", "key_file", detail=str(refused)))
    return OK


def _keyring(config: Config) -> Keyring | None:
    with suppress(VaultFault, OSError):  # told by its own line
        return load_keyring(Path(config.key_file))
    return None


async def _database(config: Config, words: Wording) -> Finding:
    try:
        migrate(config.database)
        db = open_database(config.database)
        try:
            await db.write(lambda tx: None)
            if (keys := _keyring(config)) and (
                key := await db.read(partial(evidence.lacking_key, vault=keys))
            ):
                return fault(words("check", "other_keys", key=key, key_file=config.key_file))
        finally:
            await db.close()
    except (DatabaseFault, OSError) as refused:
        return fault(words("fault", "database", detail=str(refused)))
    return OK


async def _token(client: Client, words: Wording) -> Finding:
    try:
        await client.tokens.token()
    except (TokenRefused, TokenUnreachable) as refused:
        return fault(words("check", "token_refused", reason=str(refused)))
    return OK


async def _bot(config: Config, company: CompanyConfig, client: Client, words: Wording) -> Finding:
    """Whether the bot is there and calls us back. Most apps may not look: their scopes send, they don't read.

    A scope that was not granted is answered 403 FORBIDDEN or 401 (reference 1.7); the token itself has been proved.
    """
    try:
        facts = await client.bot()
    except CallFailed as failed:
        outcome = failed.outcome
        may_not_look = isinstance(outcome, Never) and (outcome.code == "FORBIDDEN" or outcome.status == 401)
        if may_not_look and not {"bot", "bot.read"} & set(company.lineworks.scope.split()):
            return Finding(Verdict.UNSEEN, words("check", "bot_unseen"))
        return fault(words("check", "bot_failed", reason=str(failed)))
    return _judge(facts, f"{config.public_url}/lineworks/callback", words)


async def _sending(company: CompanyConfig, client: Client, words: Wording) -> Finding:
    """Whether the app may send, and for a bot that there is. LINE WORKS says of a bot that it does not know 404, and
    was seen to say 403 ACCESS_DENIED (reference 5)."""
    try:
        await client.announce_file()
    except CallFailed as failed:
        outcome = failed.outcome
        if isinstance(outcome, Never) and (outcome.status == 404 or outcome.code == "ACCESS_DENIED"):
            return fault(words("check", "sending_no_bot", bot=company.lineworks.bot_id))
        return fault(words("check", "sending_failed", reason=outcome.why))
    return OK


async def _directory(company: CompanyConfig, client: Client, words: Wording) -> Finding:
    """Whether the app may look members up, and whether LINE WORKS knows every administrator."""
    admins = [*company.admins, *(admin for group in company.groups for admin in group.admins)]
    unknown = []
    for admin in dict.fromkeys(admins or [_somebody(company)]):
        try:
            profile = await client.user(admin)
        except CallFailed as failed:
            return fault(words("check", "directory_failed", reason=str(failed)))
        if profile is None and admin in admins:
            unknown.append(admin)
    if unknown:
        return fault(words("check", "admins_unknown", admins=", ".join(unknown)))
    tells_language = _TELL_LANGUAGE & set(company.lineworks.scope.split())
    return OK if tells_language else Finding(Verdict.GOOD, words("check", "language_unseen"))


def _somebody(company: CompanyConfig) -> str:
    return company.admins[0] if company.admins else company.lineworks.service_account


def _judge(facts: BotFacts, ours: str, words: Wording) -> Finding:
    """A registration that says nothing of callbacks is taken as right."""
    registered, enabled = facts.callback_url, facts.callback_enabled
    silent = registered is None and enabled is None
    if not silent and (enabled is False or (registered or "").rstrip("/") != ours):
        return fault(words("check", "bot_callback", url=ours))
    missing = set(EVENTS - facts.channel_events) if facts.channel_events is not None else set()
    if facts.callback_events is not None:
        missing |= _NEEDED_CONTENTS - facts.callback_events
    if missing:
        return fault(words("check", "bot_events", events=", ".join(sorted(missing))))
    return OK


async def _certificate(pem: Secret, now: datetime, words: Wording) -> Finding:
    """The certificate that orders log in with; whether Amazon knows it shows with the first order."""
    end = valid_until(pem)
    said = {"until": f"{local(end):%Y-%m-%d}", "days": days_left(end, now)}
    if now >= end:
        return fault(words("check", "certificate_over", **said))
    soon = step(end, now) is not None
    return Finding(Verdict.GOOD, words("check", "certificate_soon" if soon else "certificate_until", **said))


async def _setup(
    config: Config, company: CompanyConfig, session: aiohttp.ClientSession, words: Wording, now: datetime
) -> Finding:
    """A setup request as a member's would be; it opens a shop that nobody enters."""
    ours = buying(company, config.public_url)
    outcome = await Supplier(session).setup(ours.punchout_url, _probe(ours.public_url, company, now))
    if isinstance(outcome, StartPage):
        return OK
    if isinstance(outcome, Refused):
        name = "setup_credentials" if outcome.status == 401 else "setup_refused"
        return fault(words("check", name, reason=outcome.reason))
    return fault(words("check", "setup_failed", reason=outcome.why))


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
