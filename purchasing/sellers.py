"""Who sells an article: Amazon itself or somebody in its marketplace, by the name that the cart gives (soldBy)."""

from unicodedata import normalize

_AMAZON = {
    "amazon",
    "amazon.co.jp",
    "amazon.com",
    "amazon.com services, inc",
    "amazon.com services, inc.",
    "amazon.com services llc",
    "amazon japan",
    "amazon japan g.k.",
    "amazon japan gk",
    "amazon japan 合同会社",
    "アマゾン",
    "アマゾンジャパン",
    "アマゾンジャパン合同会社",
}
"""Amazon's own companies, as its carts (Amazon reference 7.2) and its Japanese shop call them."""


def is_amazon(seller: str) -> bool:
    """Whether this is Amazon itself and not a shop whose name begins alike, whatever the width, case and blanks."""
    return " ".join(normalize("NFKC", seller).casefold().split()) in _AMAZON
