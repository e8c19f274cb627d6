"""A company's line to LINE WORKS."""

from dataclasses import dataclass

from bot.lineworks.client import Client
from bot.pacing import SharedPace


@dataclass(frozen=True, slots=True)
class Line:
    """A company's connection to LINE WORKS: its client and the pace it may send at, in common with all processes."""

    client: Client
    pace: SharedPace
    app_url: str
