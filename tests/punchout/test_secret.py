import copy

import pytest

from punchout.secret import Secret


def test_a_secret_prints_as_stars() -> None:
    secret = Secret("pass1234")
    told = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r}",
        f"{secret:>5}",
        f"{[secret]}",
        "{}".format(secret),  # noqa: UP032 - the way under test
    ]
    assert told == ["***", "***", "***", "***", "  ***", "[***]", "***"]
    assert secret.reveal() == "pass1234"


@pytest.mark.parametrize(
    ("secret", "given", "matches"),
    [
        ("pass1234", "pass1234", True),
        ("pass1234", "pass1235", False),
        ("pass1234", "", False),
        ("", "", False),
        ("", "pass1234", False),
        ("パス", "パス", True),
    ],
)
def test_only_the_same_secret_matches_and_an_empty_one_never(secret: str, given: str, matches: bool) -> None:
    assert Secret(secret).matches(given) is matches


def test_equal_secrets_are_equal_and_others_are_not() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert {Secret("a"), copy.copy(Secret("a"))} == {Secret("a")}
    assert (bool(Secret("")), bool(Secret("a"))) == (False, True)
