"""`kaimono audit`: the newest entries, of one order or member if asked; `kaimono audit verify` walks the chains."""

from collections.abc import Sequence
from functools import partial

from bot.config import Config
from bot.log import one_line
from bot.opened import opened
from bot.talk.wording import Wording
from purchasing import companies, members
from purchasing.values import local
from storage import audit
from storage.database import Database, Tx
from storage.tables import AuditEntry


async def show(config: Config, words: Wording, *, order: str, member: str, limit: int) -> int:
    """List the entries of every company; 1 when a member was named whom nobody knows."""
    async with opened(config) as db:
        found = [await _entries(db, key, order, member, limit) for key in await every_company(config, db)]
    if all(entries is None for entries in found):
        print(words("audit", "unknown_member", member=member))
        return 1
    shown = [entry for entries in found for entry in entries or ()]
    for entry in shown:
        about = f" {one_line(entry.order_number)}" if entry.order_number else ""
        print(
            f"{entry.company_id}#{entry.place}  {local(entry.at):%Y-%m-%d %H:%M:%S}  {entry.actor}  "
            f"{entry.what}{about}  {one_line(entry.facts)}  {entry.trace}".rstrip()
        )
    if not shown:
        print(words("audit", "nothing"))
    return 0


async def every_company(config: Config, db: Database) -> dict[str, str]:
    """Ids and names of all companies that the database may know, also of those that the configuration lost."""
    configured = {company.key: company.name for company in config.company}
    return await db.read(partial(companies.known, configured=configured))


async def _entries(
    db: Database, company_id: str, order: str, member: str, limit: int
) -> list[AuditEntry] | None:
    def work(tx: Tx) -> list[AuditEntry] | None:
        known = members.find(tx, company_id, member) if member else None
        if member and known is None:
            return None
        whom = known.id if known else None
        return audit.entries(tx, company_id, order_number=order, member_id=whom, limit=limit)

    return await db.read(work)


async def verify(config: Config, words: Wording, expect: Sequence[tuple[int, str]] = ()) -> int:
    """Walk each company's chain, and look for earlier heads (place and hash) in them; 1 when one breaks or lacks."""
    good, lacking = True, set(expect)
    async with opened(config) as db:
        for key, name in (await every_company(config, db)).items():
            verdict = await db.read(partial(audit.verify, company_id=key))
            if verdict.broken_at is None:
                end = {"count": verdict.count, "head": f"{verdict.count}:{verdict.hash}"}
                print(f"OK  {name}: {words('audit', 'whole' if verdict.count else 'empty', **end)}")
                for place, its_hash in tuple(lacking):
                    if await db.read(partial(audit.holds, company_id=key, place=place, expected=its_hash)):
                        lacking.discard((place, its_hash))
            else:
                good = False
                why = words("audit", f"broken_{verdict.why}", place=verdict.broken_at, count=verdict.count)
                print(f"NG  {name}: {why}")
    for place, its_hash in sorted(lacking):
        print(f"NG  {words('audit', 'not_held', head=f'{place}:{its_hash}')}")
    return 0 if good and not lacking else 1
