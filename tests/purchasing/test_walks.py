"""Every pair of the lifecycle's tables is walked: brought about by what happens outside, never by calling `advance`.

Stories (`tests/purchasing/world.py`) lead to a state and bring an event about there; `walked` sees what the use cases ask
of the tables. A pair that no story walks cannot happen, and has no place in a table.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

import purchasing
from purchasing import lifecycle
from purchasing.lifecycle import (
    CART,
    LINE,
    ORDER,
    SESSION,
    CartEvent,
    CartState,
    LineEvent,
    LineState,
    OrderEvent,
    OrderState,
    SessionEvent,
    SessionState,
)
from purchasing.values import Company
from storage.database import Database
from tests.purchasing.world import World
from tests.trouble.house import furnished

Pair = tuple[StrEnum, StrEnum]
Story = tuple[str, str]
"""How to get there, and what happens then."""

_S, _SE, _C, _CE = SessionState, SessionEvent, CartState, CartEvent
_O, _OE, _L, _LE = OrderState, OrderEvent, LineState, LineEvent

VISIT = {
    _S.OPENING: "tap",
    _S.OPEN: "tap, start page",
    _S.REFUSED: "tap, refused",
    _S.RETURNED: "tap, cart",
    _S.ENDED: "tap, sign out",
}
VISIT_CAUSES = {
    _SE.STARTED: "start page",
    _SE.REFUSED: "refused",
    _SE.CART_CAME: "cart",
    _SE.EMPTY_CART_CAME: "sign out",
}
CART_CAUSES = {_CE.PLACE: "pay", _CE.CANCEL: "drop"}

# Two lines, of three and of two pieces.
SPOKEN = {
    _O.CONFIRMING: "confirms 3",
    _O.CONFIRMED: "confirms 3 2",
    _O.REJECTED: "confirms 0-3 0-2",
    _O.SHIPPING: "confirms 3 2, ships 3",
    _O.SHIPPED: "confirms 3 2, ships 3 2",
}
QUIET = {
    _O.PLACED: "",
    _O.SENDING: "send",
    _O.UNANSWERED: "send, silence",
    _O.STUCK: "send, day, silence",
    _O.DOUBTFUL: "send, silence, send, refused",
    _O.RECEIVED: "send, taken",
    _O.REFUSED: "send, refused",
}
ON_THE_LINE = {
    _O.SENDING: "send",
    _O.UNANSWERED: "send, send, silence",
    _O.STUCK: "send, day, silence, send",
    _O.DOUBTFUL: "send, send, refused",
    _O.RECEIVED: "send, send, taken",
    **{state: f"send, {story}" for state, story in SPOKEN.items()},
}
"""One attempt is still on the line: two workers had the order, one of them after its lease was lost."""

ANSWERS = {
    _OE.TAKEN: "taken",
    _OE.REFUSED: "refused",
    _OE.NO_ANSWER: "silence",
    _OE.NOT_REACHED: "out of reach",
    _OE.GIVEN_UP: "day, silence",
}
NEWS = {
    _OE.SENT: "send",
    _OE.SOME_SETTLED: "confirms 3",
    _OE.ALL_SETTLED: "confirms 3 2",
    _OE.ALL_REJECTED: "confirms 0-3 0-2",
    _OE.SOME_SHIPPED: "ships 3",
    _OE.ALL_SHIPPED: "ships 3 2",
    _OE.REOPENED: "confirms nothing",
}
ORDER_SPECIAL: dict[Pair, Story] = {
    (_O.PLACED, _OE.GIVEN_UP): ("", "fails too often"),
    (_O.STUCK, _OE.NO_ANSWER): (ON_THE_LINE[_O.STUCK], "slow clock, silence"),
    (_O.STUCK, _OE.NOT_REACHED): (ON_THE_LINE[_O.STUCK], "slow clock, out of reach"),
    (_O.SHIPPING, _OE.REOPENED): ("ships 3", "ships nothing"),
    (_O.SHIPPED, _OE.REOPENED): ("ships 3 2", "ships nothing"),
    (_O.SHIPPED, _OE.ALL_REJECTED): ("confirms 0-3 0-2, ships 3 2", "ships nothing"),
    (_O.SHIPPING, _OE.SOME_SETTLED): ("confirms 3, ships 3", "ships nothing"),
    (_O.SHIPPING, _OE.ALL_SETTLED): ("confirms 3 2, ships 3", "ships nothing"),
    (_O.SHIPPED, _OE.SOME_SETTLED): ("confirms 3, ships 3 2", "ships nothing"),
    (_O.SHIPPED, _OE.ALL_SETTLED): ("confirms 3 2, ships 3 2", "ships nothing"),
}

# One line of three pieces at 1,000 yen.
ITEM = {
    _L.ORDERED: "",
    _L.ACCEPTED: "confirms 3",
    _L.CHANGED: "confirms 3@1200",
    _L.PARTLY: "confirms 2-1",
    _L.REJECTED: "confirms 0-3",
    _L.SHIPPED: "ships 3",
}
ITEM_CAUSES = {
    _LE.REOPENED: "confirms 1",
    _LE.ACCEPTED: "confirms 3",
    _LE.PRICE_CHANGED: "confirms 3@1200",
    _LE.PARTLY_REFUSED: "confirms 2-1",
    _LE.REFUSED: "confirms 0-3",
    _LE.SHIPPED: "ships 3",
}
ITEM_SPECIAL: dict[Pair, Story] = {
    (_L.SHIPPED, _LE.REFUSED): ("confirms 0-3, ships 3", "ships nothing"),
    (_L.SHIPPED, _LE.REOPENED): ("ships 3", "ships nothing"),
    (_L.SHIPPED, _LE.ACCEPTED): ("confirms 3, ships 3", "ships nothing"),
    (_L.SHIPPED, _LE.PRICE_CHANGED): ("confirms 3@1200, ships 3", "ships nothing"),
    (_L.SHIPPED, _LE.PARTLY_REFUSED): ("confirms 2-1, ships 3", "ships nothing"),
}


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[Pair]:
    """The pairs that the use cases look up from now on, wherever in the room `advance` is known."""
    seen: list[Pair] = []

    def noted(state: StrEnum, event: StrEnum) -> StrEnum:
        to = lifecycle.advance(state, event)
        seen.append((state, event))
        return to

    for found in pkgutil.iter_modules(purchasing.__path__, "purchasing."):
        module = importlib.import_module(found.name)
        if module is not lifecycle and getattr(module, "advance", None) is lifecycle.advance:
            monkeypatch.setattr(module, "advance", noted)
    return seen


def story_of(state: Any, event: Any) -> Story:
    """What leads to this pair."""
    if isinstance(state, SessionState):
        return VISIT[state], VISIT_CAUSES[event]
    if isinstance(state, CartState):
        return "", CART_CAUSES[event]
    if isinstance(state, LineState):
        return ITEM_SPECIAL.get((state, event)) or (ITEM[state], ITEM_CAUSES[event])
    if event in ANSWERS:
        return ORDER_SPECIAL.get((state, event)) or (ON_THE_LINE[state], ANSWERS[event])
    return ORDER_SPECIAL.get((state, event)) or ((QUIET | SPOKEN)[state], NEWS[event])


async def begin(world: World, kind: type[StrEnum]) -> None:
    if kind is CartState:
        await world.offer()
    elif kind is OrderState:
        await world.place(3, 2)
    elif kind is LineState:
        await world.place(3)


STATES: list[tuple[Mapping[Any, Mapping[Any, Any]], StrEnum]] = [
    (table, state) for table in (SESSION, CART, ORDER, LINE) for state in table
]


@pytest.mark.parametrize(("table", "state"), STATES, ids=[f"{type(s).__name__} {s}" for _, s in STATES])
async def test_every_pair_of_this_state_is_walked(
    database: Database,
    company: Company,
    walked: list[Pair],
    table: Mapping[Any, Mapping[Any, Any]],
    state: StrEnum,
) -> None:
    kind, never = type(state), []
    await database.write(furnished)
    for event, to in table[state].items():
        world, (route, cause) = World(database, company), story_of(state, event)
        await begin(world, kind)
        try:
            await world.live(route)
            assert await world.state(kind) is state, f"{route!r} leads elsewhere"
            walked.clear()
            await world.live(cause)
        finally:
            await world.end()
        if (state, event) not in walked:
            never.append(f"{state} {event}: {route!r}, then {cause!r}")
        elif await world.state(kind) is not to:
            never.append(f"{state} {event} ends elsewhere")
    assert never == []
