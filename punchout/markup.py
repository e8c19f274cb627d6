"""Writing XML as text: the one place where a value becomes markup, so nothing is escaped twice or never.

`tag("Money", "9691.00", currency="JPY")` gives `<Money currency="JPY">9691.00</Money>`. Children that are
already `Markup` go in as they are, plain text is escaped, `None` is left out (as child and as attribute).
"""

from __future__ import annotations

import re

__all__ = ["Markup", "declared", "escape", "tag"]

_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL_IN_ATTRIBUTE = re.compile('[&<>"\t\n\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_WRITTEN = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}


class Markup:
    """Bytes that are XML in UTF-8 already."""

    __slots__ = ("xml",)

    def __init__(self, xml: bytes) -> None:
        self.xml = xml


def _written(sign: re.Match[str]) -> str:
    return _WRITTEN.get(sign.group(), "")


def escape(words: str) -> str:
    """`words` as character data. Characters that XML cannot carry at all (control characters) are dropped."""
    return _SPECIAL.sub(_written, words)


def tag(
    element: str, /, *children: Markup | str | None, lang: str | None = None, **attributes: str | None
) -> Markup:
    """One element; `lang` becomes `xml:lang`."""
    start = "<" + element
    if lang is not None:
        start += f' xml:lang="{_SPECIAL_IN_ATTRIBUTE.sub(_written, lang)}"'
    for name, value in attributes.items():
        if value is not None:
            start += f' {name}="{_SPECIAL_IN_ATTRIBUTE.sub(_written, value)}"'
    inner = [
        child.xml if isinstance(child, Markup) else escape(child).encode()
        for child in children
        if child is not None
    ]
    if not any(inner):
        return Markup(f"{start}/>".encode())
    # Bytes, joined once per element: an order is a hundred kilobytes of copied items, and each copy shows.
    return Markup(b"".join([f"{start}>".encode(), *inner, f"</{element}>".encode()]))


def declared(document: Markup, dtd: str) -> bytes:
    """A whole document: declaration, DOCTYPE with the DTD's address (never our own subset), UTF-8."""
    prolog = f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE cXML SYSTEM "{dtd}">\n'
    return b"".join([prolog.encode(), document.xml, b"\n"])
