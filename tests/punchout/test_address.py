from dataclasses import replace

import pytest
from lxml import etree

from punchout.address import Address, read_address, write_contact, write_ship_to
from punchout.xml import parse
from tests.punchout.given import HONSHA


def test_an_address_comes_back_as_it_was_written() -> None:
    assert read_address(parse(write_ship_to(HONSHA).xml)) == HONSHA


def test_a_blank_building_stays_one_blank_street() -> None:
    assert (
        b"<Street>\xe4\xb8\xb8\xe3\x81\xae\xe5\x86\x851-1-1</Street><Street> </Street>"
        in write_ship_to(HONSHA).xml
    )
    only_one = replace(HONSHA, streets=("丸の内1-1-1",))
    assert write_ship_to(only_one).xml == write_ship_to(HONSHA).xml


def test_the_phone_is_country_81_and_a_number_with_its_zero() -> None:
    for written in ("03-0000-0000", "０３（0000）0000", "+81 3 0000 0000", "+81-(0)3-0000-0000"):
        root = parse(write_ship_to(replace(HONSHA, phone=written)).xml)
        phone = [(child.tag, child.text) for child in root.iterfind(".//TelephoneNumber/*")]
        assert phone == [("CountryCode", "81"), ("AreaOrCityCode", None), ("Number", "0300000000")]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (
            "<CountryCode>81</CountryCode><AreaOrCityCode>3</AreaOrCityCode><Number>00000000</Number>",
            "0300000000",
        ),
        ("<CountryCode>81</CountryCode><AreaOrCityCode/><Number>0300000000</Number>", "0300000000"),
        (
            "<CountryCode>1</CountryCode><AreaOrCityCode>212</AreaOrCityCode><Number>5550100</Number>",
            "2125550100",
        ),
        ("<CountryCode>81</CountryCode><AreaOrCityCode/><Number/>", ""),
    ],
)
def test_a_phone_split_elsewhere_is_put_together(written: str, number: str) -> None:
    root = parse(
        f"<ShipTo><Address><Name>x</Name><Phone><TelephoneNumber>{written}</TelephoneNumber></Phone></Address></ShipTo>".encode()
    )
    address = read_address(root)
    assert address is not None
    assert address.phone == number


def test_a_contact_may_be_a_name_and_nothing_else() -> None:
    contact = read_address(
        parse(b'<Contact role="endUser"><Name xml:lang="ja">\xe5\xb1\xb1\xe7\x94\xb0</Name></Contact>')
    )
    assert contact == Address("", "山田", (), "", "", "", (), "")


def test_no_address_is_none() -> None:
    assert read_address(parse(b"<ShipTo/>")) is None


def test_a_contact_is_written_with_its_role() -> None:
    root = parse(write_contact(HONSHA, "endUser").xml)
    assert (root.tag, root.get("role"), etree.tostring(root).count(b"Address")) == ("Contact", "endUser", 2)
