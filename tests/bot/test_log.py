"""The log as an attacker reads it: one JSON object a line, and nothing of anybody's in it."""

import json
import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.log import JsonLines, one_line
from storage.database import Database


def line(error: BaseException | None, message: str = "it failed") -> str:
    """The record of a failure as the formatter writes it."""
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("bot", logging.ERROR, __file__, 1, message, None, info)
    return JsonLines().format(record)


async def test_a_refused_row_is_not_in_the_traceback(database: Database) -> None:
    """PostgreSQL shows the whole row, line breaks and all, in the DETAIL of its error."""
    row = {"street": 'hush\n\n"hush" 丸の内1-1-1', "key": "hush"}
    refused = text("INSERT INTO delivery_address (key, street) VALUES (:key, :street)")
    with pytest.raises(IntegrityError) as caught:
        await database.write(lambda tx: tx.conn.execute(refused, row) and None)
    for error in (caught.value, caught.value.orig):
        assert error is not None
        told = line(error, str(error))
        for hidden in ("hush", "丸の内"):
            assert hidden not in told
        assert "delivery_address" in json.loads(told)["message"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("to taro.yamada@example.co.jp: no", "to ***@***: no"),
        ('Authorization: Bearer "abc', 'Authorization: Bearer "abc'),
        ("Authorization: Bearer abc.def==", "Authorization: Bearer ***"),
        ("GET /shop/t0ken/fresh failed", "GET /shop/***/fresh failed"),
        ("a\nforged line", "a\nforged line"),
    ],
)
def test_texts_of_others_are_blotted_and_stay_one_line(said: str, told: str) -> None:
    written = line(None, said)
    assert "\n" not in written
    assert json.loads(written)["message"] == told


def test_what_others_wrote_commands_no_terminal_and_breaks_no_line() -> None:
    """Escape, C1's own "escape [", a line of its own, and letters from right to left."""
    assert (
        one_line("no\x1b[2J \x9b31m\nGiven up: 0\u202e taro@sample.co.jp") == "no[2J 31m Given up: 0 ***@***"
    )
