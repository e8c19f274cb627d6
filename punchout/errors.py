"""The reasons Amazon gives when it refuses an order or a line (Amazon reference 9.4), and remarks in general.

One text may hold several messages joined by " || ", each ending in its code: `…[エラーコード: 018-007]`, with
brackets and colon of either width. There is no public list of codes: a code is opaque, the message is for
people, and a message without a code is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from punchout.markup import Markup, tag
from punchout.xml import Element, text

__all__ = ["Comment", "ErrorCode", "error_codes", "read_comment", "write_comment"]

ERROR_TYPES = frozenset({"OrderErrorCode", "LineItemErrorCode"})
_CODE = re.compile(r"[\[［][^\[\]［］]{0,40}?([0-9]{3}-[0-9]{3})\s*[\]］]\s*$")


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark and what Amazon calls it ("confirmID", "OrderErrorCode", ...)."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """`code` is like "015-005", or empty when the message carries none; `text` is the message without it."""

    code: str
    text: str


def read_comment(element: Element) -> Comment:
    return Comment(element.get("type", "").strip(), text(element))


def write_comment(comment: Comment) -> Markup:
    return tag("Comments", comment.text, type=comment.type or None)


def error_codes(comments: list[Comment]) -> tuple[ErrorCode, ...]:
    """The single messages of those comments that report errors, in order."""
    return tuple(
        _error(message)
        for comment in comments
        if comment.type in ERROR_TYPES
        for message in comment.text.split("||")
        if message.strip()
    )


def _error(message: str) -> ErrorCode:
    code = _CODE.search(message)
    if code is None:
        return ErrorCode("", message.strip())
    return ErrorCode(code.group(1), message[: code.start()].strip())
