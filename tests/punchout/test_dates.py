from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchout.dates import clock_as_offset, plain_utc, read_time, write_time, zulu


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-09-10T02:06:10.714Z", "2026-09-10T02:06:10.714"),
        ("2026-09-10T02:07:44+0000", "2026-09-10T02:07:44"),
        ("2026-09-10T11:07:20+09:00", "2026-09-10T02:07:20"),
        ("2026-09-10T11:07:20+09", "2026-09-10T02:07:20"),
        ("2026-09-10T09:30:06-0800", "2026-09-10T17:30:06"),
        ("2026-09-10T09:00:00+09:00", "2026-09-10T00:00:00"),
        ("2026-09-10T05:45:00+05:45", "2026-09-10T00:00:00"),
        ("2026-09-10 02:06:10", "2026-09-10T02:06:10"),
        ("2026-09-10t02:06z", "2026-09-10T02:06:00"),
        (" 2026-09-10T02:06:10.7141234Z ", "2026-09-10T02:06:10.714123"),
        ("2026-09-10", "2026-09-10T00:00:00"),
    ],
)
def test_every_form_met_in_documents_is_read(written: str, moment: str) -> None:
    assert read_time(written) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2014-11-20T13:04:24+13:04",
        "2014-11-20T13:04:24+1304",
        "2014-11-20T13:04:24+17:32",
        "2014-11-20T13:04:24+24:00",
        "2014-11-20T13:04:24-99:99",
        "2014-11-20T13:04:24+14:01",
    ],
)
def test_an_offset_that_no_place_keeps_is_amazons_mistake_and_means_utc(written: str) -> None:
    assert read_time(written) == datetime(2014, 11, 20, 13, 4, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["", None, "  ", "soon", "2026-13-10", "2026-02-30T00:00:00Z", "2026-09-10T25:00:00Z", "２０２６-09-10",
     "0001-01-01T00:00:00+09:00", "0001-01-01", "1969-12-31T23:59:59Z", "2201-01-01", "9999-12-31",
     "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_what_is_no_time_is_none(written: str | None) -> None:
    assert read_time(written) is None


def test_we_write_japans_clock_with_its_offset() -> None:
    assert write_time(datetime(2026, 11, 20, 2, 7, 20, 999999, tzinfo=UTC)) == "2026-11-20T11:07:20+09:00"
    new_york = timezone(timedelta(hours=-5))
    assert write_time(datetime(2026, 11, 19, 23, 0, tzinfo=new_york)) == "2026-11-20T13:00:00+09:00"


def test_amazons_ways_of_writing() -> None:
    moment = datetime(2018, 12, 4, 2, 6, 10, 714999, tzinfo=UTC)
    assert [zulu(moment), plain_utc(moment), clock_as_offset(moment)] == [
        "2018-12-04T02:06:10.714Z",
        "2018-12-04T02:06:10+0000",
        "2018-12-04T02:06:10+02:06",
    ]


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_what_is_written_is_read_back_to_the_second(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    assert read_time(write_time(moment)) == read_time(plain_utc(moment)) == whole
    assert read_time(zulu(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)
