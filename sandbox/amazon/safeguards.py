"""Order safeguards: by how much an order may differ from its cart when it arrives, and what happens when it does.

Set per group (Amazon reference 9.5). The Japanese page's exact names and defaults are not published (gaps
A20): these are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sandbox.amazon.offers import Offer

Action = Literal["available", "remove", "cancel"]
ACTIONS: dict[Action, str] = {
    "available": "用意できる分だけ注文する",
    "remove": "その商品を注文から外す",
    "cancel": "注文全体をキャンセルする",
}
MOST = 999_999


@dataclass(frozen=True, slots=True)
class Kind:
    """One safeguard of the page. `unit` is empty where there is nothing to set but the action."""

    key: str
    label: str
    unit: str
    actions: tuple[Action, ...] = ("remove", "cancel")


@dataclass(frozen=True, slots=True)
class Safeguard:
    """What a group has chosen: exceeding `limit` calls for `action`. Switched off without a limit."""

    limit: int | None
    action: Action


KINDS: tuple[Kind, ...] = (
    Kind("price", "単価の値上がりの上限", "%"),
    Kind("quantity", "数量が足りないとき", "", ("available", "remove", "cancel")),
    Kind("seller", "販売者が変わるとき", ""),
    Kind("shipping", "配送料の上限（1商品あたり）", "円"),
    Kind("delivery", "お届けまでの日数の上限", "日"),
    Kind("amazon", "Amazon以外から発送されるとき", ""),
)

DEFAULT: Mapping[str, Safeguard] = {
    "price": Safeguard(15, "remove"),
    "quantity": Safeguard(0, "available"),
    "seller": Safeguard(None, "remove"),
    "shipping": Safeguard(1000, "remove"),
    "delivery": Safeguard(30, "remove"),
    "amazon": Safeguard(None, "remove"),
}


@dataclass(frozen=True, slots=True)
class Exceeded:
    """The first safeguard that an offer breaks."""

    key: str
    action: Action


def exceeded(
    chosen: Mapping[str, Safeguard], ordered_price: Decimal, ordered: int, offer: Offer
) -> Exceeded | None:
    """What stands against buying this offer, in the page's order; None if nothing does."""
    for kind in KINDS:
        guard = chosen[kind.key]
        if guard.limit is not None and _differs(kind.key, guard.limit, ordered_price, ordered, offer):
            return Exceeded(kind.key, guard.action)
    return None


def _differs(key: str, limit: int, ordered_price: Decimal, ordered: int, offer: Offer) -> bool:
    match key:
        case "price":
            return offer.unit_price > ordered_price * (100 + limit) / 100
        case "quantity":
            return offer.pieces < ordered
        case "seller":
            return offer.seller != offer.product.seller
        case "shipping":
            return offer.shipping > limit
        case "delivery":
            return offer.days > limit
    return offer.shipper != "Amazon"


def read_form(form: Mapping[str, object]) -> dict[str, Safeguard] | None:
    """The page's form, fields `price`, `price_limit` and so on; None if a limit is no number. "off" switches off."""
    read = {}
    for kind in KINDS:
        chosen = str(form.get(kind.key, "off"))
        action = next((action for action in kind.actions if action == chosen), None)
        limit = str(form.get(f"{kind.key}_limit", "0")).strip() or "0"
        if not limit.isdecimal() or int(limit) > MOST:
            return None
        read[kind.key] = Safeguard(int(limit) if action else None, action or kind.actions[0])
    return read
