"""A callback without the people in it: the same value becomes the same obvious sample, in every file and after a start.

Samples are keyed hashes: nobody without the bot's secret can try names against them. What isn't known to be harmless is
replaced (fields of LINE WORKS that we don't know yet, file ids, places); in texts that members type, everything that
looks like a mail address, an id, a phone number, a postal code or a Japanese address, who is spoken of with さん and the
like, and whatever the company's rows know. Any other name cannot be told from other words: read a recording before you
publish it; `tests.talks.transcribe` lists the texts to be read. Pure.
"""

import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from bot.lineworks.postback import Postback
from bot.talk.hearing import Verb


@dataclass(frozen=True)
class Known:
    """What the company's rows know of people and places: every value with what it is (a key of `SAMPLES`)."""

    key: bytes
    values: Mapping[str, str]


def anonymise(event: Any, known: Known) -> Any:
    """The event, of the same shape, with samples for everything that points at a person, a place or a company."""
    ids = sorted(_ids(event), key=len, reverse=True)

    def words(text: str) -> str:
        for identity in ids:
            text = text.replace(identity, _uuid(known.key, identity))
        return _words(text, known)

    return _clean(event, "", known.key, words)


def _ids(event: Any) -> set[str]:
    """The ids that the event itself names: they may stand in its texts, too."""
    source = event.get("source") if isinstance(event, dict) else None
    named = [source.get("userId"), source.get("channelId")] if isinstance(source, dict) else []
    members = event.get("members") if isinstance(event, dict) else None
    named += members if isinstance(members, list) else []
    return {value for value in named if isinstance(value, str) and len(value) > 3}


def _clean(value: Any, name: str, key: bytes, words: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {_plain(field): _clean(item, field, key, words) for field, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, name, key, words) for item in value]
    if isinstance(value, str):
        return _text(value, name, key, words)
    if isinstance(value, bool) or value is None:
        return value
    return _NUMBERS.get(name, 0)


def _text(value: str, name: str, key: bytes, words: Callable[[str], str]) -> str:
    if name in ("userId", "channelId", "members"):
        return _uuid(key, value)
    if name == "type":
        return _plain(value)
    if name == "issuedTime":
        return value if re.fullmatch(r"[0-9T:.+Z-]{10,35}", value) else ""
    if name in ("packageId", "stickerId"):
        return value if re.fullmatch(r"[0-9]{1,20}", value) else "0"
    if name in ("postback", "data"):
        return _postback(value, words)
    if name == "text":
        return words(value)
    return PLACE if name == "address" else f"sample-{_hash(key, value)[:12]}"


def _postback(value: str, words: Callable[[str], str]) -> str:
    """A button of ours keeps the number that it speaks of and its nonce: a replay needs them, and they name nobody."""
    ours = Postback.unpack(value)
    if ours is None or ours.verb not in set(Verb) or not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", ours.nonce):
        return words(value)
    ref = ours.ref if re.fullmatch(r"[0-9]*", ours.ref) else words(ours.ref)
    return Postback(ours.verb, ref, ours.nonce).pack()


def _plain(name: str) -> str:
    """Names of fields and types, as LINE WORKS forms them."""
    return name if re.fullmatch(r"[A-Za-z0-9_]{1,40}", name) else "unknown"


PLACE = "見本県見本市見本町1-2-3"
_NUMBERS = {"domainId": 12345678, "latitude": 35.0, "longitude": 139.0}
_MAIL = r"[\w.+%'-]+[@＠][\w-]+(?:[.．。][\w-]+)*"
_UUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_DASH = "[-‐‑‒–—―−ーｰ－]"
_PREFECTURE = r"(?:北海道|東京都|京都府|大阪府|[一-龥]{2,3}県)[^\s、。,,]+"
_STREET = (
    r"(?:[一-龥々ァ-ヶー]{1,8}|[ぁ-ん]{2,4})[市区町村][^\s、。,,\d]{0,20}"
    rf"\d{{1,4}}(?:(?:丁目|番地?|号|の|{_DASH})\d{{0,4}})+(?:[^\s、。,,]*(?:ビル|マンション|号室|階))?"
)
_BUILDING = r"(?:\s[^\s、。,,]*(?:ビル|マンション|タワー|ハイツ|号室|階)[^\s、。,,]*)?"
_PHONE = (
    rf"(?<![\d-])(?:[+＋]\d{{1,3}}[\s(（)）-]*|[(（]?[0０])\d{{1,4}}[)）]?(?:{_DASH}|\s)?\d{{1,4}}(?:{_DASH}|\s)?"
    r"\d{3,4}(?![\d-])"
)
_POSTAL = rf"〒?\s*(?<![\d-])\d{{3}}{_DASH}?\d{{4}}(?![\d-])"


_PERSON = (
    r"(?:[一-龥々]{1,4}[ 　])?(?:[一-龥々]{1,5}[ぁ-んァ-ヶー]{0,5}|[ァ-ヶー]{2,10})(?=さん|くん|ちゃん)"
    r"|(?:[一-龥々]{1,4}[ 　])?[一-龥々]{2,5}(?=(?:様|氏|殿)(?![一-龥々]))"
    r"|(?<![A-Za-z])[A-Za-z]{2,15}(?=[- ]san(?![A-Za-z]))|[가-힣]{2,4}(?= ?님| 씨)"
)
"""Who is spoken of politely. Now and then that is nobody (商品仕様): a recording is read, not answered for."""


def _words(text: str, known: Known) -> str:
    """`text` without what points at somebody; what shows only in another width of the letters counts, too."""
    pattern = _pattern(frozenset(known.values))

    def sample(found: re.Match[str]) -> str:
        return _sample(found, known)

    folded = normalize("NFKC", text)
    found = [normalize("NFKC", match.group()) for match in pattern.finditer(text)]
    all_seen = found == [match.group() for match in pattern.finditer(folded)]
    return pattern.sub(sample, text if all_seen else folded)


@lru_cache(maxsize=8)
def _pattern(values: frozenset[str]) -> re.Pattern[str]:
    """One pattern for all, so that nothing that was put in is looked at again. Longer values first."""
    literals = "|".join(_literal(value) for value in sorted(values, key=lambda value: (-len(value), value)))
    parts = {
        "mail": _MAIL,
        "uuid": _UUID,
        "known": literals or r"(?!)",
        "place": rf"(?:{_PREFECTURE}|{_STREET}){_BUILDING}",
        "postal": _POSTAL,
        "phone": _PHONE,
        "name": _PERSON,
    }
    return re.compile("|".join(f"(?P<{name}>{part})" for name, part in parts.items()), re.IGNORECASE)


def _literal(value: str) -> str:
    """The value wherever it stands; two or three Latin letters only as a word of their own."""
    escaped = re.escape(value)
    return rf"(?<![A-Za-z]){escaped}(?![A-Za-z])" if value.isascii() and len(value) < 4 else escaped


def _sample(found: re.Match[str], known: Known) -> str:
    text, kind = found.group(), found.lastgroup or ""
    if kind == "known":
        kind = next((what for value, what in known.values.items() if value.lower() == text.lower()), "name")
    return SAMPLES[kind](known.key, text)


def _mail(key: bytes, mail: str) -> str:
    if re.fullmatch(r"sample-[0-9a-f]{8}@example\.co\.jp", mail):
        return mail
    return f"sample-{_hash(key, normalize('NFKC', mail).replace('。', '.').lower())[:8]}@example.co.jp"


def _uuid(key: bytes, identity: str) -> str:
    if re.fullmatch(r"00000000-0000-4000-8000-[0-9a-f]{12}", identity):
        return identity
    return f"00000000-0000-4000-8000-{_hash(key, identity.lower())[:12]}"


def _numbered(name: str) -> Callable[[bytes, str], str]:
    return lambda key, value: f"{name}{int(_hash(key, value.lower())[:8], 16) % 10_000:04d}"


def _always(sample: str) -> Callable[[bytes, str], str]:
    return lambda _key, _value: sample


SAMPLES: Mapping[str, Callable[[bytes, str], str]] = {
    "mail": _mail,
    "uuid": _uuid,
    "last_name": _numbered("見本"),
    "first_name": _numbered("太郎"),
    "name": _numbered("見本"),
    "login_id": _numbered("sample-login-"),
    "company": _always("株式会社サンプル商事"),
    "place_name": _numbered("拠点"),
    "prefecture": _always("見本県"),
    "city": _always("見本市"),
    "street": _always("見本町1-2-3"),
    "building": _always("見本ビル"),
    "deliver_to": _always("見本部"),
    "place": _always(PLACE),
    "postal": _always("000-0000"),
    "phone": _always("00-0000-0000"),
}
"""What stands for a value of each kind."""


def _hash(key: bytes, value: str) -> str:
    return hmac.digest(key, value.encode("utf-8", "replace"), "sha256").hex()


def values_of(kinds: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """Pairs of kind and value as `Known.values`, as written and in plain width; what is empty names nobody."""
    written = [(kind, value.strip()) for kind, value in kinds if value and value.strip()]
    return {normalize("NFKC", value): kind for kind, value in written} | {
        value: kind for kind, value in written
    }
