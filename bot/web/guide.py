"""GET /guide: what a member sees in Amazon's shop when something is in the way, what it probably is, and what to do.

Amazon shows these pages, so we cannot put the explanation where the trouble is; the reminder that a cart has not come
back and our own pages lead here (Amazon reference 2, "Users").
"""

from aiohttp import web

from bot.lineworks.applink import open_app
from bot.web.pages import language_of, render
from bot.web.services import SERVICES

CASES = ("no_button", "session_over", "sign_in", "no_cart", "address")


async def guide(request: web.Request) -> web.Response:
    app_url = request.app[SERVICES].app_url()
    return render("guide.html", language_of(request), cases=CASES, back=open_app(app_url) if app_url else "")
