"""Amazon's own companies are told from shops that are called alike."""

import pytest

from purchasing.sellers import is_amazon


@pytest.mark.parametrize(
    "name",
    [
        "Amazon",
        "Amazon.co.jp",
        "AMAZON.CO.JP",
        "Ａｍａｚｏｎ．ｃｏ．ｊｐ",
        "Amazon Japan G.K.",
        " Amazon  Japan\u3000G.K. ",
        "アマゾンジャパン合同会社",
        "ｱﾏｿﾞﾝｼﾞｬﾊﾟﾝ合同会社",
        "Amazon.com Services, Inc",
    ],
)
def test_amazon_itself(name: str) -> None:
    assert is_amazon(name)


@pytest.mark.parametrize(
    "name",
    [
        "Amazonia",
        "Amazonia Foods",
        "Amazon.co.jp専門店",
        "アマゾン川商店",
        "Amazonマーケット",
        "",
        "オフィス便",
    ],
)
def test_a_shop_that_is_called_alike_is_none(name: str) -> None:
    assert not is_amazon(name)
