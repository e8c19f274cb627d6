"""A drawn card. LINE WORKS reference 3.2 and 3.5; only partly what LINE calls a Flex Message.

Shown by clients from version 3.0 on; older ones and the notification show the alternative text.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.lineworks.action import Action, check_quick_reply, quick_replies
from bot.lineworks.limits import NotAllowed, check_count, check_text, check_uri

FLEX_BYTES = 15_000
"""15 KB in the Japanese edition, 30 KB in the others; the smaller, taken in thousands (reference 3.2)."""


@dataclass(frozen=True, slots=True)
class Flex:
    """A drawn card: a bubble, or a carousel of up to 10 bubbles of one size, at most 15 KB of UTF-8 JSON.

    Only `uri` actions: no other is proven inside flex (gaps 7). The components themselves aren't checked.
    """

    alt_text: str
    contents: dict[str, Any]
    quick_reply: tuple[Action, ...] = ()

    def __post_init__(self) -> None:
        check_text("altText", self.alt_text, 400)
        check_count("contents bytes", _json_bytes(self.contents), 1, FLEX_BYTES)
        _check_container(self.contents)
        for action in _actions(self.contents):
            if action.get("type") != "uri":
                raise NotAllowed("contents.action", "only uri actions are proven inside flex")
            check_uri("contents.action.uri", str(action.get("uri", "")))
        check_quick_reply(self.quick_reply)

    def content(self) -> dict[str, Any]:
        card = {"type": "flex", "altText": self.alt_text, "contents": self.contents}
        return card | quick_replies(self.quick_reply)


def _check_container(contents: dict[str, Any]) -> None:
    match contents:
        case {"type": "bubble"}:
            return
        case {"type": "carousel", "contents": [*bubbles]}:
            check_count("contents.contents", len(bubbles), 1, 10)
            if any(not isinstance(bubble, dict) or bubble.get("type") != "bubble" for bubble in bubbles):
                raise NotAllowed("contents.contents", "a flex carousel holds bubbles")
            if len({str(bubble.get("size", "mega")) for bubble in bubbles}) > 1:
                raise NotAllowed("contents.contents", "all bubbles need the same size")
        case _:
            raise NotAllowed("contents", "flex is a bubble or a carousel of bubbles")


def _json_bytes(value: object) -> int:
    try:
        return len(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode())
    except (TypeError, ValueError) as error:
        raise NotAllowed("contents", "flex must be plain JSON") from error


def _actions(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(action := node.get("action"), dict):
            yield action
        for child in node.values():
            yield from _actions(child)
    elif isinstance(node, list):
        for child in node:
            yield from _actions(child)
