"""docs/lifecycle.md shows the tables of purchasing/lifecycle.py as they are."""

from pathlib import Path
from typing import Any

import pytest

from purchasing import diagram
from purchasing.lifecycle import CART, LINE, ORDER, SESSION, CartEvent, CartState, OrderEvent

PAGE = Path(__file__).parents[2] / "docs" / "lifecycle.md"


def test_the_page_is_what_the_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == diagram.page(), (
        "run: python -m purchasing.diagram > docs/lifecycle.md"
    )


TABLES = [
    (SESSION, diagram.SESSION_TURNS),
    (CART, diagram.CART_TURNS),
    (ORDER, diagram.ORDER_TURNS),
    (LINE, diagram.LINE_TURNS),
]
every_table = pytest.mark.parametrize(("table", "turns"), TABLES, ids=["session", "cart", "order", "line"])


@every_table
def test_every_state_says_who_must_act_next(table: Any, turns: Any) -> None:
    assert set(turns) == set(table)
    assert {type(state) for state in turns} == {type(state) for state in table}


def test_what_is_drawn_as_an_end_is_one() -> None:
    """Nobody must act: only Amazon may still speak, never we or the member."""
    ours = {
        OrderEvent.SENT,
        OrderEvent.NOT_REACHED,
        OrderEvent.TAKEN,
        OrderEvent.NO_ANSWER,
        OrderEvent.GIVEN_UP,
        OrderEvent.REFUSED,
    }
    ends = [state for state, who in diagram.ORDER_TURNS.items() if who is diagram.Next.NOBODY]
    assert all(ORDER[state].get(event, state) == state for state in ends for event in ours)
    assert not any(CART[state] for state, who in diagram.CART_TURNS.items() if who is diagram.Next.NOBODY)


@every_table
def test_no_transition_is_lost(table: Any, turns: Any) -> None:
    drawn = diagram.diagram(table, turns).splitlines()
    for state, row in table.items():
        quiet = next((line for line in drawn if line.startswith(f"- `{state}`:")), "")
        for event, to in row.items():
            arrows = {f"    {state} --> {to}: {event}", f"    every --> {to}: {event}"}
            assert arrows & set(drawn) or (to == state and f"`{event}`" in quiet)


def test_another_table_is_another_page() -> None:
    drawn = diagram.diagram(CART, diagram.CART_TURNS)
    revived = {**CART, CartState.CANCELLED: {CartEvent.PLACE: CartState.ORDERED}}
    arrow = "    cancelled --> ordered: place"
    assert arrow not in drawn.splitlines()
    assert arrow in diagram.diagram(revived, diagram.CART_TURNS).splitlines()
