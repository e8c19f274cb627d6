"""What happens at Amazon in a transcript: in the shop, and with an order.

amazon  コピー用紙 × 2                 put into the cart; ぜんぶの商品 × 1: one of everything
amazon  承認を依頼する                  the cart goes to the bot; also サインアウト, or a button of the open page
amazon  受注確定                       what Amazon has decided of the order is told; 発送: so are the parcels,
                                    荷物をひとつ発送: so is the next one
amazon  次の注文: 在庫切れ              how the next order will fare; 最後の注文: the newest one, when it is tried again
amazon  改めて: 価格が変わる             the newest order is decided anew, and what was told is corrected or taken back
amazon  次の入口: エラーの画面を返す       how the next way into the shop will be answered
amazon  運送会社: 日本郵便               who carries the parcels from now on; else each seller has its own
amazon  注文は1件                      so many orders have been taken; 入店は1回: so often the shop was opened
"""

from tests.talks.pauses import CONFIRM, SHIP
from tests.talks.shopper import Shopper
from tests.talks.stage import Stage

MOODS = {
    "受け取ってから切断し、送り直しを断る": "refuse_repeat",
    "価格が変わる": "price_change",
    "在庫切れ": "out_of_stock",
    "一部の数量だけ": "partial",
    "確定を取り消す": "taken_back",
    "受け取ったきり": "never",
    "Amazon注文が分かれる": "split",
    "断る": "refuse_400",
    "ほかの注文のことを知らせる": "unknown_order",
    "返事をしない": "server_error_500",
    "受け取ってから切断する": "close_after_taking",
    "ふつう": "ok",
}
SETUP_MOODS = {"エラーの画面を返す": "html_500"}


class Amazon:
    """Amazon's part in one performance. What it does to a cart it does in the shopper's browser."""

    def __init__(self, stage: Stage, shopper: Shopper) -> None:
        self._stage, self._shopper = stage, shopper

    def newest_number(self) -> str:
        """The number under which Amazon has confirmed its newest order; the first of several."""
        decision = next(reversed(self._stage.account.orders.values())).decision
        assert decision is not None, "but Amazon has confirmed nothing"
        return decision.purchases[0].confirm_id

    async def do(self, words: str) -> None:
        account = self._stage.account
        article, _, pieces = words.partition(" × ")
        what, _, how = words.partition(": ")
        if article == "ぜんぶの商品":
            for product in account.shelf.products:
                await self._shopper.put(product.asin, int(pieces))
        elif pieces:
            await self._shopper.put(article, int(pieces))
        elif what == "次の注文":
            account.set_mood(_mood(MOODS, how))
        elif what == "次の入口":
            account.set_setup_mood(_mood(SETUP_MOODS, how))
        elif what == "最後の注文":
            account.set_mood(_mood(MOODS, how), next(reversed(account.order_moods)))
        elif what == "改めて":
            await self._stage.amazon_decides_anew(_mood(MOODS, how))
        elif what == "運送会社":
            account.carriers = dict.fromkeys(account.carriers, how)
        elif words == "承認を依頼する":
            await self._shopper.ask_approval()
        elif words == "サインアウト":
            await self._shopper.sign_out()
        elif words == "受注確定":
            await self._stage.amazon_goes_on(CONFIRM)
        elif words == "発送":
            await self._stage.amazon_goes_on(SHIP)
        elif words == "荷物をひとつ発送":
            await self._stage.amazon_goes_on(self._stage.pauses.one_by_one())
        elif words.startswith("入店は"):
            assert words == f"入店は{len(account.setups)}回", (
                f"but the shop was opened {len(account.setups)} times"
            )
        elif words.startswith("注文は"):
            await self._stage.quiet()
            count = len(account.orders)
            assert words == f"注文は{count}件", f"but Amazon has {count} orders"
        else:
            await self._shopper.press(words)


def _mood(moods: dict[str, str], mood: str) -> str:
    assert mood in moods, f"Amazon has no mood {mood}; there are {' '.join(moods)}"
    return moods[mood]
