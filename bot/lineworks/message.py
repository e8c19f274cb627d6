"""The messages we send. Each refuses to be built when the platform would refuse it (reference 3.2 to 3.5).

`content()` is the JSON that stands under "content" of a send; the client adds the rest. Images are left out
on purpose: they must be PNG files on a public server and eat the recipient's shared storage. `quick_reply`
vanishes with the next message, so it is never the only way to go on. LimitExceeded and NotAllowed say what
is wrong.
"""

from dataclasses import dataclass
from typing import Any

from bot.lineworks.action import (
    Action,
    Copy,
    Message,
    Postback,
    Uri,
    check_quick_reply,
    quick_replies,
    refuse_postback,
    translated,
)
from bot.lineworks.flex import Flex
from bot.lineworks.limits import (
    LimitExceeded,
    NotAllowed,
    Refused,
    check_count,
    check_optional,
    check_text,
    check_uri,
)
from bot.lineworks.text import clean, cut, pages

__all__ = [
    "Action",
    "ButtonTemplate",
    "Carousel",
    "Column",
    "Copy",
    "Cover",
    "Element",
    "Flex",
    "LimitExceeded",
    "Link",
    "ListTemplate",
    "Message",
    "NotAllowed",
    "Outgoing",
    "Postback",
    "Refused",
    "Text",
    "Uri",
    "clean",
    "cut",
    "pages",
]


@dataclass(frozen=True, slots=True)
class Text:
    """Up to 2,000 units of plain text.

    `translations` are for a room, or a reader whose language is unknown: ("en_US", "Hello").
    """

    text: str
    quick_reply: tuple[Action, ...] = ()
    translations: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        check_text("text", self.text, 2000)
        check_quick_reply(self.quick_reply)
        for language, text in self.translations:
            check_text(f"i18nTexts {language}", text, 2000)

    def content(self) -> dict[str, Any]:
        text = {"type": "text", "text": self.text} | translated("text", self.translations)
        return text | quick_replies(self.quick_reply)


@dataclass(frozen=True, slots=True)
class Link:
    """A sentence with one link under it."""

    content_text: str
    link_text: str
    link: str
    quick_reply: tuple[Action, ...] = ()

    def __post_init__(self) -> None:
        check_text("contentText", self.content_text, 1000)
        check_text("linkText", self.link_text, 1000)
        check_uri("link", self.link)
        check_quick_reply(self.quick_reply)

    def content(self) -> dict[str, Any]:
        texts = {"contentText": self.content_text, "linkText": self.link_text, "link": self.link}
        return {"type": "link"} | texts | quick_replies(self.quick_reply)


@dataclass(frozen=True, slots=True)
class ButtonTemplate:
    """A text of up to 1,000 units over 1 to 10 buttons; no Postback among them. `translations` as for a Text."""

    content_text: str
    actions: tuple[Action, ...]
    quick_reply: tuple[Action, ...] = ()
    translations: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        check_text("contentText", self.content_text, 1000)
        check_count("actions", len(self.actions), 1, 10)
        refuse_postback("actions", self.actions)
        check_quick_reply(self.quick_reply)
        for language, text in self.translations:
            check_text(f"i18nContentTexts {language}", text, 1000)

    def content(self) -> dict[str, Any]:
        card = {"type": "button_template", "contentText": self.content_text, "actions": _all(self.actions)}
        return card | translated("contentText", self.translations) | quick_replies(self.quick_reply)


@dataclass(frozen=True, slots=True)
class Cover:
    """The head of a list; the platform takes either text alone, we ask for the title."""

    title: str
    subtitle: str | None = None

    def __post_init__(self) -> None:
        check_text("coverData.title", self.title, 1000)
        check_optional("coverData.subtitle", self.subtitle, 1000)

    def content(self) -> dict[str, Any]:
        return {"title": self.title} | ({"subtitle": self.subtitle} if self.subtitle else {})


@dataclass(frozen=True, slots=True)
class Element:
    """One entry of a list, with at most one button; not a Postback."""

    title: str
    subtitle: str | None = None
    action: Action | None = None

    def __post_init__(self) -> None:
        check_text("elements.title", self.title, 1000)
        check_optional("elements.subtitle", self.subtitle, 1000)
        if self.action is not None:
            refuse_postback("elements.action", (self.action,))

    def content(self) -> dict[str, Any]:
        subtitle = {"subtitle": self.subtitle} if self.subtitle else {}
        action = {"action": self.action.content()} if self.action else {}
        return {"title": self.title} | subtitle | action


@dataclass(frozen=True, slots=True)
class ListTemplate:
    """1 to 4 elements, and below them at most two rows of at most two buttons; no Postback anywhere."""

    elements: tuple[Element, ...]
    cover: Cover | None = None
    rows: tuple[tuple[Action, ...], ...] = ()
    quick_reply: tuple[Action, ...] = ()

    def __post_init__(self) -> None:
        check_count("elements", len(self.elements), 1, 4)
        check_count("actions", len(self.rows), 0, 2)
        for row in self.rows:
            check_count("actions", len(row), 1, 2)
            refuse_postback("actions", row)
        check_quick_reply(self.quick_reply)

    def content(self) -> dict[str, Any]:
        cover = {"coverData": self.cover.content()} if self.cover else {}
        elements = {"elements": [element.content() for element in self.elements]}
        rows = {"actions": [_all(row) for row in self.rows]} if self.rows else {}
        return {"type": "list_template"} | cover | elements | rows | quick_replies(self.quick_reply)


@dataclass(frozen=True, slots=True)
class Column:
    """One card of a carousel: 120 units on 4 lines, or 60 on 2 under a title of 40; 1 to 3 buttons.

    Lines beyond that are sent but not shown (reference 3.2), so they are refused like the rest.
    """

    text: str
    actions: tuple[Action, ...]
    title: str | None = None

    def __post_init__(self) -> None:
        check_optional("columns.title", self.title, 40)
        length, lines = (120, 4) if self.title is None else (60, 2)
        check_text("columns.text", self.text, length)
        check_count("columns.text lines", self.text.count("\n") + 1, 1, lines)
        check_count("columns.actions", len(self.actions), 1, 3)

    def content(self) -> dict[str, Any]:
        title = {} if self.title is None else {"title": self.title}
        return title | {"text": self.text, "actions": _all(self.actions)}


@dataclass(frozen=True, slots=True)
class Carousel:
    """1 to 10 cards side by side, all with the same number of buttons, all with a title or none."""

    columns: tuple[Column, ...]
    quick_reply: tuple[Action, ...] = ()

    def __post_init__(self) -> None:
        check_count("columns", len(self.columns), 1, 10)
        if len({len(column.actions) for column in self.columns}) > 1:
            raise NotAllowed("columns.actions", "every column needs the same number of actions")
        if len({column.title is None for column in self.columns}) > 1:
            raise NotAllowed("columns.title", "either every column has a title or none")
        check_quick_reply(self.quick_reply)

    def content(self) -> dict[str, Any]:
        columns = [column.content() for column in self.columns]
        return {"type": "carousel", "columns": columns} | quick_replies(self.quick_reply)


Outgoing = Text | Link | ButtonTemplate | ListTemplate | Carousel | Flex


def _all(actions: tuple[Action, ...]) -> list[dict[str, Any]]:
    return [action.content() for action in actions]
