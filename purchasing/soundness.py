"""Whether a cart can be what Amazon priced: it comes through a browser, where anybody may rewrite it."""

from decimal import Decimal

from punchout.cart import Cart
from punchout.money import Money


def flaw(cart: Cart, identity: str) -> str:
    """Why nobody may be asked to pay for this cart, "" where nothing speaks against it. `identity` is ours at Amazon.

    A sentence for the administrator, which quotes nothing of the cart but amounts and line numbers. From is not looked
    at: Amazon has sent several, and is not to be known by them (Amazon reference 3).
    """
    if cart.total.currency != "JPY":
        return "The cart is not in yen."
    named = [credential.identity for credential in cart.envelope.to if credential.identity]
    if named and not any(name.casefold() == identity.casefold() for name in named):
        return "The cart is addressed to another buyer than us."
    for number, line in enumerate(cart.lines, start=1):
        if line.quantity % 1:
            return f"Line {number} has the quantity {line.quantity}, which is no whole number."
        if not line.auxiliary_xml.strip():
            return f"Line {number} has no SupplierPartAuxiliaryID: Amazon takes no order without it."
        if any(money.amount < 0 for money in line.amounts):
            return f"Line {number} has an amount below 0."
    if any(money.amount < 0 for money in (cart.total, cart.shipping, cart.tax) if money is not None):
        return "The cart has an amount below 0."
    goods = sum((line.total.amount for line in cart.lines), Decimal(0))
    if goods != cart.total.amount:
        return f"The cart's total {cart.total.amount} is not the sum of its lines {goods}."
    return ""


def doubts(cart: Cart) -> tuple[str, ...]:
    """What does not agree and yet speaks for no forgery: Amazon's sums of shipping and tax are only seen to be those of
    the lines, and a shipping discount stands nowhere (Amazon reference 7, japan.md 2.2)."""
    said = (
        _doubt("shipping", cart.shipping, [line.shipping for line in cart.lines]),
        _doubt("tax", cart.tax, [line.tax for line in cart.lines]),
    )
    return (*cart.notes, *filter(None, said))


def _doubt(what: str, said: Money | None, of_lines: list[Money | None]) -> str:
    known = [money.amount for money in of_lines if money is not None]
    total = sum(known, Decimal(0))
    if said is None or len(known) < len(of_lines) or said.amount == total:
        return ""
    return f"The cart's {what} {said.amount} is not that of its lines {total}."
