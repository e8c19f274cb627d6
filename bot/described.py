"""A document in the words of a person who answers for the orders: one fact a line, nothing that is secret."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import urlsplit

from bot.lineworks.text import clean, cut
from bot.talk.cards import quantity
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
from purchasing.values import local

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
        _row(words, "from", _parties(envelope.from_)),
        _row(words, "to", _parties(envelope.to)),
        _row(words, "mode", envelope.deployment_mode) if envelope.carrier == "Request" else None,
        *_content(words, reading),
        *(words("read", "note", value=_plain(note)) for note in reading.notes),
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
                _row(words, "about", about),
                _row(words, "status", f"{status.code} {status.text}"),
                _row(words, "reason", status.message),
            ]
        case Response() as answer:
            return _answer(words, answer)
        case None:
            return [words("read", "not_used")]
    return []


def _cart(words: Wording, cart: Cart) -> Iterator[str | None]:
    yield from (_article(words, number, line) for number, line in enumerate(cart.lines, start=1))
    yield words("read", "empty_cart") if cart.empty else None
    yield _row(words, "goods", _money(words, cart.total))
    yield _row(words, "shipping", _money(words, cart.shipping))
    yield _row(words, "tax", _money(words, cart.tax))
    yield _row(words, "total", _money(words, cart.payable))
    yield _row(words, "ship_to", _address(cart.ship_to))
    yield _row(words, "cookie", "***" if cart.buyer_cookie else "")


def _setup(words: Wording, setup: SetupRequest) -> Iterator[str | None]:
    yield _row(words, "buyer", f"{setup.last_name} {setup.first_name} {setup.email}")
    yield _row(words, "group", setup.business_unit)
    yield _row(words, "ship_to", _address(setup.ship_to))
    yield _row(words, "looks_for", setup.selected)
    yield _row(words, "return_to", _host(setup.return_url))
    yield _row(words, "cookie", "***" if setup.buyer_cookie else "")


def _order(words: Wording, order: ReceivedOrder) -> Iterator[str | None]:
    yield _row(words, "order", f"{order.number} ({order.type})")
    yield _row(words, "ordered", _moment(order.ordered_at))
    yield _row(words, "buyer", order.email)
    for number, line in enumerate(order.lines, start=1):
        yield _article(words, line.line_number or number, line.item)
        codes = ", ".join(f"{kind} {code}" for _, kind, code in line.accounting)
        yield _row(words, "accounting", codes)
        yield _row(words, "ship_to", _address(line.ship_to))
    yield _row(words, "shipping", _money(words, order.shipping))
    yield _row(words, "tax", _money(words, order.tax))
    yield _row(words, "total", _money(words, order.total))
    yield _row(words, "ship_to", _address(order.ship_to))
    yield _row(words, "comment", order.comments)
    yield words("read", "payment") if order.has_payment else None


def _confirmation(words: Wording, confirmation: Confirmation) -> Iterator[str | None]:
    yield from _about(words, [confirmation.order])
    yield _row(words, "amazon_order", confirmation.confirm_id or "")
    yield _row(words, "operation", f"{confirmation.type} / {confirmation.operation}")
    yield _row(words, "noticed", _moment(confirmation.notice_date))
    for line in confirmation.lines:
        yield from _confirmed(words, line)
    yield _row(words, "shipping", _money(words, confirmation.shipping))
    yield _row(words, "tax", _money(words, confirmation.tax))
    yield _row(words, "total", _money(words, confirmation.total))
    yield from (_row(words, "reason", f"{error.text} {error.code}") for error in confirmation.errors)


def _confirmed(words: Wording, line: ConfirmationLine) -> Iterator[str]:
    for status in line.statuses:
        facts = [f"{status.type} × {quantity(status.quantity)}", _money(words, status.unit_price)]
        facts += [f"{error.text} {error.code}".strip() for error in status.errors]
        yield words("read", "line", number=line.line_number, facts=_plain(", ".join(filter(None, facts))))


def _ship_notice(words: Wording, notice: ShipNotice) -> Iterator[str | None]:
    yield _row(words, "shipment", f"{notice.shipment_id} ({notice.operation})")
    yield _row(words, "shipped", _moment(notice.shipment_date))
    yield _row(words, "delivery", _moment(notice.delivery_date))
    for parcel in notice.parcels:
        yield _row(words, "parcel", f"{parcel.carrier} {parcel.tracking}")
    for portion in notice.portions:
        yield from _about(words, [portion.order])
        yield None if portion.lines else words("read", "whole_order")
        for line in portion.lines:
            yield words("read", "line", number=line.line_number, facts=f"× {quantity(line.quantity)}")


def _invoice(words: Wording, invoice: Invoice) -> Iterator[str | None]:
    yield _row(words, "invoice", f"{invoice.id} ({invoice.purpose} / {invoice.operation})")
    yield _row(words, "invoiced", _moment(invoice.date))
    yield _row(words, "total", _money(words, invoice.total))
    yield from _about(words, invoice.orders)


def _answer(words: Wording, answer: Response) -> Iterator[str | None]:
    yield _row(words, "status", f"{answer.status.code} {answer.status.text}")
    yield _row(words, "reason", answer.status.message)
    yield _row(words, "start_page", _host(answer.start_page or ""))


def _about(words: Wording, orders: Iterable[OrderReference]) -> Iterator[str | None]:
    for order in orders:
        yield _row(words, "order", order.order_id)
        yield _row(words, "about", order.payload_id)
        yield _row(words, "ordered", _moment(order.order_date))


def _article(words: Wording, number: int, line: CartLine) -> str:
    facts = [line.asin, line.description, f"{_money(words, line.unit_price)} × {quantity(line.quantity)}"]
    facts += [words("read", "tax", value=_money(words, line.tax))] if line.tax else []
    facts += [line.sold_by, line.unspsc]
    return words("read", "line", number=number, facts=", ".join(_plain(fact) for fact in facts if fact))


def _row(words: Wording, name: str, value: str) -> str | None:
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
