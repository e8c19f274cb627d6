"""`kaimono evidence`: the documents of an order, listed and shown without secrets."""

from pathlib import Path

import pytest

from bot.config import Config, load
from bot.documents import documents
from bot.opened import opened
from bot.talk.wording import wording
from bot.trail import show, verify
from storage import audit
from storage.database import Tx
from storage.migrate import migrate
from storage.tables import Order
from storage.vault import load_keyring
from tests.trouble import house
from tests.trouble.house import COMPANY, EMAIL, SHARED_SECRET, config_text, furnished, ordered

WORDS = wording("en")


@pytest.fixture
async def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Config, Order]:
    """A configuration, and an order in its database."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "config.toml"
    path.write_text(config_text(), encoding="utf-8")
    config = load(path)
    migrate(config.database)
    ring = load_keyring(Path(config.key_file))
    monkeypatch.setattr(house, "vault", lambda: ring)
    company = house.buying(config.company[0], config.public_url)

    def fill(tx: Tx) -> Order:
        furnished(tx)
        return ordered(tx, company)

    async with opened(config) as db:
        return config, await db.write(fill)


async def test_the_documents_of_an_order_are_listed(
    kept: tuple[Config, Order], capsys: pytest.CaptureFixture[str]
) -> None:
    config, order = kept
    assert await documents(config, WORDS, order.number, show=0, raw=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[3:5] for line in lines[:-1]] == [
        ["in", "PunchOutOrderMessage"],
        ["out", "OrderRequest"],
    ]
    assert await documents(config, WORDS, "KM-0", show=0, raw=False) == 1
    assert await documents(config, WORDS, order.number, show=4711, raw=False) == 1
    assert "has no document 4711" in capsys.readouterr().out


async def test_a_document_is_shown_without_secrets(
    kept: tuple[Config, Order], capsys: pytest.CaptureFixture[str]
) -> None:
    config, order = kept
    assert await documents(config, WORDS, order.number, show=order.document_id, raw=False) == 0
    shown = capsys.readouterr().out
    assert order.number in shown
    for secret in (SHARED_SECRET, *EMAIL.values(), config.company[0].amazon.from_identity):
        assert secret not in shown


async def test_the_bytes_themselves_are_had_for_an_entry_in_the_audit(
    kept: tuple[Config, Order], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    config, order = kept
    assert await documents(config, WORDS, order.number, show=order.document_id, raw=True) == 0
    assert SHARED_SECRET.encode() in capfdbinary.readouterr().out
    async with opened(config) as db:
        entries = await db.read(lambda tx: audit.entries(tx, COMPANY, order_number=order.number))
    assert entries[-1].what == "document_shown"
    assert entries[-1].actor.startswith("operator:")


async def test_a_company_that_is_not_configured_any_more_can_still_be_looked_at(
    kept: tuple[Config, Order], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its orders have to be kept for years, and be shown to whoever asks for them."""
    config, order = kept
    another = config.company[0].model_copy(update={"id": "another"})
    now = config.model_copy(update={"company": [another]})

    assert await documents(now, WORDS, order.number, show=order.document_id, raw=False) == 0
    assert order.number in capsys.readouterr().out
    assert await show(now, WORDS, order=order.number, member="", limit=9) == 0
    assert f"order_placed {order.number}" in capsys.readouterr().out
    assert await verify(now, WORDS) == 0
    named, former = capsys.readouterr().out.splitlines()
    assert named == f"OK  {another.name}: no entries yet."
    assert former.startswith(f"OK  {another.name} ({COMPANY}): ")
