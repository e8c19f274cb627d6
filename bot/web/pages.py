"""The few pages that a member sees in a browser, in the member's language: plain, small, without a script."""

from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.lineworks.applink import open_app
from bot.talk.wording import LANGUAGES, Wording, wording

HERE = Path(__file__).parent
_pages = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def language_of(request: web.Request, known: str = "") -> Wording:
    """The member's language ("en_US"), where it is `known` and one of ours; else what the browser asks for first, if that
    is; else Japanese."""
    asked = (known[:2], request.headers.get("Accept-Language", "")[:2].lower())
    return wording(next((code for code in asked if code in LANGUAGES), "ja"))


def page(
    words: Wording,
    *,
    title: str,
    text: str,
    status: int = 200,
    tone: str = "good",
    reason: str = "",
    again: str = "",
    fresh: str = "",
    guide: bool = False,
    account: str = "",
    steps: str = "",
    app_url: str = "",
    test: bool = False,
) -> web.Response:
    """One message to the member. `again` is a link that tries once more, `fresh` posts a fresh link into the talk;
    `guide` adds the way to the page about trouble in the shop; `account` is the one that a visit is for, `steps` what to
    do in turn, a line for each."""
    return render(
        "message.html",
        words,
        status,
        title=title,
        text=text,
        tone=tone,
        reason=reason,
        again=again,
        fresh=fresh,
        guide=guide,
        account=account,
        steps=steps.splitlines(),
        back=open_app(app_url) if app_url else "",
        test=test,
    )


def render(template: str, words: Wording, status: int = 200, **values: object) -> web.Response:
    html = _pages.get_template(template).render(words=words, **values)
    return web.Response(text=html, content_type="text/html", status=status, headers=SAFE_HEADERS)


def too_many(request: web.Request, seconds: int, app_url: str) -> web.Response:
    """To who comes too often: when to come again."""
    words = language_of(request)
    minutes = max(1, round(seconds / 60))
    answer = page(
        words,
        title=words("page", "too_many_title"),
        text=words("page", "too_many", minutes=minutes),
        status=429,
        tone="bad",
        app_url=app_url,
    )
    answer.headers["Retry-After"] = str(seconds)
    return answer
