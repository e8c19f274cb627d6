"""The administrator's pages: connection settings, safeguards, test or active, the log of documents."""

from aiohttp import web
from lxml import etree

from punchout import xml
from sandbox.amazon import safeguards
from sandbox.amazon.account import ACCOUNT
from sandbox.amazon.journal import Entry
from sandbox.amazon.pages import page
from sandbox.amazon.sessions import GROUPS, ROOT_GROUP


async def home(request: web.Request) -> web.Response:
    """GET /: the administrator's start page is the test log."""
    raise web.HTTPFound(request.app.router["testlog"].url_for())


async def settings(request: web.Request) -> web.Response:
    """GET /settings: what the administrator copies into the buyer's system, and the state of the account."""
    origin = str(request.url.origin())
    router = request.app.router
    token = request.app[ACCOUNT].settings.order_token
    return page(
        request,
        "settings.html",
        punchout_url=origin + str(router["setup"].url_for()),
        order_url=origin + str(router["orders"].url_for(order_token=token)),
        groups=GROUPS,
        names={ROOT_GROUP: "ルートグループ", **GROUPS},
        kinds=safeguards.KINDS,
        actions=safeguards.ACTIONS,
        opened=request.query.get("group"),
    )


async def ask_mode(request: web.Request) -> web.Response:
    """GET /settings/mode: the confirmation dialogue before switching between test and active."""
    account = request.app[ACCOUNT]
    return page(request, "mode.html", passed=account.passed())


async def set_mode(request: web.Request) -> web.Response:
    """POST /settings/mode: switch; an unmarked basic scenario is only warned of."""
    form = await request.post()
    request.app[ACCOUNT].mode = "active" if form.get("mode") == "active" else "test"
    raise web.HTTPSeeOther(request.app.router["settings"].url_for())


async def set_safeguards(request: web.Request) -> web.Response:
    """POST /settings/safeguards: what a group (`group`, empty: the root group) allows its orders."""
    form = await request.post()
    account, group = request.app[ACCOUNT], str(form.get("group", ROOT_GROUP))
    chosen = safeguards.read_form({key: value for key, value in form.items() if isinstance(value, str)})
    if chosen is None or group not in account.safeguards:
        raise web.HTTPBadRequest(text="上限は0以上の整数で、グループは一覧から指定してください。")
    account.safeguards[group] = chosen
    raise web.HTTPSeeOther(request.app.router["settings"].url_for().with_query(group=group))


async def documents(request: web.Request) -> web.Response:
    """GET /documents: every document in and out, newest first."""
    entries = list(request.app[ACCOUNT].journal)[::-1]
    return page(request, "documents.html", entries=entries[:200], count=len(entries))


async def document(request: web.Request) -> web.Response:
    """GET /documents/{number}: one document and its answer, secrets struck out."""
    found = _entry(request)
    return page(request, "document.html", entry=found, raw=_legible(found.raw), answer=_legible(found.answer))


async def raw_document(request: web.Request) -> web.Response:
    """GET /documents/{number}/raw: the very bytes, but for the secret; as text, so that nothing is run."""
    return web.Response(
        body=_entry(request).raw,
        content_type="text/plain",
        charset="utf-8",
        headers={"X-Content-Type-Options": "nosniff"},
    )


def _entry(request: web.Request) -> Entry:
    found = request.app[ACCOUNT].journal.entry(int(request.match_info["number"]))
    if found is None:
        raise web.HTTPNotFound(text="この文書はありません。")
    return found


def _legible(raw: bytes) -> str:
    """The document indented where it is XML, else as text."""
    if not raw:
        return ""
    try:
        root = xml.parse(raw)
    except xml.XmlRefused:
        return raw.decode("utf-8", "replace")
    etree.indent(root)
    return etree.tostring(root, encoding="unicode")
