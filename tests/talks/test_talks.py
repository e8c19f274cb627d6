"""The transcripts beside this file, played against the real bot: what the talk says is written there."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.keys import Keys
from sandbox.settings import make_keys
from tests.talks.play import Mismatch, Play
from tests.talks.script import BadScript, parse, says
from tests.talks.stage import staged

TALKS = sorted(Path(__file__).parent.glob("*.talk"))


@pytest.fixture(scope="session")
def service_keys() -> Keys:
    private, public = make_keys()
    return Keys(public, private)


@pytest.fixture
async def play(tmp_path: Path, service_keys: Keys) -> AsyncIterator[Play]:
    async with staged(tmp_path, service_keys) as (stage, shopper):
        yield Play(stage, shopper)


@pytest.mark.parametrize("talk", TALKS, ids=lambda path: path.stem)
async def test_the_talk_goes_as_it_is_written(talk: Path, play: Play) -> None:
    fault = ""
    try:
        await play.perform(parse(talk.read_text(encoding="utf-8")))
    except Mismatch as mismatch:
        fault = f"{talk.name}, {mismatch}"
    if fault:
        pytest.fail(fault, pytrace=False)
