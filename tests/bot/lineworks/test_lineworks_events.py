"""Callbacks as the platform sends them, and as it has no business to: every JSON gives an event."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lineworks.events import Event, NotJson, read_event

from .reference import lineworks_reference

OWN = Path(__file__).parent / "callbacks"
MEMBER = "7d3f0a52-9c41-4e08-8a6b-1f2e3d4c5b6a"
OUR_MEMBER = "0b6f2c1e-3a57-4d0c-9d55-7f1c2a8e4b90"


def reference(name: str) -> Event:
    return read_event((lineworks_reference() / "callbacks" / f"{name}.json").read_bytes())


def own(name: str) -> Event:
    return read_event((OWN / f"{name}.json").read_bytes())


def text_of(event: Event) -> tuple[str, str | None, str | None]:
    assert event.content is not None
    return event.content.type, event.content.text, event.content.postback


def test_every_callback_of_the_reference_is_read_whole() -> None:
    files = sorted((lineworks_reference() / "callbacks").glob("*.json"))
    assert len(files) == 19
    for file in files:
        sent = json.loads(file.read_bytes())
        event = read_event(file.read_bytes())
        assert event.type == sent["type"], file.name
        assert event.user_id == sent["source"].get("userId"), file.name
        assert event.channel_id == sent["source"].get("channelId"), file.name
        assert event.domain_id == 12345678, file.name
        assert event.issued_at is not None, file.name
        assert event.issued_at.replace(microsecond=0) == datetime(2026, 11, 20, 2, 15, 30, tzinfo=UTC), (
            file.name
        )
        assert event.data == sent.get("data"), file.name
        assert event.members == tuple(sent.get("members", ())), file.name
        if "content" not in sent:
            assert event.content is None, file.name
            continue
        assert event.content is not None, file.name
        read = {"type": event.content.type, "text": event.content.text, "postback": event.content.postback}
        told = {name: value for name, value in read.items() if value is not None}
        assert told | dict(event.content.facts) == sent["content"], file.name


def test_a_typed_text_in_a_talk_of_two_has_no_channel() -> None:
    event = reference("message_text_1on1")
    assert (event.user_id, event.channel_id) == (MEMBER, None)
    assert text_of(event) == ("text", "注文したい", None)
    assert event.issued_at == datetime(2026, 11, 20, 2, 15, 30, 1000, tzinfo=UTC)
    assert not event.is_start


def test_a_tapped_money_button_is_a_message_with_a_postback() -> None:
    assert text_of(reference("message_text_with_postback")) == ("text", "決済する", "pay:cart_01J9Z8:n=4c1f")


def test_start_is_told_by_its_postback_not_by_its_text() -> None:
    assert reference("message_text_start_button").is_start
    assert own("start_button_with_another_text").is_start
    assert not own("typed_word_start").is_start


def test_a_postback_without_a_channel_is_taken() -> None:
    event = reference("postback_1on1_no_channel")
    assert (event.type, event.user_id, event.channel_id, event.data) == (
        "postback",
        MEMBER,
        None,
        "addr:select:2",
    )


def test_an_unknown_type_stays_what_it_is() -> None:
    event = own("event_of_a_type_nobody_knows")
    assert (event.type, event.user_id, event.content) == ("reaction", OUR_MEMBER, None)


def test_an_unknown_content_keeps_its_facts() -> None:
    event = own("message_with_content_of_a_type_nobody_knows")
    assert text_of(event) == ("hologram", None, None)
    assert event.content is not None
    assert dict(event.content.facts) == {"depth": 3, "pages": ["a", "b"]}


def test_unknown_fields_do_no_harm() -> None:
    assert text_of(own("message_with_fields_nobody_knows")) == ("text", "買い物をする", None)


def test_wrong_types_read_as_absent() -> None:
    event = own("message_with_every_field_of_a_wrong_type")
    assert event == Event("unknown", None, None, None, None, None, None, ("u-2",))


@pytest.mark.parametrize("name", ["list_instead_of_an_event", "empty_object", "nulls_everywhere"])
def test_no_event_at_all_is_an_unknown_one(name: str) -> None:
    assert own(name) == Event("unknown", None, None, None, None, None, None, ())


def test_times_with_and_without_milliseconds_and_zone() -> None:
    assert own("message_without_milliseconds").issued_at == datetime(2026, 11, 20, 2, 15, 30, tzinfo=UTC)
    tokyo = own("postback_with_a_time_of_tokyo").issued_at
    assert tokyo == datetime(2026, 11, 20, 2, 15, 30, 500_000, tzinfo=UTC)
    assert tokyo.tzinfo is UTC
    assert read_event(b'{"issuedTime":"2026-11-20T02:15:30"}').issued_at == datetime(
        2026, 11, 20, 2, 15, 30, tzinfo=UTC
    )
    assert own("postback_at_a_time_nobody_can_read").issued_at is None
    assert read_event(b'{"issuedTime":"yesterday"}').issued_at is None


def test_half_an_emoji_and_a_nul_can_be_stored_afterwards() -> None:
    kind, text, postback = text_of(own("message_with_half_an_emoji_and_a_nul"))
    assert (kind, text, postback) == ("text", "注文\ufffd\ufffd 😀", "pay:1\ufffd")


def test_a_number_too_long_for_python_is_json_all_the_same() -> None:
    assert text_of(own("message_with_a_number_of_five_thousand_digits")) == ("text", "ヘルプ", None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"hello",
        b'{"type":',
        b"{'type':'message'}",
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b"\xff\xfe{}",
        b'{"text":"\xed\xa0\x80"}',
        b'{"a":"\x00"}',
        b"{} {}",
        b"type=message",
        b"[" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"\\u0061":' + b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:16]),
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson):
        read_event(body)


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "source", "userId", "domainId", "issuedTime", "content", "text", "members"]
            )
            | st.text(),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(anything, st.booleans())
def test_any_json_gives_an_event_that_a_database_can_hold(value: Any, escaped: bool) -> None:
    event = read_event(json.dumps(value, ensure_ascii=escaped).encode())
    assert event.type
    for text in (event.type, event.user_id, event.channel_id, event.data, *event.members):
        assert "\0" not in (text or "")
        (text or "").encode()
    assert event.issued_at is None or event.issued_at.tzinfo is UTC


def refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


@given(st.binary(max_size=200) | st.text(alphabet='[]{}":,0123456789.eE+-truefalsn\\ ').map(str.encode))
def test_any_bytes_give_an_event_exactly_when_python_reads_them_as_json(body: bytes) -> None:
    try:
        json.loads(body.decode(), parse_constant=refuse)
    except ValueError:
        with pytest.raises(NotJson):
            read_event(body)
    else:
        assert isinstance(read_event(body), Event)
