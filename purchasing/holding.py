"""Whether Amazon still holds a cart's price and stock; if not, its buyer is asked once more."""

from dataclasses import dataclass
from datetime import datetime

from purchasing import addresses
from storage.database import Tx
from storage.tables import Cart, DeliveryAddress


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Amazon does not hold the cart's prices any more: its time has passed (`over`), or the goods go to another
    prefecture than they were priced for (`moved`). Whoever still wants it has to say so (Amazon reference 9.5)."""

    cart: Cart
    address: DeliveryAddress
    over: bool
    moved: bool


def not_held(tx: Tx, cart: Cart, now: datetime) -> AskAgain | None:
    address = addresses.get(tx, cart.company_id, cart.address_key)
    over, moved = cart.held_until <= now, moved_from(cart, address)
    return AskAgain(cart, address, over, moved) if over or moved else None


def moved_from(cart: Cart, address: DeliveryAddress) -> bool:
    """Whether the address is in another prefecture than the cart was priced for."""
    return cart.prefecture is not None and cart.prefecture != address.prefecture
