"""The cart in the talk, the two questions before money moves, and what a button says that has done its work."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil

from bot.lineworks.message import Action, ButtonTemplate, Outgoing, Text, clean, cut
from bot.talk.cards import CARD, booked_to, mark, say, title, with_buttons
from bot.talk.hearing import Verb
from bot.talk.wording import Wording
from purchasing import addresses, holding
from purchasing.accounting import Booked
from purchasing.holding import AskAgain
from purchasing.lifecycle import OrderState
from purchasing.ordering import LONGEST_PURPOSE
from purchasing.sellers import is_amazon
from purchasing.values import plain
from storage.tables import Cart, CartLine, DeliveryAddress, Order


def cart_card(
    words: Wording,
    cart: Cart,
    lines: Sequence[CartLine],
    address: DeliveryAddress,
    test: bool,
    now: datetime,
    booked: Booked,
    sentence: str = "arrived",
    remark: str = "",
) -> list[Outgoing]:
    """Everything a member must know before paying, with the button that leads on."""
    buttons = (
        say(words, "pay", Verb.PAY, cart.id, cart.nonce),
        say(words, "cancel", Verb.DROP, cart.id, cart.nonce),
    )
    head = words("cart", sentence, mark=mark(words, test)) + remark
    sums = _sums(words, cart, lines, address, now)
    foot = [*sums, *booked_to(words, booked), "", words("cart", "ask")]
    total = words("cart", "total", amount=words.money(cart.total, cart.currency))
    return with_buttons(head, _lines(words, cart, lines), foot, buttons, total)


def _lines(words: Wording, cart: Cart, lines: Sequence[CartLine]) -> list[str]:
    written = []
    for line in lines:
        written.append(
            words(
                "cart",
                "line",
                number=line.line_number,
                description=title(line.description),
                price=words.money(line.unit_price, cart.currency),
                quantity=plain(line.quantity),
                sum=words.money(line.unit_price * line.quantity, cart.currency),
            )
        )
        if line.sold_by and not is_amazon(line.sold_by):
            written.append(words("cart", "seller", seller=title(line.sold_by)))
    return written


def _tax(words: Wording, cart: Cart, lines: Sequence[CartLine]) -> list[str]:
    """The tax and what it is made of, as Amazon sent it line by line: several rates below it, a single one beside it.

    No rate is named where a line tells none, nor a single one that does not make up the whole tax (shipping has its own).
    """
    amount = words.money(cart.tax or Decimal(0), cart.currency)
    rates: dict[Decimal, Decimal] = {}
    for line in lines:
        if line.tax is None or line.tax_rate is None:
            return [words("cart", "tax", amount=amount)]
        rates[line.tax_rate] = rates.get(line.tax_rate, Decimal(0)) + line.tax
    if len(rates) == 1 and sum(rates.values()) == cart.tax:
        return [words("cart", "tax_at", rate=plain(*rates), amount=amount)]
    parts = [
        words("cart", "tax_rate", rate=plain(rate), amount=words.money(tax, cart.currency))
        for rate, tax in sorted(rates.items(), reverse=True)
    ]
    return [words("cart", "tax", amount=amount), *(parts if len(parts) > 1 else ())]


def _sums(
    words: Wording, cart: Cart, lines: Sequence[CartLine], address: DeliveryAddress, now: datetime
) -> list[str]:
    sums = [words("cart", "subtotal", amount=words.money(cart.subtotal, cart.currency))]
    if cart.shipping is not None:
        sums.append(words("cart", "shipping", amount=words.money(cart.shipping, cart.currency)))
    if cart.tax is not None:
        sums += _tax(words, cart, lines)
    return [
        *sums,
        words("cart", "total", amount=words.money(cart.total, cart.currency)),
        "",
        words("cart", "address", name=clean(address.name), address=clean(addresses.one_line(address))),
        _hold(words, cart, address, now),
    ]


def _hold(words: Wording, cart: Cart, address: DeliveryAddress, now: datetime) -> str:
    """Until when Amazon keeps the prices, or that it does no more."""
    if holding.moved_from(cart, address):
        return words("cart", "hold_moved", before=cart.prefecture, there=address.prefecture)
    deadline = words.moment(cart.held_until)
    if cart.held_until <= now:
        return words("cart", "hold_over", deadline=deadline)
    days = ceil((cart.held_until - now) / timedelta(days=1))
    return words("cart", "hold", deadline=deadline, days=days)


def ask_purpose(words: Wording, test: bool) -> list[Outgoing]:
    """The company wants to know what for; the answer is typed."""
    return [Text(words("cart", "ask_purpose", mark=mark(words, test)))]


def purpose_too_long(words: Wording, typed: str, test: bool) -> list[Outgoing]:
    """What was typed is longer than an order can carry. Nothing is cut: the member says it shorter."""
    count = len(" ".join(typed.split()))
    return [
        Text(words("cart", "purpose_too_long", mark=mark(words, test), most=LONGEST_PURPOSE, count=count))
    ]


def question(
    words: Wording,
    cart: Cart,
    address: DeliveryAddress,
    test: bool,
    now: datetime,
    sentence: str = "question",
) -> list[Outgoing]:
    """The second question: the one whose yes moves money. `sentence` names its variant in the catalogue."""
    purpose = words("cart", "purpose", purpose=clean(cart.purpose)) + "\n" if cart.purpose else ""
    text = words(
        "cart",
        sentence,
        mark=mark(words, test),
        total=words.money(cart.total, cart.currency),
        name=clean(address.name),
        purpose=purpose,
    )
    if cart.held_until <= now or holding.moved_from(cart, address):
        text += "\n" + _hold(words, cart, address, now)
    if test:
        text += words("cart", "question_test")
    buttons = (
        say(words, "pay_yes", Verb.PAY_YES, cart.id, cart.nonce),
        say(words, "pay_no", Verb.PAY_NO, cart.id, cart.nonce),
    )
    return [ButtonTemplate(cut(text, CARD), buttons)]


def ask_again(words: Wording, again: AskAgain, test: bool) -> list[Outgoing]:
    """The prices are not held any more: one more question, and the button that orders all the same."""
    cart, address = again.cart, again.address
    parts = []
    if again.over:
        parts.append(words("cart", "again_over", deadline=words.moment(cart.held_until)))
    if again.moved:
        parts.append(words("cart", "again_moved", before=cart.prefecture, there=address.prefecture))
    question = words("cart", "again", total=words.money(cart.total, cart.currency), name=clean(address.name))
    buttons = (
        say(words, "pay_anyway", Verb.PAY_ANYWAY, cart.id, cart.nonce),
        say(words, "pay_no", Verb.PAY_NO, cart.id, cart.nonce),
    )
    return [ButtonTemplate(cut(mark(words, test) + "\n".join([*parts, "", question]), CARD), buttons)]


def placed(words: Wording, order: Order, address: DeliveryAddress) -> list[Outgoing]:
    text = words(
        "order",
        "placed",
        mark=mark(words, order.test),
        number=order.number,
        total=words.money(order.total, order.currency),
        name=clean(address.name),
    )
    buttons = (say(words, "detail", Verb.ORDER, order.number), say(words, "shop", Verb.SHOP))
    return [ButtonTemplate(cut(text, CARD), buttons)]


def already_ordered(words: Wording, order: Order, *, buys: bool = True) -> list[Outgoing]:
    """An old button, tapped again: nothing happens twice, and the member learns where the order stands."""
    text = words(
        "cart",
        "already_ordered",
        mark=mark(words, order.test),
        number=order.number,
        state=words("order_state", OrderState(order.state)),
    )
    shop = (say(words, "shop", Verb.SHOP),) if buys else ()
    return [ButtonTemplate(text, (say(words, "detail", Verb.ORDER, order.number), *shop))]


def gone(words: Wording, sentence: str, test: bool, menu: tuple[Action, ...]) -> list[Outgoing]:
    """A cart that cannot be paid any more, or never could."""
    return [ButtonTemplate(words("cart", sentence, mark=mark(words, test)), menu)]
