"""Reads one JSON object of a message field by field.

What the platform refuses is refused with the field's name; what nobody asked for is noted, because it is not
known whether the real service rejects unknown fields (reference 13.2).
"""

from collections.abc import Collection
from pathlib import PurePosixPath
from urllib.parse import urlsplit

_OTHER_PICTURES = frozenset(
    [".avif", ".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".svg", ".tif", ".tiff", ".webp"]
)
LANGUAGES = ("ko_KR", "ja_JP", "zh_CN", "zh_TW", "en_US")


class Invalid(Exception):
    """A message the platform refuses; `field` is its path, for example `content.columns[0].text`."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field} {why}")
        self.field = field


def units(text: str) -> int:
    """Length in UTF-16 units. The platform does not say how it counts; this count is never the smallest."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Fields:
    """The fields of one object at `path`; notes about strange but accepted things are added to `notes`."""

    def __init__(self, value: object, path: str, notes: list[str]) -> None:
        if not isinstance(value, dict):
            raise Invalid(path, "must be an object")
        self.value = value
        self.path = path
        self.notes = notes
        self._known: set[str] = set()

    def where(self, name: str) -> str:
        return f"{self.path}.{name}"

    def get(self, name: str) -> object:
        """The raw value; null counts as absent."""
        self._known.add(name)
        return self.value.get(name)

    def has(self, name: str) -> bool:
        return self.get(name) is not None

    def text(self, name: str, most: int, *, required: bool = False) -> str | None:
        """A string of at most `most` UTF-16 units; an empty one counts as missing where it is required."""
        value = self.get(name)
        if value is None or value == "":
            if required:
                raise Invalid(self.where(name), "is required.")
            return None
        if not isinstance(value, str):
            raise Invalid(self.where(name), "must be a string.")
        if not value.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise Invalid(self.where(name), "holds half a surrogate pair.")
        if units(value) > most:
            raise Invalid(self.where(name), f"must be at most {most} characters.")
        return value

    def number(self, name: str, least: float, most: float) -> None:
        """A required number within bounds."""
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise Invalid(self.where(name), f"must be a number from {least} to {most}.")

    def choice(self, name: str, options: Collection[str], *, required: bool = False) -> str | None:
        """One of the listed words."""
        value = self.text(name, 100, required=required)
        if value is not None and value not in options:
            raise Invalid(self.where(name), f"must be one of {', '.join(options)}.")
        return value

    def flag(self, name: str) -> None:
        """An optional true or false."""
        if self.has(name) and not isinstance(self.get(name), bool):
            raise Invalid(self.where(name), "must be true or false.")

    def address(self, name: str, *, required: bool = False) -> str | None:
        """The URL of a picture or file: HTTPS, at most 1,000 characters (reference 3.2, 5)."""
        value = self.text(name, 1000, required=required)
        if value is not None and not (value.startswith("https://") and urlsplit(value).hostname):
            raise Invalid(self.where(name), "must begin with https://")
        return value

    def png(self, name: str) -> str | None:
        """The URL of a picture where the reference wants PNG (3.2, 3.4); one that is named as another kind is refused."""
        value = self.address(name)
        kind = PurePosixPath(urlsplit(value or "").path).suffix.lower()
        if kind in _OTHER_PICTURES:
            raise Invalid(self.where(name), f"must be a PNG, not {kind}.")
        return value

    def web_link(self, name: str) -> None:
        """A link to tap: any scheme is let through, only http and https are proven (reference 3.3)."""
        value = self.text(name, 1000, required=True)
        assert value is not None
        scheme, colon, rest = value.partition(":")
        if not (colon and rest and scheme.isascii() and scheme[0:1].isalpha()) or any(
            c.isspace() for c in value
        ):
            raise Invalid(self.where(name), "must be a URI.")
        if scheme.lower() not in ("http", "https"):
            self.notes.append(f"{self.where(name)}: only http and https are proven to work")

    def one_of(self, *names: str, required: bool = False) -> str | None:
        """Which of the fields is there; more than one is refused, none only where one is required."""
        present = [name for name in names if self.has(name)]
        if len(present) > 1:
            raise Invalid(self.where(present[1]), f"can't be used together with {present[0]}.")
        if not present and required:
            raise Invalid(self.where(names[0]), f"or {names[1]} is required.")
        return present[0] if present else None

    def part(self, name: str) -> "Fields | None":
        """An optional object inside this one."""
        return self.need(name) if self.has(name) else None

    def need(self, name: str) -> "Fields":
        """A required object inside this one."""
        if not self.has(name):
            raise Invalid(self.where(name), "is required.")
        return Fields(self.get(name), self.where(name), self.notes)

    def items(self, name: str, least: int, most: int) -> list[object]:
        """An array of `least` to `most` entries; an absent one is empty."""
        value = self.get(name)
        if value is None:
            value = []
        if not isinstance(value, list):
            raise Invalid(self.where(name), "must be an array.")
        if len(value) < least:
            raise Invalid(
                self.where(name), "is required." if not value else f"needs at least {least} entries."
            )
        if len(value) > most:
            raise Invalid(self.where(name), f"must have at most {most} entries.")
        return value

    def objects(self, name: str, least: int, most: int) -> list["Fields"]:
        return [
            Fields(value, f"{self.where(name)}[{index}]", self.notes)
            for index, value in enumerate(self.items(name, least, most))
        ]

    def i18n(self, name: str, field: str, most: int) -> None:
        """Translations: an array of {"language", field} with the limit of the untranslated field."""
        for entry in self.objects(name, 0, len(LANGUAGES)):
            entry.choice("language", LANGUAGES, required=True)
            entry.text(field, most, required=True)
            entry.done()

    def done(self) -> None:
        """Every field has been read: note those that this kind of object does not have."""
        self.notes += [f"{self.where(name)}: unknown field" for name in self.value if name not in self._known]
