"""What one test of `kaimono check` found."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    GOOD = "OK"
    FAULT = "NG"
    UNSEEN = "--"
    """Neither proved nor disproved; the text says what a person has to look at."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a test found. The text says what is wrong, or could not be seen, and what to do."""

    verdict: Verdict
    text: str = ""


OK = Finding(Verdict.GOOD)


def fault(text: str) -> Finding:
    return Finding(Verdict.FAULT, text)
