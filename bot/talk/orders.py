"""Past orders: the list, and one order as it stands now."""

from collections.abc import Sequence

from bot.lineworks.message import Action, ButtonTemplate, Message, Outgoing, clean
from bot.talk.cards import mark, menu_buttons, quantity, say, title, with_buttons
from bot.talk.hearing import Verb, button
from bot.talk.wording import Wording
from purchasing import addresses
from purchasing.history import OrderDetail
from purchasing.lifecycle import LineState, OrderState
from storage.tables import Order, OrderLine


def history(words: Wording, orders: Sequence[Order], older: int | None) -> list[Outgoing]:
    """A page of the member's orders, each with a button; `older` is where the next page begins."""
    if not orders:
        return [ButtonTemplate(words("order", "none"), menu_buttons(words))]
    lines = [
        words(
            "order",
            "history_line",
            mark=mark(words, order.test),
            number=order.number,
            date=words.day(order.placed_at),
            total=words.money(order.total, order.currency),
            state=words("order_state", OrderState(order.state)),
        )
        for order in orders
    ]
    buttons: list[Action] = [
        Message(order.number[:20], order.number, button(Verb.ORDER, order.number)) for order in orders
    ]
    if older is not None:
        buttons.append(say(words, "older", Verb.HISTORY, older))
    buttons.append(say(words, "shop", Verb.SHOP))
    return with_buttons(words("order", "history"), lines, (), tuple(buttons))


def detail(words: Wording, found: OrderDetail) -> list[Outgoing]:
    """One order: where it stands, its lines, its parcels."""
    order = found.order
    head = words(
        "order",
        "detail",
        mark=mark(words, order.test),
        number=order.number,
        state=words("order_state", OrderState(order.state)),
        placed=words.moment(order.placed_at),
        total=words.money(order.total, order.currency),
        name=clean(found.address.name),
        address=clean(addresses.one_line(found.address)),
    )
    lines = [
        words(
            "order",
            "line",
            number=line.line_number,
            description=title(line.description),
            quantity=quantity(line.quantity),
            state=words("line_state", _line_state(order, line)),
        )
        for line in found.lines
    ]
    parcels = [
        words("order", "shipment", carrier=clean(parcel.carrier), tracking=clean(parcel.tracking)).rstrip()
        for parcel in found.shipments
    ]
    return with_buttons(head, lines, parcels, menu_buttons(words))


def _line_state(order: Order, line: OrderLine) -> LineState:
    """Nobody waits any more for the lines of an order that Amazon did not take."""
    return LineState.REJECTED if order.state == OrderState.REFUSED else LineState(line.state)


def not_found(words: Wording) -> list[Outgoing]:
    return [ButtonTemplate(words("order", "not_found"), menu_buttons(words))]
