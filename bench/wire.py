"""A load on loopback: keep-alive connections that each send one prepared request after the other.

It speaks no more HTTP than the answers of the servers here need, and waits on bare sockets: on two cores whatever the
load itself takes is taken from the server that it measures.
"""

import select
import socket
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


class _Connection:
    """One request after the other on one socket."""

    def __init__(self, port: int, requests: Iterator[bytes], answers: Answers) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests, self._answers = requests, answers
        self._heard, self._since = b"", 0.0

    def ask(self) -> bool:
        """Send the next request, which is short enough to go out at once. False when there is none."""
        request = next(self._requests, None)
        if request is None:
            return False
        self._since = perf_counter()
        self.socket.sendall(request)
        return True

    def hear(self) -> bool:
        """Read what has come. Whether the answer is complete; EOFError when the server hangs up."""
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the server closed the connection")
        self._heard += data
        head, gap, body = self._heard.partition(b"\r\n\r\n")
        if not gap or len(body) < _length(head):
            return False
        self._answers.times.append(perf_counter() - self._since)
        status = int(head[9:12])
        self._answers.statuses[status] = self._answers.statuses.get(status, 0) + 1
        self._heard = b""
        return True


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if rest else 0


def hammer(port: int, requests: Sequence[bytes], connections: int = CONNECTIONS) -> Answers:
    """Send them all and wait for every answer. Raises EOFError when one does not come: such a run says nothing."""
    answers, waiting = Answers(), iter(requests)
    talkers = {
        c.socket.fileno(): c for c in (_Connection(port, waiting, answers) for _ in range(connections))
    }
    began = perf_counter()
    with select.epoll() as ears:
        for number, talker in talkers.items():
            if talker.ask():
                ears.register(number, select.EPOLLIN)
        while len(answers.times) < len(requests):
            for number, _ in ears.poll():
                if talkers[number].hear() and not talkers[number].ask():
                    ears.unregister(number)
    answers.seconds = perf_counter() - began
    for talker in talkers.values():
        talker.socket.close()
    return answers


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A POST request, ready for the wire."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
