"""What may become of a session, a cart, an order and a line: the tables, pair by pair."""

import itertools
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from purchasing.lifecycle import (
    CART,
    LINE,
    ORDER,
    SESSION,
    CartEvent,
    CartState,
    ImpossibleStep,
    LineEvent,
    LineState,
    OrderEvent,
    OrderState,
    SessionEvent,
    SessionState,
    advance,
)

Table = Mapping[Any, Mapping[Any, Any]]
KINDS: list[tuple[type[StrEnum], type[StrEnum], Table, StrEnum, set[StrEnum]]] = [
    (
        SessionState,
        SessionEvent,
        SESSION,
        SessionState.OPENING,
        {SessionState.REFUSED, SessionState.RETURNED, SessionState.ENDED},
    ),
    (CartState, CartEvent, CART, CartState.OFFERED, {CartState.ORDERED, CartState.CANCELLED}),
    (OrderState, OrderEvent, ORDER, OrderState.PLACED, set()),
    (LineState, LineEvent, LINE, LineState.ORDERED, set()),
]
"""States, events, table, the first state, and the states in which it ends. Amazon may correct an order for ever."""

PAIRS = [
    (table, state, event)
    for states, events, table, _, _ in KINDS
    for state, event in itertools.product(states, events)
]


@pytest.mark.parametrize(("table", "state", "event"), PAIRS)
def test_a_listed_pair_leads_where_the_table_says_and_an_unlisted_one_is_refused(
    table: Table, state: StrEnum, event: StrEnum
) -> None:
    if event in table[state]:
        assert advance(state, event) is table[state][event]
    else:
        with pytest.raises(ImpossibleStep) as refused:
            advance(state, event)
        assert state.value in str(refused.value)
        assert event.value in str(refused.value)
        assert (refused.value.state, refused.value.event) == (state, event)


@pytest.mark.parametrize(("states", "_events", "table", "first", "final"), KINDS)
def test_every_state_is_listed_reached_and_left(
    states: type[StrEnum], _events: type[StrEnum], table: Table, first: StrEnum, final: set[StrEnum]
) -> None:
    assert set(table) == set(states)
    assert _reached(table, first) == set(states)
    for state in states:
        leads_on = any(following is not state for following in table[state].values())
        assert leads_on is (state not in final), state


def _reached(table: Table, first: StrEnum) -> set[StrEnum]:
    reached, border = {first}, [first]
    while border:
        for following in table[border.pop()].values():
            if following not in reached:
                reached.add(following)
                border.append(following)
    return reached


@pytest.mark.parametrize(("_states", "events", "table", "_first", "_final"), KINDS)
def test_every_event_happens_somewhere(
    _states: type[StrEnum], events: type[StrEnum], table: Table, _first: StrEnum, _final: set[StrEnum]
) -> None:
    assert {event for row in table.values() for event in row} == set(events)


@pytest.mark.parametrize(
    "events",
    [
        "sent taken all_settled all_shipped",
        "sent taken some_settled all_settled some_shipped all_shipped",
        "sent not_reached sent no_answer sent taken some_settled",
        "sent no_answer sent given_up sent taken all_settled",
        "sent all_settled taken all_shipped",
        "sent taken all_shipped all_settled",
        "sent refused all_settled",
        "sent no_answer sent refused all_settled",
        "sent taken all_rejected",
    ],
)
def test_an_order_walks_in_every_order_in_which_news_may_come(events: str) -> None:
    state = OrderState.PLACED
    for event in events.split():
        state = advance(state, OrderEvent(event))


@pytest.mark.parametrize(
    "state",
    [
        OrderState.CONFIRMING,
        OrderState.CONFIRMED,
        OrderState.REJECTED,
        OrderState.SHIPPING,
        OrderState.SHIPPED,
    ],
)
@pytest.mark.parametrize(
    "event",
    [
        OrderEvent.NOT_REACHED,
        OrderEvent.TAKEN,
        OrderEvent.NO_ANSWER,
        OrderEvent.GIVEN_UP,
        OrderEvent.REFUSED,
    ],
)
def test_a_late_answer_to_our_post_changes_nothing_once_amazon_has_spoken(
    state: OrderState, event: OrderEvent
) -> None:
    assert advance(state, event) is state


@pytest.mark.parametrize("event", CartEvent)
@pytest.mark.parametrize("state", [CartState.ORDERED, CartState.CANCELLED])
def test_a_cart_ends_once(state: CartState, event: CartEvent) -> None:
    with pytest.raises(ImpossibleStep):
        advance(state, event)


@pytest.mark.parametrize(
    "state", [OrderState.REFUSED, OrderState.DOUBTFUL, OrderState.RECEIVED, OrderState.SHIPPED]
)
def test_what_amazon_answered_is_never_sent_again(state: OrderState) -> None:
    with pytest.raises(ImpossibleStep):
        advance(state, OrderEvent.SENT)
