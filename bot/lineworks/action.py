"""What a button does when it is tapped, and where each action may stand. LINE WORKS reference 3.3.

A `Message` comes back as a `message` event (its text as if typed, its postback beside it); a `Postback` as
a `postback` event; `Uri` and `Copy` never come back. `label` is required here although the rich menu could
do without.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.lineworks.limits import NotAllowed, check_count, check_optional, check_text, check_uri

LABEL = 20
POSTBACK = 300
"""Third parties saw 1,000 for a message action; 300 is the one documented number (gaps 8)."""


@dataclass(frozen=True, slots=True)
class Message:
    """Says `text` for the member; what the platform would say without a text isn't documented.

    `translations` are labels for members of other languages, ("en_US", "Shop"); a text that is the label goes with them.
    """

    label: str
    text: str
    postback: str | None = None
    translations: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        check_text("label", self.label, LABEL)
        check_text("text", self.text, 300)
        check_optional("postback", self.postback, POSTBACK)
        _check_labels(self.translations)

    def content(self) -> dict[str, Any]:
        said = _filled(type="message", label=self.label, text=self.text, postback=self.postback)
        texts = self.translations if self.text == self.label else ()
        return said | translated("label", self.translations) | translated("text", texts)


@dataclass(frozen=True, slots=True)
class Uri:
    """Opens an address; no event follows."""

    label: str
    uri: str
    translations: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        check_text("label", self.label, LABEL)
        check_uri("uri", self.uri)
        _check_labels(self.translations)

    def content(self) -> dict[str, Any]:
        link = _filled(type="uri", label=self.label, uri=self.uri)
        return link | translated("label", self.translations)


@dataclass(frozen=True, slots=True)
class Postback:
    """Sends `data` to the bot, unseen without a `display_text`. Not for button and list templates."""

    label: str
    data: str
    display_text: str | None = None

    def __post_init__(self) -> None:
        check_text("label", self.label, LABEL)
        check_text("data", self.data, POSTBACK)
        check_optional("displayText", self.display_text, 300)

    def content(self) -> dict[str, Any]:
        return _filled(type="postback", label=self.label, data=self.data, displayText=self.display_text)


@dataclass(frozen=True, slots=True)
class Copy:
    """Puts `copy_text` on the member's clipboard; no event follows."""

    label: str
    copy_text: str

    def __post_init__(self) -> None:
        check_text("label", self.label, LABEL)
        check_text("copyText", self.copy_text, 1000)

    def content(self) -> dict[str, Any]:
        return _filled(type="copy", label=self.label, copyText=self.copy_text)


Action = Message | Uri | Postback | Copy


def refuse_postback(field: str, actions: Sequence[Action]) -> None:
    """Button and list templates take every action but Postback: give a Message its `postback` instead."""
    if any(isinstance(action, Postback) for action in actions):
        raise NotAllowed(field, "a postback action is not allowed here; use a message action with a postback")


def check_quick_reply(actions: Sequence[Action]) -> None:
    """At most 13 quick replies, each Postback with a display text (reference 3.3, 3.4)."""
    check_count("quickReply.items", len(actions), 0, 13)
    if any(isinstance(action, Postback) and action.display_text is None for action in actions):
        raise NotAllowed("quickReply.items", "a postback action needs a displayText in a quick reply")


def quick_replies(actions: Sequence[Action]) -> dict[str, Any]:
    """What a message adds to its content for its quick replies: nothing when there are none."""
    return {"quickReply": {"items": [{"action": action.content()} for action in actions]}} if actions else {}


def translated(field: str, translations: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """What stands beside a field for clients of other languages: nothing without translations (reference 3.2)."""
    if not translations:
        return {}
    name = f"i18n{field[0].upper()}{field[1:]}s"
    return {name: [{"language": code, field: text} for code, text in translations]}


def _check_labels(translations: tuple[tuple[str, str], ...]) -> None:
    for language, label in translations:
        check_text(f"i18nLabels {language}", label, LABEL)


def _filled(**fields: str | None) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
