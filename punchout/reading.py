"""Any document of this business, whoever sent it and to whom: for a person who wants to know what is in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from punchout import inbound
from punchout.cart import Cart, read_cart
from punchout.envelope import Envelope, read_envelope
from punchout.order import ReceivedOrder, read_order
from punchout.setup import SetupRequest, read_setup
from punchout.status import Response, read_response
from punchout.xml import DocumentRefused, parse

__all__ = ["Reading", "Value", "read_anything"]

Value: TypeAlias = inbound.Value | Cart | SetupRequest | ReceivedOrder | Response

_OTHERS: dict[str, Callable[[bytes], Value]] = {
    "PunchOutOrderMessage": read_cart,
    "PunchOutSetupRequest": lambda data: read_setup(parse(data)),
    "OrderRequest": lambda data: read_order(parse(data)),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """`kind` names the document; `value` is None for one that nobody here uses. `notes` say what could not be
    read."""

    envelope: Envelope
    kind: str
    value: Value | None
    notes: tuple[str, ...] = ()


def read_anything(data: bytes) -> Reading:
    """Raises `XmlRefused` for bytes that are no XML of ours, `DocumentRefused` for XML that is no document of
    cXML or one that cannot be used; each says why in one sentence."""
    envelope = read_envelope(parse(data))
    kind = envelope.kind or envelope.carrier
    if envelope.carrier == "Response" and envelope.status is not None:
        return Reading(envelope, kind, read_response(data))
    if reader := _OTHERS.get(envelope.kind):
        value = reader(data)
        return Reading(envelope, kind, value, value.notes if isinstance(value, Cart) else ())
    if not kind:
        raise DocumentRefused("The document holds no Request, Message or Response.")
    if envelope.carrier != "Request" or not envelope.kind:
        return Reading(envelope, kind, None)
    document = inbound.read(data)
    return Reading(envelope, kind, document.value, document.notes)
