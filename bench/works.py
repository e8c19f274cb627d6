"""LINE WORKS of a bench, a process of its own: what it takes must not be taken from the load, nor from the bot."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import urlopen

from bench.servers import program


@dataclass(frozen=True, slots=True)
class Works:
    """The counterparty; `url` is where a bot finds it."""

    url: str

    def messages(self) -> int:
        """How many it took so far."""
        return self.until(0)

    def until(self, messages: int, seconds: float = 120) -> int:
        """Wait until so many messages came in all. Raises TimeoutError."""
        with urlopen(f"{self.url}/until/{messages}", timeout=seconds) as answer:
            return int(answer.read())


@contextmanager
def works() -> Iterator[Works]:
    with program("-m", "bench.programs.works") as (port, _):
        yield Works(f"http://127.0.0.1:{port}")
