"""App Links name the login id, percent-encoded whole, on the base that is configured."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lineworks.applink import BASE, open_app, talk_with
from bot.lineworks.message import Uri


def test_the_link_of_the_reference() -> None:
    assert talk_with(BASE, "taro.yamada@example.co.jp") == (
        "https://line.worksmobile.com/message/send?version=26&emailList=taro.yamada%40example.co.jp"
    )


def test_a_stand_ins_base_with_or_without_a_slash() -> None:
    expected = "http://127.0.0.1:9300/lineworks/app/message/send?version=26&emailList=taro.yamada%40sample"
    assert talk_with("http://127.0.0.1:9300/lineworks/app", "taro.yamada@sample") == expected
    assert talk_with("http://127.0.0.1:9300/lineworks/app/", "taro.yamada@sample") == expected
    assert open_app("http://127.0.0.1:9300/lineworks/app/").startswith(
        "http://127.0.0.1:9300/lineworks/app/default"
    )


def test_the_way_back_to_the_app() -> None:
    assert open_app() == "https://line.worksmobile.com/default?version=26"


@given(st.text(min_size=1, max_size=90))
def test_no_login_id_can_add_a_parameter(login_id: str) -> None:
    link = talk_with(BASE, login_id)
    assert link.isascii()
    assert parse_qs(urlsplit(link).query, keep_blank_values=True)["emailList"] == [login_id]
    assert not urlsplit(link).fragment


def test_the_longest_login_id_fits_a_button() -> None:
    Uri("購入者にトークを送る", talk_with(BASE, f"{'a' * 78}@example.jp"))


def test_nobody_has_no_talk() -> None:
    with pytest.raises(ValueError, match="login id"):
        talk_with(BASE, "")
