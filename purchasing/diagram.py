"""The tables of `purchasing.lifecycle` as Mermaid diagrams: the page docs/lifecycle.md.

    python -m purchasing.diagram > docs/lifecycle.md

Names of states and events are those of the code. The colour of a state says who must act next. Two things would hide the
rest and are therefore said in words: an event that leads to the same place from every state, or from all but one in ten,
is drawn once, and one that changes nothing is listed below its diagram, like the states that it cannot come to.
"""

import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeVar

from purchasing.lifecycle import (
    CART,
    LINE,
    ORDER,
    SESSION,
    CartState,
    LineState,
    OrderState,
    SessionState,
)

State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)
Table = Mapping[State, Mapping[Event, State]]


class Next(StrEnum):
    """Who must act next."""

    MEMBER = "member"
    US = "us"
    AMAZON = "amazon"
    PERSON = "person"
    NOBODY = "nobody"


_COLOURS = {
    Next.MEMBER: ("#ffe08a", "yellow: the member"),
    Next.US: ("#a8d8ff", "blue: we, without anybody asking"),
    Next.AMAZON: ("#ffc599", "orange: Amazon"),
    Next.PERSON: ("#ff9d9d", "red: a person, since nothing goes on by itself"),
    Next.NOBODY: ("#e6e6e6", "grey: nobody, this is an end"),
}

Turns = Mapping[State, Next]

SESSION_TURNS: Turns[SessionState] = {
    SessionState.OPENING: Next.AMAZON,
    SessionState.OPEN: Next.MEMBER,
    SessionState.REFUSED: Next.NOBODY,
    SessionState.RETURNED: Next.NOBODY,
    SessionState.ENDED: Next.NOBODY,
}
CART_TURNS: Turns[CartState] = {
    CartState.OFFERED: Next.MEMBER,
    CartState.ORDERED: Next.NOBODY,
    CartState.CANCELLED: Next.NOBODY,
}
ORDER_TURNS: Turns[OrderState] = {
    OrderState.PLACED: Next.US,
    OrderState.SENDING: Next.US,
    OrderState.UNANSWERED: Next.US,
    OrderState.STUCK: Next.PERSON,
    OrderState.DOUBTFUL: Next.PERSON,
    OrderState.RECEIVED: Next.AMAZON,
    OrderState.REFUSED: Next.NOBODY,
    OrderState.CONFIRMING: Next.AMAZON,
    OrderState.CONFIRMED: Next.AMAZON,
    OrderState.REJECTED: Next.NOBODY,
    OrderState.SHIPPING: Next.AMAZON,
    OrderState.SHIPPED: Next.NOBODY,
}
LINE_TURNS: Turns[LineState] = {
    LineState.ORDERED: Next.AMAZON,
    LineState.ACCEPTED: Next.AMAZON,
    LineState.CHANGED: Next.AMAZON,
    LineState.PARTLY: Next.AMAZON,
    LineState.REJECTED: Next.NOBODY,
    LineState.SHIPPED: Next.NOBODY,
}


def page() -> str:
    """The whole of docs/lifecycle.md."""
    legend = "\n".join(f"- {words}" for _, words in _COLOURS.values())
    return f"""# What can happen

Made from the tables in `purchasing/lifecycle.py` by `python -m purchasing.diagram`; a test compares. An event that a
state does not list cannot happen there: `advance` raises. The colour says who must act next:

{legend}

## A visit to the shop

{diagram(SESSION, SESSION_TURNS)}

## A cart

{diagram(CART, CART_TURNS)}

## An order

{diagram(ORDER, ORDER_TURNS)}

## A line of an order

{diagram(LINE, LINE_TURNS)}
"""


def diagram(table: Table[State, Event], turns: Turns[State]) -> str:
    """One table as a Mermaid diagram, coloured by whose turn it is, with the events that change nothing below it."""
    common = set(_everywhere(table))
    lines = ["stateDiagram-v2"]
    lines += [
        f"    classDef {who} fill:{colour},stroke:#555,color:#111" for who, (colour, _) in _COLOURS.items()
    ]
    lines.append(f"    [*] --> {next(iter(table))}")
    for state, row in table.items():
        lines += [
            f"    {state} --> {to}: {event}"
            for event, to in row.items()
            if to != state and event not in common
        ]
    if common:
        lines.append('    state "every state" as every')
        lines += [f"    every --> {to}: {event}" for event, to in _everywhere(table).items()]
    lines += [f"    class {state} {turns[state]}" for state in table]
    drawing = "\n".join(["```mermaid", *lines, "```"])
    quiet = "\n".join(_without_effect(table, common))
    never = "\n".join(_never(table, common))
    said = [drawing]
    said += [f"Heard without effect:\n\n{quiet}"] if quiet else []
    said += [f"Drawn for every state, but not possible in:\n\n{never}"] if never else []
    return "\n\n".join(said)


def _everywhere(table: Table[State, Event]) -> dict[Event, State]:
    """The events that lead to one and the same state from every state, or from all but one in ten."""
    first = next(iter(table.values()))
    leads = {event: [row.get(event) for row in table.values()] for event in first}
    return {
        event: first[event]
        for event, to in leads.items()
        if set(to) <= {first[event], None} and to.count(None) <= len(table) // 10
    }


def _never(table: Table[State, Event], common: set[Event]) -> Iterator[str]:
    for state, row in table.items():
        if missing := [event for event in common if event not in row]:
            yield f"- `{state}`: {', '.join(f'`{event}`' for event in sorted(missing))}"


def _without_effect(table: Table[State, Event], common: set[Event]) -> Iterator[str]:
    for state, row in table.items():
        quiet = [event for event, to in row.items() if to == state and event not in common]
        if quiet:
            yield f"- `{state}`: {', '.join(f'`{event}`' for event in quiet)}"


if __name__ == "__main__":
    sys.stdout.write(page())
