"""Counters and times for Prometheus, one registry per application."""

from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector


class Acknowledgements(Collector):
    """Callbacks by answer, and how long they took. Plain numbers of the event loop: the library's own counters, with
    a lock for every step, took a tenth of the time of a callback."""

    _BOUNDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5)

    def __init__(self) -> None:
        self._statuses: Tally[int] = Tally()
        self._times = [0] * (len(self._BOUNDS) + 1)
        self._seconds = 0.0

    def note(self, status: int, seconds: float) -> None:
        self._statuses[status] += 1
        self._times[bisect_left(self._BOUNDS, seconds)] += 1
        self._seconds += seconds

    def collect(self) -> Iterator[CounterMetricFamily | HistogramMetricFamily]:
        callbacks = CounterMetricFamily(
            "kaimono_callbacks", "Callbacks of LINE WORKS by HTTP status", labels=["status"]
        )
        for status, count in self._statuses.items():
            callbacks.add_metric([str(status)], count)
        yield callbacks
        bounds = [*map(str, map(float, self._BOUNDS)), "+Inf"]
        times = HistogramMetricFamily(
            "kaimono_callback_seconds", "From the first byte of a callback to its answer"
        )
        times.add_metric([], list(zip(bounds, accumulate(self._times), strict=True)), self._seconds)
        yield times


class Metrics:
    """What can be seen from outside: callbacks by answer, documents by kind and verdict, sends, jobs waiting."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.acknowledgements = Acknowledgements()
        self.registry.register(self.acknowledgements)
        self.documents = Counter(
            "kaimono_documents",
            "Documents of Amazon by kind and Status",
            ["kind", "status"],
            registry=self.registry,
        )
        self.visits = Counter(
            "kaimono_visits", "Ways into the shop by outcome", ["outcome"], registry=self.registry
        )
        self.carts = Counter("kaimono_carts", "Carts by outcome", ["outcome"], registry=self.registry)
        self.swept = Counter(
            "kaimono_swept", "What was deleted because it was old", ["what"], registry=self.registry
        )
        self.worked = Histogram(
            "kaimono_job_seconds",
            "From a job's beginning to its outcome; turns are the jobs of kind callback",
            ["kind", "outcome"],
            buckets=(0.005, 0.02, 0.1, 0.5, 2, 10, 30),
            registry=self.registry,
        )
        self.sends = Counter(
            "kaimono_sends", "Messages to LINE WORKS by outcome", ["status"], registry=self.registry
        )
        self.supplier = Counter(
            "kaimono_supplier_calls",
            "Documents posted to Amazon by what came of them",
            ["document", "outcome"],
            registry=self.registry,
        )
        self.circuits = Gauge(
            "kaimono_circuit_open",
            "1 while a counterparty does not answer and calls are spaced",
            ["counterparty"],
            registry=self.registry,
        )
        self.certificates = Gauge(
            "kaimono_certificate_until_seconds",
            "When the certificate that is shown to Amazon runs out, in seconds since 1970",
            ["company"],
            registry=self.registry,
        )
        self.units = Histogram(
            "kaimono_commit_units",
            "Units of work stored by one commit",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
            registry=self.registry,
        )
        self.orders = Gauge("kaimono_orders", "Orders by state", ["state"], registry=self.registry)
        self.token_age = Gauge(
            "kaimono_token_age_seconds", "Age of the LINE WORKS token", ["company"], registry=self.registry
        )
        self.jobs = Gauge(
            "kaimono_jobs", "Jobs in the queue by kind and state", ["kind", "state"], registry=self.registry
        )
        self.oldest = Gauge(
            "kaimono_job_age_seconds", "Age of the oldest job that is due", ["kind"], registry=self.registry
        )

    def expose(self) -> bytes:
        return generate_latest(self.registry)
