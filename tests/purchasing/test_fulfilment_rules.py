"""What the sums of a line say of it, and what the lines together say of their order: two tables."""

import itertools
from decimal import Decimal

import pytest

from purchasing.fulfilment import line_event, progress
from purchasing.lifecycle import LineEvent, LineState, OrderEvent, OrderState, advance
from storage.tables import OrderLine


def line(
    quantity: int = 2, accepted: int = 0, rejected: int = 0, shipped: int = 0, price: int | None = None
) -> OrderLine:
    """Two pieces at 1,000 yen; `price` is what Amazon confirmed instead."""
    return OrderLine(
        order_id=1,
        line_number=1,
        asin="B0MOGI1001",
        description="パソコンデスク",
        quantity=Decimal(quantity),
        unit_price=Decimal(1000),
        state=LineState.ORDERED,
        accepted=Decimal(accepted),
        rejected=Decimal(rejected),
        shipped=Decimal(shipped),
        confirmed_price=None if price is None else Decimal(price),
    )


@pytest.mark.parametrize(
    ("sums", "event"),
    [
        (line(), LineEvent.REOPENED),
        (line(accepted=1), LineEvent.REOPENED),
        (line(accepted=2), LineEvent.ACCEPTED),
        (line(accepted=2, price=1000), LineEvent.ACCEPTED),
        (line(accepted=2, price=1100), LineEvent.PRICE_CHANGED),
        (line(accepted=1, price=1100), LineEvent.PRICE_CHANGED),
        (line(accepted=1, rejected=1), LineEvent.PARTLY_REFUSED),
        (line(rejected=1), LineEvent.PARTLY_REFUSED),
        (line(accepted=1, rejected=1, price=1100), LineEvent.PARTLY_REFUSED),
        (line(rejected=2), LineEvent.REFUSED),
        (line(rejected=3), LineEvent.REFUSED),
        (line(accepted=2, shipped=1), LineEvent.ACCEPTED),
        (line(accepted=2, shipped=2), LineEvent.SHIPPED),
        (line(shipped=2), LineEvent.SHIPPED),
        (line(accepted=1, rejected=1, shipped=1), LineEvent.SHIPPED),
        (line(accepted=2, shipped=2, price=1100), LineEvent.SHIPPED),
        (line(rejected=2, shipped=0), LineEvent.REFUSED),
    ],
)
def test_what_the_sums_say_of_a_line(sums: OrderLine, event: LineEvent) -> None:
    assert line_event(sums) is event


WAITING, ACCEPTED, REFUSED = line(), line(accepted=2), line(rejected=2)
HALF, SENT, HALF_SENT = line(accepted=1), line(accepted=2, shipped=2), line(accepted=2, shipped=1)
SENT_UNCONFIRMED, REST_SENT = line(shipped=2), line(accepted=1, rejected=1, shipped=1)


@pytest.mark.parametrize(
    ("lines", "event"),
    [
        ([WAITING], OrderEvent.REOPENED),
        ([WAITING, WAITING], OrderEvent.REOPENED),
        ([HALF], OrderEvent.SOME_SETTLED),
        ([ACCEPTED, WAITING], OrderEvent.SOME_SETTLED),
        ([REFUSED, WAITING], OrderEvent.SOME_SETTLED),
        ([ACCEPTED], OrderEvent.ALL_SETTLED),
        ([ACCEPTED, REFUSED], OrderEvent.ALL_SETTLED),
        ([line(accepted=1, rejected=1)], OrderEvent.ALL_SETTLED),
        ([REFUSED], OrderEvent.ALL_REJECTED),
        ([REFUSED, REFUSED], OrderEvent.ALL_REJECTED),
        ([SENT, ACCEPTED], OrderEvent.SOME_SHIPPED),
        ([SENT, WAITING], OrderEvent.SOME_SHIPPED),
        ([HALF_SENT], OrderEvent.SOME_SHIPPED),
        ([HALF_SENT, REFUSED], OrderEvent.SOME_SHIPPED),
        ([SENT], OrderEvent.ALL_SHIPPED),
        ([SENT, REFUSED], OrderEvent.ALL_SHIPPED),
        ([SENT, REST_SENT], OrderEvent.ALL_SHIPPED),
        ([SENT_UNCONFIRMED], OrderEvent.ALL_SHIPPED),
    ],
)
def test_what_the_lines_say_of_their_order(lines: list[OrderLine], event: OrderEvent) -> None:
    for order_of_lines in itertools.permutations(lines):
        assert progress(list(order_of_lines)) is event


def test_every_line_and_every_order_can_take_what_its_sums_say() -> None:
    """No sums lead to a step that the tables do not know: documents come in any order and are corrected."""
    sums = [
        line(accepted=accepted, rejected=rejected, shipped=shipped, price=price)
        for accepted, rejected, shipped, price in itertools.product(range(3), range(3), range(3), (None, 900))
        if shipped + rejected <= 2 and accepted + rejected <= 2
    ]
    for each, state in itertools.product(sums, LineState):
        advance(state, line_event(each))
    for pair in itertools.combinations_with_replacement(sums[::3], 2):
        for order_state in OrderState:
            if (order_state, event := progress(list(pair))) not in NEVER:
                advance(order_state, event)


NEVER = ((OrderState.REJECTED, OrderEvent.SOME_SHIPPED), (OrderState.SHIPPING, OrderEvent.ALL_REJECTED))
"""Two steps that would take two documents: what is sent of a refused order leaves nothing else to be sent, and back."""
