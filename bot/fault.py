"""One thing that is wrong with a configuration."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Where it is, and which sentence of the catalogue says so; `offer` is what could stand there instead."""

    place: str
    key: str
    detail: str = ""
    offer: str = ""
