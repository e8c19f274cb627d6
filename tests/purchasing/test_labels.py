"""What can be printed on a delivery label, by the words of japan.md."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purchasing import labels


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("丸の内１－２－３", "丸の内1-2-3"),
        ("丸の内1ー2−3‐4―5", "丸の内1-2-3-4-5"),
        ("サンプルタワー1ー2", "サンプルタワー1-2"),
        ("センター", "センター"),
        ("ｻﾝﾌﾟﾙﾋﾞﾙ", "サンプルビル"),
        ("　山田　　太郎 ", "山田 太郎"),
        ("ＡＢＣタワー", "ABCタワー"),
        ("本\u200b社\ufeff", "本社"),
        ("10～12", "10〜12"),
        ("（株）サンプル", "（株）サンプル"),
    ],
)
def test_what_nobody_has_to_be_asked_about_is_changed(typed: str, kept: str) -> None:
    assert labels.plain(typed) == kept
    assert labels.unprintable(kept) == ""


@pytest.mark.parametrize(
    ("typed", "strange", "offered"),
    [
        ("㈱サンプル", "㈱", "(株)サンプル"),
        ("第Ⅲビル①", "Ⅲ①", "第IIIビル1"),
        ("№5 ℡", "№℡", "No5 TEL"),
        ("㌔ ㍻", "㌔㍻", "キロ 平成"),
        ("髙橋・山﨑・𠮷田", "髙﨑𠮷", "高橋・山崎・吉田"),
        ("葛\U000e0100城", "\U000e0100", "葛城"),
        ("総務部😀", "😀", "総務部"),
    ],
)
def test_a_character_that_is_not_in_jis_is_named_and_another_offered(
    typed: str, strange: str, offered: str
) -> None:
    assert labels.unprintable(labels.plain(typed)) == strange
    assert labels.replaced(typed) == offered


@given(st.text(max_size=60))
def test_what_is_offered_can_always_be_printed_and_never_changes_again(typed: str) -> None:
    offered = labels.replaced(labels.plain(typed))
    assert labels.unprintable(offered) == ""
    assert labels.plain(offered) == offered


def test_half_width_characters_count_half() -> None:
    assert labels.width("下目黒1-8-1 ARCO TOWER Annex 14F") == 16.0
    assert labels.fits("あ" * 16)
    assert not labels.fits("あ" * 16 + "a")


@pytest.mark.parametrize(
    ("street", "parts"),
    [
        ("下目黒1-8-1 ARCO TOWER Annex 14F 東棟", ("下目黒1-8-1", "ARCO TOWER Annex 14F 東棟")),
        ("六本木6-10-1六本木サンプルタワー25階", ("六本木6-10-1", "六本木サンプルタワー25階")),
        (
            "丸の内一丁目1番1号サンプルビルディング8階東",
            ("丸の内一丁目1番1号", "サンプルビルディング8階東"),
        ),
        ("寿限無寿限無五劫の擦り切れ海砂利水魚の", None),
        ("長" * 17 + " " + "い" * 17, None),
    ],
)
def test_a_street_that_is_too_long_is_split_before_the_building(
    street: str, parts: tuple[str, str] | None
) -> None:
    assert labels.split(street) == parts


@given(st.text(alphabet="丸の内1-9番号 ビルA", min_size=17, max_size=60))
def test_a_split_loses_nothing_but_a_blank(street: str) -> None:
    if parts := labels.split(street):
        assert all(labels.fits(part) for part in parts)
        assert "".join(parts).replace(" ", "") == street.replace(" ", "")
