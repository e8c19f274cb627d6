"""A secret that cannot be printed by accident: str, repr and format give ***."""

from __future__ import annotations

import hmac
from typing import Final

__all__ = ["Secret"]


class Secret:
    """A password, token or shared secret. Ask for it with `reveal()`; compare with `matches()`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value: Final = value

    def reveal(self) -> str:
        return self._value

    def matches(self, other: str) -> bool:
        """Whether `other` is this secret, in constant time. An empty secret matches nothing."""
        return bool(self._value) and hmac.compare_digest(self._value.encode(), other.encode())

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("***", spec)
