"""Texts are counted, cleaned and cut as a reader would: no half emoji, no lost accent, nothing unseen."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.lineworks.message import clean, cut, pages
from bot.lineworks.text import graphemes, units

FAMILY = "👨\u200d👩\u200d👧"
DAKUTEN = "か\u3099"
KATSU = "葛\U000e0100"
FLAGS = "🇯🇵🇺🇸"
THUMB = "👍🏽"
HEART = "❤\ufe0f\u200d🔥"
WHOLE = [
    FAMILY,
    DAKUTEN,
    KATSU,
    THUMB,
    HEART,
    "🇯🇵",
    "𠮷",
    "e\u0301",
    "1\ufe0f\u20e3",
    "ｶﾞ",
    "\u1100\u1161\u11a8",
]

texts = st.text() | st.lists(st.sampled_from([*WHOLE, "買", " ", "\n", "\r\n", "\u200d", "\u202e"])).map(
    "".join
)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("a", 1),
        ("買い物", 3),
        ("𠮷", 2),
        ("😀", 2),
        (FAMILY, 8),
        (DAKUTEN, 2),
        (KATSU, 3),
        ("\ud83d", 1),
    ],
)
def test_length_is_counted_in_utf16_units(text: str, count: int) -> None:
    assert units(text) == count


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u200bb\ufeffc\u2060d", "abcd"),
        ("\u202e円000,1\u202c", "円000,1"),
        ("\u2066x\u2069\u200e\u200f\u061c", "x"),
        ("a\x00\x07\x1b[31m\x7f\x9b", "a[31m"),
        ("一\r\n二\r三\u2028四\x85五\x0b六", "一\n二\n三\n四\n五\n六"),
        ("a\tb", "a b"),
        ("a\u200db", "ab"),
        ("買\u200d\u200d物", "買物"),
        ("半\ud83d分", "半分"),
        ("旗\U000e0067\U000e007f", "旗"),
        (f"{FAMILY}{HEART}{KATSU}{DAKUTEN}", f"{FAMILY}{HEART}{KATSU}{DAKUTEN}"),
        ("🙂\u200d↔\ufe0f", "🙂\u200d↔\ufe0f"),
        ("髙﨑 ㈱①～−", "髙﨑 ㈱①～−"),
    ],
)
def test_what_cannot_be_seen_is_taken_out(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(texts)
@example("😀\u200d\u200d😀")
@example("\u200b\u200d😀")
def test_clean_text_is_clean(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert all(char == "\n" or unicodedata.category(char) not in ("Cc", "Cs") for char in once)
    once.encode()


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("決済する", 4, "決済する"),
        ("決済する", 3, "決済…"),
        ("決済 する", 4, "決済…"),
        ("😀😀", 4, "😀😀"),
        ("😀😀", 3, "😀…"),
        ("😀😀", 2, "…"),
        (f"{DAKUTEN}{DAKUTEN}", 3, f"{DAKUTEN}…"),
        (f"あ{FAMILY}い", 9, "あ…"),
        (f"{FAMILY}い{FAMILY}", 10, f"{FAMILY}い…"),
        (FLAGS, 7, "🇯🇵…"),
        (f"{KATSU}飾区", 4, f"{KATSU}…"),
        ("決済する", 1, "…"),
        ("決済する", 0, ""),
    ],
)
def test_a_long_text_is_cut_between_characters(text: str, limit: int, short: str) -> None:
    assert cut(text, limit) == short


def test_the_ellipsis_can_be_another_or_none() -> None:
    assert cut("決済する", 3, ellipsis="") == "決済す"
    assert cut("決済する。", 4, ellipsis="...") == "決..."
    assert cut("決済する", 2, ellipsis="...") == ""


@given(texts, st.integers(0, 60))
def test_a_cut_text_fits_and_begins_like_the_whole(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert units(short) <= limit
    if units(clean(text)) <= limit:
        assert short == clean(text)
    elif limit:
        assert short.endswith("…")
        assert clean(text).startswith(short[:-1])


@given(st.lists(st.sampled_from(WHOLE), min_size=1), st.integers(1, 40))
def test_no_character_is_ever_cut_in_two(characters: list[str], limit: int) -> None:
    short = cut("".join(characters), limit, ellipsis="")
    assert short in {"".join(characters[:count]) for count in range(len(characters) + 1)}


@given(texts)
def test_graphemes_are_the_text(text: str) -> None:
    assert "".join(graphemes(text)) == text


def test_flags_pair_up() -> None:
    assert list(graphemes(f"{FLAGS}🇫")) == ["🇯🇵", "🇺🇸", "🇫"]


def test_lines_are_kept_whole_on_pages() -> None:
    assert pages(["コピー用紙", "ボールペン", "付箋"], 11) == ["コピー用紙\nボールペン", "付箋"]
    assert pages(["コピー用紙", "ボールペン", "付箋"], 10) == ["コピー用紙", "ボールペン\n付箋"]


def test_an_item_of_two_lines_stays_together() -> None:
    assert pages(["品名 A\n 1,000円", "品名 B\n 2,000円"], 15) == ["品名 A\n 1,000円", "品名 B\n 2,000円"]


def test_a_line_longer_than_a_page_is_split_between_characters() -> None:
    assert pages([f"a{FAMILY}{FAMILY}b"], 9) == [f"a{FAMILY}", f"{FAMILY}b"]
    assert pages(["x" * 25, "y"], 10) == ["x" * 10, "x" * 10, "x" * 5 + "\ny"]


def test_blank_pages_are_none() -> None:
    assert pages([], 10) == []
    assert pages(["", " ", "\n"], 10) == []
    assert pages(["", "a", "", "b", ""], 10) == ["a\n\nb"]


def test_a_letter_under_a_thousand_accents_still_fits() -> None:
    tower = "a" + "\u0301" * 1000
    assert cut(tower, 20) == "…"
    assert all(units(page) <= 20 for page in pages([tower], 20))
    assert "".join(pages([tower], 20)) == tower


def test_a_page_holds_at_least_one_character() -> None:
    with pytest.raises(ValueError, match="2 UTF-16 units"):
        pages(["😀"], 1)
    assert pages(["😀😀"], 2) == ["😀", "😀"]


@given(st.lists(texts, max_size=12), st.integers(2, 50))
def test_pages_fit_and_lose_nothing_but_blanks(lines: list[str], limit: int) -> None:
    made = pages(lines, limit)
    assert all(0 < units(page) <= limit and page == page.strip() for page in made)
    assert "".join("".join(made).split()) == "".join("".join(clean(line) for line in lines).split())
