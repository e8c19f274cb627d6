"""`[record] callbacks`: every verified callback as a JSON file, without the people in it, for `kaimono replay` and tests.

A file is compact UTF-8 without a newline at its end, named by its place and what it shows: 0001-message-text.json.
Nothing that goes wrong here may cost LINE WORKS its 200: it is told in the log, and the callback is not recorded.
"""

import asyncio
import hmac
import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import select

from bot.anonymise import Known, anonymise, values_of
from punchout.secret import Secret
from storage.database import Database, DatabaseFault, Tx
from storage.tables import Company, DeliveryAddress, Member

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recorder:
    """Keeps callbacks in `folder`, which is made with the first one. `secrets`: each company's bot secret."""

    db: Database
    folder: Path
    secrets: Mapping[str, Secret]
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def keep(self, company_id: str, body: bytes) -> None:
        """Record one callback; callbacks are numbered in the order in which they come here. Raises nothing."""
        try:
            async with self._turn:
                values = await self.db.read(lambda tx: values_of(_known(tx, company_id)))
                known = Known(recording_key(self.secrets[company_id]), values)
                await asyncio.to_thread(_write, self.folder, body, known)
        except (OSError, DatabaseFault, ValueError, RecursionError) as fault:
            _log.error("a callback could not be recorded (%s)", type(fault).__name__)


def recording_key(secret: Secret) -> bytes:
    """The key of a company's samples: the same after every start, of no use for signing."""
    return hmac.digest(secret.reveal().encode(), b"kaimono: recorded callbacks", "sha256")


def _known(tx: Tx, company_id: str) -> Iterator[tuple[str, str | None]]:
    """Every value of the company's rows that points at somebody or some place, with its kind."""
    for company in tx.orm.exec(select(Company).where(Company.id == company_id)):
        yield "company", company.name
    for place in tx.orm.exec(select(DeliveryAddress).where(DeliveryAddress.company_id == company_id)):
        yield "place_name", place.name
        yield "postal", place.postal_code
        for name in ("prefecture", "city", "street", "building", "deliver_to", "phone"):
            yield name, getattr(place, name)
    for member in tx.orm.exec(select(Member).where(Member.company_id == company_id)):
        yield "uuid", member.user_id
        yield "mail" if "@" in member.login_id else "login_id", member.login_id
        yield "mail", member.email
        yield "last_name", member.last_name
        yield "first_name", member.first_name
        for organization in member.organizations.splitlines():
            yield "deliver_to", organization


def _write(folder: Path, body: bytes, known: Known) -> None:
    event = anonymise(json.loads(body, parse_int=_number), known)
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    folder.mkdir(parents=True, exist_ok=True)
    number = max((_place(path) for path in folder.glob("*.json")), default=0)
    while True:
        number += 1
        try:
            # Another process may record into the same folder: whoever comes second takes the next number.
            with (folder / f"{number:04d}-{_what(event)}.json").open("xb") as file:
                file.write(text)
        except FileExistsError:
            continue
        return


def _number(digits: str) -> int:
    """Python declines whole numbers of more than 4,300 digits, and nobody needs them."""
    return int(digits) if len(digits) < 40 else 0


def _place(path: Path) -> int:
    found = re.match(r"\d+", path.name)
    return int(found[0]) if found else 0


def _what(event: Any) -> str:
    """message-text, message-text-postback, begin: what a callback shows, for its file's name."""
    if not isinstance(event, dict):
        return "unknown"
    content = event.get("content")
    parts = [event.get("type"), content.get("type") if isinstance(content, dict) else None]
    if isinstance(content, dict) and "postback" in content:
        parts.append("postback")
    return "-".join(part for part in parts if isinstance(part, str) and part) or "unknown"
