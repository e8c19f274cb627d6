"""What our buttons carry comes back as it went out; strings that are not ours come back as nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lineworks.limits import LimitExceeded, NotAllowed
from bot.lineworks.postback import Postback

fields = st.text(st.characters(exclude_characters=":"), max_size=40).filter(str.isprintable)


@pytest.mark.parametrize(
    ("postback", "text"),
    [
        (Postback("pay", "123", "4c1f"), "pay:123:4c1f"),
        (Postback("order", "PO-20261120-0007"), "order:PO-20261120-0007"),
        (Postback("help", ""), "help:"),
        (Postback("menu", "", "4c1f"), "menu::4c1f"),
    ],
)
def test_packed_and_unpacked(postback: Postback, text: str) -> None:
    assert postback.pack() == text
    assert Postback.unpack(text) == postback


@given(fields.filter(bool), fields, fields)
def test_every_postback_comes_back(verb: str, ref: str, nonce: str) -> None:
    postback = Postback(verb, ref, nonce)
    assert Postback.unpack(postback.pack()) == postback


@given(st.text())
def test_no_string_makes_it_fall_over(text: str) -> None:
    postback = Postback.unpack(text)
    assert postback is None or postback.pack() == text


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "start",
        ":",
        "::",
        ":123",
        "pay:1:",
        "pay:1:a:b",
        "pay:1\n:a",
        "pay:\x00",
        "flow:\u202ecancel",
        "\ud800:1",
        "x:" + "1" * 299,
        "😀:" + "😀" * 149,
    ],
)
def test_foreign_strings_are_nothing(text: str | None) -> None:
    assert Postback.unpack(text) is None


def test_three_hundred_units_and_no_more() -> None:
    assert len(Postback("x", "1" * 298).pack()) == 300
    with pytest.raises(LimitExceeded) as refusal:
        Postback("x", "1" * 299)
    assert (refusal.value.field, refusal.value.limit, refusal.value.actual) == ("postback", 300, 301)
    with pytest.raises(LimitExceeded):
        Postback("x", "😀" * 150)


@pytest.mark.parametrize("part", ["a:b", "a\nb", "a\x00b", ":"])
def test_a_field_holds_no_separator_and_no_control_character(part: str) -> None:
    with pytest.raises(NotAllowed):
        Postback(part, "1")
    with pytest.raises(NotAllowed):
        Postback("pay", part)
    with pytest.raises(NotAllowed):
        Postback("pay", "1", part)


def test_a_postback_has_a_verb() -> None:
    with pytest.raises(NotAllowed, match="verb"):
        Postback("", "1")
