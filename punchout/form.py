"""How a cart travels: as a field of a form that the member's browser posts, or as plain XML (Amazon
reference 7.5).

A form is decoded exactly once; a second round would damage every + and % in descriptions and cookies.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from urllib.parse import unquote_to_bytes

from punchout.xml import DocumentRefused

__all__ = ["CartRefused", "decode_cart_form", "from_form"]

_PLAIN = "cxml-urlencoded"
_BASE64 = "cxml-base64"


class CartRefused(DocumentRefused):
    """Not a cart that can be taken. `reason` is one sentence for a person."""


def decode_cart_form(content_type: str, body: bytes) -> bytes:
    """The XML in the body of the browser's post. Raises `CartRefused` when the form carries no cart.

    What is not XML on its face is read as a form, whatever the Content-Type says: some senders get it wrong.
    """
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return body
    if "multipart/form-data" in content_type.lower():
        raise CartRefused("The cart came as a multipart form, which cXML does not know.")
    return from_form(_fields(body))


def from_form(fields: Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]]) -> bytes:
    """The XML in the decoded fields of a form, names in any case. Raises `CartRefused` when there is none."""
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    found = {
        name.strip().lower(): value for name, value in pairs if name.strip().lower() in (_PLAIN, _BASE64)
    }
    if value := found.get(_PLAIN):
        return value.encode() if isinstance(value, str) else value
    if value := found.get(_BASE64):
        # An unescaped + arrives as a blank, and inside base64 a blank can be nothing else.
        packed = (value.encode() if isinstance(value, str) else value).strip().replace(b" ", b"+")
        try:
            return base64.b64decode(b"".join(packed.split()), validate=True)
        except binascii.Error:
            raise CartRefused("The cart's base64 text is damaged.") from None
    raise CartRefused("The form holds no cart (neither cxml-urlencoded nor cxml-base64).")


def _fields(body: bytes) -> list[tuple[str, bytes]]:
    """application/x-www-form-urlencoded as bytes: its charset (UTF-8 or CP932) is the parser's affair."""
    pairs = (pair.partition(b"=") for pair in body.split(b"&") if pair)
    return [
        (
            unquote_to_bytes(name.replace(b"+", b" ")).decode("latin-1"),
            unquote_to_bytes(value.replace(b"+", b" ")),
        )
        for name, _, value in pairs
    ]
