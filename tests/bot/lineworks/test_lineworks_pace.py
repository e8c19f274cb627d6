"""The bucket never gives more than a minute allows, says how long to wait, and obeys the platform."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot.lineworks.pace import Pace, Rate, read_rate

NOW = datetime(2026, 11, 20, 2, 15, 30, tzinfo=UTC)


def taken_at_once(pace: Pace, now: float) -> int:
    count = 0
    while pace.take(now) == 0.0:
        count += 1
    return count


def test_half_the_minute_goes_at_once_and_half_flows_in() -> None:
    pace = Pace(240)
    assert taken_at_once(pace, 1000.0) == 120
    assert pace.take(1000.0) == pytest.approx(0.5)
    assert taken_at_once(pace, 1000.5) == 1
    assert taken_at_once(pace, 1060.0) == 119
    assert taken_at_once(pace, 9999.0) == 120


def test_one_a_minute_is_the_least() -> None:
    assert Pace(1).take(0.0) == 0.0
    with pytest.raises(ValueError, match="at least 1"):
        Pace(0)


@given(st.integers(1, 300), st.lists(st.floats(0, 20), min_size=1, max_size=60))
def test_no_minute_sees_more_than_allowed(per_minute: int, pauses: list[float]) -> None:
    pace, now, sent = Pace(per_minute), 0.0, list[float]()
    for pause in pauses:
        now += pause
        sent += [now] * taken_at_once(pace, now)
    for first, start in enumerate(sent):
        assert sum(1 for at in sent[first:] if at < start + 60) <= per_minute


@given(st.integers(1, 300), st.integers(1, 400), st.floats(0, 1e6))
def test_the_wait_it_names_is_enough(per_minute: int, sends: int, now: float) -> None:
    pace = Pace(per_minute)
    for _ in range(sends):
        wait = pace.take(now)
        if wait:
            now += wait + 1e-6
            assert pace.take(now) == 0.0


def test_a_clock_that_steps_back_gives_nothing_away() -> None:
    pace = Pace(60)
    assert taken_at_once(pace, 100.0) == 30
    assert pace.take(50.0) > 0
    assert taken_at_once(pace, 101.0) == 0
    assert taken_at_once(pace, 102.0) == 1


def test_after_a_429_nothing_goes_until_then_and_then_one() -> None:
    pace = Pace(240)
    pace.hold(1030.0)
    assert pace.take(1000.0) == pytest.approx(30.0)
    assert pace.take(1029.0) == pytest.approx(1.0)
    assert taken_at_once(pace, 1030.0) == 1
    assert taken_at_once(pace, 1031.0) == 2


def test_of_two_holds_the_later_counts() -> None:
    pace = Pace(240)
    pace.hold(1030.0)
    pace.hold(1010.0)
    assert pace.take(1020.0) == pytest.approx(10.0)


def test_the_platforms_count_is_heeded() -> None:
    pace = Pace(240)
    assert pace.take(0.0) == 0.0
    pace.heed(Rate(remaining=3, reset=40.0), 0.0)
    assert taken_at_once(pace, 0.0) == 3
    pace.heed(Rate(remaining=0, reset=40.0), 0.0)
    assert pace.take(0.0) == pytest.approx(40.0)


def test_more_left_than_we_would_use_changes_nothing() -> None:
    pace = Pace(240)
    pace.heed(Rate(remaining=239, reset=40.0), 0.0)
    pace.heed(Rate(), 0.0)
    assert taken_at_once(pace, 0.0) == 120


def test_none_left_and_no_word_of_when_empties_the_bucket() -> None:
    pace = Pace(240)
    pace.heed(Rate(remaining=0), 0.0)
    assert pace.take(0.0) == pytest.approx(0.5)


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


def test_to_look_at_the_pace_counts_nothing() -> None:
    pace = Pace(240)
    assert [pace.room(0.0), pace.room(0.0), pace.wait(0.0)] == [120, 120, 0.0]
    for left in range(119, -1, -1):
        assert pace.take(0.0) == 0.0
        assert pace.room(0.0) == left
    assert (pace.wait(0.0), pace.wait(0.2)) == (pytest.approx(0.5), pytest.approx(0.3))
    assert [pace.room(0.4), pace.room(0.5), pace.room(1.0)] == [0, 1, 2]
    pace.hold(10.0)
    assert [pace.room(9.0), pace.wait(9.0), pace.room(10.0)] == [0, 1.0, 1]
