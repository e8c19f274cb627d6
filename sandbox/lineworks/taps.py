"""Finds the action a member tapped in a message, and what the tap does (LINE WORKS reference 3.3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Action = dict[str, Any]


class NoSuchAction(Exception):
    """The message has no action at that path or with that label."""


@dataclass(frozen=True)
class Tap:
    """What happens.

    `says` (with `postback`) is a message of the member; `data` is a postback event, which may show `displays`;
    `opens` is a link and `copies` a text for the clipboard, of which the bot never hears.
    """

    says: Action | None = None
    postback: str | None = None
    data: str | None = None
    displays: str | None = None
    opens: str | None = None
    copies: str | None = None


def find(content: Action, *, path: str | None = None, label: str | None = None, language: str = "") -> Action:
    """The action at a path ("columns/1/actions/0"), or the first one that shows this label to the member."""
    for where, action in actions(content):
        if path is not None:
            if where == path:
                return action
        elif label is not None and label in (action.get("label"), translated(action, "label", language)):
            return action
    raise NoSuchAction(f"no action {path or label!r} in this message")


def actions(value: object, path: str = "") -> Iterator[tuple[str, Action]]:
    """Every action of a message with its path, in reading order."""
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from actions(entry, f"{path}/{index}")
    elif isinstance(value, dict):
        for name, entry in value.items():
            where = f"{path}/{name}".lstrip("/")
            if name in ("action", "defaultAction") and isinstance(entry, dict):
                yield where, entry
            elif name == "actions" and isinstance(entry, list):
                yield from _in_rows(entry, where)
            else:
                yield from actions(entry, where)


def _in_rows(rows: list[Any], path: str) -> Iterator[tuple[str, Action]]:
    for index, entry in enumerate(rows):
        if isinstance(entry, list):
            yield from _in_rows(entry, f"{path}/{index}")
        elif isinstance(entry, dict):
            yield f"{path}/{index}", entry


def translated(action: Action, field: str, language: str) -> str:
    """A text of the action in the member's language, else the untranslated one."""
    translations = action.get(f"i18n{field[0].upper()}{field[1:]}s") or []
    for entry in translations:
        if entry.get("language") == language:
            return str(entry[field])
    return str(action.get(field) or "")


def tap(action: Action, language: str) -> Tap:
    """The effect of a tap. A `message` action without text says its label (presumed, gaps 9)."""
    kind = action["type"]
    if kind == "message":
        text = translated(action, "text", language) or translated(action, "label", language)
        return Tap(says={"type": "text", "text": text}, postback=action.get("postback"))
    if kind == "postback":
        return Tap(data=str(action["data"]), displays=translated(action, "displayText", language))
    if kind == "uri":
        return Tap(opens=str(action["uri"]))
    if kind == "copy":
        return Tap(copies=str(action["copyText"]))
    if kind == "location":
        return Tap(says=SAMPLE_LOCATION)
    return Tap(says=SAMPLE_IMAGE)


SAMPLE_LOCATION: Action = {
    "type": "location",
    "address": "東京都千代田区丸の内1-1-1",
    "latitude": 35.681236,
    "longitude": 139.767125,
}
SAMPLE_IMAGE: Action = {"type": "image", "fileId": "jp1.1763604930123456789.1763691330.0.12345678.0.0.0"}
SAMPLE_STICKER: Action = {"type": "sticker", "packageId": "1", "stickerId": "2"}
