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


class Markup(str):
    """Text that is XML already."""

    __slots__ = ()


def _written(sign: re.Match[str]) -> str:
    return _WRITTEN.get(sign.group(), "")


def escape(words: str) -> str:
    """`words` as character data. Characters that XML cannot carry at all (control characters) are dropped."""
    return _SPECIAL.sub(_written, words)


def tag(name: str, /, *children: str | None, lang: str | None = None, **attributes: str | None) -> Markup:
    """One element; `lang` becomes `xml:lang`."""
    start = name if lang is None else f'{name} xml:lang="{_SPECIAL_IN_ATTRIBUTE.sub(_written, lang)}"'
    for key, value in attributes.items():
        if value is not None:
            start = f'{start} {key}="{_SPECIAL_IN_ATTRIBUTE.sub(_written, value)}"'
    inner = "".join(
        [child if type(child) is Markup else escape(child) for child in children if child is not None]
    )
    return Markup(f"<{start}>{inner}</{name}>" if inner else f"<{start}/>")


def declared(document: str, dtd: str | None) -> bytes:
    """A whole document: declaration, DOCTYPE with the DTD's address (never our own subset), UTF-8."""
    doctype = f'<!DOCTYPE cXML SYSTEM "{dtd}">\n' if dtd else ""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}{document}\n'.encode()
