"""LINE WORKS as far as a bench needs it: gives tokens, knows everybody, takes messages, counts them.

A bare protocol: a whole web server would cost more than the turn that it serves. `GET /until/N` is answered when N
messages have come in all, with their number.
"""

import asyncio
import json

from bench.programs.serving import until_stopped

_TOKEN = json.dumps(
    {"access_token": "t", "token_type": "Bearer", "expires_in": "86400", "scope": "bot.message"}
)


class Works:
    """What came, and who waits for how much of it."""

    def __init__(self) -> None:
        self.messages = 0
        self.waiting: list[tuple[int, Caller]] = []

    def took(self) -> None:
        self.messages += 1
        self.tell()

    def tell(self) -> None:
        for wanted, caller in self.waiting[:]:
            if self.messages >= wanted:
                self.waiting.remove((wanted, caller))
                caller.say(200, str(self.messages))


class Caller(asyncio.Protocol):
    """Somebody's connection."""

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
            self.say(200, _TOKEN)
        elif path.startswith(b"/until/"):
            self._works.waiting.append((int(path[7:]), self))
            self._works.tell()
        elif method == b"GET":
            user = path.rpartition(b"/")[2].decode()
            self.say(200, json.dumps({"userId": user, "userName": {"lastName": "山田", "firstName": "太郎"}}))
        else:
            self.say(201, "")
            self._works.took()

    def say(self, status: int, text: str) -> None:
        body = text.encode()
        head = (
            f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + body)


async def main() -> None:
    works = Works()
    server = await asyncio.get_running_loop().create_server(lambda: Caller(works), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await until_stopped()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
