"""Where a parcel can be followed. Amazon's notices name the carrier in words and give no link (Amazon reference 10)."""

import re
from unicodedata import normalize
from urllib.parse import quote

_PAGES = (
    (
        ("ヤマト", "クロネコ", "宅急便", "yamato"),
        "https://jizen.kuronekoyamato.co.jp/jizen/servlet/crjz.b.NQ0010?id={number}",
    ),
    (("佐川", "sagawa"), "https://k2k.sagawa-exp.co.jp/p/web/okurijosearch.do?okurijoNo={number}"),
    (
        ("日本郵便", "ゆうパック", "ゆうパケット", "郵便局", "japanpost", "jppost"),
        "https://trackings.post.japanpost.jp/services/srv/search/direct?reqCodeNo1={number}",
    ),
)
_OWN = ("amazon", "アマゾン", "amzl")
_AMAZON = "https://www.amazon.co.jp/gp/your-account/order-details?orderID={order}"


def tracking_page(carrier: str, tracking: str, amazon_order: str = "") -> str:
    """The carrier's page for this number; for Amazon's own delivery the order at Amazon. Empty for one we don't know."""
    name, number = re.sub(r"[\s-]", "", _plain(carrier)), re.sub(r"[\s-]", "", _plain(tracking)).upper()
    for names, page in _PAGES:
        if any(known in name for known in names) and number.isalnum() and number.isascii():
            return page.format(number=quote(number))
    return (
        _AMAZON.format(order=quote(amazon_order)) if any(own in name for own in _OWN) and amazon_order else ""
    )


def _plain(text: str) -> str:
    """One width and one case: ﾔﾏﾄ and ＹＡＭＡＴＯ are ヤマト and yamato."""
    return normalize("NFKC", text).casefold()


def article_page(asin: str) -> str:
    """The article in Amazon's shop. Empty for what is no ASIN."""
    known = len(asin) == 10 and asin.isascii() and asin.isalnum() and asin == asin.upper()
    return f"https://www.amazon.co.jp/dp/{asin}" if known else ""


def order_page(amazon_order: str) -> str:
    """The order at Amazon, where it can be cancelled or returned. Empty without Amazon's order number."""
    return _AMAZON.format(order=quote(amazon_order)) if amazon_order else ""
