"""A document in the words of a person who answers for the orders: one fact a line, nothing that is secret."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import urlsplit

from bot.lineworks.text import clean, cut
from bot.talk import findings
from bot.talk.wording import Wording
from punchout.address import Address
from punchout.cart import Cart, CartLine
from punchout.confirmation import Confirmation
from punchout.confirmed_line import ConfirmationLine
from punchout.envelope import Credential
from punchout.invoice import Invoice
from punchout.money import Money
from punchout.order import ReceivedOrder
from punchout.reading import Reading
from punchout.reference import OrderReference
from punchout.setup import SetupRequest
from punchout.shipment import ShipNotice
from punchout.status import Response
from punchout.status_update import StatusUpdate
from purchasing.values import local, plain

LONGEST = 300


def described(words: Wording, reading: Reading) -> list[str]:
    """What is in the document. A fact that it leaves out is left out here, but for those that it should have."""
    envelope = reading.envelope
    name = words("document", reading.kind) if words.has("document", reading.kind) else words("read", "other")
    facts: list[str | None] = [
        words("read", "kind", value=f"{name} ({_plain(reading.kind)})"),
        words("read", "payload_id", value=_plain(envelope.payload_id or "") or words("read", "none")),
        words("read", "sent", value=_moment(envelope.timestamp) or words("read", "none")),
    ]
    facts += [
        _row("from", _parties(envelope.from_), words),
        _row("to", _parties(envelope.to), words),
        _row("mode", envelope.deployment_mode, words) if envelope.carrier == "Request" else None,
        *_content(words, reading),
        *(words("read", "note", value=_plain(findings.told(words, note))) for note in reading.notes),
    ]
    return [fact for fact in facts if fact]


def _content(words: Wording, reading: Reading) -> Iterable[str | None]:
    match reading.value:
        case Cart() as cart:
            return _cart(words, cart)
        case SetupRequest() as setup:
            return _setup(words, setup)
        case ReceivedOrder() as order:
            return _order(words, order)
        case Confirmation() as confirmation:
            return _confirmation(words, confirmation)
        case ShipNotice() as notice:
            return _ship_notice(words, notice)
        case Invoice() as invoice:
            return _invoice(words, invoice)
        case StatusUpdate(document_payload_id=about, status=status):
            return [
                _row("about", about, words),
                _row("status", f"{status.code} {status.text}", words),
                _row("reason", status.message, words),
            ]
        case Response() as answer:
            return _answer(words, answer, reading.kind == "PunchOutSetupResponse")
        case None:
            return [words("read", "not_used")]
    return []


def _cart(words: Wording, cart: Cart) -> Iterator[str | None]:
    yield from (_article(words, number, line) for number, line in enumerate(cart.lines, start=1))
    yield words("read", "empty_cart") if cart.empty else None
    yield _row("goods", _money(words, cart.total), words)
    yield _row("shipping", _money(words, cart.shipping), words)
    yield _row("tax", _money(words, cart.tax), words)
    yield _row("total", _money(words, cart.payable), words)
    yield _row("ship_to", _address(cart.ship_to), words)
    yield _row("cookie", "***" if cart.buyer_cookie else "", words)


def _setup(words: Wording, setup: SetupRequest) -> Iterator[str | None]:
    yield _row("buyer", f"{setup.last_name} {setup.first_name} {setup.email}", words)
    yield _row("group", setup.business_unit, words)
    yield _row("ship_to", _address(setup.ship_to), words)
    yield _row("looks_for", setup.selected, words)
    yield _row("return_to", _host(setup.return_url), words)
    yield _row("cookie", "***" if setup.buyer_cookie else "", words)


def _order(words: Wording, order: ReceivedOrder) -> Iterator[str | None]:
    yield _row("order", f"{order.number} ({order.type})", words)
    yield _row("ordered", _moment(order.ordered_at), words)
    yield _row("buyer", order.email, words)
    for number, line in enumerate(order.lines, start=1):
        yield _article(words, line.line_number or number, line.item)
        codes = ", ".join(f"{kind} {code}" for _, kind, code in line.accounting)
        yield _row("accounting", codes, words)
        yield _row("ship_to", _address(line.ship_to), words)
    yield _row("shipping", _money(words, order.shipping), words)
    yield _row("tax", _money(words, order.tax), words)
    yield _row("total", _money(words, order.total), words)
    yield _row("ship_to", _address(order.ship_to), words)
    yield _row("comment", order.comments, words)
    yield words("read", "payment") if order.has_payment else None


def _confirmation(words: Wording, confirmation: Confirmation) -> Iterator[str | None]:
    yield from _about(words, [confirmation.order])
    yield _row("amazon_order", confirmation.confirm_id or "", words)
    yield _row("operation", f"{confirmation.type} / {confirmation.operation}", words)
    yield _row("noticed", _moment(confirmation.notice_date), words)
    for line in confirmation.lines:
        yield from _confirmed(words, line)
    yield _row("shipping", _money(words, confirmation.shipping), words)
    yield _row("tax", _money(words, confirmation.tax), words)
    yield _row("total", _money(words, confirmation.total), words)
    yield from (_row("reason", f"{error.text} {error.code}", words) for error in confirmation.errors)


def _confirmed(words: Wording, line: ConfirmationLine) -> Iterator[str]:
    for status in line.statuses:
        facts = [f"{status.type} × {plain(status.quantity)}", _money(words, status.unit_price)]
        facts += [f"{error.text} {error.code}".strip() for error in status.errors]
        yield words("read", "line", number=line.line_number, facts=_plain(", ".join(filter(None, facts))))


def _ship_notice(words: Wording, notice: ShipNotice) -> Iterator[str | None]:
    yield _row("shipment", f"{notice.shipment_id} ({notice.operation})", words)
    yield _row("shipped", _moment(notice.shipment_date), words)
    yield _row("delivery", _moment(notice.delivery_date), words)
    for parcel in notice.parcels:
        yield _row("parcel", f"{parcel.carrier} {parcel.tracking} {parcel.tracking_url}".strip(), words)
    for portion in notice.portions:
        yield from _about(words, [portion.order])
        yield words("read", "whole_order") if portion.whole else None
        for line in portion.lines:
            yield words("read", "line", number=line.line_number, facts=f"× {plain(line.quantity)}")


def _invoice(words: Wording, invoice: Invoice) -> Iterator[str | None]:
    yield _row("invoice", f"{invoice.id} ({invoice.purpose} / {invoice.operation})", words)
    yield _row("invoiced", _moment(invoice.date), words)
    yield _row("total", _money(words, invoice.total), words)
    yield from _about(words, invoice.orders)


def _answer(words: Wording, answer: Response, setup: bool) -> Iterator[str | None]:
    yield _row("status", f"{answer.status.code} {answer.status.text}", words)
    yield _row("reason", answer.status.message, words)
    yield _row("start_page", _host(answer.start_page or ""), words)
    if setup and answer.status.taken and not answer.start_page:
        yield words("read", "no_start_page")


def _about(words: Wording, orders: Iterable[OrderReference]) -> Iterator[str | None]:
    for order in orders:
        yield _row("order", order.order_id, words)
        yield _row("about", order.payload_id, words)
        yield _row("ordered", _moment(order.order_date), words)


def _article(words: Wording, number: int, line: CartLine) -> str:
    facts = [line.asin, line.description, f"{_money(words, line.unit_price)} × {plain(line.quantity)}"]
    facts += [words("read", "tax", value=_money(words, line.tax))] if line.tax else []
    facts += [line.sold_by, line.unspsc]
    return words("read", "line", number=number, facts=", ".join(_plain(fact) for fact in facts if fact))


def _row(name: str, value: str, words: Wording) -> str | None:
    """A fact with its name; nothing for a fact that is not there."""
    plain = _plain(value)
    return words("read", name, value=plain) if plain else None


def _plain(value: str) -> str:
    """One line of visible text: what a document says must not steer the terminal that shows it."""
    return cut(" ".join(clean(value).split()), LONGEST)


def _money(words: Wording, money: Money | None) -> str:
    return words.money(money.amount, money.currency) if money is not None else ""


def _moment(moment: datetime | None) -> str:
    """On a Japanese clock, whatever the document's own was."""
    return f"{local(moment):%Y-%m-%d %H:%M:%S} JST" if moment else ""


def _parties(credentials: Iterable[Credential]) -> str:
    return ", ".join(f"{one.domain} {one.identity}" for one in credentials)


def _address(place: Address | None) -> str:
    if place is None:
        return ""
    parts = (place.company, *place.deliver_to, place.postal_code, place.prefecture + place.city)
    return " ".join([*parts, *place.streets, place.phone])


def _host(url: str) -> str:
    """The host alone: the rest of an address may be a token."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
