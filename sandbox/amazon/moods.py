"""Deliberate behaviour, good and bad, of one order: what a supplier has been seen or feared to do.

A new mood is one line in `MOODS`; a new way to answer, decide or deliver is one more word here and one
branch where it is acted on (`orders`, `offers`, `fulfilment`).
"""

from dataclasses import dataclass
from typing import Literal

Answer = Literal[
    "ok",
    "refuse",  # Status 400, the order is not taken
    "error",  # HTTP 500 with Status 500, the order is not taken
    "html_error_first",  # an HTML error page to the first attempt, which is not taken; then ok
    "close",  # taken, then the connection is closed without an answer
    "close_then_refuse",  # the same, and the repeat is refused as a duplicate
    "slow",  # taken, answered after `SLOW_SECONDS`
    "after_confirming",  # taken, answered only when the confirmation has been posted
]
Outcome = Literal[
    "accept",
    "price_change",  # within what the safeguards allow by default
    "price_leap",  # beyond it
    "out_of_stock",
    "partial",
    "split",
    "other_seller",
    "dear_shipping",
    "slow_delivery",
]
Delivery = Literal[
    "once",
    "late",
    "never",
    "twice",
    "ship_first",
    "take_back",  # confirmed, and after `SLOW_SECONDS` every confirmation is deleted; nothing is shipped
]
Style = Literal[
    "plain",
    "shared_secret",  # authenticated by the Sender's SharedSecret instead of HTTP Basic
    "wrong_password",
    "unknown_order",  # speaks of an order that nobody placed
    "of_2014",  # the clock in place of the time zone, no carrier (reference 3.1, 10)
]
SetupMood = Literal[
    "ok", "bare_2015", "refuse_400", "error_500", "html_500", "slow", "no_start_page", "foreign_start_page"
]

SLOW_SECONDS = 40.0
LATE_SECONDS = 25 * 3600.0


@dataclass(frozen=True, slots=True)
class Mood:
    """How an order's POST is answered, what is decided, how and in which style the notices are delivered."""

    key: str
    label: str
    answer: Answer = "ok"
    outcome: Outcome = "accept"
    delivery: Delivery = "once"
    style: Style = "plain"


OK = Mood("ok", "ふつうに受け付け、確定し、発送する")

MOODS: dict[str, Mood] = {
    mood.key: mood
    for mood in (
        OK,
        Mood("price_change", "1行目の単価が上がる", outcome="price_change"),
        Mood("price_leap", "1行目の単価がセーフガードの上限を超える", outcome="price_leap"),
        Mood("out_of_stock", "1行目が在庫切れで却下される", outcome="out_of_stock"),
        Mood("partial", "1行目の一部の数量だけが確定する", outcome="partial"),
        Mood("split", "1行ごとに別のAmazon注文に分かれる", outcome="split"),
        Mood("other_seller", "1行目が別の販売者の商品になる", outcome="other_seller"),
        Mood("dear_shipping", "1行目の配送料がセーフガードの上限を超える", outcome="dear_shipping"),
        Mood("slow_delivery", "1行目のお届けがセーフガードの上限より遅い", outcome="slow_delivery"),
        Mood("late", "1日以上たってから確定し、発送する", delivery="late"),
        Mood("never", "受領したまま注文確認も出荷通知も送らない", delivery="never"),
        Mood("twice", "注文確認と出荷通知をすべて2回送る", delivery="twice"),
        Mood("ship_before_confirm", "出荷通知が注文確認より先に届く", delivery="ship_first"),
        Mood("taken_back", "確定したあと、注文確認を取り消す (出荷しない)", delivery="take_back"),
        Mood("shared_secret", "通知をSharedSecretで認証する (Basic認証なし)", style="shared_secret"),
        Mood("wrong_password", "通知のパスワードが違う", style="wrong_password"),
        Mood("unknown_order", "通知の発注番号が存在しないものになる", style="unknown_order"),
        Mood("dates_of_2014", "通知の日付が2014年の誤った形式になる", style="of_2014"),
        Mood("refuse_400", "注文をStatus 400で拒否する", answer="refuse"),
        Mood("server_error_500", "Status 500を返し続ける (受け付けない)", answer="error"),
        Mood("html_500_then_ok", "1回目だけHTMLのエラーページを返す", answer="html_error_first"),
        Mood("close_after_taking", "受け付けたあと応答せずに切断する", answer="close"),
        Mood("refuse_repeat", "受け付けたあと切断し、再送を重複として断る", answer="close_then_refuse"),
        Mood("confirm_before_answer", "応答より先に注文確認を送る", answer="after_confirming"),
        Mood("slow", f"受け付けたあと応答が{SLOW_SECONDS:.0f}秒遅れる", answer="slow"),
    )
}

SETUP_MOODS: dict[SetupMood, str] = {
    "ok": "ふつうに入口を返す",
    "bare_2015": "2015年の簡素な形式で返す",
    "refuse_400": "Status 400で断る (ユーザーが使えない)",
    "error_500": "Status 500を返す",
    "html_500": "HTMLのエラーページを返す",
    "slow": f"{SLOW_SECONDS:.0f}秒遅れて返す",
    "no_start_page": "Status 200だが入口のURLがない",
    "foreign_start_page": "入口が別のサイトを指す",
}
