"""What is found wrong with a document is told in the reader's language: every sentence of ours is in the catalogue."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import punchout
import purchasing
from bot.talk import findings
from bot.talk.findings import told
from bot.talk.wording import wording

FOUND = ("CartRefused", "DocumentRefused", "ItemRefused", "MoneyRefused", "XmlRefused")
OF_OURS = {
    "A profile lists at least one document.",
    "A setup request needs a 7.",
    "is no ItemIn with a part number and a price.",
    "cannot be read: A number is missing.",
    "A number is missing.",
}
"""What only our own documents are refused for, before they are sent; and `refusal.reason`, which is told already."""
QUOTED = {"refusal.reason": "A number is missing.", "where": "line 7: "}


def sentences(*rooms: str) -> Iterator[str]:
    """What readers refuse and note, with something in place of each value."""
    for file in (file for room in rooms for file in sorted(Path(room).glob("*.py"))):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and _finds(node.func):
                yield from _written(node.args[0])
            elif isinstance(node, ast.Return) and file.stem == "soundness" and node.value is not None:
                yield from _written(node.value)


def _finds(function: ast.expr) -> bool:
    name = ast.unparse(function)
    return name.split(".")[-1] in FOUND or name in ("notes.append", "self.said.append")


def _written(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from (*_written(one), *_written(other))
        case ast.JoinedStr(values=parts):
            for what in ("confirmed", "refused", "deferred", "shipped", "shipping", "tax"):
                yield "".join(_part(part, what) for part in parts)


def _part(part: ast.expr, what: str) -> str:
    if isinstance(part, ast.FormattedValue):
        name = ast.unparse(part.value)
        return what if name == "what" else QUOTED.get(name, "7")
    return str(ast.literal_eval(part))


def _possible(sentence: str) -> bool:
    """Not every word goes with every sentence."""
    cart, pieces = sentence.startswith("The cart's "), " ordered." in sentence
    wrong = ("confirmed", "refused", "deferred", "shipped") if cart else ("shipping", "tax") if pieces else ()
    return not any(f" {word}" in sentence for word in wrong)


def test_every_sentence_about_a_document_is_in_the_catalogue() -> None:
    found = set(sentences(*punchout.__path__, *purchasing.__path__)) - OF_OURS
    assert len(found) > 50
    assert [one for one in sorted(found) if _possible(one) and not findings.is_known(one)] == []
    assert [one for one in sorted(found) if "; " in one] == [], "a semicolon parts two sentences of a note"


@pytest.mark.parametrize(
    ("english", "japanese"),
    [
        ("The document is empty.", "文書が空です。"),
        (
            "The document is UTF-16 or UTF-32: only UTF-8 and Japanese encodings are read.",
            "文字コードがUTF-16かUTF-32です。読めるのは、UTF-8と日本語の文字コードです。",
        ),
        ("This is not a cart but an empty document.", "カートではなく、空の文書です。"),
        ("Line 3 of the cart: has no unit price.", "カートの3行目: 単価がありません。"),
        ("Tax of line 2: “x” is not a number.", "2行目のTax: 「x」は数ではありません。"),
        ("line 2: UnitPrice: A number is missing.", "2行目のUnitPrice: 数がありません。"),
        ("Total: 1 USD cannot be taken over.", "Total: 1 USD は取り込めません。"),
        (
            "Line 1: 5 confirmed, 3 ordered.; Line 9 is not in the order and was left out.",
            "1行目: 確定 5点、注文 3点。; 9行目は注文にないため、取り込みませんでした。",
        ),
        ("Your order is late: call us.", "Your order is late: call us."),
        ("Out of line 1", "Out of line 1"),
        ("", ""),
    ],
)
def test_a_sentence_is_told_in_the_readers_words(english: str, japanese: str) -> None:
    assert told(wording("ja"), english) == japanese
    assert told(wording("en"), english) == english


def test_what_a_document_says_is_not_taken_for_a_placeholder() -> None:
    assert told(wording("ja"), "“{name} {}” is not a number.") == "「{name} {}」は数ではありません。"
