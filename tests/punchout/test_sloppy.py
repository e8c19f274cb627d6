"""Amazon is sloppy: whatever it leaves out, puts in or misspells, every other fact is read as before.

One test for each habit, over every document of ours that comes from Amazon (Amazon reference 3 and 9 to 11).
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree

from punchout.cart import Cart
from punchout.confirmation import Confirmation
from punchout.item import CartLine
from punchout.reading import Reading, read_anything
from punchout.shipment import ShipNotice
from tests.punchout.given import sample

CARTS = ("cart_desk_and_lamp", "cart_of_2015_without_unit_and_classification")
CONFIRMATIONS = (
    "confirmation_accepted_in_full",
    "confirmation_one_line_in_two_parts",
    "confirmation_two_lines_refused",
)
SHIP_NOTICES = ("ship_notice_lines_in_any_order", "ship_notice_two_whole_orders_without_carrier")
FROM_AMAZON = (
    *CARTS,
    *CONFIRMATIONS,
    *SHIP_NOTICES,
    "invoice_for_two_orders",
    "status_update_of_an_order",
    "response_setup_refused_403",
)
BYTES = ("raw", "item_xml")


def values(reading: Reading) -> Any:
    """What was read, without the bytes that are kept beside it."""

    def bare(value: Any) -> Any:
        if isinstance(value, CartLine):
            value = value._replace(item_xml=b"")
        if isinstance(value, tuple):
            return tuple(map(bare, value))
        if is_dataclass(value) and not isinstance(value, type):
            left_out = BYTES if isinstance(value, Reading) else (*BYTES, "envelope")
            return {f.name: bare(getattr(value, f.name)) for f in fields(value) if f.name not in left_out}
        return value

    return bare(reading)


def changed(name: str, change: Callable[[etree._Element], object]) -> Reading:
    """The sample, read after its tree was changed."""
    root = etree.fromstring(sample(name))
    change(root)
    return read_anything(etree.tostring(root, encoding="UTF-8"))


def everywhere(change: Callable[[etree._Element], object]) -> Callable[[etree._Element], None]:
    def change_all(root: etree._Element) -> None:
        for element in list(root.iter(etree.Element)):
            change(element)

    return change_all


@pytest.mark.parametrize("name", FROM_AMAZON)
def test_stray_zero_width_characters_between_elements_change_nothing(name: str) -> None:
    def stray(element: etree._Element) -> None:
        if element.getparent() is not None:
            element.tail = f"\u200b{element.tail or ''}\ufeff"

    assert values(changed(name, everywhere(stray))) == values(read_anything(sample(name)))


@pytest.mark.parametrize("name", FROM_AMAZON)
def test_zero_width_characters_around_words_change_nothing(name: str) -> None:
    def around(element: etree._Element) -> None:
        if element.text and element.text.strip() and element.tag not in ("Money", "SupplierPartAuxiliaryID"):
            element.text = f" \u200b{element.text}\ufeff\n"

    assert values(changed(name, everywhere(around))) == values(read_anything(sample(name)))


@pytest.mark.parametrize("name", FROM_AMAZON[:-1])
def test_unknown_elements_and_attributes_are_passed_over_and_kept_in_the_bytes(name: str) -> None:
    def add(element: etree._Element) -> None:
        if len(element):
            element.append(etree.fromstring("<Novelty since='2027'><Inner>9</Inner></Novelty>"))
            element.set("novelty", "9")

    root = etree.fromstring(sample(name))
    everywhere(add)(root)
    document = etree.tostring(root, encoding="UTF-8")
    reading = read_anything(document)
    assert values(reading) == values(read_anything(sample(name)))
    if isinstance(reading.value, Cart):
        assert all(b"<Novelty" in line.item_xml for line in reading.value.lines)


@pytest.mark.parametrize("name", [*CARTS, *CONFIRMATIONS, *SHIP_NOTICES])
def test_a_from_that_is_not_amazon_changes_only_who_sent_it(name: str) -> None:
    """Numeric supplier ids of 2014, Amazonbusinessintegrationsjp of 2023: we never match on it."""

    def rename(root: etree._Element) -> None:
        for identity in root.iterfind("Header/From/Credential/Identity"):
            identity.text = "Amazonbusinessintegrationsjp"

    reading, plain = changed(name, rename), read_anything(sample(name))
    assert {party.identity for party in reading.envelope.from_} == {"Amazonbusinessintegrationsjp"}
    envelope = replace(reading.envelope, from_=plain.envelope.from_)
    assert values(replace(reading, envelope=envelope)) == values(plain)


@pytest.mark.parametrize("name", [*CARTS, *CONFIRMATIONS, *SHIP_NOTICES])
def test_the_domain_of_a_credential_counts_in_any_case(name: str) -> None:
    def shout(root: etree._Element) -> None:
        for credential in root.iter("Credential"):
            credential.set("domain", credential.get("domain", "").swapcase())

    plain, reading = read_anything(sample(name)).envelope, changed(name, shout).envelope
    for ours, theirs in zip(plain.to, reading.to, strict=True):
        assert theirs.domain != ours.domain
        assert theirs.names(ours.domain, ours.identity)


@pytest.mark.parametrize("name", FROM_AMAZON)
def test_without_payload_id_and_time_the_rest_is_read(name: str) -> None:
    reading = changed(name, lambda root: [root.attrib.pop(key, None) for key in ("payloadID", "timestamp")])
    assert (reading.envelope.payload_id, reading.envelope.timestamp) == (None, None)
    assert type(reading.value) is type(read_anything(sample(name)).value)


@pytest.mark.parametrize("name", [*CARTS, *CONFIRMATIONS, *SHIP_NOTICES])
def test_without_units_and_classification_every_line_is_read(name: str) -> None:
    def drop(root: etree._Element) -> None:
        for element in list(root.iter("UnitOfMeasure", "Classification")):
            parent = element.getparent()
            assert parent is not None
            parent.remove(element)

    def lines(reading: Reading) -> list[tuple[object, ...]]:
        match reading.value:
            case Cart(lines=found):
                return [(line.asin, line.quantity, line.unit_price) for line in found]
            case Confirmation(lines=said):
                return [(line.line_number, line.quantity, len(line.statuses)) for line in said]
            case ShipNotice(portions=portions):
                return [(one.line_number, one.quantity) for portion in portions for one in portion.lines]
        raise AssertionError("none of these has lines")

    assert lines(changed(name, drop)) == lines(read_anything(sample(name)))


def test_an_empty_classification_is_no_code() -> None:
    def empty(root: etree._Element) -> None:
        for element in root.iter("Classification"):
            element.text = None

    cart = changed("cart_desk_and_lamp", empty).value
    assert isinstance(cart, Cart)
    assert {line.unspsc for line in cart.lines} == {""}


DATES = ("noticeDate", "shipmentDate", "deliveryDate", "orderDate", "invoiceDate")


@pytest.mark.parametrize("written", ["", " ", "soon", "2026-99-99T00:00:00Z"])
@pytest.mark.parametrize("name", [*CONFIRMATIONS, *SHIP_NOTICES, "invoice_for_two_orders"])
def test_a_date_that_is_none_is_left_out_and_all_else_is_read(name: str, written: str) -> None:
    def spoil(element: etree._Element) -> None:
        for key in DATES:
            if key in element.attrib:
                element.set(key, written)

    reading = changed(name, everywhere(spoil))
    dates = [found for found in _leaves(values(reading)["value"]) if isinstance(found, datetime)]
    assert dates == []
    assert type(reading.value) is type(read_anything(sample(name)).value)


@pytest.mark.parametrize(
    "written",
    [
        "2026-09-10T02:07:44Z",
        "2026-09-10T02:07:44.000Z",
        "2026-09-10T02:07:44+0000",
        "2026-09-10T11:07:44+09:00",
        "2026-09-10T02:07:44+02:07",
        "2026-09-09T19:07:44-0700",
    ],
)
@pytest.mark.parametrize("name", [*CONFIRMATIONS, *SHIP_NOTICES])
def test_every_form_of_a_date_is_the_same_moment_in_every_document(name: str, written: str) -> None:
    def spell(element: etree._Element) -> None:
        for key in DATES:
            if key in element.attrib:
                element.set(key, written)

    found = [
        one for one in _leaves(values(changed(name, everywhere(spell)))["value"]) if isinstance(one, datetime)
    ]
    assert set(found) == {datetime(2026, 9, 10, 2, 7, 44, tzinfo=UTC)}


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = tuple(value.values())
    return [leaf for one in value for leaf in _leaves(one)] if isinstance(value, tuple) else [value]
