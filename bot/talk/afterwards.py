"""What is said of an order once it was placed: thanks for a receipt, how to cancel it, the same again. Pure."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from bot.lineworks.action import LABEL
from bot.lineworks.message import Action, ButtonTemplate, Outgoing, Text, Uri, cut, pages
from bot.talk import parcels
from bot.talk.cards import CARD, TEXT, few, mark, menu_buttons, say, title
from bot.talk.hearing import Verb
from bot.talk.orders import doubt, stands
from bot.talk.reasons import line_reason
from bot.talk.wording import Wording
from purchasing import aftercare, carriers
from purchasing.aftercare import Receipt
from purchasing.history import OrderDetail
from purchasing.lifecycle import OrderState
from purchasing.values import plain
from storage.tables import Cart, Order, OrderLine

MOST_AT_AMAZON = 5


def not_shipped(words: Wording, order: Order, *, buys: bool = True) -> list[Outgoing]:
    """Somebody speaks of goods that arrived, or not: Amazon has not told that they were sent, or never will."""
    never = order.state in (OrderState.REFUSED, OrderState.REJECTED) and not aftercare.in_doubt(order)
    text = words(
        "order",
        "never_shipped" if never else "not_shipped",
        mark=mark(words, order.test),
        number=order.number,
        state=words("order_state", OrderState(order.state)),
    )
    detail = say(words, "detail", Verb.ORDER, order.number)
    if aftercare.in_doubt(order):
        return [ButtonTemplate(f"{text}\n\n{doubt(words, order)}", (detail, menu_buttons(words)[1]))]
    again = (say(words, "reorder", Verb.REORDER, order.number),) if never and buys else ()
    return [ButtonTemplate(text, (*again, detail, *_menu(words, buys)))]


def received(
    words: Wording, found: OrderDetail, receipt: Receipt, *, told: bool, buys: bool = True
) -> list[Outgoing]:
    """Thanks, or what to do now about goods that are missing or wrong; `told` when an administrator reads of it."""
    values = {"mark": mark(words, found.order.test), "number": found.order.number}
    text = words("receipt", receipt, noted=_noted(words, told), **values)
    return [ButtonTemplate(_which(words, found, text), (*pages_of(words, found), *_menu(words, buys)))]


def where(words: Wording, found: OrderDetail, now: datetime) -> list[Outgoing]:
    """まだ届かない, said of an order that was sent: when it is to come, and the button for what is missing then."""
    order = found.order
    due = max((each.delivery_at for each in found.shipments if each.delivery_at), default=None)
    name = "not_here" if due is None else "not_here_yet" if now <= due else "not_here_late"
    text = words(
        "explaining",
        name,
        mark=mark(words, order.test),
        number=order.number,
        state=stands(words, found),
        moment=words.moment(due) if due else "",
        label=words("label", "missing"),
    )
    buttons = (
        say(words, "missing", Verb.MISSING, order.number),
        *parcels.tracking(words, found),
        say(words, "detail", Verb.ORDER, order.number),
        menu_buttons(words)[1],
    )
    return [ButtonTemplate(text, buttons)]


def how_to_return(words: Wording, found: OrderDetail) -> list[Outgoing]:
    """返品したい, 壊れていた: at Amazon's page of the order, and the button that tells the administrators."""
    order = found.order
    values = {"mark": mark(words, order.test), "number": order.number, "label": words("label", "damaged")}
    text = words("explaining", "returns", **values)
    buttons = (
        *pages_of(words, found),
        say(words, "damaged", Verb.DAMAGED, order.number),
        say(words, "detail", Verb.ORDER, order.number),
        menu_buttons(words)[1],
    )
    return [ButtonTemplate(_which(words, found, text), buttons)]


def cancel_cart(words: Wording, cart: Cart, *, buys: bool) -> list[Outgoing]:
    """A question about cancelling while a cart waits: what the button would cancel."""
    total = words.money(cart.total, cart.currency)
    label = words("label", "cancel_cart")
    text = words("cancelling", "cart", mark=mark(words, cart.test), total=total, label=label)
    drop = say(words, "cancel_cart", Verb.DROP, cart.id, cart.nonce)
    return [ButtonTemplate(text, (drop, say(words, "cart", Verb.CART), *menu_buttons(words, buys=buys)))]


def _menu(words: Wording, buys: bool) -> tuple[Action, ...]:
    return menu_buttons(words, buys=buys)[:2]


def _noted(words: Wording, told: bool) -> str:
    return words("receipt", "noted_and_told" if told else "noted")


def how_to_cancel(words: Wording, found: OrderDetail, *, told: bool, buys: bool = True) -> list[Outgoing]:
    """Amazon's own page is the only place; an order that is over, or never came about, is told so."""
    order = found.order
    if order.state in (OrderState.REFUSED, OrderState.REJECTED):
        name = "not_needed"
    elif order.state in aftercare.OVER:
        name = "too_late"
    else:
        name = "how" if _at_amazon(found) else "how_later"
    text = words(
        "cancelling",
        name,
        mark=mark(words, order.test),
        number=order.number,
        noted=_noted(words, told),
    )
    return [ButtonTemplate(_which(words, found, text), (*pages_of(words, found), *_menu(words, buys)))]


def open_amazon(words: Wording, found: OrderDetail, *, buys: bool = True) -> list[Outgoing]:
    """Amazonで注文を開く, typed: the page of the order, which is known once Amazon has confirmed it; an order
    that never came about is told so."""
    if _at_amazon(found):
        name = "open_amazon"
    else:
        never = found.order.state in (OrderState.REFUSED, OrderState.REJECTED)
        name = "open_amazon_never" if never else "open_amazon_later"
    text = words("order", name, mark=mark(words, found.order.test), number=found.order.number)
    detail = say(words, "detail", Verb.ORDER, found.order.number)
    return [
        ButtonTemplate(_which(words, found, text), (*pages_of(words, found), detail, *_menu(words, buys)))
    ]


def cancel_instead(words: Wording, order: Order, *, buys: bool = True) -> list[Outgoing]:
    """キャンセル with no cart left: what the member may mean is the order on its way."""
    text = words("cancelling", "instead", mark=mark(words, order.test), number=order.number)
    wish = say(words, "cancel_order", Verb.CANCEL_ORDER, order.number)
    return [ButtonTemplate(text, (wish, *menu_buttons(words, buys=buys)))]


def cancel_which(words: Wording, order: Order, cart: Cart, *, buys: bool = True) -> list[Outgoing]:
    """キャンセル after an order, with a cart from before it still there: which of the two is for the member to say."""
    text = words(
        "cancelling",
        "which",
        mark=mark(words, order.test),
        number=order.number,
        total=words.money(cart.total, cart.currency),
        moment=words.moment(cart.received_at),
    )
    wish = say(words, "cancel_order", Verb.CANCEL_ORDER, order.number)
    drop = say(words, "cancel_cart", Verb.DROP, cart.id, cart.nonce)
    return [ButtonTemplate(text, (wish, drop, *menu_buttons(words, buys=buys)))]


def not_again(words: Wording, order: Order, ask: tuple[Action, ...]) -> list[Outgoing]:
    """もう一度注文する of an order that Amazon may have taken: why not, and whom to `ask`."""
    text = words(
        "order",
        "not_again",
        mark=mark(words, order.test),
        number=order.number,
        state=words("order_state", OrderState(order.state)),
        why=doubt(words, order),
    )
    detail = say(words, "detail", Verb.ORDER, order.number)
    return [ButtonTemplate(text, (*ask, detail, *menu_buttons(words)[1:2]))]


def none_refused(words: Wording, found: OrderDetail, *, corrected: bool) -> list[Outgoing]:
    """Refused articles were asked for and there are none, or none since Amazon `corrected` itself: nothing may be
    bought twice."""
    order, name = found.order, "none_refused_now" if corrected else "none_refused"
    text = words("order", name, mark=mark(words, order.test), number=order.number)
    return [ButtonTemplate(text, (say(words, "detail", Verb.ORDER, order.number), *menu_buttons(words)[:2]))]


def same_again(
    words: Wording, found: OrderDetail, lines: Sequence[OrderLine], *, refused: bool
) -> list[Outgoing]:
    """These lines of an order, with a link to each article: the shop opens on the first (cXML names no more than one),
    and cannot be filled from outside.

    Where only refused lines are asked for, the pieces are those that were refused.
    """
    refused = refused or all(line.rejected >= line.quantity for line in lines)
    first, *others = lines
    opens = words("order", "again_opens_first" if others else "again_opens", number=first.line_number)
    head = words("order", "again_refused" if refused else "again", number=found.order.number, opens=opens)
    written = [_again(words, line, line.rejected if refused else line.quantity) for line in lines]
    return [Text(page) for page in pages([head, "", *written], TEXT)]


def _again(words: Wording, line: OrderLine, pieces: Decimal) -> str:
    values = {"number": line.line_number, "description": title(line.description), "asin": line.asin}
    parts = [words("order", "again_line", quantity=plain(pieces), **values)]
    if page := carriers.article_page(line.asin):
        parts.append(words("order", "again_link", page=page))
    if line.rejected:
        reason = line_reason(words, line.reason_code, line.reason)
        parts.append(words("order", "again_remark", reason=reason))
    return "\n".join(parts)


def _which(words: Wording, found: OrderDetail, text: str) -> str:
    """The text, and where Amazon has made several orders of this one, what is in which."""
    orders = _at_amazon(found)
    if len(orders) < 2:
        return text
    told = [
        words("order", "at_amazon", number=number, articles=few(words, of)) for number, of in orders.items()
    ]
    return cut("\n".join([f"{text}\n", *told]), CARD)


def _at_amazon(found: OrderDetail) -> dict[str, list[OrderLine]]:
    """What each of Amazon's orders holds, as soon as Amazon has given it a number."""
    orders: dict[str, list[OrderLine]] = {}
    for line in found.lines:
        if line.amazon_order:
            orders.setdefault(line.amazon_order, []).append(line)
    return dict(list(orders.items())[:MOST_AT_AMAZON])


def page_of(words: Wording, found: OrderDetail, number: str) -> tuple[Uri, ...]:
    """The page of one of Amazon's orders, if it is one of these."""
    known = number in _at_amazon(found)
    return (Uri(words("label", "open_amazon"), carriers.order_page(number)),) if known else ()


def pages_of(words: Wording, found: OrderDetail) -> tuple[Uri, ...]:
    """Where the order can be cancelled or returned; of several, each button says which it opens."""
    numbers = list(_at_amazon(found))
    if len(numbers) == 1:
        return (Uri(words("label", "open_amazon"), carriers.order_page(numbers[0])),)
    return tuple(Uri(cut(number, LABEL), carriers.order_page(number)) for number in numbers)
