"""A load on loopback: keep-alive connections that each send one prepared request after the other.

It speaks no more HTTP than the answers of the servers here need, or it would be slower than what it measures.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter

CONNECTIONS = 64


@dataclass
class Answers:
    """What came back: how often each status, every answer's time in seconds, and how long it all took."""

    statuses: dict[int, int] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        times = sorted(self.times)
        return times[min(len(times) - 1, int(len(times) * share))]


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], answers: Answers, over: asyncio.Future[None]) -> None:
        self._requests, self._answers, self._over = requests, answers, over
        self._heard = b""
        self._since = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def _next(self) -> None:
        assert self._transport is not None
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            return
        self._since = perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, gap, body = self._heard.partition(b"\r\n\r\n")
        if not gap or len(body) < _length(head):
            return
        self._answers.times.append(perf_counter() - self._since)
        status = int(head[9:12])
        self._answers.statuses[status] = self._answers.statuses.get(status, 0) + 1
        self._heard = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._over.done():
            self._over.set_result(None)


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if rest else 0


async def hammer(port: int, requests: Sequence[bytes], connections: int = CONNECTIONS) -> Answers:
    """Send them all. Raises RuntimeError when one was not answered: such a run says nothing."""
    loop, answers, waiting = asyncio.get_running_loop(), Answers(), iter(requests)
    overs = [loop.create_future() for _ in range(connections)]
    began = perf_counter()
    for over in overs:
        await loop.create_connection(lambda o=over: _Connection(waiting, answers, o), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*overs)
    answers.seconds = perf_counter() - began
    if len(answers.times) != len(requests):
        raise RuntimeError(f"{len(requests)} requests, but {len(answers.times)} answers")
    return answers


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A POST request, ready for the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
