"""One id follows a purchase: from the tap that asked for the shop to what Amazon says days later."""

from punchout import inbound
from punchout.confirmation import Confirmation
from purchasing import evidence, fulfilment, intake, ordering
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


async def test_what_is_asked_about_a_cart_and_its_cancelling_go_on_under_that_id_too(
    shop: Database, company: Company
) -> None:
    token = trace.set(FIRST)
    cart = await shop.write(lambda tx: offered(tx, company))
    trace.reset(token)

    def ask(tx: Tx) -> str:
        assert ordering.find_cart(tx, known(tx), cart.id or 0, cart.nonce) is not None
        return tx.trace

    def cancel(tx: Tx) -> str:
        waiting = ordering.newest_offered(tx, known(tx))
        assert waiting is not None
        ordering.cancel(tx, waiting, NOW)
        return tx.trace

    token = trace.set(LAST)
    assert await shop.write(ask) == await shop.write(cancel) == FIRST
    trace.reset(token)


async def test_what_could_not_be_taken_over_is_told_under_the_same_id(
    shop: Database, company: Company
) -> None:
    token = trace.set(FIRST)
    order = await shop.write(lambda tx: ordered(tx, company))
    trace.reset(token)
    raw = confirmation(order, Said(1, accepted=99))
    document = inbound.read(raw)

    def take(tx: Tx) -> None:
        intake.take_in(tx, vault(), company, raw, document, NOW)
        stored = evidence.find(tx, COMPANY, "in", evidence.identity_of(document.envelope.payload_id, raw))
        assert stored is not None
        assert isinstance(document.value, Confirmation)
        fulfilment.apply(tx, company, order.id or 0, stored, document.value, NOW)

    await shop.write(take)
    told = await shop.read(lambda tx: [job for job in jobs_of(tx, "notice") if "document" in job.key])
    assert [job.trace for job in told] == [FIRST]
