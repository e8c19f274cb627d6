"""The invoices of an order in its details: what was charged, and how that differs from what was agreed. Pure."""

from decimal import Decimal

from bot.lineworks.message import clean, cut
from bot.talk.cards import title
from bot.talk.wording import Wording
from purchasing import invoicing
from purchasing.history import OrderDetail
from purchasing.invoicing import Invoiced
from purchasing.values import plain
from storage.tables import InvoiceLine, OrderLine


def invoices(words: Wording, found: OrderDetail) -> list[str]:
    """Every invoice with its amount and tax, the lines that differ, and what all of them come to."""
    if not found.invoices:
        return []
    written = [""]
    for invoiced in found.invoices:
        written += _invoice(words, found, invoiced)
    written += _difference(words, found)
    return [*written, words("invoice", "not_qualified")]


def _invoice(words: Wording, found: OrderDetail, invoiced: Invoiced) -> list[str]:
    head, currency = invoiced.head, found.order.currency
    credit = "redit" in head.purpose or (head.total is not None and head.total < 0)
    amount = words("invoice", "unread") if head.total is None else words.money(head.total, currency)
    text = words(
        "invoice",
        "credit" if credit else "line",
        number=cut(clean(head.number), 40),
        date=words.day(head.invoiced_at or head.noticed_at),
        amount=amount,
    )
    if head.tax is not None:
        text += words("invoice", "tax", tax=words.money(head.tax, currency))
    articles = {line.line_number: line for line in found.lines}
    return [text, *(s for line in invoiced.lines for s in _line(words, found, articles, line))]


def _line(words: Wording, found: OrderDetail, articles: dict[int, OrderLine], line: InvoiceLine) -> list[str]:
    """What is said of a line: only a price or a quantity that is not the agreed one."""
    article = articles.get(line.line_number or 0)
    if article is None:
        return []
    values = {"number": article.line_number, "description": title(article.description)}
    currency = found.order.currency
    agreed = article.unit_price if article.confirmed_price is None else article.confirmed_price
    written = []
    prices = found.prices.get(article.line_number, (agreed,))
    if line.unit_price is not None and abs(line.unit_price) not in prices:
        before, after = words.money(agreed, currency), words.money(line.unit_price, currency)
        written.append(words("invoice", "other_price", before=before, after=after, **values))
    expected = article.accepted or article.quantity
    if line.quantity is not None and line.quantity > expected:
        pieces = {"before": plain(expected), "after": plain(line.quantity)}
        written.append(words("invoice", "other_quantity", **pieces, **values))
    return written


def _difference(words: Wording, found: OrderDetail) -> list[str]:
    """What was charged in all, against what was confirmed, or ordered while nothing is confirmed."""
    charged = invoicing.total(found.invoices)
    if charged is None:
        return []
    confirmed = found.confirmed_total
    expected = found.order.total if confirmed is None else confirmed
    agreed = words("invoice", "ordered" if confirmed is None else "confirmed")
    name = "same" if charged == expected else "more" if charged > expected else "less"
    money = {
        "total": words.money(charged, found.order.currency),
        "difference": words.money(abs(charged - expected) or Decimal(0), found.order.currency),
    }
    return [words("invoice", name, agreed=agreed, **money)]
