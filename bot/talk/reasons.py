"""Why Amazon said no, in our words: what happened and what to do now. Amazon's own text stands behind. Pure."""

import re

from bot.lineworks.message import clean, cut
from bot.talk.wording import Wording
from storage.tables import Order

LONGEST = 300
_CODE = re.compile(r"[\[［][^\[\]［］]{0,40}?([0-9]{3}-[0-9]{3})\s*[\]］]")
_JAPANESE = re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uff66-\uff9f]")
_ENGLISH = re.compile("[a-zA-Z]{2}")
_ALIKE = {405: 404, 410: 404, 413: 406, 415: 406, 450: 406, 475: 406, 476: 406, 477: 406}
"""Codes that mean the same to a person as another: a wrong address, a document that Amazon cannot read."""
NO_USE_SHOPPING = (401, 403, 404, 406, 409)
"""Refusals after which nobody should simply shop again: something has to be mended, or looked at, first."""


def line_reason(words: Wording, code: str, text: str) -> str:
    """Words of ours for the codes we have met; for all others that it was refused, and Amazon's own text."""
    if words.has("reason", code):
        return words("reason", code)
    said = amazons_text(words, text, 200)
    return words("reason", "other_amazon", said=said) if said else words("reason", "unknown")


def order_reason(words: Wording, order: Order, *, to_admin: bool) -> str:
    """What the refusal of a whole order means to its buyer, or to who answers for it."""
    code = _CODE.search(order.refusal)
    if code and words.has("reason", code[1]):
        sentence = words("reason", code[1])
    else:
        section = "refusal_admin" if to_admin else "refusal"
        status = str(status_of(order))
        sentence = words(section, status if words.has(section, status) else "other")
    said = amazons_text(words, order.refusal)
    return "\n\n".join([sentence, said] if said else [sentence])


def amazons_text(words: Wording, text: str, longest: int = LONGEST) -> str:
    """Amazon's own text, and that it came in another language than the reader's; "" where there is none."""
    said = cut(clean(text), longest)
    if not said:
        return ""
    foreign = _language(said) not in ("", words.language)
    return words("reason", f"amazon_{_language(said)}" if foreign else "amazon", text=said)


def _language(text: str) -> str:
    """What Amazon wrote in, ja or en; "" where nothing tells. The mark of an error code is Japanese in any text."""
    bare = _CODE.sub("", text)
    if _JAPANESE.search(bare):
        return "ja"
    return "en" if _ENGLISH.search(bare) else ""


def status_of(order: Order) -> int:
    """The code that the order was refused with, or another that means the same to a person."""
    status = order.refusal_status or 0
    return _ALIKE.get(status, status)
