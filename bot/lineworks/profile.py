"""What the platform says of a member and of the bot itself: every field may be missing or null."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.lineworks.text import clean


@dataclass(frozen=True, slots=True)
class Profile:
    """A member. `login_id` looks like mail but need not be a mailbox; App Links need it (reference 7 and 8).

    `language` is the record's `locale` (ja_JP), which only the wider scopes may show.
    """

    user_id: str
    login_id: str | None
    last_name: str | None
    first_name: str | None
    language: str | None
    organizations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BotFacts:
    """How the bot is registered: for `kaimono check`, since an event that is switched off produces nothing.

    `callback_events` and `channel_events` are None when the platform doesn't tell (field names: reference 6).
    """

    callback_url: str | None
    callback_enabled: bool | None
    callback_events: frozenset[str] | None
    channel_events: frozenset[str] | None


def read_profile(facts: Mapping[str, Any], asked_for: str) -> Profile:
    """The member in an answer of GET /users/{userId}, in any of its shapes: the scope decides (7)."""
    name = facts.get("userName")
    names = name if isinstance(name, dict) else {}
    return Profile(
        _text(facts.get("userId")) or asked_for,
        _text(facts.get("email")),
        _text(names.get("lastName")),
        _text(names.get("firstName")),
        _text(facts.get("locale")) or _text(facts.get("language")),
        tuple(_organizations(facts.get("organizations"))),
    )


def _organizations(value: object) -> Iterator[str]:
    """Names and ids of the units a member belongs to, in whatever depth the record lists them."""
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, dict):
            for name in ("orgUnitName", "organizationName", "orgUnitId"):
                if text := _text(entry.get(name)):
                    yield text
            yield from _organizations(entry.get("orgUnits"))


def read_bot(facts: Mapping[str, Any]) -> BotFacts:
    """The bot in an answer of GET /bots/{botId}."""
    enabled = facts.get("enableCallback")
    return BotFacts(
        _text(facts.get("callbackUrl")),
        enabled if isinstance(enabled, bool) else None,
        _words(facts.get("callbackEvents")),
        _words(facts.get("channelEvents")),
    )


def _text(value: object) -> str | None:
    return (clean(value).strip() or None) if isinstance(value, str) else None


def _words(value: object) -> frozenset[str] | None:
    return frozenset(word for word in value if isinstance(word, str)) if isinstance(value, list) else None
