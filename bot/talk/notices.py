"""The cards that tell news: to the buyer what became of an order, to the admins who bought what. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.lineworks.applink import talk_with
from bot.lineworks.message import Action, ButtonTemplate, Outgoing, Text, Uri, clean, cut
from bot.talk import findings, parcels
from bot.talk.cards import CARD, booked_to, mark, menu_buttons, say, title, with_buttons
from bot.talk.hearing import Verb
from bot.talk.orders import contested, receipt_buttons, refused
from bot.talk.reasons import amazons_text
from bot.talk.wording import Wording
from punchout.inbound import ABOUT_ORDERS
from purchasing.history import OrderDetail
from purchasing.values import plain
from storage.tables import (
    Order,
    OrderConfirmation,
    OrderLine,
    Shipment,
    ShipmentLine,
    StoredDocument,
)

MOST_LINES = 10
"""How many lines an admin's card lists; the order's detail has them all."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is told: in which words; for an admin, where a tap on 購入者にトークを送る leads; for a buyer, whom to ask."""

    words: Wording
    to_admin: bool
    app_url: str
    contact: str = ""

    def ask(self) -> tuple[Action, ...]:
        """The button that opens a talk with an administrator, where one is known."""
        if not self.contact:
            return ()
        return (Uri(self.words("label", "ask_admin"), talk_with(self.app_url, self.contact)),)


def news(reader: Reader, name: str, found: OrderDetail, reason: str = "") -> list[Outgoing]:
    """News that is one sentence: no answer yet, stuck, doubtful, late.

    No way into the shop stands below it for the buyer: the order may have come about.
    """
    words, order = reader.words, found.order
    text = words(
        "admin" if reader.to_admin else "notice",
        name,
        mark=mark(words, order.test),
        number=order.number,
        buyer=buyer_name(words, found),
        reason=amazons_text(words, reason) or words("notice", "no_reason"),
    )
    if reader.to_admin:
        return [ButtonTemplate(cut(text, CARD), buttons(reader, found))]
    ask = () if name == "unanswered" else reader.ask()
    detail = say(words, "detail", Verb.ORDER, order.number)
    return [ButtonTemplate(cut(text, CARD), (*ask, detail, *menu_buttons(words)[1:2]))]


def placed(reader: Reader, found: OrderDetail) -> list[Outgoing]:
    """To an admin: somebody has ordered."""
    lines = [_article(reader.words, line) for line in found.lines[:MOST_LINES]]
    if len(found.lines) > MOST_LINES:
        lines.append(reader.words("admin", "more_lines", count=len(found.lines) - MOST_LINES))
    purpose = clean(found.order.purpose)
    foot = [reader.words("admin", "purpose", purpose=purpose)] if purpose else []
    foot += booked_to(reader.words, found.order)
    return with_buttons(_head(reader, "placed", found), lines, foot, buttons(reader, found))


def document(words: Wording, found: StoredDocument, test: bool) -> list[Outgoing]:
    """To an admin: a document of Amazon's that is about no order of ours, or not all of which could be taken over."""
    known = words.has("document", found.kind)
    kind = words("document", found.kind) if known else words("read", "other")
    name = "remarks"
    if found.outcome == "refused":
        name = _refused(found)
    elif found.outcome == "failed":
        name = "failed"
    elif found.kind == "PunchOutOrderMessage":
        name = "cart"
    elif found.kind == "StatusUpdateRequest":
        name = "status"
    text = words(
        "paper",
        name,
        mark=mark(words, test),
        kind=kind,
        number=cut(found.order_number, 100),
        note=cut(findings.told(words, found.note), 400),
    )
    return [Text(text)]


def _refused(found: StoredDocument) -> str:
    """Why nothing came of it: an order of others, none at all though it was read, or it could not be read."""
    if found.order_number:
        return "unknown"
    return "unnamed" if found.kind in ABOUT_ORDERS else "unreadable"


def shipped(
    reader: Reader, found: OrderDetail, parcel: Shipment, sent: Sequence[ShipmentLine]
) -> list[Outgoing]:
    """What is on its way, with whom, under which number, and when it should arrive.

    `sent` are the lines of this parcel and of those before it: the one that completes the order says so, even when
    all are told at once.
    """
    words, order = reader.words, found.order
    articles = {line.line_number: line for line in found.lines}
    name = "shipped" if _complete(found, sent) else "shipped_partly"
    told = replace(found, shipments=[parcel])
    facts = list(parcels.facts(words, told))
    if parcel.delivery_at is not None:
        facts.append(words("notice", "delivery", moment=words.moment(parcel.delivery_at)))
    own = (row for row in sent if row.shipment_id == parcel.id and row.quantity)
    carried = sorted(own, key=lambda row: row.line_number)
    lines = [
        text
        for row in carried
        for text in (
            words(
                "notice",
                "line_shipped",
                number=row.line_number,
                description=title(articles[row.line_number].description),
                quantity=plain(row.quantity),
            ),
            *contested(words, found, row.line_number),
        )
    ]
    if parcel.operation == "update":
        # What was in the parcel and is refused by now leaves it by such a correction.
        lines += [text for line in found.lines for text in refused(words, line)]
    if any(row.line_number in found.contested for row in carried):
        lines += ["", *contested_now(reader)]
    head = _head(reader, name, found, marks(words, order, parcel))
    return with_buttons(head, facts, lines, _after_shipping(reader, told))


def _complete(found: OrderDetail, sent: Sequence[ShipmentLine]) -> bool:
    """Whether nothing of the order is left to be sent."""
    return all(
        sum(row.quantity for row in sent if row.line_number == line.line_number) + line.rejected
        >= line.quantity
        for line in found.lines
    )


def contested_now(reader: Reader) -> list[str]:
    """What to do about goods of which Amazon says both to have sent and to have refused them."""
    return [reader.words("admin" if reader.to_admin else "notice", "contested")]


def marks(words: Wording, order: Order, told: OrderConfirmation | Shipment) -> str:
    """The test mark, and whether this takes the place of something that was told before."""
    return mark(words, order.test) + (words("common", "correction") if told.operation == "update" else "")


def _head(reader: Reader, name: str, found: OrderDetail, marks: str = "") -> str:
    words, order = reader.words, found.order
    return words(
        "admin" if reader.to_admin else "notice",
        name,
        mark=marks or mark(words, order.test),
        buyer=buyer_name(words, found),
        number=order.number,
        total=words.money(order.total if name == "placed" else found.amount, order.currency),
        name=clean(found.address.name),
    )


def _article(words: Wording, line: OrderLine) -> str:
    return words(
        "admin",
        "line",
        number=line.line_number,
        description=title(line.description),
        quantity=plain(line.quantity),
    )


def buyer_name(words: Wording, found: OrderDetail) -> str:
    name = clean(found.buyer.display_name)
    return words("common", "person", name=name) if name else words("common", "somebody")


def _after_shipping(reader: Reader, found: OrderDetail) -> tuple[Action, ...]:
    """Follow the parcel; for the buyer also to say whether all is there, for an admin the usual."""
    links = parcels.tracking(reader.words, found)
    if reader.to_admin:
        return (*buttons(reader, found), *links)
    said = receipt_buttons(reader.words, found.order)
    ask = reader.ask() if found.contested else ()
    return (*links, *said, *ask, say(reader.words, "detail", Verb.ORDER, found.order.number))


def buttons(reader: Reader, found: OrderDetail) -> tuple[Action, ...]:
    words = reader.words
    detail = say(words, "detail", Verb.ORDER, found.order.number)
    if not reader.to_admin:
        return (detail, *menu_buttons(words)[:2])
    if not found.buyer.login_id:
        return (detail,)
    return (
        Uri(words("label", "talk_with_buyer"), talk_with(reader.app_url, found.buyer.login_id)),
        detail,
    )
