"""HTML pages of the stand-in: templates, their formats, and the page for a session that is over."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment

from sandbox.amazon.account import ACCOUNT
from sandbox.amazon.sessions import ShopSession
from sandbox.web import templates

FOLDER = Path(__file__).parent
TOKYO = ZoneInfo("Asia/Tokyo")
WEEKDAYS = "月火水木金土日"


class SessionOver(Exception):
    """The shop session is unknown, too old, or its cart has left; shown as a page."""

    def __init__(self, session: ShopSession | None) -> None:
        super().__init__("the shop session is over")
        self.session = session


def page(
    request: web.Request, name: str, /, *, status: int = 200, posts_to: str = "", **values: object
) -> web.Response:
    """A rendered template. `posts_to` is an address outside that a form of the page may post to."""

    def url(route: str, /, **parts: object) -> str:
        query = parts.pop("query", None)
        made = request.app.router[route].url_for(**{key: str(part) for key, part in parts.items()})
        return str(made.with_query(query) if isinstance(query, dict) else made)

    account = request.app[ACCOUNT]
    text = PAGES.get_template(name).render(url=url, account=account, now=account.clock(), **values)
    return web.Response(
        text=text,
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers={
            "Content-Security-Policy": _security(posts_to),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


@web.middleware
async def session_over_page(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turns SessionOver into its page, so that no handler has to."""
    try:
        return await handler(request)
    except SessionOver as over:
        return page(request, "session_over.html", status=410, session=over.session)


def _security(posts_to: str) -> str:
    """No script and nothing else from elsewhere; forms post here, or to the origin of `posts_to`."""
    parts = urlsplit(posts_to)
    outside = f" {parts.scheme}://{parts.netloc}" if posts_to else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"form-action 'self'{outside}; base-uri 'none'; frame-ancestors 'none'"
    )


def yen(amount: Decimal) -> str:
    return f"￥{amount:,.0f}"


def two_places(amount: Decimal) -> str:
    return f"{amount:.2f}"


def day(moment: datetime) -> str:
    """11月24日(火), in Japan."""
    local = moment.astimezone(TOKYO)
    return f"{local.month}月{local.day}日({WEEKDAYS[local.weekday()]})"


def minute(moment: datetime) -> str:
    """2026年11月22日(日) 9:46, in Japan."""
    local = moment.astimezone(TOKYO)
    return f"{local.year}年{day(moment)} {local:%-H:%M}"


def second(moment: datetime) -> str:
    """2026-11-22 09:46:05, in Japan: for logs."""
    return f"{moment.astimezone(TOKYO):%Y-%m-%d %H:%M:%S}"


def java(moment: datetime) -> str:
    """Tue Sep 01 09:06:18 UTC 2020: one of the two forms of Amazon's test log (japan.md 4)."""
    return f"{moment.astimezone(UTC):%a %b %d %H:%M:%S UTC %Y}"


def zulu(moment: datetime) -> str:
    """2020-09-01T09:06:16.848Z: the other one."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _environment() -> Environment:
    environment = templates(FOLDER / "templates")
    for shape in (yen, two_places, day, minute, second, java, zulu):
        environment.filters[shape.__name__] = shape
    return environment


PAGES = _environment()
