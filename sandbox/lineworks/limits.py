"""What the platform accepts as a message: every type and every limit of LINE WORKS reference 3.2 to 3.6.

Written from the reference alone and shared with nobody, so that a fault in a bot's own checks shows here.
"""

from collections.abc import Callable

from sandbox.lineworks.actions import (
    BUTTON,
    CAROUSEL,
    CAROUSEL_DEFAULT,
    IMAGE_CAROUSEL,
    LIST,
    MENU,
    check_action,
    check_actions,
    check_quick_reply,
)
from sandbox.lineworks.fields import Fields, Invalid
from sandbox.lineworks.flex import check_flex

__all__ = ["Invalid", "check", "check_menu"]

BLOCKED_EXTENSIONS = ("bat", "cmd", "com", "cpl", "exe", "scr", "js", "vbs", "wsf", "hta")


def check(content: object) -> list[str]:
    """Raises Invalid, naming the field, when the platform would refuse this `content`.

    Returns notes on what it would accept, but probably not show as meant.
    """
    notes: list[str] = []
    message = Fields(content, "content", notes)
    kind = message.text("type", 100, required=True)
    checker = _TYPES.get(kind or "")
    if checker is None:
        raise Invalid("content.type", f'"{kind}" is not a message type.')
    checker(message)
    quick_reply = message.part("quickReply")
    if quick_reply is not None:
        check_quick_reply(quick_reply)
    message.done()
    return notes


def check_menu(content: object) -> list[str]:
    """The same for the `content` of a persistent menu: one to four actions."""
    notes: list[str] = []
    menu = Fields(content, "content", notes)
    check_actions(menu, MENU, 4)
    menu.done()
    return notes


def _text(message: Fields) -> None:
    message.text("text", 2000, required=True)
    message.i18n("i18nTexts", "text", 2000)


def _link(message: Fields) -> None:
    message.text("contentText", 1000, required=True)
    message.text("linkText", 1000, required=True)
    message.web_link("link")
    message.i18n("i18nContentTexts", "contentText", 1000)
    message.i18n("i18nLinkTexts", "linkText", 1000)


def _button_template(message: Fields) -> None:
    message.text("contentText", 1000, required=True)
    message.i18n("i18nContentTexts", "contentText", 1000)
    check_actions(message, BUTTON, 10)


def _list_template(message: Fields) -> None:
    cover = message.part("coverData")
    if cover is not None:
        for name in ("title", "subtitle"):
            cover.text(name, 1000)
            cover.i18n(f"i18n{name.capitalize()}s", name, 1000)
        _picture(cover, "backgroundImageUrl", "backgroundFileId")
        cover.done()
    for element in message.objects("elements", 1, 4):
        element.text("title", 1000, required=True)
        element.text("subtitle", 1000)
        element.i18n("i18nTitles", "title", 1000)
        element.i18n("i18nSubtitles", "subtitle", 1000)
        element.png("originalContentUrl")
        _picture(element, "originalContentUrl", "fileId")
        action = element.part("action")
        if action is not None:
            check_action(action, LIST)
        element.done()
    rows = message.items("actions", 0, 2)
    for row, buttons in enumerate(rows):
        if not isinstance(buttons, list) or not 1 <= len(buttons) <= 2:
            raise Invalid(f"content.actions[{row}]", "must be a row of one or two actions.")
        for column, button in enumerate(buttons):
            check_action(Fields(button, f"content.actions[{row}][{column}]", message.notes), LIST)


def _carousel(message: Fields) -> None:
    message.choice("imageAspectRatio", ("rectangle", "square"))
    message.choice("imageSize", ("cover", "contain"))
    columns = message.objects("columns", 1, 10)
    shapes = [_column(column) for column in columns]
    for index, shape in enumerate(shapes):
        for name, this, first in zip(
            ("title", "originalContentUrl", "actions"), shape, shapes[0], strict=True
        ):
            if this != first:
                raise Invalid(f"content.columns[{index}].{name}", "must be alike in every column.")


def _column(column: Fields) -> tuple[bool, bool, int]:
    """Checks a column; returns whether it has a title, whether a picture, and how many actions."""
    titled = column.text("title", 40) is not None
    column.i18n("i18nTitles", "title", 40)
    column.png("originalContentUrl")
    pictured = _picture(column, "originalContentUrl", "fileId")
    letters, lines = (60, 2) if titled or pictured else (120, 4)
    text = column.text("text", letters, required=True) or ""
    column.i18n("i18nTexts", "text", letters)
    if text.count("\n") >= lines:
        column.notes.append(f"{column.where('text')}: lines after the {lines}. are not shown")
    default = column.part("defaultAction")
    if default is not None:
        check_action(default, CAROUSEL_DEFAULT)
    actions = check_actions(column, CAROUSEL, 3)
    column.done()
    return titled, pictured, actions


def _image_carousel(message: Fields) -> None:
    for column in message.objects("columns", 1, 10):
        column.one_of("originalContentUrl", "fileId", required=True)
        _picture(column, "originalContentUrl", "fileId")
        action = column.part("action")
        if action is not None:
            check_action(action, IMAGE_CAROUSEL)
        column.done()


def _flex(message: Fields) -> None:
    message.text("altText", 400, required=True)
    message.i18n("i18nAltTexts", "altText", 400)
    check_flex(message.need("contents"))


def _image(message: Fields) -> None:
    if message.has("fileId"):
        message.text("fileId", 1000)
        if message.has("previewImageUrl") or message.has("originalContentUrl"):
            raise Invalid("content.fileId", "can't be used together with URLs.")
        return
    message.address("previewImageUrl", required=True)
    message.address("originalContentUrl", required=True)


def _file(message: Fields) -> None:
    message.one_of("originalContentUrl", "fileId", required=True)
    message.text("fileId", 1000)
    url = message.address("originalContentUrl")
    if url is not None and url.rpartition(".")[2].lower() in BLOCKED_EXTENSIONS:
        raise Invalid("content.originalContentUrl", "is a kind of file that is not allowed.")


def _audio(message: Fields) -> None:
    message.one_of("originalContentUrl", "fileId", required=True)
    message.text("fileId", 1000)
    message.address("originalContentUrl")


def _sticker(message: Fields) -> None:
    message.text("packageId", 100, required=True)
    message.text("stickerId", 100, required=True)


def _location(message: Fields) -> None:
    message.text("title", 100, required=True)
    message.text("address", 100, required=True)
    message.number("latitude", -90, 90)
    message.number("longitude", -180, 180)


def _picture(holder: Fields, url: str, file: str) -> bool:
    """At most one of a picture's URL and its file id; returns whether there is a picture."""
    holder.text(file, 1000)
    holder.address(url)
    return holder.one_of(url, file) is not None


_TYPES: dict[str, Callable[[Fields], None]] = {
    "text": _text,
    "link": _link,
    "button_template": _button_template,
    "list_template": _list_template,
    "carousel": _carousel,
    "image_carousel": _image_carousel,
    "flex": _flex,
    "image": _image,
    "video": _image,
    "file": _file,
    "audio": _audio,
    "sticker": _sticker,
    "location": _location,
}
