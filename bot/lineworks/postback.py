"""What our buttons carry: a verb, what it is about, and a nonce that makes one button unlike the next.

Buttons stay tappable for ever (reference 12), so `ref` names the business object and `nonce` the card it
stood on. The string comes back from a chat: `unpack` takes it for nothing more than a claim.
"""

from dataclasses import dataclass

from bot.lineworks.action import POSTBACK
from bot.lineworks.limits import NotAllowed, Refused, check_count
from bot.lineworks.text import units

_SEPARATOR = ":"


@dataclass(frozen=True, slots=True)
class Postback:
    """`verb:ref` or `verb:ref:nonce`, at most 300 UTF-16 units. `ref` may be empty: `help:`."""

    verb: str
    ref: str
    nonce: str = ""

    def __post_init__(self) -> None:
        if not self.verb:
            raise NotAllowed("postback", "a postback needs a verb")
        for field in (self.verb, self.ref, self.nonce):
            if _SEPARATOR in field or not field.isprintable():
                raise NotAllowed("postback", f"no {_SEPARATOR!r} and no control character inside a field")
        check_count("postback", units(self.pack()), 1, POSTBACK)

    def pack(self) -> str:
        """For `Message.postback` and `Postback.data` of a message: "pay:123:4c1f"."""
        fields = (self.verb, self.ref, self.nonce) if self.nonce else (self.verb, self.ref)
        return _SEPARATOR.join(fields)

    @classmethod
    def unpack(cls, text: str | None) -> "Postback | None":
        """What `pack` made, or None for every other string; packing the result gives `text` again."""
        fields = (text or "").split(_SEPARATOR)
        if len(fields) not in (2, 3):
            return None
        try:
            postback = cls(*fields)
        except Refused:
            return None
        return postback if postback.pack() == text else None
