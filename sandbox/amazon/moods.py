"""Deliberate behaviour, good and bad, of one order: what a supplier has been seen or feared to do.

A new mood is one line in `MOODS`; a new way to answer, decide or deliver is one more word here and one
branch where it is acted on (`orders`, `decision`, `fulfilment`).
"""

from dataclasses import dataclass
from typing import Literal

Answer = Literal[
    "ok",
    "refuse",  # Status 400, the order is not taken
    "error",  # HTTP 500 with Status 500, the order is not taken
    "html_error_first",  # an HTML error page to the first attempt, which is not taken; then ok
    "close",  # taken, then the connection is closed without an answer
    "slow",  # taken, answered after `SLOW_SECONDS`
]
Outcome = Literal["accept", "price_change", "out_of_stock", "split"]
Delivery = Literal["once", "never", "twice", "ship_first"]

SLOW_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Mood:
    """How an order's POST is answered, what is decided, and how the notices are delivered."""

    key: str
    label: str
    answer: Answer = "ok"
    outcome: Outcome = "accept"
    delivery: Delivery = "once"


OK = Mood("ok", "ふつうに受け付け、確定し、発送する")

MOODS: dict[str, Mood] = {
    mood.key: mood
    for mood in (
        OK,
        Mood("price_change", "1行目の単価が上がる", outcome="price_change"),
        Mood("out_of_stock", "1行目が在庫切れで却下される", outcome="out_of_stock"),
        Mood("split", "1行ごとに別のAmazon注文に分かれる", outcome="split"),
        Mood("never", "受領したまま注文確認も出荷通知も送らない", delivery="never"),
        Mood("twice", "注文確認と出荷通知をすべて2回送る", delivery="twice"),
        Mood("ship_before_confirm", "出荷通知が注文確認より先に届く", delivery="ship_first"),
        Mood("refuse_400", "注文をStatus 400で拒否する", answer="refuse"),
        Mood("server_error_500", "Status 500を返し続ける (受け付けない)", answer="error"),
        Mood("html_500_then_ok", "1回目だけHTMLのエラーページを返す", answer="html_error_first"),
        Mood("close_after_taking", "受け付けたあと応答せずに切断する", answer="close"),
        Mood("slow", f"受け付けたあと応答が{SLOW_SECONDS:.0f}秒遅れる", answer="slow"),
    )
}
