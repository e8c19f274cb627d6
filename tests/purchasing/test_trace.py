"""One id follows a purchase: from the tap that asked for the shop to what Amazon says days later."""

from punchout import inbound
from purchasing import intake, ordering
from purchasing.ordering import Placed
from purchasing.values import Company
from storage import audit
from storage.database import Database, Tx, trace
from tests.purchasing.jobs import jobs_of
from tests.trouble.documents import Said, confirmation
from tests.trouble.house import COMPANY, NOW, known, offered, ordered, vault

FIRST, LAST = "the tap on 買い物をする", "the tap on はい、決済します。"


async def test_order_notices_and_documents_bear_the_same_id(shop: Database, company: Company) -> None:
    token = trace.set(FIRST)
    order = await shop.write(lambda tx: ordered(tx, company))
    trace.reset(token)
    raw = confirmation(order, Said(1, accepted=1))
    document = inbound.read(raw)
    verdict = await shop.write(lambda tx: intake.take_in(tx, vault(), company, raw, document, NOW))
    assert verdict.trace == order.trace == FIRST
    for kind in ("submit", "notice", "document", "reminder"):
        jobs = await shop.read(lambda tx, kind=kind: jobs_of(tx, kind))  # type: ignore[misc]
        assert jobs
        assert {job.trace for job in jobs} == {FIRST}, kind
    entries = await shop.read(lambda tx: audit.entries(tx, COMPANY, order_number=order.number))
    assert [entry.what for entry in entries] == ["order_placed", "document_received"]
    assert {entry.trace for entry in entries} == {FIRST}


async def test_a_payment_goes_on_under_the_id_of_the_visit(shop: Database, company: Company) -> None:
    token = trace.set(FIRST)
    cart = await shop.write(lambda tx: offered(tx, company))
    trace.reset(token)

    def pay(tx: Tx) -> tuple[str, str]:
        outcome = ordering.place(tx, vault(), company, known(tx), cart.id or 0, cart.nonce, NOW)
        assert isinstance(outcome, Placed)
        return outcome.order.trace, tx.trace

    token = trace.set(LAST)
    assert await shop.write(pay) == (FIRST, FIRST)
    trace.reset(token)
