"""Mail addresses as people type them: taken, or the reason why not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purchasing.mail_address import BadEmail, read_email

LONG = "a" * 64


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("taro.yamada@example.co.jp", "taro.yamada@example.co.jp"),
        ("  taro@example.co.jp\n", "taro@example.co.jp"),
        ("Taro@EXAMPLE.Co.JP", "Taro@example.co.jp"),
        ("ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ", "taro@example.co.jp"),
        ("\u3000taro@example.co.jp\u3000", "taro@example.co.jp"),
        ("taro@example.co.jp\u200b", "taro@example.co.jp"),
        ("<taro@example.co.jp>", "taro@example.co.jp"),
        ("mailto:taro@example.co.jp", "taro@example.co.jp"),
        ("taro@example.co.jp。", "taro@example.co.jp"),
        ("taro@example.co.jp、", "taro@example.co.jp"),
        ("メール：taro@example.co.jp", "taro@example.co.jp"),
        ("山田<taro@example.co.jp>", "taro@example.co.jp"),
        ("taro@example.co.jp です。", "taro@example.co.jp"),
        ("taro@exam\u2060ple.co.jp\ufeff", "taro@example.co.jp"),
        ("taro@example。co。jp", "taro@example.co.jp"),
        ("ｔａｒｏ．ｙ＠ｅｘａｍｐｌｅ。ｃｏ．ｊｐ。", "taro.y@example.co.jp"),
        ("taro+amazon@example.co.jp", "taro+amazon@example.co.jp"),
        ("o'brien_1%x@example.com", "o'brien_1%x@example.com"),
        ("taro@xn--eckwd4c7c.jp", "taro@xn--eckwd4c7c.jp"),
        (f"{LONG}@example.co.jp", f"{LONG}@example.co.jp"),
    ],
)
def test_an_address_is_taken_however_it_is_typed(typed: str, address: str) -> None:
    read = read_email(typed)
    assert read == address
    assert not isinstance(read, BadEmail)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", BadEmail.NO_AT),
        ("taro", BadEmail.NO_AT),
        ("@example.co.jp", BadEmail.NO_AT),
        ("はい", BadEmail.NO_AT),
        ("taro yamada@example.co.jp", BadEmail.BLANK),
        ("taro@example.co.jp taro@example.co.jp", BadEmail.SEVERAL),
        ("taro\u3000@example.co.jp", BadEmail.BLANK),
        ("taro@example.co .jp", BadEmail.BLANK),
        ("山田はtaro@example.co.jp、花子はhanako@example.co.jp", BadEmail.SEVERAL),
        ("taro@sub.example.日本", BadEmail.DOMAIN),
        ("taro@", BadEmail.DOMAIN),
        ("taro@example", BadEmail.DOMAIN),
        ("taro@example.", BadEmail.DOMAIN),
        ("taro@.jp", BadEmail.DOMAIN),
        ("taro@-example.jp", BadEmail.DOMAIN),
        ("taro@例え.jp", BadEmail.DOMAIN),
        ("taro@192.168.0.1", BadEmail.DOMAIN),
        (f"taro@{LONG}.jp", BadEmail.DOMAIN),
        ("山田@example.co.jp", BadEmail.CHARACTERS),
        ("taro..yamada@example.co.jp", BadEmail.CHARACTERS),
        (".taro@example.co.jp", BadEmail.CHARACTERS),
        ("taro.@example.co.jp", BadEmail.CHARACTERS),
        ('"taro"@example.co.jp', BadEmail.CHARACTERS),
        ("a@b@example.co.jp", BadEmail.SEVERAL),
        ("taro@@example.co.jp", BadEmail.SEVERAL),
        (f"{LONG}a@example.co.jp", BadEmail.TOO_LONG),
        (f"taro@{'a.' * 130}jp", BadEmail.TOO_LONG),
    ],
)
def test_a_text_that_is_no_address_is_told_why(typed: str, why: BadEmail) -> None:
    assert read_email(typed) is why


@given(st.text(max_size=300))
def test_what_was_taken_once_is_taken_again_unchanged(typed: str) -> None:
    read = read_email(typed)
    if not isinstance(read, BadEmail):
        assert read_email(read) == read
        assert read.isascii()
        assert len(read) <= 254
