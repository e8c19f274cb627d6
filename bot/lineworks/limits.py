"""The two ways in which a message is refused while it is built, before the platform could do so."""

from urllib.parse import urlsplit

from bot.lineworks.text import units


class Refused(ValueError):
    """LINE WORKS would answer 400 to this message."""


class LimitExceeded(Refused):
    """A text is too long or blank, a list too long or too short. Lengths are UTF-16 units, items or bytes."""

    def __init__(self, field: str, limit: int, actual: int) -> None:
        bound = "at most" if actual > limit else "at least"
        super().__init__(f"{field}: {bound} {limit}, not {actual}")
        self.field, self.limit, self.actual = field, limit, actual


class NotAllowed(Refused):
    """A thing at a place where the platform doesn't take it; `why` says which rule."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


def check_text(field: str, text: str, limit: int) -> None:
    """Refuses a text beyond `limit` UTF-16 units and, since it is required, a blank one."""
    if not text.strip():
        raise LimitExceeded(field, 1, 0)
    if (actual := units(text)) > limit:
        raise LimitExceeded(field, limit, actual)


def check_count(field: str, actual: int, least: int, most: int) -> None:
    """Refuses fewer than `least` or more than `most` items."""
    if actual < least:
        raise LimitExceeded(field, least, actual)
    if actual > most:
        raise LimitExceeded(field, most, actual)


def check_uri(field: str, uri: str) -> None:
    """Refuses what isn't an absolute http(s) address of at most 1,000 units; the rest is unproven (3.3)."""
    check_text(field, uri, 1000)
    if any(char.isspace() or not char.isprintable() for char in uri):
        raise NotAllowed(field, "an address holds no blank and no control character")
    try:
        parts = urlsplit(uri)
        proper = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        proper = False
    if not proper:
        raise NotAllowed(field, "only http and https addresses with a host")
