"""A document as somebody may look at it: no secret, no login, no session, no mail address. Pure.

What can be parsed is masked element by element, whatever its form (CDATA, entities, another encoding); what can't be
is masked as text, after percent-encoding is undone, so that a form or a broken document hides nothing either.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_plus

from lxml import etree

from punchout.xml import DocumentRefused, XmlRefused, parse

__all__ = ["masked", "redacted"]

HIDDEN: Final = "***"
_SECRET = ("SharedSecret", "Identity", "BuyerCookie", "CredentialMac", "DigitalSignature", "Email")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+")
_LINKS = re.compile(r"(?i)(https?://[^\s<>\"']*?)(/punchout/cart/|/shop/|\?)[^\s<>\"']*")
_LOGINS = re.compile(r"(?i)\b(basic|bearer)\s+[\w.~+/=-]{4,}")
_ELEMENTS = re.compile(
    r"(?is)<((?:\w+:)?(?:" + "|".join(_SECRET) + r"))\b([^>]*[^/>])?>.*?(</\1\s*>|\Z)",
)

_PAYLOAD_IDS = re.compile(r"(payloadID\s*=\s*[\"'][^\"'@]*)@[^\"']*")


def masked(text: str) -> str:
    """The text without mail addresses, tokens in links, and logins."""
    text = _ADDRESS.sub("***@***", text)
    text = _LINKS.sub(lambda link: f"{link[1]}{link[2]}{HIDDEN}", text)
    return _LOGINS.sub(lambda login: f"{login[1]} {HIDDEN}", text)


def redacted(raw: bytes) -> str:
    """The document for a reader."""
    try:
        root = parse(raw)
    except (XmlRefused, DocumentRefused):
        return _as_text(raw)
    for element in list(root.iter()):  # a walk ends where what it stands on is taken away
        if etree.QName(element).localname in _SECRET:
            for child in list(element):
                element.remove(child)
            element.text = HIDDEN
        element.text = masked(element.text) if element.text else element.text
        element.tail = masked(element.tail) if element.tail else element.tail
        for name, value in element.attrib.items():
            element.set(name, _payload_id(value) if name == "payloadID" else masked(value))
    return etree.tostring(root, encoding="unicode", pretty_print=True)


def _payload_id(value: str) -> str:
    """What Amazon's support asks for, without the login that ours end with."""
    number, at, _ = value.partition("@")
    return f"{number}@{HIDDEN}" if at else value


def _as_text(raw: bytes) -> str:
    text = unquote_plus(raw.decode("utf-8", "replace"))
    text = _PAYLOAD_IDS.sub(rf"\1@{HIDDEN}", text)
    return masked(_ELEMENTS.sub(rf"<\1>{HIDDEN}\3", text))
