"""What a free question is about: "まだ届かないのですが", "領収書をもらえますか", a link to an article. Pure.

A topic is found by a part of the text, so it may be misheard: it only ever shows something, with the buttons that act.
"""

import re
import unicodedata
from enum import StrEnum
from functools import cache

from bot.talk.wording import every_wording, joined


class Topic(StrEnum):
    """In the order in which they are looked for. Those called as a verb are that verb said in other words."""

    SHORT_LINK = "short_link"
    GUIDE = "guide"
    PAPERS = "papers"
    RETURNS = "returns"
    CANCELLING = "cancelling"
    PLACE = "place"
    NOT_HERE = "not_here"
    SPENT = "spent"
    COSTS = "costs"
    APPROVAL = "approval"
    REORDER = "reorder"
    CHANGE = "change"
    ORDER = "order"
    WATCHED = "watched"
    HISTORY = "history"
    ASK_ADMIN = "ask_admin"
    HELP = "help"
    SHOP = "shop"


LONGEST = 120
"""Longer than any question: what is, was pasted, and is about anything."""
_ARTICLE = re.compile(
    r"(?:/(?:dp|gp/product|gp/aw/d|exec/obidos/asin)/|\basin\W{0,3})([0-9a-z]{10})\b|\b(b0[0-9a-z]{8})\b",
    re.IGNORECASE | re.ASCII,
)


def topic_of(typed: str, *, admin: bool) -> Topic | None:
    """The first topic of which the text holds a part, in any language; WATCHED is an administrator's."""
    text = joined(typed)
    if len(text) > LONGEST:
        return None
    found = (topic for topic, parts in _parts().items() if any(part in text for part in parts))
    return next((topic for topic in found if admin or topic is not Topic.WATCHED), None)


def asks_for_admin(typed: str) -> bool:
    """Whether these words ask for somebody to talk to, so that the directory is asked for the names first."""
    return topic_of(typed, admin=False) is Topic.ASK_ADMIN


@cache
def _parts() -> dict[Topic, frozenset[str]]:
    return {
        topic: frozenset(
            joined(part) for words in every_wording() for part in words("topic", topic).split("|")
        )
        for topic in Topic
    }


def article(typed: str) -> str:
    """The ASIN in a text or in a link to Amazon's page of an article; empty for none."""
    found = _ARTICLE.search(unicodedata.normalize("NFKC", typed))
    asin = (found[1] or found[2]).upper() if found else ""
    return asin if any(sign.isdigit() for sign in asin) else ""
