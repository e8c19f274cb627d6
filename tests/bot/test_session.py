"""The bot's own HTTP session: nothing that one answer sets may reach the next request."""

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app import outgoing


async def test_no_cookie_of_one_members_shop_goes_with_anothers() -> None:
    shown: list[str] = []

    async def shop(request: web.Request) -> web.Response:
        shown.append(request.headers.get("Cookie", ""))
        answer = web.Response(text="ok")
        answer.set_cookie("session-id", f"member{len(shown)}")
        return answer

    app = web.Application()
    app.router.add_post("/", shop)
    async with TestServer(app, host="localhost") as server, outgoing() as session:
        for _ in range(2):
            async with session.post(f"http://localhost:{server.port}/") as answer:
                assert answer.status == 200
    assert shown == ["", ""]
