"""The list of people and talks: last message, unread count, and who else they talk to."""

from collections.abc import Iterator
from typing import Any

from sandbox.lineworks.talks import Talk, moment
from sandbox.lineworks.tenant import Tenant
from sandbox.settings import Person

_NAMES = {
    "image": "写真",
    "image_carousel": "写真",
    "video": "動画",
    "audio": "音声",
    "file": "ファイル",
    "sticker": "スタンプ",
    "location": "位置情報",
}


def overview(tenant: Tenant) -> dict[str, Any]:
    """The bot and all people with their talks, as JSON."""
    return {
        "bot": {"id": tenant.bot.bot_id, "name": tenant.bot.name, "menu": tenant.bot.menu},
        "people": [_person(tenant, person) for person in tenant.directory.people],
    }


def _person(tenant: Tenant, person: Person) -> dict[str, Any]:
    return {
        "user_id": person.user_id,
        "login_id": person.login_id,
        "name": person.display_name,
        "language": person.language,
        "bot_allowed": person.bot_allowed,
        "talk": _state(tenant.talks.with_bot(person.user_id), person.user_id),
        "peers": list(_peers(tenant, person)),
    }


def _peers(tenant: Tenant, person: Person) -> Iterator[dict[str, Any]]:
    for peer_id, talk in tenant.talks.peers_of(person.user_id):
        peer = tenant.directory.find(peer_id)
        if peer is not None:
            yield {"user_id": peer_id, "name": peer.display_name, "talk": _state(talk, person.user_id)}


def _state(talk: Talk, viewer: str) -> dict[str, Any]:
    last = talk.messages[-1] if talk.messages else None
    return {
        "opened": talk.opened,
        "unread": talk.unread(viewer),
        "at": moment(last.at) if last else None,
        "last": one_line(last.content) if last else "",
    }


def one_line(content: dict[str, Any]) -> str:
    """A message as a list of talks or a notification shows it."""
    kind = content["type"]
    if kind in _NAMES:
        return _NAMES[kind]
    first: dict[str, Any] = {}
    if kind == "list_template":
        first = content.get("coverData") or content["elements"][0]
    elif kind == "carousel":
        first = content["columns"][0]
    texts = (content.get(name) for name in ("altText", "text", "contentText"))
    text = next(filter(None, texts), None) or first.get("title") or first.get("text") or kind
    return " ".join(text.split())[:80]
