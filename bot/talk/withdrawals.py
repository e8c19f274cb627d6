"""The card that tells that Amazon has taken back what it told before. Pure."""

from bot.lineworks.message import ButtonTemplate, Outgoing, cut
from bot.talk.cards import CARD, mark, say
from bot.talk.hearing import Verb
from bot.talk.notices import Reader, buttons, buyer_name
from bot.talk.orders import REFUSED
from purchasing import aftercare
from purchasing.history import OrderDetail
from purchasing.lifecycle import OrderState


def withdrawn(reader: Reader, found: OrderDetail, what: str) -> list[Outgoing]:
    """Amazon has taken back what it told: where the order stands now, and what to do."""
    words, order = reader.words, found.order
    text = words(
        "withdrawn",
        "admin" if reader.to_admin else "buyer",
        mark=mark(words, order.test),
        number=order.number,
        buyer=buyer_name(words, found),
        what=words("withdrawn", what),
        state=words("order_state", OrderState(order.state)),
    )
    if reader.to_admin:
        return [ButtonTemplate(cut(text, CARD), buttons(reader, found))]
    over = order.state in aftercare.OVER
    came_to_nothing = order.state in (OrderState.REFUSED, OrderState.REJECTED)
    advice = words("withdrawn", "not_needed" if came_to_nothing else "over" if over else "wait")
    cancel = () if over else (say(words, "cancel_order", Verb.CANCEL_ORDER, order.number),)
    refused = any(line.rejected for line in found.lines)
    choose = (say(words, "choose_again", Verb.REORDER, order.number, REFUSED),) if refused else ()
    detail = say(words, "detail", Verb.ORDER, order.number)
    return [ButtonTemplate(cut(f"{text}\n\n{advice}", CARD), (*choose, *cancel, *reader.ask(), detail))]
