"""The decision of a turn: every state answers every verb, and money moves by a button alone."""

import itertools

import pytest

from bot.talk.hearing import Heard, Verb
from bot.talk.steps import At, Do, Move, decide
from purchasing.mail_address import BadEmail

MONEY = {Verb.PAY: Do.ASK_PAY, Verb.PAY_YES: Do.PAY, Verb.PAY_NO: Do.DECLINE, Verb.DROP: Do.DROP}
ABOUT_CARTS = {Do.ASK_PAY, Do.PAY, Do.DECLINE, Do.DROP}
EVERY_STATE = list(itertools.product(At, (False, True)))
REGISTERED = [At.READY, At.ASKED_EMAIL, At.NEW, At.ASKED_MEMBER]
"""A member may be registered while the talk stands anywhere: rows are written apart."""


@pytest.mark.parametrize(("at", "registered"), EVERY_STATE)
@pytest.mark.parametrize("verb", Verb)
def test_every_state_answers_every_verb(at: At, registered: bool, verb: Verb) -> None:
    for heard in (Heard(verb, "x"), Heard(verb, "x", "12", "4c1f"), Heard(verb, "taro@example.co.jp")):
        move = decide(at, registered, heard)
        assert isinstance(move, Move)
        assert (move.do is Do.NOTHING) == (verb is Verb.NOTHING)
        assert move.heard is heard


@pytest.mark.parametrize(("at", "registered"), EVERY_STATE)
@pytest.mark.parametrize("verb", MONEY)
def test_money_words_without_a_button_never_move_money(at: At, registered: bool, verb: Verb) -> None:
    assert decide(at, registered, Heard(verb, "はい、決済します。")).do not in ABOUT_CARTS


@pytest.mark.parametrize("at", At)
@pytest.mark.parametrize("verb", MONEY)
def test_a_money_button_does_the_same_in_every_state_of_a_member(at: At, verb: Verb) -> None:
    assert decide(at, True, Heard(verb, "", "12", "4c1f")).do is MONEY[verb]


@pytest.mark.parametrize("at", At)
@pytest.mark.parametrize("verb", MONEY)
def test_a_guest_cannot_pay_with_a_button_either(at: At, verb: Verb) -> None:
    move = decide(at, False, Heard(verb, "", "12", "4c1f"))
    assert (move.at, move.do) == (At.ASKED_MEMBER, Do.GREET_FIRST)


@pytest.mark.parametrize("at", REGISTERED)
@pytest.mark.parametrize(
    ("verb", "do"),
    [(Verb.HELP, Do.HELP), (Verb.SHOP, Do.SHOP), (Verb.HISTORY, Do.HISTORY), (Verb.ORDER, Do.ORDER)],
)
def test_a_member_can_ask_at_any_time(at: At, verb: Verb, do: Do) -> None:
    move = decide(at, True, Heard(verb))
    assert (move.at, move.do) == (At.READY, do)


@pytest.mark.parametrize(
    ("at", "registered", "verb", "then", "do"),
    [
        (At.READY, True, Verb.CANCEL, At.READY, Do.CANCEL),
        (At.ASKED_EMAIL, True, Verb.CANCEL, At.READY, Do.KEEP_EMAIL),
        (At.ASKED_EMAIL, False, Verb.CANCEL, At.ASKED_MEMBER, Do.REGISTRATION_CANCELLED),
        (At.NEW, False, Verb.CANCEL, At.ASKED_MEMBER, Do.REGISTRATION_CANCELLED),
        (At.READY, True, Verb.RESTART, At.READY, Do.RESTART),
        (At.ASKED_EMAIL, True, Verb.RESTART, At.ASKED_EMAIL, Do.ASK_EMAIL_AGAIN),
        (At.ASKED_EMAIL, False, Verb.RESTART, At.ASKED_MEMBER, Do.GREET),
        (At.ASKED_MEMBER, False, Verb.SHOP, At.ASKED_MEMBER, Do.GREET_FIRST),
        (At.ASKED_EMAIL, False, Verb.HISTORY, At.ASKED_MEMBER, Do.GREET_FIRST),
        (At.ASKED_EMAIL, False, Verb.HELP, At.ASKED_EMAIL, Do.HELP),
        (At.NEW, False, Verb.ORDER, At.NEW, Do.ORDER),
    ],
)
def test_the_words_for_any_time_answer_the_state_they_are_said_in(
    at: At, registered: bool, verb: Verb, then: At, do: Do
) -> None:
    move = decide(at, registered, Heard(verb))
    assert (move.at, move.do) == (then, do)


@pytest.mark.parametrize("verb", [Verb.START, Verb.WORDS, Verb.THING, Verb.MENU, Verb.RESTART])
def test_a_stranger_is_greeted_whatever_the_first_word_is(verb: Verb) -> None:
    move = decide(At.NEW, False, Heard(verb, "こんにちは"))
    assert (move.at, move.do) == (At.ASKED_MEMBER, Do.GREET)


@pytest.mark.parametrize("at", [At.NEW, At.ASKED_MEMBER, At.ASKED_EMAIL])
def test_a_mail_address_registers_a_guest_wherever_it_is_said(at: At) -> None:
    move = decide(at, False, Heard(Verb.WORDS, " Taro@EXAMPLE.co.jp "))
    assert (move.at, move.do, move.email) == (At.READY, Do.REGISTER, "Taro@example.co.jp")


@pytest.mark.parametrize("registered", [False, True])
@pytest.mark.parametrize(
    ("heard", "why"),
    [
        (Heard(Verb.WORDS, "taro"), BadEmail.NO_AT),
        (Heard(Verb.WORDS, "taro@example"), BadEmail.DOMAIN),
        (Heard(Verb.THING), BadEmail.NO_AT),
    ],
)
def test_who_is_asked_for_an_address_is_told_what_is_wrong_with_it(
    registered: bool, heard: Heard, why: BadEmail
) -> None:
    move = decide(At.ASKED_EMAIL, registered, heard)
    assert (move.at, move.do, move.bad_email) == (At.ASKED_EMAIL, Do.REFUSE_EMAIL, why)


def test_a_member_changes_the_address_only_when_asked_for_it() -> None:
    assert decide(At.READY, True, Heard(Verb.WORDS, "other@example.co.jp")).do is Do.NOT_UNDERSTOOD
    assert decide(At.READY, True, Heard(Verb.EMAIL)) == Move(
        At.ASKED_EMAIL, Do.ASK_EMAIL_AGAIN, Heard(Verb.EMAIL)
    )
    changed = decide(At.ASKED_EMAIL, True, Heard(Verb.WORDS, "other@example.co.jp"))
    assert (changed.at, changed.do, changed.email) == (At.READY, Do.REGISTER, "other@example.co.jp")


def test_old_answers_of_the_registration_do_no_harm_to_a_member() -> None:
    for verb in (Verb.MEMBER_YES, Verb.MEMBER_NO, Verb.START):
        assert decide(At.READY, True, Heard(verb)).do is Do.MENU


@pytest.mark.parametrize("verb", [Verb.MEMBER_YES, Verb.PAY_YES])
def test_a_typed_yes_to_the_question_before_paying_asks_again(verb: Verb) -> None:
    move = decide(At.ASKED_PAY, True, Heard(verb, "はい"))
    assert (move.at, move.do) == (At.ASKED_PAY, Do.REMIND_PAY)


def test_a_sticker_loses_no_question() -> None:
    assert decide(At.ASKED_PURPOSE, True, Heard(Verb.THING)).do is Do.ASK_PURPOSE_AGAIN
    assert decide(At.ASKED_PURPOSE, True, Heard(Verb.THING)).at is At.ASKED_PURPOSE
    assert decide(At.ASKED_PAY, True, Heard(Verb.THING)).at is At.ASKED_PAY


@pytest.mark.parametrize(
    "verb", [Verb.HELP, Verb.HISTORY, Verb.OLDER, Verb.ORDER, Verb.ASK_ADMIN, Verb.MENU, Verb.GUIDE]
)
def test_the_question_for_the_purpose_survives_a_look_at_something_else(verb: Verb) -> None:
    assert decide(At.ASKED_PURPOSE, True, Heard(verb)).at is At.ASKED_PURPOSE


@pytest.mark.parametrize("verb", [Verb.SHOP, Verb.CART, Verb.CANCEL, Verb.RESTART, Verb.REORDER, Verb.EMAIL])
def test_whoever_begins_something_else_is_asked_for_no_purpose(verb: Verb) -> None:
    assert decide(At.ASKED_PURPOSE, True, Heard(verb)).at is not At.ASKED_PURPOSE


def test_a_yes_to_no_question_is_told_so() -> None:
    assert decide(At.READY, True, Heard(Verb.YES, "はい")).do is Do.NOTHING_ASKED
    assert decide(At.ASKED_PAY, True, Heard(Verb.YES, "はい")).do is Do.REMIND_PAY
    assert decide(At.ASKED_PURPOSE, True, Heard(Verb.YES, "はい")).do is Do.ASK_PURPOSE_AGAIN
    assert decide(At.ASKED_EMAIL, True, Heard(Verb.YES, "はい")).do is Do.ASK_EMAIL_AGAIN
    assert decide(At.ASKED_MEMBER, False, Heard(Verb.YES, "はい")).do is Do.ASK_EMAIL
