"""The card of a refused order: what happened, what to do now, and the buttons that do it. Pure."""

from bot.lineworks.message import ButtonTemplate, Outgoing, cut
from bot.talk.cards import CARD, mark, menu_buttons, say
from bot.talk.hearing import Verb
from bot.talk.notices import Reader, buttons, buyer_name
from bot.talk.reasons import NO_USE_SHOPPING, order_reason, status_of
from purchasing.history import OrderDetail


def refused(reader: Reader, found: OrderDetail) -> list[Outgoing]:
    """Amazon did not take the order. The buyer shops again where that helps, else asks an administrator."""
    words, order = reader.words, found.order
    text = words(
        "admin" if reader.to_admin else "notice",
        "refused",
        mark=mark(words, order.test),
        number=order.number,
        buyer=buyer_name(words, found),
        reason=order_reason(words, order, to_admin=reader.to_admin),
    )
    if reader.to_admin:
        return [ButtonTemplate(cut(text, CARD), buttons(reader, found))]
    again = (
        () if status_of(order) in NO_USE_SHOPPING else (say(words, "reorder", Verb.REORDER, order.number),)
    )
    detail = say(words, "detail", Verb.ORDER, order.number)
    return [ButtonTemplate(cut(text, CARD), (*again, *reader.ask(), detail, *menu_buttons(words)[1:2]))]
