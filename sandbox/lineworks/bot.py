"""The bot as it is registered with the platform: name, callback URL, enabled events, menu (reference 6)."""

from typing import Any, get_args
from urllib.parse import urlsplit

from sandbox.lineworks.fields import Fields, Invalid
from sandbox.settings import CallbackEvent, ChannelEvent, LineWorksSettings

_CALLBACK_EVENTS = get_args(CallbackEvent)
_CHANNEL_EVENTS = get_args(ChannelEvent)


class Bot:
    """The registration of the one bot of this tenant."""

    def __init__(self, settings: LineWorksSettings) -> None:
        self.bot_id = settings.bot_id
        self.menu: dict[str, Any] | None = None
        self._record: dict[str, Any] = {
            "botName": settings.bot_name,
            "photoUrl": "",
            "description": "",
            "administrators": [],
            "subadministrators": [],
            "enableCallback": True,
            "callbackUrl": settings.callback_url,
            "callbackEvents": list(settings.callback_events),
            "channelEvents": list(settings.channel_events),
            "enableGroupJoin": False,
        }

    @property
    def name(self) -> str:
        return str(self._record["botName"])

    @property
    def callback_url(self) -> str:
        return str(self._record["callbackUrl"])

    @property
    def callback_events(self) -> list[str]:
        return list(self._record["callbackEvents"])

    @property
    def joins_rooms(self) -> bool:
        """Whether it may be invited into rooms of several people (reference 2.7)."""
        return bool(self._record["enableGroupJoin"])

    def as_json(self) -> dict[str, Any]:
        return {"botId": self.bot_id, **self._record}

    def wants(self, event: dict[str, Any]) -> bool:
        """Whether this event is enabled: its type and, for a message, its kind of content."""
        if not self._record["enableCallback"] or not self.callback_url:
            return False
        content = event.get("content")
        if isinstance(content, dict) and content["type"] not in self._record["callbackEvents"]:
            return False
        return event["type"] in self._record["channelEvents"]

    def change(self, values: object, *, replace: bool) -> None:
        """PUT (`replace`) or PATCH of the registration; raises Invalid with the field's name."""
        fields = Fields(values, "bot", [])
        fields.text("botName", 100, required=replace)
        fields.text("description", 100, required=replace)
        fields.flag("enableCallback")
        fields.flag("enableGroupJoin")
        _check_callback_url(fields)
        _check_events(fields, "callbackEvents", _CALLBACK_EVENTS)
        _check_events(fields, "channelEvents", _CHANNEL_EVENTS)
        fields.items("administrators", 1 if replace else 0, 3)
        fields.items("subadministrators", 0, 3)
        self._record |= {name: fields.get(name) for name in self._record if fields.has(name)}


def _check_callback_url(fields: Fields) -> None:
    """HTTPS only (reference 2.1), except on this machine, where a stand-in has no certificate to ask for."""
    url = fields.text("callbackUrl", 1000)
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise Invalid("bot.callbackUrl", "must begin with https://")


def _check_events(fields: Fields, name: str, known: tuple[str, ...]) -> None:
    for event in fields.items(name, 0, len(known)):
        if event not in known:
            raise Invalid(fields.where(name), f"must be chosen from {', '.join(known)}.")
