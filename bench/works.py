"""LINE WORKS as far as a bench needs it: gives tokens, knows everybody, takes messages, counts them.

A bare protocol in the process that measures: a whole web server would cost more than the turn that it serves.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_TOKEN = json.dumps(
    {"access_token": "t", "token_type": "Bearer", "expires_in": "86400", "scope": "bot.message"}
)


class Works:
    """`messages` counts what was sent; `more` is called after each."""

    def __init__(self) -> None:
        self.messages = 0
        self._wanted = 0
        self._enough = asyncio.Event()

    def took(self) -> None:
        self.messages += 1
        if self.messages >= self._wanted:
            self._enough.set()

    async def until(self, messages: int, seconds: float = 120) -> None:
        """Wait until so many messages came in all."""
        self._wanted = messages
        if self.messages < messages:
            self._enough.clear()
            async with asyncio.timeout(seconds):
                await self._enough.wait()


class _Caller(asyncio.Protocol):
    def __init__(self, works: Works) -> None:
        self._works, self._heard = works, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while True:
            head, gap, rest = self._heard.partition(b"\r\n\r\n")
            _, _, length = head.lower().partition(b"content-length:")
            size = int(length.split(b"\r\n", 1)[0]) if length else 0
            if not gap or len(rest) < size:
                return
            self._heard = rest[size:]
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        method, path, _ = head.split(b" ", 2)
        if path.endswith(b"/token"):
            self._say(200, _TOKEN)
        elif method == b"GET":
            user = path.rpartition(b"/")[2].decode()
            self._say(
                200, json.dumps({"userId": user, "userName": {"lastName": "山田", "firstName": "太郎"}})
            )
        else:
            self._say(201, "")
            self._works.took()

    def _say(self, status: int, text: str) -> None:
        body = text.encode()
        head = (
            f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + body)


@asynccontextmanager
async def works() -> AsyncIterator[tuple[Works, str]]:
    """The counterparty and its address."""
    counterparty = Works()
    server = await asyncio.get_running_loop().create_server(lambda: _Caller(counterparty), "127.0.0.1", 0)
    try:
        yield counterparty, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
