"""The signature of a callback: base64(HMAC-SHA256(bot secret, exact body bytes)).

LINE WORKS reference 2.2. It covers the raw bytes and nothing else: no time, no nonce, so a captured
callback can be replayed and the business object has to be idempotent. Nothing here parses the body: verify
first, read afterwards.
"""

import hmac
from base64 import b64encode

from punchout.secret import Secret


def sign(secret: Secret, body: bytes) -> str:
    """The value of X-WORKS-Signature for `body`: 44 characters of standard base64."""
    return b64encode(hmac.digest(secret.reveal().encode(), body, "sha256")).decode("ascii")


def verify(secret: Secret, body: bytes, header: str | None) -> bool:
    """Whether `header` is the signature of `body`, in constant time; an empty secret verifies nothing."""
    if not header or not secret.reveal():
        return False
    # compare_digest takes only ASCII text; the replacement character is outside base64 and never matches.
    return hmac.compare_digest(sign(secret, body).encode("ascii"), header.encode("ascii", "replace"))
