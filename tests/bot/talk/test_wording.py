"""The catalogues of sentences: complete, alike in every language, and the only place where the bot speaks."""

import ast
import dataclasses
import re
import string
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import bot
from bot.config import Config
from bot.lineworks.text import units
from bot.talk.hearing import Verb
from bot.talk.topics import Topic
from bot.talk.wording import LANGUAGES, Wording, verb, wording
from bot.web.guide import CASES
from bot.web.shop import ACCOUNTS
from purchasing.accounting import Accounting
from purchasing.aftercare import Receipt
from purchasing.lifecycle import LineState, OrderState
from purchasing.mail_address import BadEmail
from purchasing.notices import What
from purchasing.preferences import KINDS, Pace
from purchasing.shopping import Trouble

HERE = Path(bot.__file__).parent
CATALOGUES: dict[str, dict[str, dict[str, Any]]] = {
    language: tomllib.loads((HERE / f"talk/wording/{language}.toml").read_text(encoding="utf-8"))
    for language in LANGUAGES
}
JA = CATALOGUES["ja"]
SENTENCES = [
    (language, section, name, sentence)
    for language, sections in CATALOGUES.items()
    for section, names in sections.items()
    if section != "word"
    for name, sentence in names.items()
]
JAPANESE = re.compile("[\u3041-\u30fa\u3400-\u9fff\uf900-\ufaff]")


def fields(model: type[BaseModel]) -> Iterator[str]:
    """Every key of the configuration, of every level."""
    for name, field in model.model_fields.items():
        yield name
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from fields(inner)


PLAIN = {
    what.removeprefix("order_")
    for what in (
        What.ORDER_UNANSWERED,
        What.ORDER_STUCK,
        What.ORDER_DOUBTFUL,
        What.ORDER_FAILED,
        What.ORDER_REFUSED,
        What.ORDER_LATE,
    )
} | {"late_again"}
FAMILIES: dict[str, set[str]] = {
    "notice": PLAIN,
    "admin": PLAIN | {What.GOODS_MISSING, What.GOODS_DAMAGED, What.CANCEL_WISHED},
    "withdrawn": {"buyer", "admin", "confirmed", "refused", "shipped", "wait", "over"},
    "order_state": {*OrderState},
    "line_state": {*LineState},
    "bad_email": {*BadEmail},
    "trouble": {*Trouble},
    "account": {"expected", "signed_in", "where", *ACCOUNTS},
    "trouble_title": {*Trouble},
    "expected": set(fields(Config)),
    "notice_kind": {*KINDS},
    "notice_pace": {*Pace},
    "kind_word": {*KINDS},
    "pace_word": {*Pace},
    "receipt": {*Receipt},
    "timeline": {"placed", "confirmed", "shipped", "refused", "done", "to_come", *Receipt},
    "reason": set(JA["reason"]),
    "refusal": set(JA["refusal"]),
    "refusal_admin": set(JA["refusal"]),
    "cancelling": {"how", "how_later", "too_late"},
    "guide": {case + part for case in CASES for part in ("", "_why", "_do")},
    "document": set(JA["document"]),
    "accounting": {field.name for field in dataclasses.fields(Accounting)},
    "menu": {sentence + "_cart" for sentence in ("not_understood", "courtesy")},
    "topic": {*Topic},
    "explaining": {Topic.SHORT_LINK, Topic.PAPERS, Topic.PLACE, Topic.COSTS, Topic.APPROVAL, Topic.CHANGE},
    "shopping": {What.CART_MISSING, What.CART_TOO_LARGE},
    "paper": {"unknown", "unnamed", "unreadable", "remarks", "failed", "status", "cart", "password"},
    "invoice": {"same", "more", "less", "ordered", "confirmed", "line", "credit"},
    "audit": {f"broken_{why}" for why in ("changed", "missing", "cut", "none")},
    "finding": set(JA["finding"]),
    "undelivered": {"400", "401", "403", "404", "other"},
}
"""Sections whose sentences are found by the value of an enum, or by the key of the configuration that is wrong."""


class Source:
    """What the code of the bot says about the catalogue."""

    def __init__(self) -> None:
        self.asked: set[tuple[str, str]] = set()
        self.filled: list[tuple[str, str, set[str]]] = []
        self.dynamic: set[str] = set()
        self.handed_on: set[str] = set()
        self.texts: set[str] = set()
        for file in sorted(HERE.rglob("*.py")):
            self.texts |= {text for text, _ in texts_of(file)}
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    self._note(node)
        for template in sorted(HERE.rglob("*.html")):
            found = re.findall(r'words\("(\w+)", "(\w+)"', template.read_text(encoding="utf-8"))
            self.asked |= set(found)

    def _note(self, call: ast.Call) -> None:
        """`words("section", "name")`; `say(words, "name")`, which asks for a label; and sections handed on."""
        function = ast.unparse(call.func).split(".")[-1]
        arguments = [str(text.value) for argument in call.args for text in strings(argument)]
        if function == "say":
            match call.args:
                case [_, ast.Constant(label), *_]:
                    self.asked.add(("label", str(label)))
        elif function in ("words", "_words", "self"):
            match call.args:
                case [ast.Constant(section), ast.Constant(name)]:
                    self.asked.add((str(section), str(name)))
                    given = {keyword.arg for keyword in call.keywords}
                    if None not in given:  # **values says nothing of what is in it
                        self.filled.append((str(section), str(name), {str(value) for value in given}))
                case _:
                    self.dynamic |= {text for text in arguments if text in JA}
        elif call.args and ast.unparse(call.args[0]) == "words":
            self.dynamic |= {text for text in arguments if text in JA}
            self.handed_on |= {text for text in arguments if text and text not in JA}


def strings(tree: ast.AST) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node


def texts_of(file: Path) -> Iterator[tuple[str, int]]:
    """Every string of a module with its line, but for those that stand alone: they explain what is above them."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    explaining = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in strings(tree):
        if id(node) not in explaining:
            yield str(node.value), node.lineno


@pytest.fixture(scope="module")
def source() -> Source:
    return Source()


def test_all_catalogues_have_the_same_entries_in_the_same_order() -> None:
    for language in LANGUAGES:
        catalogue = CATALOGUES[language]
        assert list(catalogue) == list(JA)
        for section in JA:
            assert list(catalogue[section]) == list(JA[section]), section


def test_all_catalogues_have_the_same_placeholders() -> None:
    for language, section, name, sentence in SENTENCES:
        assert placeholders(sentence) == placeholders(JA[section][name]), (language, section, name)


def placeholders(sentence: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(sentence) if field is not None}


def test_every_sentence_can_be_filled_in() -> None:
    """A brace that is meant as a brace has to be written twice."""
    for language, section, name, sentence in SENTENCES:
        values = dict.fromkeys(placeholders(sentence), 1)
        assert wording(language)(section, name, **values).strip(), (language, section, name)


def test_every_sentence_that_the_code_asks_for_exists(source: Source) -> None:
    families = {(section, name) for section, names in FAMILIES.items() for name in names}
    missing = {(s, n) for s, n in source.asked | families if n not in JA.get(s, {})}
    assert not missing


def test_every_name_that_is_handed_on_names_a_sentence(source: Source) -> None:
    """`gone(words, "cancelled")` asks for a sentence of that name in some section."""
    names = {name for section in JA.values() for name in section}
    assert source.handed_on <= names


def test_every_placeholder_is_filled_by_whoever_asks_for_the_sentence(source: Source) -> None:
    empty = [
        f"{section}.{name}: {sorted(missing)}"
        for section, name, given in source.filled
        if (missing := placeholders(JA[section][name]) - given)
    ]
    assert not empty


def test_every_sentence_of_the_catalogue_is_used(source: Source) -> None:
    """One that is found by a value of the program counts as used if the program has that value."""
    used = source.asked | {(section, name) for section, names in FAMILIES.items() for name in names}
    unused = [
        f"{section}.{name}"
        for section, names in JA.items()
        if section != "word"
        for name in names
        if (section, name) not in used
        and not (section in source.dynamic and name.removesuffix("_title") in source.texts)
    ]
    assert not unused


def test_labels_fit_a_button() -> None:
    for language in LANGUAGES:
        for name, label in CATALOGUES[language]["label"].items():
            assert 1 <= units(label) <= 20, (language, name)


def test_the_choices_of_an_administrator_fit_their_buttons() -> None:
    for words in map(Wording, LANGUAGES):
        for kind in KINDS:
            for pace in Pace:
                values = {"kind": words("notice_kind", kind), "pace": words("notice_pace", pace)}
                assert units(words("choices", "button", **values)) <= 20


def test_labels_are_those_of_the_contract() -> None:
    promised = {
        "member_yes": "はい、会員です。",
        "member_no": "いいえ、初めて利用します",
        "shop": "買い物をする",
        "history": "注文履歴",
        "help": "ヘルプ",
        "choose": "選択する",
        "pay": "決済する",
        "cancel": "キャンセル",
        "pay_yes": "はい、決済します。",
        "pay_no": "いいえ",
        "talk_with_buyer": "購入者にトークを送る",
    }
    assert {name: JA["label"][name] for name in promised} == promised
    assert JA["common"]["test_mark"] == "【テスト】"


def test_labels_of_one_language_are_distinct() -> None:
    """Two buttons that look the same must not do different things."""
    for language in LANGUAGES:
        labels = list(CATALOGUES[language]["label"].values())
        assert len(set(labels)) == len(labels)


def test_no_word_means_two_things_in_any_language() -> None:
    meant: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for name, words in CATALOGUES[language]["word"].items():
            assert name in {*Verb}, name
            for word in words:
                meant.setdefault(word.casefold(), set()).add(name)
    assert {word: names for word, names in meant.items() if len(names) > 1} == {}


def test_what_a_button_says_is_understood_when_it_is_typed() -> None:
    """An old client, or a member who copies a label, says the label without its postback."""
    for language in LANGUAGES:
        for name in CATALOGUES[language]["word"].keys() & CATALOGUES[language]["label"].keys():
            assert verb(CATALOGUES[language]["label"][name]) == name, (language, name)


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("買い物をする", "shop"),
        (" 買い物をする。 ", "shop"),
        ("ﾍﾙﾌﾟ", "help"),
        ("ヘルプ！", "help"),
        ("？", "help"),
        ("HELP", "help"),
        ("Ｃａｎｃｅｌ", "cancel"),
        ("やり直す", "restart"),
        ("start over", "restart"),
        ("네, 결제합니다.", "pay_yes"),
        ("주문내역", "history"),
        ("처음", "member_no"),
        ("처음부터", "restart"),
        ("주문", "shop"),
        ("다시 주문", "reorder"),
        ("주문 취소", "cancel_order"),
        ("주문을 어떻게 하나요", None),
        ("Yes, I'm a member", "member_yes"),
        ("はい、決済します。", "pay_yes"),
        ("はい、決済します", "pay_yes"),
        ("買い物をするのはいつ", None),
        ("", None),
        ("。", None),
        ("taro@example.co.jp", None),
    ],
)
def test_typed_words_are_understood_in_any_width_and_case(typed: str, understood: str | None) -> None:
    assert verb(typed) == understood


def test_words_for_the_five_commands_exist_in_every_language() -> None:
    for language in LANGUAGES:
        for name in ("help", "cancel", "restart", "shop", "history"):
            assert CATALOGUES[language]["word"][name]


@pytest.mark.parametrize(
    ("language", "money", "foreign", "moment", "day"),
    [
        ("ja_JP", "16,182円", "16,182.50 USD", "11/23(月) 8:05", "11/23(月)"),
        ("en_US", "¥16,182", "16,182.50 USD", "Mon 11/23, 8:05", "Mon 11/23"),
        ("ko_KR", "16,182엔", "16,182.50 USD", "11/23(월) 8:05", "11/23(월)"),
        ("zh_CN", "16,182円", "16,182.50 USD", "11/23(月) 8:05", "11/23(月)"),
        ("", "16,182円", "16,182.50 USD", "11/23(月) 8:05", "11/23(月)"),
    ],
)
def test_money_and_time_are_written_as_the_language_writes_them(
    language: str, money: str, foreign: str, moment: str, day: str
) -> None:
    """Time is shown on a Japanese clock; a language that we do not speak gets Japanese."""
    words, late_in_london = wording(language), datetime(2026, 11, 22, 23, 5, tzinfo=UTC)
    assert words.money(Decimal("16182.00"), "JPY") == money
    assert words.money(Decimal("16182.5"), "USD") == foreign
    assert words.moment(late_in_london) == moment
    assert words.day(late_in_london) == day


def test_a_week_has_seven_days_in_every_language() -> None:
    for language in LANGUAGES:
        words = Wording(language)
        week = [words.day(datetime(2026, 11, day, 3, tzinfo=UTC)) for day in range(23, 30)]
        assert len({re.sub("[0-9/]", "", day) for day in week}) == 7


def test_the_code_speaks_no_japanese_itself() -> None:
    """But for the demo's sample company and the samples of recordings, which are data and no sentences of ours."""
    spoken = [
        f"{file.relative_to(HERE)}:{line}: {text}"
        for file in sorted(HERE.rglob("*.py"))
        if file not in (HERE / "demo.py", HERE / "anonymise.py")
        for text, line in texts_of(file)
        if JAPANESE.search(text)
    ]
    assert not spoken


def test_a_missing_sentence_is_an_error_of_the_program() -> None:
    with pytest.raises(KeyError):
        Wording("ja")("cart", "no_such_sentence")
    with pytest.raises(KeyError):
        Wording("ja")("cart", "total")


def test_families_name_enums_of_the_program() -> None:
    assert all(isinstance(value, StrEnum) for name in ("order_state", "trouble") for value in FAMILIES[name])
    assert {"bot_secret", "postal_code", "order_number", "company", "addresses"} <= FAMILIES["expected"]
