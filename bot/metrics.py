"""Counters and times for Prometheus, one registry per application."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """What can be seen from outside: callbacks by answer, documents by kind and verdict, sends, jobs waiting."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.callbacks = Counter(
            "kaimono_callbacks", "Callbacks of LINE WORKS by HTTP status", ["status"], registry=self.registry
        )
        self.acknowledged = Histogram(
            "kaimono_callback_seconds",
            "From the first byte of a callback to its answer",
            buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5),
            registry=self.registry,
        )
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
