"""The bucket never gives more than a minute allows, says how long to wait, and obeys the platform."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot.lineworks.pace import Bucket, Rate, read_rate

NOW = datetime(2026, 11, 20, 2, 15, 30, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def emptied(bucket: Bucket, now: datetime) -> tuple[int, Bucket]:
    """How many go at once, and what is left."""
    room = bucket.room(now)
    return room, bucket.taken(room, now)


def test_half_the_minute_goes_at_once_and_half_flows_in() -> None:
    went, bucket = emptied(Bucket.full(240, NOW), NOW)
    assert went == 120
    assert bucket.wait(NOW).total_seconds() == pytest.approx(0.5, abs=1e-5)
    assert [bucket.room(at(seconds)) for seconds in (0, 0.4, 0.5, 1, 60, 9999)] == [0, 0, 1, 2, 120, 120]


def test_one_a_minute_is_the_least() -> None:
    assert Bucket.full(1, NOW).room(NOW) == 1
    with pytest.raises(ValueError, match="at least 1"):
        Bucket.full(0, NOW)


@settings(deadline=None)
@given(st.integers(1, 300), st.lists(st.floats(0, 20), min_size=1, max_size=60))
def test_no_minute_sees_more_than_allowed(per_minute: int, pauses: list[float]) -> None:
    bucket, now, sent = Bucket.full(per_minute, NOW), NOW, list[tuple[datetime, int]]()
    for pause in pauses:
        now += timedelta(seconds=pause)
        went, bucket = emptied(bucket, now)
        sent.append((now, went))
    for first, (start, _) in enumerate(sent):
        assert sum(went for later, went in sent[first:] if later < start + timedelta(minutes=1)) <= per_minute


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(1, 400), st.floats(0, 1e6))
def test_the_wait_it_names_is_enough(per_minute: int, sends: int, seconds: float) -> None:
    now = at(seconds)
    bucket = Bucket.full(per_minute, now)
    for _ in range(sends):
        now += bucket.wait(now)
        assert bucket.room(now) >= 1
        bucket = bucket.taken(1, now)


def test_clocks_that_differ_a_little_give_nothing_away() -> None:
    """Two machines share the bucket, one of them a second ahead."""
    _, bucket = emptied(Bucket.full(60, at(1)), at(1))
    went = 0
    for seconds in range(60):
        for now in (at(seconds), at(seconds + 1)):
            some, bucket = emptied(bucket, now)
            went += some
    assert went == 29


def test_a_clock_that_was_set_back_does_not_stop_the_sends() -> None:
    _, bucket = emptied(Bucket.full(240, at(86_400)), at(86_400))
    assert bucket.wait(NOW).total_seconds() == pytest.approx(0.5, abs=1e-5)
    _, bucket = emptied(bucket, NOW)
    assert bucket.room(at(1)) == 2
    assert Bucket.full(240, at(86_400)).held(at(86_400), at(86_400)).room(NOW) == 1


def test_after_a_429_nothing_goes_until_then_and_then_one() -> None:
    bucket = Bucket.full(240, NOW).held(at(30), NOW)
    assert [bucket.wait(NOW), bucket.wait(at(29))] == [timedelta(seconds=30), timedelta(seconds=1)]
    assert [bucket.room(at(seconds)) for seconds in (0, 29.9, 30, 31)] == [0, 0, 1, 3]


def test_of_two_holds_the_later_counts() -> None:
    bucket = Bucket.full(240, NOW).held(at(30), NOW).held(at(10), NOW)
    assert bucket.wait(at(20)) == timedelta(seconds=10)
    assert bucket.held(at(40), NOW).wait(at(20)) == timedelta(seconds=20)


def test_the_platforms_count_is_heeded() -> None:
    bucket = Bucket.full(240, NOW).taken(1, NOW).heeding(Rate(remaining=3, reset=40.0), NOW)
    assert bucket.room(NOW) == 3
    assert bucket.heeding(Rate(remaining=0, reset=40.0), NOW).wait(NOW) == timedelta(seconds=40)


def test_more_left_than_we_would_use_changes_nothing() -> None:
    bucket = Bucket.full(240, NOW)
    assert bucket.heeding(Rate(remaining=239, reset=40.0), NOW).heeding(Rate(), NOW) == bucket


def test_none_left_and_no_word_of_when_empties_the_bucket() -> None:
    bucket = Bucket.full(240, NOW).heeding(Rate(remaining=0), NOW)
    assert bucket.wait(NOW).total_seconds() == pytest.approx(0.5, abs=1e-5)


def test_what_the_platform_says_does_not_end_a_hold() -> None:
    held = Bucket.full(240, NOW).held(at(30), NOW)
    assert held.heeding(Rate(remaining=100), NOW) == held


@pytest.mark.parametrize(
    ("headers", "rate"),
    [
        ({}, Rate(None, None)),
        ({"rateLimit-remaining": "12", "rateLimit-reset": "34"}, Rate(12, 34.0)),
        ({"ratelimit-REMAINING": "0", "RATELIMIT-reset": "0.5"}, Rate(0, 0.5)),
        ({"rateLimit-remaining": "many", "rateLimit-reset": ""}, Rate(None, None)),
        ({"rateLimit-remaining": "-1", "rateLimit-reset": "-5"}, Rate(None, None)),
        ({"rateLimit-remaining": "inf", "rateLimit-reset": "nan"}, Rate(None, None)),
        ({"rateLimit-reset": "7200"}, Rate(None, 3600.0)),
        ({"rateLimit-reset": str(NOW.timestamp() + 20)}, Rate(None, 20.0)),
        ({"rateLimit-reset": str(NOW.timestamp() - 20)}, Rate(None, 0.0)),
    ],
)
def test_the_headers_are_read_whatever_they_say(headers: dict[str, str], rate: Rate) -> None:
    assert read_rate(CIMultiDict(headers), NOW) == rate
