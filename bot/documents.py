"""`kaimono evidence`: the documents that an order was made of, and one of them as somebody may look at it.

What is printed shows no secret, login, session or mail address. `--raw` prints the bytes as they came or went, and the
audit notes who asked for them.
"""

import sys
from pathlib import Path

from bot.app import Clock, utc_now
from bot.config import Config
from bot.faults import Unstartable
from bot.log import one_line
from bot.opened import opened, operator
from bot.talk.wording import Wording
from bot.trail import every_company
from punchout.redact import masked, redacted
from purchasing import evidence
from purchasing.values import local
from storage import audit
from storage.database import Tx
from storage.tables import StoredDocument
from storage.vault import Keyring, VaultFault, load_keyring


async def documents(
    config: Config, words: Wording, number: str, *, show: int, raw: bool, clock: Clock = utc_now
) -> int:
    """List the documents of the order, or print the one of this id; 1 when there is none."""

    async with opened(config) as db:
        keys = await every_company(config, db)
        found = await db.read(
            lambda tx: [found for key in keys for found in evidence.of_order(tx, key, number)]
        )
        chosen = next((document for document in found if document.id == show), None)
        if not found or (show and chosen is None):
            print(words("evidence", "unknown_document" if found else "unknown_order", number=number, id=show))
            return 1
        if chosen is None:
            for document in found:
                print(_line(document))
            print(words("evidence", "how_to_show"))
            return 0
        contents = _contents(config, chosen)
        if not raw:
            print(redacted(contents))
            return 0

        def note(tx: Tx) -> None:
            audit.note(
                tx, chosen.company_id, operator(), "document_shown", clock(), order_number=number, document=chosen.id
            )  # fmt: skip

        await db.write(note)
        sys.stdout.buffer.write(contents)
    return 0


def _contents(config: Config, document: StoredDocument) -> bytes:
    try:
        vault: Keyring = load_keyring(Path(config.key_file))
        return evidence.raw_bytes(vault, document)
    except VaultFault as fault:
        raise Unstartable("key_file", fault) from fault


def _line(document: StoredDocument) -> str:
    about = one_line(masked(f"{document.outcome}  {document.note}".rstrip()))
    return f"  {document.id}  {local(document.at):%Y-%m-%d %H:%M:%S}  {document.direction}  {document.kind}  {about}"
