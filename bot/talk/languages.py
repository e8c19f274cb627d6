"""The member's language where LINE WORKS' directory does not tell it: asked in all, learned from the answer. Pure.

A message may carry translations, of which the client shows its own; a tap posts the label that was shown (LINE WORKS
reference 3.3). So that label tells the language, and so, until then, do typed words that one catalogue alone has.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from bot.lineworks.message import Action, ButtonTemplate, Message, Outgoing, Text, Uri
from bot.lineworks.postback import Postback
from bot.talk.wording import Wording, every_wording, plain_words, wording

CODES = {"ja": "ja_JP", "en": "en_US", "ko": "ko_KR"}
"""Our catalogues, by the names that LINE WORKS has for their languages; what is written first is shown to all others."""
SHOWN_IN_ALL = "i18n"
"""What the button of a message in every language carries: only then was its label shown in the member's own."""

Translations = tuple[tuple[str, str], ...]


def said_in(language: str, build: Callable[[Wording], list[Outgoing]]) -> list[Outgoing]:
    """The messages in the member's language; in all of them at once while it is unknown ("")."""
    return build(wording(language)) if language else in_every_language(build)


def in_every_language(build: Callable[[Wording], list[Outgoing]]) -> list[Outgoing]:
    """The messages with every text and label in all languages; `build` makes the same texts and buttons in each."""
    return [_message(versions) for versions in zip(*map(build, _wordings()), strict=True)]


def button_in_every_language(build: Callable[[Wording], Message]) -> Message:
    """One button with its label in all languages."""
    return _said([build(words) for words in _wordings()])


def of_label(text: str) -> str:
    """The language whose catalogue alone has this label of a button ("en_US"); "" where none or several have."""
    said = plain_words(text)
    return _only(
        words for words in every_wording() if said in map(plain_words, words.section("label").values())
    )


def of_words(typed: str) -> str:
    """The language whose catalogue alone understands these words; "" for all others.

    A single word in Latin letters tells nothing: OK, Cancel and menu are typed by people of every language. Nor does a
    courtesy: "good morning" is.
    """
    said = plain_words(typed)
    if said.isascii() and " " not in said:
        return ""
    return _only(words for words in every_wording() if words.verb(typed) not in (None, "courtesy"))


def _only(found: Iterable[Wording]) -> str:
    codes = [CODES[words.language] for words in found]
    return codes[0] if len(codes) == 1 else ""


def _wordings() -> list[Wording]:
    return [wording(code) for code in CODES.values()]


def _message(versions: Sequence[Outgoing]) -> Outgoing:
    """One message out of its versions, in the order of CODES."""
    texts = [each for each in versions if isinstance(each, Text)]
    if texts:
        below = tuple(_action(each) for each in zip(*(text.quick_reply for text in texts), strict=True))
        return replace(texts[0], quick_reply=below, translations=_beside([each.text for each in texts]))
    cards = [each for each in versions if isinstance(each, ButtonTemplate)]
    actions = tuple(_action(each) for each in zip(*(card.actions for card in cards), strict=True))
    translations = _beside([card.content_text for card in cards])
    return replace(cards[0], actions=actions, translations=translations)


def _action(versions: Sequence[Action]) -> Action:
    if links := [each for each in versions if isinstance(each, Uri)]:
        return replace(links[0], translations=_beside([each.label for each in links]))
    return _said([each for each in versions if isinstance(each, Message)])


def _said(versions: Sequence[Message]) -> Message:
    first, translations = versions[0], _beside([each.label for each in versions])
    carried = Postback.unpack(first.postback)
    if carried and not carried.ref and not carried.nonce:
        first = replace(first, postback=replace(carried, nonce=SHOWN_IN_ALL).pack())
    return replace(first, translations=translations)


def _beside(texts: Sequence[str]) -> Translations:
    return tuple(zip(CODES.values(), texts, strict=True))
