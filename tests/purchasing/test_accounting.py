"""What a purchase is booked to, from the configuration to the order that Amazon reads."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from punchout.order import Segment, build_order, read_order
from punchout.xml import parse
from purchasing import evidence, policy
from purchasing.accounting import Accounting, codes, distributions, extrinsics
from purchasing.ordering import Placed
from purchasing.values import Company, Group
from storage import tables
from storage.database import Database, Tx
from tests.punchout.conftest import Judge
from tests.punchout.given import ACCOUNT, NOW, an_order, cart_lines, yen
from tests.purchasing.test_ordering import pay
from tests.trouble.documents import Goods
from tests.trouble.house import TARO, known, offered, vault

BOOKS = Accounting("1200 総務部", "7140 消耗品費", "P-24")


def test_a_code_is_what_stands_before_the_first_blank() -> None:
    (booked,) = distributions(BOOKS, Decimal(698), Decimal(2), "JPY")
    assert booked.segments == (
        Segment("Cost Center", "1200", "総務部"),
        Segment("GL Account", "7140", "消耗品費"),
        Segment("Project", "P-24", ""),
    )
    assert booked.charge == yen(1396)
    assert extrinsics(BOOKS) == (
        ("costCenter", "1200 総務部"),
        ("glAccount", "7140 消耗品費"),
        ("project", "P-24"),
    )


def test_without_codes_nothing_is_said() -> None:
    assert distributions(Accounting(), Decimal(1), Decimal(1), "JPY") == ()
    assert list(codes(Accounting())) == []


def test_a_broken_quantity_is_charged_in_whole_yen() -> None:
    assert distributions(BOOKS, Decimal(101), Decimal("0.5"), "JPY")[0].charge == yen(50)
    assert distributions(BOOKS, Decimal("1.01"), Decimal("0.333333333"), "USD")[0].charge.wire() == "0.34"


TEXT = st.text(max_size=40)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    booked=st.builds(Accounting, TEXT, TEXT, TEXT),
    price=st.integers(0, 10**9),
    quantity=st.integers(1, 999),
)
def test_whatever_the_codes_are_the_order_is_valid(
    booked: Accounting, price: int, quantity: int, cxml_dtd: Judge
) -> None:
    order = an_order(cart_lines(), extrinsics=extrinsics(booked))
    charged = distributions(booked, Decimal(price), Decimal(quantity), "JPY")
    lines = tuple(replace(line, distributions=charged) for line in order.lines)
    document = build_order(replace(order, lines=lines), ACCOUNT, "p@bot", NOW)
    cxml_dtd(document)
    kinds = [kind for _, kind, _ in read_order(parse(document)).lines[0].accounting]
    assert len(kinds) == len(list(codes(booked)))


async def test_the_groups_codes_go_before_the_companys_and_stay_with_the_order(
    shop: Database, company: Company, cxml_dtd: Judge
) -> None:
    group = Group("大阪", (TARO,), accounting=Accounting("2200 大阪支店"))
    company = replace(company, accounting=BOOKS, groups=(group,))
    cart = await shop.write(lambda tx: offered(tx, company, Goods(9691, 2), Goods(500)))
    assert await shop.read(lambda tx: policy.accounting(company, known(tx, TARO))) == Accounting(
        "2200 大阪支店", "7140 消耗品費", "P-24"
    )
    placed = await pay(shop, company, cart)
    assert isinstance(placed, Placed)
    order = placed.order
    assert list(codes(order)) == [
        ("cost_center", "2200 大阪支店"),
        ("gl_account", "7140 消耗品費"),
        ("project", "P-24"),
    ]

    def document(tx: Tx) -> bytes:
        return evidence.raw_bytes(vault(), tx.orm.get_one(tables.StoredDocument, order.document_id))

    raw = await shop.read(document)
    cxml_dtd(raw)
    sent = read_order(parse(raw))
    assert dict(sent.extrinsics)["costCenter"] == "2200 大阪支店"
    name = "DistributionCharge"
    assert {line.accounting for line in sent.lines} == {
        ((name, "Cost Center", "2200"), (name, "GL Account", "7140"), (name, "Project", "P-24"))
    }
    charged = [money.text for money in parse(raw).iterfind(".//Charge/Money")]
    assert charged == ["19382.00", "500.00"]
