"""The card that tells what Amazon accepted, changed, refused or lets wait, line by line. Pure."""

from collections.abc import Sequence
from decimal import Decimal

from bot.lineworks.message import Action, Outgoing
from bot.talk.cards import say, title, with_buttons
from bot.talk.hearing import Verb
from bot.talk.notices import Reader, buttons, buyer_name, contested_now, marks
from bot.talk.orders import REFUSED, contested
from bot.talk.reasons import line_reason
from bot.talk.wording import Wording
from purchasing import aftercare, changes
from purchasing.changes import Changes
from purchasing.history import OrderDetail
from purchasing.values import plain
from storage.tables import Order, OrderConfirmation, OrderConfirmationLine, OrderLine


def confirmed(
    reader: Reader, found: OrderDetail, head: OrderConfirmation, said: Sequence[OrderConfirmationLine]
) -> list[Outgoing]:
    """The whole confirmation; an admin is told the facts alone, the buyer also what to do now."""
    words, order = reader.words, found.order
    articles = {line.line_number: line for line in found.lines}
    accepted, refused = any(row.accepted for row in said), any(row.rejected for row in said)
    name = _NAMES[accepted, refused]
    refused = any(row.rejected > found.contested.get(row.line_number, 0) for row in said)
    disputed = any(row.rejected and row.line_number in found.contested for row in said)
    values = {"mark": marks(words, order, head), "number": order.number, "buyer": buyer_name(words, found)}
    lines = [words("notice", "amazon_order", number=head.confirm_id)] if head.confirm_id else []
    for row in said:
        lines += _settled(words, order, articles[row.line_number], row)
        lines += contested(words, found, row.line_number) if row.rejected else []
    money = changes.changed(found, articles, head, said)
    sent = order.state in aftercare.OVER
    top = [words("admin" if reader.to_admin else "notice", name, **values)]
    foot = list[str]()
    (top if reader.to_admin else foot).extend(_in_all(words, money, order.currency))
    if accepted and head.total is not None:
        total = words("notice", "confirmed_total", total=words.money(head.total, order.currency))
        (top if reader.to_admin else foot).append(total)  # an admin's digest shows the head alone
    if reader.to_admin:
        top += _counted(words, money)
    else:
        foot += [words("notice", "what_now_rejected")] if refused else []
        foot += [words("notice", "what_now_waiting")] if any(row.deferred for row in said) else []
        if money.ask:
            now = "what_now_changed_sent" if sent else "what_now_changed"
            foot.append(words("notice", now, what=_named(words, money)))
    foot += contested_now(reader) if disputed else []
    if reader.to_admin or not (refused or money.ask or disputed):
        actions = buttons(reader, found)
    else:
        actions = _now(reader, found, choose=refused, cancel=money.ask and not sent)
    return with_buttons("\n".join(top), lines, foot, actions)


_NAMES = {
    (True, True): "mixed",
    (True, False): "confirmed",
    (False, True): "refused_lines",
    (False, False): "waiting",
}
"""How the card is headed: by whether something is accepted, and whether something is refused."""


def _now(reader: Reader, found: OrderDetail, *, choose: bool, cancel: bool) -> tuple[Action, ...]:
    """What the buyer can do now about what was refused, changed or contradicted."""
    words, number = reader.words, found.order.number
    again = (say(words, "choose_again", Verb.REORDER, number, REFUSED),) if choose else ()
    away = (say(words, "cancel_order", Verb.CANCEL_ORDER, number),) if cancel else ()
    return (*again, *away, *reader.ask(), say(words, "detail", Verb.ORDER, number))


def _in_all(words: Wording, money: Changes, currency: str) -> list[str]:
    """What changed in all, before and after."""
    written = []
    for name, change in (("line_shipping", money.shipping), ("whole_tax", money.tax)):
        if change is not None:
            before, after = (words.money(each, currency) for each in (change.before, change.after))
            written.append(words("notice", name, before=before, after=after))
    return written


def _counted(words: Wording, money: Changes) -> list[str]:
    """For the head of an administrator's notice: of how many lines a price or the tax alone changed."""
    written = [words("admin", "prices_changed", count=len(money.prices))] if money.prices else []
    return written + ([words("admin", "taxes_changed", count=len(money.taxes))] if money.taxes else [])


def _named(words: Wording, money: Changes) -> str:
    """What changed, for the sentence that says what to do now."""
    names = [words("notice", "changed_price")] if money.prices else []
    names += [words("notice", "changed_shipping")] if money.shipping and money.shipping.matters else []
    names += [words("notice", "changed_tax")] if money.taxes or money.tax else []
    return words("notice", "changed_join").join(names)


def _settled(words: Wording, order: Order, article: OrderLine, row: OrderConfirmationLine) -> list[str]:
    values = {"number": row.line_number, "description": title(article.description)}
    lines = []
    if row.accepted:
        name = "line_accepted"
        if changes.price_changed(article, row):
            name = "line_changed"
            values["before"] = words.money(article.unit_price, order.currency)
            values["after"] = words.money(row.unit_price or Decimal(0), order.currency)
        lines.append(words("notice", name, quantity=plain(row.accepted), **values))
        if changes.tax_changed(article, row):
            before, after = (words.money(tax or Decimal(0), order.currency) for tax in (article.tax, row.tax))
            lines.append(words("notice", "line_tax", before=before, after=after))
    if row.rejected:
        reason = line_reason(words, row.reason_code, row.reason)
        lines.append(words("notice", "line_rejected", quantity=plain(row.rejected), reason=reason, **values))
    if row.deferred:
        lines.append(words("notice", "line_deferred", quantity=plain(row.deferred), **values))
    return lines
