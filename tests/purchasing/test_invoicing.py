"""Invoices by cXML: matched to order and lines, kept, corrected, taken back, and what the order's details say of them."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from bot.talk.invoices import invoices
from bot.talk.wording import wording
from punchout.status import Status
from purchasing import documents, history, intake, invoicing
from purchasing.intake import Verdict
from purchasing.invoicing import Invoiced
from purchasing.lifecycle import OrderState
from purchasing.values import Company
from storage import queue
from storage.database import Database, Tx
from storage.tables import Order
from tests.purchasing.test_fulfilment import ALL, Desk, desk
from tests.trouble.documents import Goods, confirmation, new_payload_id
from tests.trouble.house import ADMIN, NOW, TARO, ordered, vault

__all__ = ["desk"]
JA = wording("ja_JP")


def money(name: str, amount: str) -> str:
    more = '<Description xml:lang="ja">消費税</Description>' if name == "Tax" else ""
    return f'<{name}><Money currency="JPY">{amount}</Money>{more}</{name}>'


def line(number: int, quantity: int, price: int) -> str:
    goods = price * quantity
    return (
        f'<InvoiceDetailItem invoiceLineNumber="{number}" quantity="{quantity}"><UnitOfMeasure>EA</UnitOfMeasure>'
        f'{money("UnitPrice", str(price))}<InvoiceDetailItemReference lineNumber="{number}"/>'
        f"{money('SubtotalAmount', str(goods))}{money('Tax', str(goods // 10))}"
        f"{money('NetAmount', str(goods + goods // 10))}</InvoiceDetailItem>"
    )


def part(order: Order, *lines: str) -> str:
    reference = (
        f'<OrderReference orderID="{order.number}"><DocumentReference payloadID="{order.payload_id}"/>'
        "</OrderReference>"
    )
    return (
        f"<InvoiceDetailOrder><InvoiceDetailOrderInfo>{reference}</InvoiceDetailOrderInfo>"
        f"{''.join(lines)}</InvoiceDetailOrder>"
    )


def invoice(
    *parts: str, net: str = "4400", tax: str = "400", number: str = "INV-1", operation: str = "new"
) -> bytes:
    summary = (
        f"<InvoiceDetailSummary>{money('SubtotalAmount', '4000')}{money('Tax', tax)}{money('NetAmount', net)}"
        "</InvoiceDetailSummary>"
    )
    body = (
        f'<InvoiceDetailRequest><InvoiceDetailRequestHeader invoiceID="{number}" operation="{operation}" '
        'invoiceDate="2026-11-30T09:00:00+09:00" purpose="standard"><InvoiceDetailHeaderIndicator/>'
        f"<InvoiceDetailLineIndicator/></InvoiceDetailRequestHeader>{''.join(parts)}{summary}"
        "</InvoiceDetailRequest>"
    )
    return enveloped(body)


def enveloped(body: str) -> bytes:
    who = '<Credential domain="NetworkId"><Identity>{}</Identity></Credential>'
    header = (
        f"<Header><From>{who.format('Amazon')}</From><To>{who.format('kaimono-sandbox')}</To>"
        f"<Sender>{who.format('Amazon')}<UserAgent>Amazon</UserAgent></Sender></Header>"
    )
    return (
        f'<cXML payloadID="{new_payload_id()}" timestamp="2026-11-30T09:00:00+09:00">{header}'
        f"<Request>{body}</Request></cXML>"
    ).encode()


async def hear(desk: Desk, *raws: bytes) -> None:
    """Through the door and the lane, as the worker does."""
    for raw in raws:
        assert await desk.take(raw) == Verdict(200, "OK")
        for job in await desk.claim():
            task = intake.Task.unpack(job.payload)
            for _ in range(2):  # after a crash a handler runs once more
                await desk.shop.write(
                    lambda tx, task=task: documents.apply(tx, vault(), desk.company, task, NOW)
                )  # type: ignore[misc]
            await desk.shop.write(lambda tx, job=job: queue.finish(tx, job, owner="desk", now=NOW))  # type: ignore[misc]


async def standing(desk: Desk) -> list[Invoiced]:
    return await desk.shop.read(lambda tx: invoicing.of_order(tx, desk.order))


async def shown(desk: Desk) -> str:
    """What the order's details say of its invoices."""
    detail = await desk.shop.read(lambda tx: history.detail(tx, tx.orm.get_one(Order, desk.order.id)))
    return "\n".join(invoices(JA, detail))


def told(found: Sequence[Invoiced]) -> list[tuple[str, Decimal | None, Decimal | None]]:
    return [(each.head.number, each.head.total, each.head.tax) for each in found]


async def test_an_invoice_is_matched_to_order_and_lines_and_shown(desk: Desk) -> None:
    await hear(desk, invoice(part(desk.order, line(1, 3, 1000), line(2, 2, 500))))
    (found,) = await standing(desk)
    assert told([found]) == [("INV-1", Decimal(4400), Decimal(400))]
    assert [(row.line_number, row.quantity, row.unit_price, row.tax) for row in found.lines] == [
        (1, 3, 1000, 300),
        (2, 2, 500, 100),
    ]
    text = await shown(desk)
    assert "請求書 INV-1 11/30(月): 4,400円（うち消費税 400円）" in text
    assert "請求の合計は 4,400円 で、注文の金額と同じです。" in text
    assert "適格請求書は、Amazonビジネスの注文履歴から" in text
    assert await desk.told(TARO) == []


async def test_what_was_charged_beyond_what_was_confirmed_is_said_plainly(desk: Desk) -> None:
    await desk.hear(confirmation(desk.order, *ALL))
    await hear(desk, invoice(part(desk.order, line(1, 4, 1100)), net="4840", tax="440"))
    text = await shown(desk)
    assert "請求の単価 1,100円（確定 1,000円）" in text
    assert "請求の数量 4（確定 3）" in text
    assert "請求の合計は 4,840円 で、受注確定の金額より 440円 多くなっています。" in text


async def test_a_credit_is_taken_off(desk: Desk) -> None:
    await hear(
        desk,
        invoice(part(desk.order)),
        invoice(part(desk.order), net="-1100", tax="-100", number="CR-1"),
    )
    text = await shown(desk)
    assert "返金・訂正 CR-1 11/30(月): -1,100円" in text
    assert "請求の合計は 3,300円 で、注文の金額より 1,100円 少なくなっています" in text


async def test_the_same_invoice_again_and_its_withdrawal(desk: Desk) -> None:
    await hear(desk, invoice(part(desk.order)), invoice(part(desk.order), net="4300"))
    assert told(await standing(desk)) == [("INV-1", Decimal(4300), Decimal(400))]
    await hear(desk, invoice(part(desk.order), operation="delete"))
    assert await standing(desk) == []
    assert await shown(desk) == ""


async def test_an_invoice_for_two_orders_is_parted_by_their_lines(desk: Desk) -> None:
    other = await desk.shop.write(lambda tx: ordered(tx, desk.company, Goods(700, 1)))
    await hear(desk, invoice(part(desk.order, line(1, 3, 1000)), part(other, line(1, 1, 700)), net="4070"))
    assert told(await standing(desk)) == [("INV-1", Decimal(3300), Decimal(300))]
    assert told(await standing(Desk(desk.shop, desk.company, other))) == [
        ("INV-1", Decimal(770), Decimal(70))
    ]


async def test_an_invoice_of_no_order_of_ours_is_told_to_the_admins(desk: Desk) -> None:
    stranger = Order(**{**desk.order.model_dump(), "number": "KM-202611-99999", "payload_id": "x@y"})
    verdict = Verdict(400, "This document speaks of no order of ours.")
    assert await desk.take(invoice(part(stranger))) == verdict
    assert (await desk.told(ADMIN)).count("document") == 1


async def test_an_amount_that_cannot_be_read_is_left_out_and_told(desk: Desk) -> None:
    await hear(desk, invoice(part(desk.order, line(9, 3, 1000)), net="4400.5"))
    assert told(await standing(desk)) == [("INV-1", None, Decimal(400))]
    assert "金額を読み取れませんでした" in await shown(desk)
    assert (await desk.told(ADMIN)).count("document") == 1


def update(order: Order, status: Status) -> bytes:
    return enveloped(
        f'<StatusUpdateRequest><DocumentReference payloadID="{order.payload_id}"/>'
        f'<Status code="{status.code}" text="{status.text}">{status.message}</Status></StatusUpdateRequest>'
    )


async def test_a_later_word_that_the_order_was_taken_ends_the_waiting(
    shop: Database, company: Company
) -> None:
    def unanswered(tx: Tx) -> Order:
        order = ordered(tx, company)
        order.state = OrderState.UNANSWERED
        tx.orm.add(order)
        return order

    desk = Desk(shop, company, await shop.write(unanswered))
    await hear(desk, update(desk.order, Status(200, "OK")))
    assert await desk.state() == OrderState.RECEIVED
    assert await desk.told(TARO) == []


async def test_a_later_word_that_is_bad_is_told_to_the_admins_once(desk: Desk) -> None:
    await hear(desk, update(desk.order, Status(400, "Error", "The order cannot be processed.")))
    assert await desk.state() == OrderState.RECEIVED
    assert (await desk.told(ADMIN)).count("document") == 1


@pytest.mark.parametrize("payload_id", ["nobody@knows", ""])
async def test_a_status_of_no_order_of_ours(desk: Desk, payload_id: str) -> None:
    raw = update(Order(**{**desk.order.model_dump(), "payload_id": payload_id}), Status(200, "OK"))
    known = payload_id == ""  # it names nothing: kept, and no news
    verdict = Verdict(200, "OK") if known else Verdict(400, "This document speaks of no order of ours.")
    assert await desk.take(raw) == verdict
    assert (await desk.told(ADMIN)).count("document") == (0 if known else 1)
