"""Where a parcel can be followed, by the carrier's name as a notice writes it."""

import pytest

from purchasing.carriers import order_page, tracking_page

NUMBER = "444269227953"
YAMATO = "https://jizen.kuronekoyamato.co.jp/jizen/servlet/crjz.b.NQ0010?id=444269227953"
SAGAWA = "https://k2k.sagawa-exp.co.jp/p/web/okurijosearch.do?okurijoNo=444269227953"
POST = "https://trackings.post.japanpost.jp/services/srv/search/direct?reqCodeNo1=444269227953"
ORDER = "250-5123176-9239824"
AT_AMAZON = "https://www.amazon.co.jp/gp/your-account/order-details?orderID=250-5123176-9239824"


@pytest.mark.parametrize(
    ("carrier", "page"),
    [
        ("ヤマト運輸", YAMATO),
        ("クロネコヤマト 宅急便", YAMATO),
        ("Yamato Transport", YAMATO),
        ("YAMATO", YAMATO),
        ("佐川急便", SAGAWA),
        ("Sagawa Express", SAGAWA),
        ("日本郵便", POST),
        ("ゆうパック", POST),
        ("Japan Post", POST),
        ("ＹＡＭＡＴＯ", YAMATO),
        ("宅急便コンパクト", YAMATO),
        ("JapanPost", POST),
        ("JP POST", POST),
        ("ゆうパケット", POST),
        ("ﾔﾏﾄ運輸", YAMATO),
    ],
)
def test_a_carrier_is_known_by_any_of_its_names(carrier: str, page: str) -> None:
    assert tracking_page(carrier, NUMBER) == page


@pytest.mark.parametrize(
    "written", ["4442-6922-7953", "4442 6922 7953", " 444269227953\n", "４４４２６９２２７９５３"]
)
def test_a_number_may_be_written_in_groups(written: str) -> None:
    assert tracking_page("ヤマト運輸", written) == YAMATO


@pytest.mark.parametrize("number", ["", "番号なし", "1&x=2", "../../x", "4442番", 'javascript:"'])
def test_what_is_no_number_leads_nowhere(number: str) -> None:
    assert tracking_page("ヤマト運輸", number) == ""


@pytest.mark.parametrize("carrier", ["", "Test Mode Carrier", "西濃運輸", "自社便"])
def test_a_carrier_that_nobody_knows_has_no_page(carrier: str) -> None:
    assert tracking_page(carrier, NUMBER, ORDER) == ""


def test_amazons_own_delivery_is_followed_at_the_order() -> None:
    assert tracking_page("Amazon", "DA0000000001", ORDER) == AT_AMAZON
    assert tracking_page("amazon logistics", "", ORDER) == AT_AMAZON
    assert tracking_page("アマゾン", "DA0000000001", ORDER) == AT_AMAZON
    assert tracking_page("AMZL JP", "DA0000000001", ORDER) == AT_AMAZON
    assert tracking_page("Amazon", "DA0000000001") == ""


def test_the_order_at_amazon_needs_its_number_there() -> None:
    assert order_page(ORDER) == AT_AMAZON
    assert order_page("") == ""
    assert order_page("250&x=1") == AT_AMAZON.replace(ORDER, "250%26x%3D1")
