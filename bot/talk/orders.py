"""Past orders: the list, and one order as it stands now."""

from collections.abc import Sequence
from datetime import datetime

from bot.lineworks.action import LABEL
from bot.lineworks.message import Action, ButtonTemplate, Message, Outgoing, clean
from bot.talk import parcels
from bot.talk.cards import booked_to, few, mark, menu_buttons, say, title, with_buttons
from bot.talk.hearing import Verb, button
from bot.talk.invoices import invoices
from bot.talk.reasons import line_reason, order_reason
from bot.talk.wording import Wording
from purchasing import addresses, aftercare
from purchasing.aftercare import Receipt
from purchasing.history import OrderDetail
from purchasing.lifecycle import LineState, OrderState
from purchasing.values import plain
from storage.tables import Order, OrderLine

BUTTONS = 10
"""How many a card has room for (LINE WORKS reference 3.2); the last ones are in the menu, too."""
_SETTLED = (OrderState.CONFIRMING, OrderState.CONFIRMED, OrderState.SHIPPING, OrderState.SHIPPED)
REFUSED = "refused"
"""What a button of もう一度注文する carries that means the refused lines alone."""


def stands(words: Wording, found: OrderDetail) -> str:
    """How far an order has come, and that Amazon refused some of it."""
    state = words("order_state", OrderState(found.order.state))
    return state + (words("order", "some_refused") if _refused_in_part(found) else "")


def _refused_in_part(found: OrderDetail) -> bool:
    return found.order.state in _SETTLED and any(line.rejected for line in found.lines)


def history(
    words: Wording, page: Sequence[OrderDetail], older: int | None, *, buys: bool = True, own: bool = True
) -> list[Outgoing]:
    """A page of the member's orders, each with a button; `older` is where the next page begins. Those that an
    administrator watches over name their buyers."""
    lines = [_in_short(words, found, own=own) for found in page]
    buttons = _numbers(page, Verb.ORDER)
    if older is not None:
        buttons.append(say(words, "older", Verb.HISTORY if own else Verb.WATCHED, older))
    buttons.append(say(words, "shop", Verb.SHOP) if buys else say(words, "help", Verb.HELP))
    return with_buttons(words("order", "history" if own else "watched"), lines, (), tuple(buttons))


def which(words: Wording, sent: Sequence[OrderDetail], verb: Verb) -> list[Outgoing]:
    """届きました or まだ届かない, typed, and several orders may be meant: the button of each says it of that one."""
    lines = [_in_short(words, found, own=True) for found in sent]
    return with_buttons(words("receipt", "which"), lines, (), (*_numbers(sent, verb), menu_buttons(words)[1]))


def _in_short(words: Wording, found: OrderDetail, *, own: bool) -> str:
    line = words(
        "order",
        "history_line",
        mark=mark(words, found.order.test),
        number=found.order.number,
        date=words.day(found.order.placed_at),
        articles=few(words, found.lines),
        total=words.money(found.amount, found.order.currency),
        state=stands(words, found),
    )
    return line if own else f"{line}\n" + words("order", "bought_by", name=clean(found.buyer.display_name))


def _numbers(page: Sequence[OrderDetail], verb: Verb) -> list[Action]:
    """A button for each of these orders, which says that about it."""
    numbers = [found.order.number for found in page]
    return [Message(number[-LABEL:], number, button(verb, number)) for number in numbers]


def detail(
    words: Wording, found: OrderDetail, *, own: bool, buys: bool = True, links: tuple[Action, ...] = ()
) -> list[Outgoing]:
    """One order: how far it has come, its lines, and what can be done about it now (by its own buyer).

    Who only watches over orders and does not buy (`buys`) is offered no shopping. `links` lead where the viewer can go
    from this order: to its buyer, or to the page at Amazon that was asked for.
    """
    order = found.order
    head = words(
        "order",
        "detail",
        mark=mark(words, order.test),
        number=order.number,
        state=stands(words, found),
        total=words.money(order.total, order.currency),
        name=clean(found.address.name),
        address=clean(addresses.one_line(found.address)),
    )
    confirmed = found.confirmed_total
    if confirmed is not None and confirmed != order.total:
        head += "\n" + words("notice", "confirmed_total", total=words.money(confirmed, order.currency))
    if not own:
        head += "\n" + words("order", "bought_by", name=clean(found.buyer.display_name))
    head = "\n".join([head, *booked_to(words, order)])
    if order.state == OrderState.REFUSED:
        head += "\n\n" + order_reason(words, order, to_admin=not own)
    elif own and aftercare.in_doubt(order):
        head += "\n\n" + doubt(words, order)
    lines = [text for line in found.lines for text in _line(words, found, line)]
    actions: list[Action] = [*links, *parcels.tracking(words, found)]
    if own:
        if order.state in aftercare.SHIPPED:
            actions += receipt_buttons(words, order)
        if order.state not in aftercare.OVER:
            actions.append(say(words, "cancel_order", Verb.CANCEL_ORDER, order.number))
        if buys and not aftercare.in_doubt(order):
            if _refused_in_part(found) and not found.contested:
                actions.append(say(words, "choose_again", Verb.REORDER, order.number, REFUSED))
            actions.append(say(words, "reorder", Verb.REORDER, order.number))
    foot = [*timeline(words, found), *invoices(words, found)]
    return with_buttons(
        head,
        lines,
        foot,
        (*actions, *_on(words, order, own=own, buys=buys))[:BUTTONS],
    )


def _on(words: Wording, order: Order, *, own: bool, buys: bool) -> tuple[Action, ...]:
    """Where to go from an order: not into the shop while what was bought may have to be bought again."""
    shop, history, ask_help = menu_buttons(words)
    if not buys:
        return (history, ask_help) if own else (ask_help,)
    return (history,) if own and aftercare.in_doubt(order) else (shop, history)


def doubt(words: Wording, order: Order) -> str:
    """That the same must not be ordered again before it is known whether Amazon took the order."""
    return words("order", "in_doubt_waiting" if order.state == OrderState.UNANSWERED else "in_doubt")


def _line(words: Wording, found: OrderDetail, line: OrderLine) -> list[str]:
    """One line: how it stands, what it costs now, and why it was refused."""
    order = found.order
    values = {"number": line.line_number, "description": title(line.description)}
    state = words("line_state", _line_state(order, line))
    if line.state == LineState.SHIPPED and line.rejected:
        state = words("order", "line_rest", state=state, quantity=plain(line.quantity - line.rejected))
    written = [words("order", "line", quantity=plain(line.quantity), state=state, **values)]
    price = line.confirmed_price
    if price is not None and price != line.unit_price:
        before, after = (words.money(each, order.currency) for each in (line.unit_price, price))
        written.append(words("order", "line_price", before=before, after=after))
    for each, pieces in found.prices.get(line.line_number, {}).items():
        money = words.money(each, order.currency)
        written.append(words("order", "line_at_price", price=money, quantity=plain(pieces)))
    if line.rejected:
        reason = line_reason(words, line.reason_code, line.reason)
        written.append(words("order", "line_refused", quantity=plain(line.rejected), reason=reason))
    return [*written, *contested(words, found, line.line_number)]


def refused(words: Wording, line: OrderLine) -> list[str]:
    """How many pieces of a line are refused, and why, in a list of what is sent."""
    if not line.rejected:
        return []
    values = {"number": line.line_number, "description": title(line.description)}
    reason = line_reason(words, line.reason_code, line.reason)
    return [words("notice", "line_rejected", quantity=plain(line.rejected), reason=reason, **values)]


def contested(words: Wording, found: OrderDetail, number: int) -> list[str]:
    """The remark on a line of which Amazon says both to have sent and to have refused pieces."""
    pieces = found.contested.get(number)
    return [words("order", "line_contested", quantity=plain(pieces))] if pieces else []


def timeline(words: Wording, found: OrderDetail) -> list[str]:
    """受付 → 受注確定 → 発送 → お届け予定, each with its time or as still to come; none of it where nothing will come."""
    order = found.order
    steps: list[tuple[str, datetime | None]] = [("placed", order.placed_at)]
    if order.state in (OrderState.REFUSED, OrderState.REJECTED):
        steps.append(("refused", order.confirmed_at or order.answered_at))
    else:
        shipped = [parcel.shipped_at or parcel.noticed_at for parcel in found.shipments]
        expected = [parcel.delivery_at for parcel in found.shipments if parcel.delivery_at]
        steps += [("confirmed", order.confirmed_at), ("shipped", max(shipped, default=None))]
        written = [_step(words, name, moment) for name, moment in steps]
        written += parcels.lines(words, found)
        if expected or not _all_arrived(order):
            moment = _moment(words, max(expected, default=None))
            written.append(words("timeline", "expected", moment=moment).rstrip())
        if order.receipt:
            written.append(words("timeline", order.receipt, moment=_moment(words, order.receipt_at)))
        if order.cancel_wished_at:
            written.append(words("timeline", "cancel_wished", moment=words.moment(order.cancel_wished_at)))
        return written
    return [_step(words, name, moment) for name, moment in steps]


def _all_arrived(order: Order) -> bool:
    return order.receipt == Receipt.ARRIVED and order.state == OrderState.SHIPPED


def _step(words: Wording, name: str, moment: datetime | None) -> str:
    sign = words("timeline", "done" if moment else "to_come")
    return f"{sign} {words('timeline', name)} {_moment(words, moment)}".rstrip()


def _moment(words: Wording, moment: datetime | None) -> str:
    return words.moment(moment) if moment else ""


def receipt_buttons(words: Wording, order: Order) -> list[Action]:
    """What a buyer can say of goods that were shipped; once all arrived, only that something is wrong with them."""
    damaged = say(words, "damaged", Verb.DAMAGED, order.number)
    if _all_arrived(order):
        return [damaged]
    return [
        say(words, "arrived", Verb.ARRIVED, order.number),
        say(words, "missing", Verb.MISSING, order.number),
        damaged,
    ]


def _line_state(order: Order, line: OrderLine) -> LineState:
    """Nobody waits any more for the lines of an order that Amazon did not take."""
    return LineState.REJECTED if order.state == OrderState.REFUSED else LineState(line.state)


def no_such(words: Wording, number: str, *, parcel: bool = False, buys: bool = True) -> list[Outgoing]:
    """A number was typed that no order (no `parcel`) has, or none that may be seen: mistyped, as a rule."""
    shop, history, ask_help = menu_buttons(words)
    menu = (history, shop, ask_help) if buys else (history, ask_help)
    return [
        ButtonTemplate(words("order", "no_such_parcel" if parcel else "no_such", number=clean(number)), menu)
    ]


def not_found(words: Wording, *, buys: bool = True) -> list[Outgoing]:
    """The order that was named is none, or somebody else's. Who does not buy (`buys`) is offered no shopping."""
    return [ButtonTemplate(words("order", "not_found"), _menu(words, buys))]


def none_yet(words: Wording, *, buys: bool = True) -> list[Outgoing]:
    """No order was named, and there is none."""
    return [ButtonTemplate(words("order", "none"), _menu(words, buys))]


def none_watched(words: Wording, *, buys: bool) -> list[Outgoing]:
    """Of those whom the administrator watches over, nobody has ordered."""
    return [ButtonTemplate(words("order", "none_watched"), _menu(words, buys))]


def _menu(words: Wording, buys: bool) -> tuple[Action, ...]:
    return menu_buttons(words) if buys else (say(words, "help", Verb.HELP),)
