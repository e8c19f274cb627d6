"""What is aimed at: every measure with its limit, what is good, and what we are after."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Aim:
    """A ratio against a limit that is measured in the same run. `after` is what we are after."""

    key: str
    what: str
    good: float
    after: float
    better: Literal["more", "less"] = "more"


AIMS = (
    Aim("ack_verify", "durable acknowledgement ÷ a handler that only verifies", 0.60, 0.85),
    Aim("ack_slack", "durable acknowledgement ÷ slack-bolt, which stores nothing", 2, 3.5),
    Aim("ack_telegram", "durable acknowledgement ÷ python-telegram-bot, which stores nothing", 2, 3.5),
    Aim("ack_line", "durable acknowledgement ÷ line-bot-sdk, which stores nothing", 1.2, 2.5),
    Aim("ack_aiogram", "durable acknowledgement ÷ aiogram with memory storage", 4, 7),
    Aim("ack_slow_disk", "acknowledgement with a 2 ms slower flush ÷ with the disk as it is", 0.7, 0.9),
    Aim("turn_ack", "whole turn over HTTP ÷ acknowledgement only", 0.25, 0.50),
    Aim("turn_naive", "whole turn ÷ the same with SQLModel's AsyncSession, commit by commit", 15, 50),
    Aim("cart_parse", "cart: safe parse into typed values ÷ bare lxml parse", 2.5, 1.7, "less"),
    Aim("order_build", "OrderRequest: build ÷ bare lxml parse of the same bytes", 1.0, 0.5, "less"),
    Aim("cart_memory", "peak memory of a 10,000-line cart ÷ its size", 12, 6, "less"),
    Aim("lookup_growth", "look-up among 1 million orders ÷ among 10 thousand", 1.5, 1.15, "less"),
    Aim("insert_growth", "orders placed a second at 1 million ÷ at 10 thousand", 0.25, 0.6),
    Aim("ack_p99_growth", "p99 acknowledgement at 1 million orders ÷ with an empty database", 2, 1.2, "less"),
    Aim("memory_full", "memory with 1 million orders, 100,000 notices and a storm ÷ 300 MB", 1, 0.5, "less"),
    Aim("postgres_two", "PostgreSQL: turns of two workers ÷ of one", 1.5, 1.9),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One aim as it was measured: a ratio for every round, and the figures behind it."""

    aim: Aim
    ratios: Sequence[float]
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def verdict(self) -> str:
        """`after` when we are where we want to be, `good`, or `short`."""
        for name, limit in (("after", self.aim.after), ("good", self.aim.good)):
            if self.ratio >= limit if self.aim.better == "more" else self.ratio <= limit:
                return name
        return "short"

    def line(self) -> str:
        low, high = min(self.ratios), max(self.ratios)
        return (
            f"{self.aim.what:75} {self.ratio:7.2f}  ({low:.2f} to {high:.2f})  "
            f"{self.aim.good:g} → {self.aim.after:g}  {self.verdict}"
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "what": self.aim.what,
            "ratio": round(self.ratio, 3),
            "rounds": [round(ratio, 3) for ratio in self.ratios],
            "good": self.aim.good,
            "after": self.aim.after,
            "better": self.aim.better,
            "verdict": self.verdict,
            **self.figures,
        }


def row(key: str, ratios: Sequence[float], **figures: Any) -> Row:
    """The row of this aim. Raises KeyError for an aim that nobody set."""
    return Row({aim.key: aim for aim in AIMS}[key], ratios, figures)
