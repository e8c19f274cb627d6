"""The messages we send. Each refuses to be built when the platform would refuse it (reference 3.2 to 3.5).

`content()` is the JSON that stands under "content" of a send; the client adds the rest. Images are left out
on purpose: they must be PNG files on a public server and eat the recipient's shared storage. Refused says what is wrong.
"""

from dataclasses import dataclass
from typing import Any

from bot.lineworks.action import Action, Message, Uri, translated
from bot.lineworks.limits import NotAllowed, check_count, check_text
from bot.lineworks.text import clean, cut, pages

__all__ = [
    "Action", "ButtonTemplate", "Carousel", "Column", "Message", "Outgoing", "Text", "Uri", "clean", "cut", "pages",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """Up to 2,000 units of plain text, with up to 13 buttons that vanish with the next message: never the only way on.

    `translations` are for a room, or a reader whose language is unknown: ("en_US", "Hello").
    """

    text: str
    quick_reply: tuple[Action, ...] = ()
    translations: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        check_text("text", self.text, 2000)
        check_count("quickReply.items", len(self.quick_reply), 0, 13)
        for language, text in self.translations:
            check_text(f"i18nTexts {language}", text, 2000)

    def content(self) -> dict[str, Any]:
        text = {"type": "text", "text": self.text} | translated("text", self.translations)
        if not self.quick_reply:
            return text
        return text | {"quickReply": {"items": [{"action": action.content()} for action in self.quick_reply]}}


@dataclass(frozen=True, slots=True)
class ButtonTemplate:
    """A text of up to 1,000 units over 1 to 10 buttons. `translations` as for a Text."""

    content_text: str
    actions: tuple[Action, ...]
    translations: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        check_text("contentText", self.content_text, 1000)
        check_count("actions", len(self.actions), 1, 10)
        for language, text in self.translations:
            check_text(f"i18nContentTexts {language}", text, 1000)

    def content(self) -> dict[str, Any]:
        card = {"type": "button_template", "contentText": self.content_text, "actions": _all(self.actions)}
        return card | translated("contentText", self.translations)


@dataclass(frozen=True, slots=True)
class Column:
    """One card of a carousel: 120 units on 4 lines, and 1 to 3 buttons. Under a title it would be half of that.

    Lines beyond that are sent but not shown (reference 3.2), so they are refused like the rest.
    """

    text: str
    actions: tuple[Action, ...]

    def __post_init__(self) -> None:
        check_text("columns.text", self.text, 120)
        check_count("columns.text lines", self.text.count("\n") + 1, 1, 4)
        check_count("columns.actions", len(self.actions), 1, 3)

    def content(self) -> dict[str, Any]:
        return {"text": self.text, "actions": _all(self.actions)}


@dataclass(frozen=True, slots=True)
class Carousel:
    """1 to 10 cards side by side, all with the same number of buttons."""

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        check_count("columns", len(self.columns), 1, 10)
        if len({len(column.actions) for column in self.columns}) > 1:
            raise NotAllowed("columns.actions", "every column needs the same number of actions")

    def content(self) -> dict[str, Any]:
        return {"type": "carousel", "columns": [column.content() for column in self.columns]}


Outgoing = Text | ButtonTemplate | Carousel


def _all(actions: tuple[Action, ...]) -> list[dict[str, Any]]:
    return [action.content() for action in actions]
