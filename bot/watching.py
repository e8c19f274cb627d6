"""The two counterparties as somebody watches them: what became of every call, counted, and a circuit for each.

LINE WORKS' circuit holds back sends, which then wait in the queue. Amazon's only tells: a member at the door of the shop
is never kept waiting for it, and an order is spaced by its own back-off.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from prometheus_client import Gauge

from bot.circuit import Circuit
from bot.lineworks.client import Client
from bot.lineworks.outcome import Later, Never, SendOutcome, Sent
from bot.metrics import Metrics
from bot.pacing import SharedPace
from bot.worker import Handler, Hands
from punchout.envelope import Account
from punchout.supplier import OrderOutcome, SetupOutcome, Supplier, Unknown, Unreachable, Unreadable
from storage.database import Tx
from storage.queue import Bury, Decision, Job, Retry

_log = logging.getLogger(__name__)


class Watch:
    """The circuit of one counterparty, shown in the metrics and, when it opens or closes, in the log."""

    def __init__(self, name: str, shown: Gauge, clock: Callable[[], datetime]) -> None:
        self._name, self._shown, self._clock = name, shown, clock
        self.circuit = Circuit()
        shown.labels(name).set(0)

    def heard(self, *, reached: bool, why: str = "") -> None:
        before = self.circuit
        self.circuit = before.answered() if reached else before.failed(self._clock())
        if before.closed != self.circuit.closed:
            self._shown.labels(self._name).set(not self.circuit.closed)
            if self.circuit.closed:
                _log.info("%s answers again", self._name)
            else:
                _log.error("%s does not answer, calls are spaced: %s", self._name, why)


class WatchedClient(Client):
    """A client whose sends are counted by their outcome."""

    def watched_by(self, watch: Watch, metrics: Metrics) -> "WatchedClient":
        self._watch, self._metrics = watch, metrics
        return self

    async def send(self, recipient: str, content: dict[str, Any]) -> SendOutcome:
        return self._heard(await super().send(recipient, content))

    async def send_to_room(self, channel_id: str, content: dict[str, Any]) -> SendOutcome:
        return self._heard(await super().send_to_room(channel_id, content))

    def _heard(self, outcome: SendOutcome) -> SendOutcome:
        match outcome:
            case Later(after, why):
                self._watch.heard(reached=after is not None, why=why)  # a 429 that names its end is an answer
                status = "later"
            case Never(code):
                self._watch.heard(reached=True)
                status = f"refused {code}"
            case Sent():
                self._watch.heard(reached=True)
                status = "sent"
        self._metrics.sends.labels(status).inc()
        return outcome


class WatchedPace(SharedPace):
    """A company's pace behind the circuit of LINE WORKS: none may send while it is open, one when it may be tried."""

    def watched_by(self, watch: Watch) -> "WatchedPace":
        self._watch = watch
        return self

    def let(self, tx: Tx, take: Callable[[int], int], now: datetime) -> timedelta:
        circuit = self._watch.circuit
        if wait := circuit.wait(now):
            return wait
        if circuit.closed:
            return super().let(tx, take, now)
        return super().let(tx, lambda room: take(min(room, 1)), now)


class WatchedSupplier(Supplier):
    """The supplier whose documents are counted by what became of them."""

    def watched_by(self, watch: Watch, metrics: Metrics) -> "WatchedSupplier":
        self._watch, self._metrics = watch, metrics
        return self

    async def setup(self, url: str, body: bytes) -> SetupOutcome:
        outcome = await super().setup(url, body)
        self._heard("setup", outcome)
        return outcome

    async def order(self, url: str, account: Account, body: bytes) -> OrderOutcome:
        outcome = await super().order(url, account, body)
        self._heard("order", outcome)
        return outcome

    def _heard(self, document: str, outcome: SetupOutcome | OrderOutcome) -> None:
        self._metrics.supplier.labels(document, type(outcome).__name__.lower()).inc()
        if isinstance(outcome, Unknown | Unreachable | Unreadable):
            self._watch.heard(reached=False, why=outcome.why)
        else:
            self._watch.heard(reached=True)


def watched(hands: Hands, metrics: Metrics) -> Hands:
    """The hands with every job timed and counted by its outcome."""
    return replace(
        hands, handlers={kind: _timed(kind, each, metrics) for kind, each in hands.handlers.items()}
    )


def _timed(kind: str, handler: Handler, metrics: Metrics) -> Handler:
    async def timed(job: Job) -> Decision | None:
        started, outcome = perf_counter(), "failed"
        try:
            decision = await handler(job)
            outcome = {Retry: "again", Bury: "given up"}.get(type(decision), "done")
            return decision
        finally:
            metrics.worked.labels(kind, outcome).observe(perf_counter() - started)

    return timed
