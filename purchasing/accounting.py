"""What a purchase is booked to: cost centre, account, project. It goes with the order; cards show it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from punchout.money import Money
from punchout.order import Distribution, Segment

_SEGMENTS = {"cost_center": "Cost Center", "gl_account": "GL Account", "project": "Project"}
_EXTRINSICS = {"cost_center": "costCenter", "gl_account": "glAccount", "project": "project"}


class Booked(Protocol):
    """An accounting, or an order, which keeps the one it was placed with."""

    @property
    def cost_center(self) -> str: ...
    @property
    def gl_account(self) -> str: ...
    @property
    def project(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Accounting:
    """Each a code, and after a blank what it is called ("1200 総務部"); empty for none."""

    cost_center: str = ""
    gl_account: str = ""
    project: str = ""

    def over(self, other: "Accounting") -> "Accounting":
        """These codes, and those of `other` where there is none of these."""
        return Accounting(
            self.cost_center or other.cost_center,
            self.gl_account or other.gl_account,
            self.project or other.project,
        )


def codes(booked: Booked) -> Iterator[tuple[str, str]]:
    """The codes that are set, each with its name here."""
    for name in _SEGMENTS:
        if code := getattr(booked, name):
            yield name, code


def distributions(
    booked: Booked, unit_price: Decimal, quantity: Decimal, currency: str
) -> tuple[Distribution, ...]:
    """A line's whole amount, without tax and shipping, to all codes; nothing where there are none."""
    segments = tuple(_segment(_SEGMENTS[name], code) for name, code in codes(booked))
    charge = (unit_price * quantity).quantize(Decimal(1) if currency == "JPY" else Decimal("0.01"))
    return (Distribution("DistributionCharge", segments, Money(charge, currency)),) if segments else ()


def extrinsics(booked: Booked) -> tuple[tuple[str, str], ...]:
    """The same for the order's header, where cXML has no Distribution."""
    return tuple((_EXTRINSICS[name], code) for name, code in codes(booked))


def _segment(kind: str, code: str) -> Segment:
    number, _, called = code.partition(" ")
    return Segment(kind, number, called.strip())
