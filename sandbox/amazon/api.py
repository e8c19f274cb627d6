"""JSON for tests and the walk: the documents, the orders, and the mood of the next order."""

import json
from typing import Any

from aiohttp import web

from sandbox.amazon.account import ACCOUNT, Order
from sandbox.amazon.moods import MOODS, SETUP_MOODS


async def documents(request: web.Request) -> web.Response:
    """GET /api/documents: all that passed, oldest first; `order` narrows it to one order number."""
    wanted = request.query.get("order", "")
    entries = [entry.as_json() for entry in request.app[ACCOUNT].journal if wanted in ("", entry.order_id)]
    return web.json_response(entries)


async def orders(request: web.Request) -> web.Response:
    """GET /api/orders: every order that was taken, and what became of it."""
    return web.json_response([_order(order) for order in request.app[ACCOUNT].orders.values()])


async def mood(request: web.Request) -> web.Response:
    """POST /api/mood: {"next": mood} for the next order, {"order": number, "mood": mood} for one order number,
    {"setup": mood} for the next setup request."""
    try:
        wish = json.loads(await request.text())
    except (json.JSONDecodeError, UnicodeDecodeError):
        wish = None
    if not isinstance(wish, dict):
        raise web.HTTPBadRequest(text="A JSON object is needed.")
    account = request.app[ACCOUNT]
    if "setup" in wish:
        if not account.set_setup_mood(str(wish["setup"])):
            raise web.HTTPBadRequest(text=f"There is no such setup mood; there are {', '.join(SETUP_MOODS)}.")
        return web.json_response({"setup": account.next_setup})
    order = str(wish.get("order", ""))
    key = str(wish.get("mood" if order else "next", ""))
    if not account.set_mood(key, order):
        raise web.HTTPBadRequest(text=f"There is no mood {key!r}; there are {', '.join(MOODS)}.")
    return web.json_response({"next": account.next_mood.key})


def _order(order: Order) -> dict[str, Any]:
    decision = order.decision
    return {
        "order_id": order.facts.order_id,
        "payload_id": order.facts.payload_id,
        "at": order.received.isoformat(),
        "email": order.cart.setup.facts.email,
        "cart": order.cart.name,
        "mood": order.mood.key,
        "attempts": order.attempts,
        "total": str(order.facts.total),
        "lines": [
            {"number": line.number, "asin": line.asin, "quantity": line.quantity}
            for line in order.facts.lines
        ],
        "purchases": [
            {
                "confirm_id": purchase.confirm_id,
                "seller": purchase.seller,
                "lines": [line.ordered.number for line in purchase.lines],
                "total": str(purchase.total),
            }
            for purchase in (decision.purchases if decision else ())
        ],
        "refused": [
            {"number": line.ordered.number, "code": line.code}
            for line in (decision.refused if decision else ())
        ],
        "shipments": [
            {
                "shipment_id": shipment.shipment_id,
                "confirm_id": shipment.confirm_id,
                "carrier": shipment.carrier,
                "tracking": shipment.tracking,
                "lines": [number for number, _ in shipment.lines],
            }
            for shipment in order.shipments
        ],
        "mark": order.mark,
    }
