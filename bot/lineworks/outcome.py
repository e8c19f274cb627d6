"""How a send ended, as a value: gone, worth repeating, or final. LINE WORKS reference 4 and 5.

A send that timed out may have arrived all the same, and there is no idempotency key: repeating it can show
a message twice, never lose one.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.lineworks.answer import Answer
from bot.lineworks.pace import Rate, read_rate


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it and gives no message id; `rate` is what is left of the minute, for the pace to heed."""

    rate: Rate = field(default_factory=Rate)


@dataclass(frozen=True, slots=True)
class Later:
    """Try again: `after` is the platform's own wish, None leaves the wait to the caller's back-off."""

    after: timedelta | None
    why: str


@dataclass(frozen=True, slots=True)
class Never:
    """Repeating won't help. `why` is a sentence for an administrator; status 0: nothing was sent."""

    status: int
    code: str
    why: str


SendOutcome = Sent | Later | Never

_WHY = {
    400: "LINE WORKS did not accept the form of the message",
    401: "LINE WORKS refuses a fresh token: check the app's scopes and its service account",
    403: "the bot may not reach this member: add it in the admin console and let the member use it",
    404: "LINE WORKS knows no such member or bot",
}
_FORBIDDEN = (
    "the app lacks a scope: grant in the developer console what this call needs (bot.message to send, "
    "user.profile.read to look up a member, bot.read to look at the bot)"
)


def judge(answer: Answer, now: datetime) -> SendOutcome:
    """The outcome of a send. Any 2xx is sent, not only the documented 201: a repetition would be seen."""
    status, code = answer.status, answer.code
    if 200 <= status < 300:
        return Sent(read_rate(answer.headers, now))
    if status == 429:
        reset = read_rate(answer.headers, now).reset
        after = None if reset is None else timedelta(seconds=reset)
        return Later(after, "LINE WORKS takes no more messages this minute (HTTP 429)")
    if 400 <= status < 500:
        why = _FORBIDDEN if code == "FORBIDDEN" else _WHY.get(status, "LINE WORKS refused")
        return Never(status, code, f"{why} (HTTP {status}{f' {code}' if code else ''})")
    if 300 <= status < 400:
        return Later(None, f"LINE WORKS points elsewhere (HTTP {status}): check api_url")
    return Later(None, f"LINE WORKS is out of order (HTTP {status})")
