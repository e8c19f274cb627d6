"""What `kaimono serve` does to the process that it has to itself."""

import gc
from collections.abc import Iterator

import pytest

from bot.serving import YOUNG, settle


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The collector of the process that runs the tests, as it was."""
    looks = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*looks)


class Loop:
    """Two of these that name each other are garbage that only the collector finds."""

    left = 0

    def __init__(self) -> None:
        self.other: Loop | None = None
        Loop.left += 1

    def __del__(self) -> None:
        Loop.left -= 1


def test_what_was_there_at_the_start_is_looked_at_no_more_but_what_comes_is() -> None:
    settle()
    there = gc.get_freeze_count()
    one, two = Loop(), Loop()
    one.other, two.other = two, one
    del one, two
    held: list[list[object]] = [[] for _ in range(2 * YOUNG)]
    assert Loop.left == 0, "two looks for garbage were due"
    assert there > 0
    assert gc.get_freeze_count() == there, "nothing that came later is kept for ever"
    del held
