"""`kaimono check` from outside: whether what LINE WORKS and Amazon call leads to this bot."""

import socket

import aiohttp

from bot.config import Config
from bot.finding import OK, Finding, Verdict, fault
from bot.talk.wording import Wording

_SHORT = aiohttp.ClientTimeout(total=5)


async def reach(config: Config, session: aiohttp.ClientSession, words: Wording) -> Finding:
    """Whether LINE WORKS would reach us: the callback route refuses what is not signed, and nothing else does that.

    No answer proves nothing, for the bot may not be running yet; a name or a certificate that is none does, and so
    does a proxy that finds no bot while the bot answers beside us.
    """
    url = f"{config.public_url}/lineworks/callback"
    try:
        async with session.post(url, timeout=_SHORT, allow_redirects=False) as answer:
            status = answer.status
    except aiohttp.ClientConnectorDNSError as failed:
        certain = failed.os_error.errno == socket.EAI_NONAME
        return fault(words("check", "reach_no_name", url=url)) if certain else _silent(url, words)
    except aiohttp.ClientSSLError as failed:
        return fault(words("check", "reach_tls", url=url, reason=str(failed.os_error)))
    except (aiohttp.ClientError, TimeoutError, OSError):
        return _silent(url, words)
    if status in (502, 503, 504):
        runs = await _answers(f"http://{config.listen}/healthz", session)
        return fault(words("check", "reach_proxy", url=url)) if runs else _silent(url, words)
    return OK if status == 401 else fault(words("check", "reach_other", url=url, status=status))


def _silent(url: str, words: Wording) -> Finding:
    return Finding(Verdict.UNSEEN, words("check", "reach_silent", url=url))


async def _answers(url: str, session: aiohttp.ClientSession) -> bool:
    try:
        async with session.get(url, timeout=_SHORT, allow_redirects=False) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False
