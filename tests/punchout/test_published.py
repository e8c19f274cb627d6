"""Every published sample yields values or one sentence; Amazon Japan's own, read in place, without loss.

The samples are not part of this project (KAIMONO_REFERENCE); what Amazon Japan published is compared as trees,
so that no fact is lost on the way through a cart into an order.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from punchout.cart import CartRefused, read_cart
from punchout.confirmation import Confirmation
from punchout.inbound import Document, read
from punchout.order import build_order, read_order
from punchout.setup import read_setup
from punchout.shipment import ShipNotice
from punchout.status import read_response
from punchout.xml import DocumentRefused, XmlRefused, parse
from tests.punchout.conftest import REFERENCE_FOLDER, Judge
from tests.punchout.given import ACCOUNT, NOW, an_order, yen

FOLDER = REFERENCE_FOLDER / "amazon" / "samples"
SAMPLES = sorted(FOLDER.rglob("*.xml")) if FOLDER.is_dir() else []
READERS = (
    read_cart,
    read,
    read_response,
    lambda data: read_setup(parse(data)),
    lambda data: read_order(parse(data)),
)


def japan(name: str) -> bytes:
    path = FOLDER / "chiba008007+eccube_dejjis" / f"html__mockdata__mock-cxml-api-{name}.xml"
    if not path.is_file():
        pytest.skip("no published samples: set KAIMONO_REFERENCE to their folder")
    return path.read_bytes()


def kinds(data: bytes) -> Iterator[object]:
    for reader in READERS:
        try:
            yield reader(data)
        except (XmlRefused, DocumentRefused) as refusal:
            sentence = refusal.reason
        else:
            continue
        assert sentence.endswith(".")
        assert "\n" not in sentence


@pytest.mark.skipif(not SAMPLES, reason="no published samples: set KAIMONO_REFERENCE to their folder")
def test_the_samples_are_there() -> None:
    assert len(SAMPLES) > 50


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_every_sample_yields_values_or_a_sentence(path: Path) -> None:
    data = path.read_bytes()
    values = list(kinds(data))
    try:
        root = parse(data)
    except XmlRefused:
        assert values == []
        return
    inside = next(
        (
            child.tag
            for carrier in root
            if carrier.tag != "Header"
            for child in carrier
            if child.tag != "Status"
        ),
        None,
    )
    if inside in (
        "PunchOutOrderMessage",
        "PunchOutSetupRequest",
        "ShipNoticeRequest",
        "StatusUpdateRequest",
        "ProfileRequest",
    ):
        assert values, f"{inside} gave no value"


def test_japans_cart() -> None:
    cart = read_cart(japan("response-PunchoutOrderMessage"))
    assert (cart.total, cart.shipping, cart.tax, cart.payable) == (yen(9691), yen(0), yen(775), yen(10466))
    assert [line.asin for line in cart.lines] == ["B072HH634P", "B004QZPDVQ", "B00A7O7ZKM"]
    assert [line.auxiliary_xml for line in cart.lines] == [f"358-9479393-6024619,{n}" for n in (1, 2, 3)]
    assert [line.unspsc for line in cart.lines] == ["43211706", "43202222", ""]
    assert [len(line.extrinsics) for line in cart.lines] == [12, 10, 10]
    assert cart.notes == ()


def test_every_leaf_of_japans_cart_is_a_value_of_ours_or_goes_back_in_the_order() -> None:
    document = japan("response-PunchoutOrderMessage")
    cart = read_cart(document)
    told = repr(cart) + build_order(an_order(cart.lines, total=cart.payable), ACCOUNT, "p@bot", NOW).decode()
    told += str(cart.timestamp and cart.timestamp.isoformat(timespec="milliseconds")).replace("+00:00", "Z")
    for element in parse(document).iter():
        facts = [str(value) for value in element.attrib.values()]
        if not len(element) and element.text:
            facts.append(element.text)
        for fact in facts:
            assert fact in told, f"{element.tag!s}: {fact}"


def canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n2")


def test_our_order_repeats_what_japans_own_order_repeats(cxml_dtd: Judge) -> None:
    """Amazon's sample order leaves out a code and two Extrinsics of its sample cart; ours leaves out nothing."""
    cart = read_cart(japan("response-PunchoutOrderMessage"))
    document = build_order(an_order(cart.lines, total=cart.payable), ACCOUNT, "p@bot", NOW)
    cxml_dtd(document)
    theirs = read_order(parse(japan("orderRequest")))
    ours = read_order(parse(document))
    assert (theirs.total, theirs.number, theirs.email) == (yen(10466), "R18140323289", "testusera@test.co.jp")
    for item_in, item_out in zip(
        parse(japan("response-PunchoutOrderMessage")).iter("ItemIn"),
        parse(document).iter("ItemOut"),
        strict=True,
    ):
        assert [canonical(part) for part in item_in] == [canonical(part) for part in item_out]
    for received, expected in zip(ours.lines, theirs.lines, strict=True):
        assert received.item.auxiliary_xml == expected.item.auxiliary_xml
        assert (received.item.unit_price, received.item.tax) == (expected.item.unit_price, expected.item.tax)
        assert set(expected.item.extrinsics) <= set(received.item.extrinsics)


def published(name: str) -> Document:
    document = read(japan(name))
    assert document.notes == ()
    assert [order.order_id for order in document.orders] == ["R18140323289"]
    assert [order.payload_id for order in document.orders] == ["20181204110720.25750.1821@test.co.jp"]
    return document


def test_japans_confirmation() -> None:
    confirmation = published("orderConfirmation").value
    assert isinstance(confirmation, Confirmation)
    assert (confirmation.confirm_id, confirmation.total) == ("250-5123176-9239824", yen(10466))
    statuses = [status for line in confirmation.lines for status in line.statuses]
    assert [status.tax for status in statuses] == [yen(468), yen(95), yen(212)]
    assert {status.confirm_id for status in statuses} == {"250-5123176-9239824"}


def test_japans_ship_notice() -> None:
    notice = published("shipmentNotice").value
    assert isinstance(notice, ShipNotice)
    assert notice.shipment_id == "10490141796303"
    assert [(parcel.carrier, parcel.tracking) for parcel in notice.parcels] == [
        ("ヤマト運輸", "444269227953")
    ]
    assert [line.line_number for line in notice.portions[0].lines] == [1, 2, 3]


def test_japans_setup_request() -> None:
    setup = read_setup(parse(japan("request-PunchOutSetupRequest")))
    assert (setup.email, setup.first_name, setup.last_name) == ("taro.kobai@kobai.co.jp", "太郎", "購買")
    assert setup.business_unit == "5260"
    assert setup.selected == "Hp Laptop"
    assert setup.ship_to is not None
    assert setup.ship_to.streets == ("下目黒1-8-1 ARCO TOWER Annex 14F", "(株)ABC商事DEF事業部GHIJK部")
    assert setup.ship_to.phone == "0312345678"


def test_a_published_order_is_no_cart() -> None:
    with pytest.raises(CartRefused, match="not a cart but OrderRequest"):
        read_cart(japan("orderRequest"))
