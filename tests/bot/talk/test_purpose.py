"""What goods are for, where the company asks: an answer that shows nothing is none."""

from dataclasses import replace

import pytest

from bot.app import buying
from bot.talk import checkout
from bot.talk.steps import At
from bot.talk.till import Till
from bot.talk.wording import wording
from storage.database import Database, Tx
from storage.tables import Member, Talk
from tests.trouble.house import COMPANY, NOW, TARO, config, furnished, offered


@pytest.mark.parametrize("typed", [" ", "\u3000\u3000", "\n", "\u200b", "\u2060 \ufeff"])
async def test_blanks_are_no_purpose_and_the_question_stays(database: Database, typed: str) -> None:
    def work(tx: Tx) -> None:
        furnished(tx)
        company = replace(buying(config().company[0], config().public_url), ask_purpose=True)
        cart = offered(tx, company)
        member = tx.orm.get_one(Member, cart.member_id)
        talk = Talk(company_id=COMPANY, user_id=TARO, state=At.READY, about=str(cart.id), changed_at=NOW)
        till = Till(tx, company, wording("ja_JP"), member, talk, At.ASKED_PURPOSE, NOW)
        assert till.take_purpose(typed) == checkout.ask_purpose(wording("ja_JP"), company.test)
        assert (talk.state, cart.purpose) == (At.ASKED_PURPOSE, "")
        till.take_purpose(f" 来客用のお茶{typed}")
        assert (talk.state, cart.purpose) == (At.ASKED_PAY, "来客用のお茶")

    await database.write(work)
