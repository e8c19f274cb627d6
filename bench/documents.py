"""cXML: the cart read into typed values and the order written, against lxml's bare parse of the same bytes."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from time import process_time

from lxml import etree

from bench.aims import Row, row
from bench.servers import ROOT, peak_memory
from bot.serving import settle
from punchout.address import Address
from punchout.cart import read_cart
from punchout.envelope import Account
from punchout.money import Money
from punchout.order import OrderLine, OrderRequest, build_order
from punchout.secret import Secret

SAMPLE = ROOT / "tests" / "punchout" / "samples" / "cart_desk_and_lamp.xml"
ROUNDS, TURNS, EACH, LINES, MANY = 9, 6, 15, 20, 10_000
NOW = datetime(2026, 11, 24, 1, tzinfo=UTC)
ACCOUNT = Account("bench", Secret("secret"))


def yen(amount: int) -> Money:
    return Money(Decimal(amount), "JPY")


def cart(lines: int) -> bytes:
    """A cart as Amazon Japan writes it, indented and with all its extrinsics, with so many lines."""
    sample = SAMPLE.read_bytes()
    items = sample[sample.index(b"<ItemIn") : sample.rindex(b"</ItemIn>") + len(b"</ItemIn>")]
    (two, more) = divmod(lines, sample.count(b"<ItemIn "))
    assert not more
    return sample.replace(items, b"\n    ".join([items] * two))


def order(lines: int) -> OrderRequest:
    place = Address(
        id="honsha",
        company="株式会社サンプル商事",
        deliver_to=("山田 太郎",),
        postal_code="100-0005",
        prefecture="東京都",
        city="千代田区",
        streets=("丸の内1-1-1", ""),
        phone="0300000000",
        email="taro.yamada@example.co.jp",
    )
    read = read_cart(cart(lines)).lines
    return OrderRequest(
        number="KM-202611-00001",
        ordered_at=NOW,
        total=yen(sum(1001 + n for n in range(lines))),
        shipping=None,
        tax=yen(100 * lines),
        ship_to=place,
        bill_to=place,
        contact=place,
        email="taro.yamada@example.co.jp",
        lines=tuple(OrderLine(n, line.quantity, line.item_xml) for n, line in enumerate(read, start=1)),
    )


def measure() -> list[Row]:
    settle()
    document, wanted = cart(LINES), order(LINES)
    sent = build_order(wanted, ACCOUNT, "1@bench", NOW)
    parsing, building = [], []
    for _ in range(ROUNDS):
        parsing.append(_against(document, lambda: read_cart(document)))
        building.append(_against(sent, lambda: build_order(wanted, ACCOUNT, "1@bench", NOW)))
    return [
        row("cart_parse", parsing, lines=LINES, bytes=len(document)),
        row("order_build", building, bytes=len(sent)),
        _peak(),
    ]


def _against(document: bytes, work: Callable[[], object]) -> float:
    """What the work takes of what the bare parse takes. The two take turns, or a moment in which the machine is faster
    would favour one of them."""
    bare = ours = float("inf")
    for _ in range(TURNS):
        bare = min(bare, _seconds(lambda: etree.fromstring(document)))
        ours = min(ours, _seconds(work))
    return ours / bare


def _seconds(work: Callable[[], object]) -> float:
    """The best of so many: what is not the machine's noise."""
    best = float("inf")
    for _ in range(EACH):
        began = process_time()
        work()
        best = min(best, process_time() - began)
    return best


def _peak() -> Row:
    """What reading the longest cart adds to a process's peak, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "cart.xml"
        # Without its indentation, or so many lines would be more than the 16 MiB that are read at all.
        file.write_bytes(re.sub(rb">\s+<", b"><", cart(MANY)))
        size = file.stat().st_size
        peaks = [
            int(subprocess.check_output([sys.executable, "-m", "bench.documents", file], cwd=ROOT)) / size
            for _ in range(3)
        ]
    return row("cart_memory", peaks, lines=MANY, bytes=size)


def _read_in_own_process(file: str) -> None:
    data = Path(file).read_bytes()
    read_cart(cart(2))
    before = peak_memory(os.getpid())
    found = read_cart(data)
    after = peak_memory(os.getpid())
    assert len(found.lines) == MANY
    print(after - before)


if __name__ == "__main__":
    _read_in_own_process(sys.argv[1])
