"""What LINE WORKS posts to us: one event per callback, read from the exact body.

Lenient on purpose: callbacks are never sent again, so an unknown type, an unknown content, a missing or
oddly typed field gives an Event with what could be read. Only a body that is no JSON at all is refused.
LINE WORKS reference 2.5 and 2.6.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple, NoReturn

from pydantic_core import from_json

START = "start"
"""`content.postback` of the 利用開始 button; the text beside it is not documented (reference 2.6)."""


class NotJson(ValueError):
    """The body of a callback is not JSON, or nested so deeply that no real event can be meant."""


class Content(NamedTuple):
    """What a member sent. `facts` holds every other field as it came: fileId, address, latitude …"""

    type: str
    text: str | None
    postback: str | None
    facts: Mapping[str, Any]


class Event(NamedTuple):
    """One callback. `user_id` is the key of a 1:1 talk, whose messages have no `channel_id`."""

    type: str
    user_id: str | None
    channel_id: str | None
    domain_id: int | None
    issued_at: datetime | None
    content: Content | None
    data: str | None
    members: tuple[str, ...]

    @property
    def is_start(self) -> bool:
        """The member pressed 利用開始."""
        return self.content is not None and self.content.postback == START


class Envelope(NamedTuple):
    """From where and when a callback came: all that matters of it before it is stored."""

    user_id: str | None
    channel_id: str | None
    issued_time: str
    """As it is written, "" where there is none."""


def read_envelope(body: bytes) -> Envelope:
    """The envelope of a callback, whatever its shape; NotJson when the body is not JSON."""
    event, source = _event_and_source(body)
    return Envelope(
        _text(source.get("userId")) or None,
        _text(source.get("channelId")) or None,
        _text(event.get("issuedTime")) or "",
    )


def read_event(body: bytes) -> Event:
    """The event in a callback's body, whatever its shape; NotJson when the body is not JSON."""
    event, source = _event_and_source(body)
    domain = source.get("domainId")
    return Event(
        _text(event.get("type")) or "unknown",
        _text(source.get("userId")) or None,
        _text(source.get("channelId")) or None,
        domain if type(domain) is int else None,
        _moment(event.get("issuedTime")),
        _content(event.get("content")),
        _text(event.get("data")),
        _members(event.get("members")),
    )


def _event_and_source(body: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        event = _load(body)
    except RecursionError:
        raise NotJson("the callback is nested too deeply") from None
    if not isinstance(event, dict):
        return {}, {}
    source = event.get("source")
    return event, source if isinstance(source, dict) else {}


def _content(value: object) -> Content | None:
    if not isinstance(value, dict):
        return None
    kind = _text(value.pop("type", None)) or "unknown"
    text, postback = _text(value.pop("text", None)), _text(value.pop("postback", None))
    return Content(kind, text, postback, value)


def _members(value: object) -> tuple[str, ...]:
    return tuple(member for member in value if isinstance(member, str)) if isinstance(value, list) else ()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _moment(value: object) -> datetime | None:
    """An instant with or without milliseconds (both are documented, 2.5); without a zone it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is UTC:
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _load(body: bytes) -> Any:
    """Quickly what is plain; whatever is not is looked at again with more patience."""
    if b"\\u" not in body:
        with suppress(ValueError):
            return from_json(body, allow_inf_nan=False)
    try:
        text = body.decode()
        # Escapes are the one way by which NUL and lone surrogates get in; no database column takes them.
        return _storable(_decode(text)) if "\\u" in text else _decode(text)
    except UnicodeDecodeError:
        raise NotJson("the callback is not UTF-8") from None
    except json.JSONDecodeError:
        raise NotJson("the callback is not JSON") from None


def _decode(text: str) -> Any:
    try:
        return _JSON.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        # Python declines whole numbers of more than 4,300 digits; they are JSON all the same.
        return _LONG_NUMBERS.decode(text)


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)
_LONG_NUMBERS = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=Decimal)


def _storable(value: Any) -> Any:
    """`value` with NUL and lone surrogates in its texts replaced by U+FFFD."""
    if isinstance(value, str):
        units = value.replace("\0", "\ufffd").encode("utf-16-le", "surrogatepass")
        return units.decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(item) for name, item in value.items()}
    return value
