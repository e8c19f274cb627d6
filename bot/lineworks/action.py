"""What a button does when it is tapped. LINE WORKS reference 3.3.

A `Message` comes back as a `message` event (its text as if typed, its postback beside it); a `Uri` never comes back. The
platform's other actions are not for us: a postback action may not stand in a button template, and nobody copies.
"""

from dataclasses import dataclass
from typing import Any

from bot.lineworks.limits import check_text, check_uri

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
        if self.postback is not None:
            check_text("postback", self.postback, POSTBACK)
        _check_labels(self.translations)

    def content(self) -> dict[str, Any]:
        said = {"type": "message", "label": self.label, "text": self.text}
        if self.postback is not None:
            said["postback"] = self.postback
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
        return {"type": "uri", "label": self.label, "uri": self.uri} | translated("label", self.translations)


Action = Message | Uri


def translated(field: str, translations: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """What stands beside a field for clients of other languages: nothing without translations (reference 3.2)."""
    if not translations:
        return {}
    name = f"i18n{field[0].upper()}{field[1:]}s"
    return {name: [{"language": code, field: text} for code, text in translations]}


def _check_labels(translations: tuple[tuple[str, str], ...]) -> None:
    for language, label in translations:
        check_text(f"i18nLabels {language}", label, LABEL)
