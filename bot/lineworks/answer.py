"""An answer of LINE WORKS as plain facts: status, headers and the JSON object of the body, if any.

Both error shapes are read here (reference 1.7): code/description of the API server,
returnCode/returnMessage or error/error_description of the token server.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

_BODY_BYTES = 1 << 20
_CODE = re.compile(r"[A-Za-z0-9_]{1,64}")


@dataclass(frozen=True, slots=True)
class Answer:
    """`facts` is {} when the body is empty, broken off, over 1 MiB or no JSON object."""

    status: int
    headers: Mapping[str, str]
    facts: dict[str, Any]

    @property
    def code(self) -> str:
        """The machine's word for what went wrong, or "": safe to log, since no other text fits its shape."""
        code = str(self._first("code", "returnCode", "error"))
        return code if _CODE.fullmatch(code) else ""

    @property
    def description(self) -> str:
        """The platform's own sentence: for a debug log, never to be branched on (reference 5)."""
        return str(self._first("description", "returnMessage", "error_description"))

    def _first(self, *names: str) -> Any:
        return next((self.facts[name] for name in names if self.facts.get(name) is not None), "")


async def read_answer(response: aiohttp.ClientResponse) -> Answer:
    """Reads the body too; one that breaks off doesn't undo what the status has said."""
    body = bytearray()
    try:
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > _BODY_BYTES:
                break
        facts = json.loads(body) if body else None
    except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError):
        facts = None
    return Answer(response.status, response.headers, facts if isinstance(facts, dict) else {})
