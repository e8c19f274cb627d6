"""What can happen to a shopping session, a cart, an order and an order line: four tables and one pure function.

Everything that a state may become is written here and nowhere else. `advance` looks the pair up; an unlisted pair raises
`ImpossibleStep`, which names the state and the event. A pair that leads to the same state is listed on purpose: the event
may come again or late (Amazon sends a document twice, an answer arrives after the confirmation) and changes nothing.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar, cast


class ImpossibleStep(Exception):
    """The event cannot happen in this state."""

    def __init__(self, state: StrEnum, event: StrEnum) -> None:
        super().__init__(f"{type(state).__name__} {state.value}: {event.value} cannot happen")
        self.state, self.event = state, event


class SessionState(StrEnum):
    OPENING = "opening"
    OPEN = "open"
    REFUSED = "refused"
    RETURNED = "returned"
    ENDED = "ended"


class SessionEvent(StrEnum):
    STARTED = "started"
    REFUSED = "refused"
    CART_CAME = "cart_came"
    EMPTY_CART_CAME = "empty_cart_came"


class CartState(StrEnum):
    OFFERED = "offered"
    ORDERED = "ordered"
    CANCELLED = "cancelled"


class CartEvent(StrEnum):
    PLACE = "place"
    CANCEL = "cancel"


class OrderState(StrEnum):
    PLACED = "placed"
    """Written down; not one byte of it has reached Amazon."""
    SENDING = "sending"
    """The first bytes are on their way. A process that dies here leaves it to the next attempt to find out."""
    UNANSWERED = "unanswered"
    """An attempt may have reached Amazon, and what came of it is not known."""
    STUCK = "stuck"
    DOUBTFUL = "doubtful"
    """Refused at last, but an attempt before may have been taken: a person must look before anybody buys again."""
    RECEIVED = "received"
    REFUSED = "refused"
    CONFIRMING = "confirming"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    SHIPPING = "shipping"
    SHIPPED = "shipped"


UNHEARD = (OrderState.UNANSWERED, OrderState.STUCK, OrderState.DOUBTFUL)
"""Amazon may have the order, and has not said so."""


class OrderEvent(StrEnum):
    SENT = "sent"
    NOT_REACHED = "not_reached"
    TAKEN = "taken"
    NO_ANSWER = "no_answer"
    GIVEN_UP = "given_up"
    REFUSED = "refused"
    SOME_SETTLED = "some_settled"
    ALL_SETTLED = "all_settled"
    ALL_REJECTED = "all_rejected"
    SOME_SHIPPED = "some_shipped"
    ALL_SHIPPED = "all_shipped"
    REOPENED = "reopened"
    """Nothing is settled: Amazon has taken back all that it said, or speaks of none of the lines."""


class LineState(StrEnum):
    ORDERED = "ordered"
    ACCEPTED = "accepted"
    CHANGED = "changed"
    PARTLY = "partly"
    REJECTED = "rejected"
    SHIPPED = "shipped"


class LineEvent(StrEnum):
    REOPENED = "reopened"
    ACCEPTED = "accepted"
    PRICE_CHANGED = "price_changed"
    PARTLY_REFUSED = "partly_refused"
    REFUSED = "refused"
    SHIPPED = "shipped"


_S, _SE = SessionState, SessionEvent
_C, _CE = CartState, CartEvent
_O, _OE = OrderState, OrderEvent
_L, _LE = LineState, LineEvent

SESSION: Mapping[SessionState, Mapping[SessionEvent, SessionState]] = {
    _S.OPENING: {
        _SE.STARTED: _S.OPEN,
        _SE.REFUSED: _S.REFUSED,
        # The browser may be faster than our note of the start page.
        _SE.CART_CAME: _S.RETURNED,
        _SE.EMPTY_CART_CAME: _S.ENDED,
    },
    _S.OPEN: {_SE.CART_CAME: _S.RETURNED, _SE.EMPTY_CART_CAME: _S.ENDED},
    _S.RETURNED: {_SE.STARTED: _S.RETURNED, _SE.REFUSED: _S.RETURNED},
    _S.ENDED: {_SE.STARTED: _S.ENDED, _SE.REFUSED: _S.ENDED},
    _S.REFUSED: {},
}

CART: Mapping[CartState, Mapping[CartEvent, CartState]] = {
    _C.OFFERED: {_CE.PLACE: _C.ORDERED, _CE.CANCEL: _C.CANCELLED},
    _C.ORDERED: {},
    _C.CANCELLED: {},
}


def _documents(nothing: OrderState, never: OrderEvent | None = None) -> dict[OrderEvent, OrderState]:
    """Where Amazon's documents lead from every state, and to what state they lead while `nothing` in them is settled.

    `never` is what no single document can say of an order that stands there.
    """
    leads = {
        _OE.SOME_SETTLED: _O.CONFIRMING,
        _OE.ALL_SETTLED: _O.CONFIRMED,
        _OE.ALL_REJECTED: _O.REJECTED,
        _OE.SOME_SHIPPED: _O.SHIPPING,
        _OE.ALL_SHIPPED: _O.SHIPPED,
        _OE.REOPENED: nothing,
    }
    return {event: to for event, to in leads.items() if event is not never}


def _late_answers(state: OrderState) -> dict[OrderEvent, OrderState]:
    """Once it is settled what Amazon has, what became of one more of our POSTs no longer matters."""
    return dict.fromkeys((_OE.NOT_REACHED, _OE.TAKEN, _OE.NO_ANSWER, _OE.GIVEN_UP, _OE.REFUSED), state)


ORDER: Mapping[OrderState, Mapping[OrderEvent, OrderState]] = {
    _O.PLACED: {_OE.SENT: _O.SENDING, _OE.GIVEN_UP: _O.STUCK, **_documents(_O.PLACED)},
    _O.SENDING: {
        # The attempt before this one was cut off: nobody knows how far it came.
        _OE.SENT: _O.UNANSWERED,
        _OE.NOT_REACHED: _O.PLACED,
        _OE.TAKEN: _O.RECEIVED,
        _OE.NO_ANSWER: _O.UNANSWERED,
        _OE.REFUSED: _O.REFUSED,
        _OE.GIVEN_UP: _O.STUCK,
        **_documents(_O.SENDING),
    },
    _O.UNANSWERED: {
        _OE.SENT: _O.UNANSWERED,
        _OE.NOT_REACHED: _O.UNANSWERED,
        _OE.TAKEN: _O.RECEIVED,
        _OE.NO_ANSWER: _O.UNANSWERED,
        _OE.REFUSED: _O.DOUBTFUL,
        _OE.GIVEN_UP: _O.STUCK,
        **_documents(_O.UNANSWERED),
    },
    _O.STUCK: {
        _OE.SENT: _O.STUCK,
        **_late_answers(_O.STUCK),
        _OE.TAKEN: _O.RECEIVED,
        _OE.REFUSED: _O.DOUBTFUL,
        **_documents(_O.STUCK),
    },
    _O.DOUBTFUL: {**_late_answers(_O.DOUBTFUL), _OE.TAKEN: _O.RECEIVED, **_documents(_O.DOUBTFUL)},
    _O.RECEIVED: {**_late_answers(_O.RECEIVED), **_documents(_O.RECEIVED)},
    _O.REFUSED: {**_documents(_O.REFUSED)},
    _O.CONFIRMING: {**_late_answers(_O.CONFIRMING), **_documents(_O.RECEIVED)},
    _O.CONFIRMED: {**_late_answers(_O.CONFIRMED), **_documents(_O.RECEIVED)},
    # What is sent of an order refused as a whole is all that there is to be sent, so nothing leads there and back.
    _O.REJECTED: {**_late_answers(_O.REJECTED), **_documents(_O.RECEIVED, never=_OE.SOME_SHIPPED)},
    _O.SHIPPING: {**_late_answers(_O.SHIPPING), **_documents(_O.RECEIVED, never=_OE.ALL_REJECTED)},
    _O.SHIPPED: {**_late_answers(_O.SHIPPED), **_documents(_O.RECEIVED)},
}

_LINE_EVENTS = {
    _LE.REOPENED: _L.ORDERED,
    _LE.ACCEPTED: _L.ACCEPTED,
    _LE.PRICE_CHANGED: _L.CHANGED,
    _LE.PARTLY_REFUSED: _L.PARTLY,
    _LE.REFUSED: _L.REJECTED,
    _LE.SHIPPED: _L.SHIPPED,
}

# A correction by Amazon (operation "update" or "delete") may lead from any line state to any other.
LINE: Mapping[LineState, Mapping[LineEvent, LineState]] = {state: dict(_LINE_EVENTS) for state in LineState}

_TABLES = cast(
    Mapping[type[StrEnum], Mapping[StrEnum, Mapping[StrEnum, StrEnum]]],
    {SessionState: SESSION, CartState: CART, OrderState: ORDER, LineState: LINE},
)


State = TypeVar("State", bound=StrEnum)


def advance(state: State, event: StrEnum) -> State:
    """The state that `event` leads to. Raises ImpossibleStep for a pair that no table lists."""
    try:
        return cast(State, _TABLES[type(state)][state][event])
    except KeyError:
        raise ImpossibleStep(state, event) from None
