"""Flexible templates: bubbles and carousels of boxes (LINE WORKS reference 3.2 and 3.5)."""

import json

from sandbox.lineworks.actions import FLEX, check_action
from sandbox.lineworks.fields import Fields, Invalid

MOST_BYTES = 15 * 1024
BUBBLE_SIZES = ("nano", "micro", "kilo", "mega", "giga")
_DEEPEST = 50  # no message for people nests deeper; keeps a hostile one from exhausting the stack


def check_flex(contents: Fields) -> None:
    """Raises Invalid when the platform would refuse this bubble or carousel.

    The Japanese edition allows 15 KB of JSON, the others 30: the smaller one holds (reference 3.2).
    """
    size = len(
        json.dumps(contents.value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    )
    if size > MOST_BYTES:
        raise Invalid(contents.path, f"must be at most {MOST_BYTES} bytes of JSON, is {size}.")
    kind = contents.choice("type", ("bubble", "carousel"), required=True)
    if kind == "bubble":
        _bubble(contents)
        return
    sizes = {_bubble(bubble) for bubble in contents.objects("contents", 1, 10)}
    if len(sizes) > 1:
        raise Invalid(contents.where("contents"), "must be bubbles of the same size.")
    contents.done()


def _bubble(bubble: Fields) -> str:
    bubble.choice("type", ("bubble",), required=True)
    size = bubble.choice("size", BUBBLE_SIZES) or "mega"
    bubble.choice("direction", ("ltr", "rtl"))
    blocks = {name: bubble.part(name) for name in ("header", "hero", "body", "footer")}
    if not any(blocks.values()):
        raise Invalid(bubble.where("body"), "is required.")
    for name, block in blocks.items():
        if block is not None:
            _component(block, ("box", "image") if name == "hero" else ("box",), depth=1)
    bubble.get("styles")
    _action(bubble)
    bubble.done()
    return size


def _component(part: Fields, allowed: tuple[str, ...], depth: int) -> None:
    if depth > _DEEPEST:
        raise Invalid(part.path, "is nested too deeply.")
    kind = part.choice("type", allowed, required=True)
    if kind == "box":
        layout = part.choice("layout", ("horizontal", "vertical", "baseline"), required=True)
        inside = ("text", "icon", "filler") if layout == "baseline" else _IN_A_BOX
        for child in part.objects("contents", 0, 1000):
            _component(child, inside, depth + 1)
        _action(part)
    elif kind == "button":
        check_action(part.need("action"), FLEX)
        part.choice("style", ("primary", "secondary", "link"))
        part.choice("height", ("sm", "md"))
    elif kind in ("image", "icon"):
        part.address("url", required=True)
        _action(part)
    elif kind == "text":
        spans = part.objects("contents", 0, 1000)
        part.text("text", MOST_BYTES, required=not spans)
        for span in spans:
            _component(span, ("span",), depth + 1)
        _action(part)
    elif kind == "span":
        part.text("text", MOST_BYTES, required=True)


_IN_A_BOX = ("box", "button", "image", "text", "separator", "filler")


def _action(part: Fields) -> None:
    action = part.part("action")
    if action is not None:
        check_action(action, FLEX)
