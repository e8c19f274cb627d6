"""GET /shop/{token}: from an address card into Amazon's shop, or a page that says why not and what now.

Only a person's GET opens a visit: HEAD and the previews that chat programs fetch get a harmless answer.
"""

import logging
import re
from datetime import timedelta

from aiohttp import web

from bot.talk import outbox
from bot.talk import shopping as cards
from bot.talk.outbox import ANSWER
from bot.talk.wording import wording
from bot.web.pages import SAFE_HEADERS, language_of, page
from bot.web.services import SERVICES, Services
from purchasing import shopping
from purchasing.shopping import Denied, Trouble
from storage.database import Tx
from storage.tables import Member, ShopLink

_STATUS = {
    Trouble.LINK_UNKNOWN: 404,
    Trouble.LINK_OLD: 410,
    Trouble.NOT_REGISTERED: 403,
    Trouble.NOT_PERMITTED: 403,
    Trouble.TOO_MANY_VISITS: 429,
    Trouble.SETUP_UNREACHABLE: 504,
}
GUIDED = (Trouble.SETUP_REFUSED, Trouble.CART_UNKNOWN, Trouble.CART_USED, Trouble.CART_FOREIGN)
"""What is probably not the link's fault but something about the account or the browser: the guide says what."""
ACCOUNTS = (Trouble.SETUP_REFUSED, Trouble.CART_FOREIGN)
"""What a wrong account brings about: the page names the right one, and says how to see which one is signed in."""
_log = logging.getLogger(__name__)
ONCE_IN = timedelta(minutes=1)
"""How often a link's page may send fresh cards."""
_PREVIEW = re.compile(
    r"bot\b|crawl|spider|preview|facebookexternalhit|embedly|linkexpand|whatsapp", re.IGNORECASE
)


async def head(_request: web.Request) -> web.Response:
    return web.Response(headers=SAFE_HEADERS, content_type="text/html")


async def shop(request: web.Request) -> web.Response:
    services, token = request.app[SERVICES], request.match_info["token"]
    words = language_of(request)
    if _is_preview(request):
        title, text = words("page", "preview_title"), words("page", "preview")
        return page(words, title=title, text=text, again=f"{request.path}?open")
    outcome = await shopping.enter(
        services.db, services.supplier, services.vault, services.companies.get, token, services.clock
    )
    services.metrics.visits.labels("open" if isinstance(outcome, str) else outcome.trouble.value).inc()
    _log.info("a way into the shop: %s", "open" if isinstance(outcome, str) else outcome.trouble)
    if isinstance(outcome, str):
        return web.Response(status=302, headers={**SAFE_HEADERS, "Location": outcome})
    return trouble_page(request, services, outcome, again=request.path, fresh=f"{request.path}/fresh")


def _is_preview(request: web.Request) -> bool:
    """Whether nobody looks at this. Who pressed the button on the page for previews is somebody."""
    if "open" in request.query:
        return False
    if _PREVIEW.search(request.headers.get("User-Agent", "")):
        return True
    return "prefetch" in (request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or "")


def trouble_page(
    request: web.Request, services: Services, denied: Denied, *, again: str = "", fresh: str = ""
) -> web.Response:
    """What happened and what to do, for every way in which shopping can fail."""
    words, trouble = language_of(request, denied.language), denied.trouble
    may_retry = trouble.startswith("setup_")
    answer = page(
        words,
        title=words("trouble_title", trouble),
        text=words("trouble", trouble),
        status=_STATUS.get(trouble, 502 if may_retry else 409),
        tone="bad",
        reason=denied.reason[:300] if trouble is Trouble.SETUP_REFUSED else "",
        again=again if may_retry else "",
        fresh=fresh if trouble is Trouble.LINK_OLD else "",
        guide=trouble in GUIDED,
        account=denied.email if trouble in ACCOUNTS else "",
        steps=words("account", trouble) if trouble in ACCOUNTS else "",
        app_url=services.app_url(denied.company_id),
    )
    if trouble is Trouble.TOO_MANY_VISITS:
        answer.headers["Retry-After"] = "600"
    return answer


async def fresh(request: web.Request) -> web.Response:
    """Send new address cards into the talk of the link's own member; at most once a minute."""
    services, token = request.app[SERVICES], request.match_info["token"]

    def work(tx: Tx) -> Denied | Member:
        now = services.clock()
        found = shopping.find_link(tx, token, now)
        if isinstance(found, Denied) and found.trouble is not Trouble.LINK_OLD:
            return found
        link = tx.orm.get_one(ShopLink, shopping.hash_token(token))
        member, company = tx.orm.get_one(Member, link.member_id), services.companies[link.company_id]
        if shopping.offered_since(tx, company, member, now - ONCE_IN):
            return member
        choices = shopping.offer(tx, company, member, now)
        messages = cards.address_cards(wording(member.language), choices, company.link_life, company.test)
        key = f"fresh:{link.token_hash}:{now:%Y%m%d%H%M}"
        outbox.post(tx, company.id, member.user_id, messages, key=key, now=now, priority=ANSWER)
        return member

    outcome = await services.db.write(work)
    if isinstance(outcome, Denied):
        return trouble_page(request, services, outcome)
    words = language_of(request, outcome.language)
    return page(
        words,
        title=words("page", "fresh_sent_title"),
        text=words("page", "fresh_sent"),
        app_url=services.app_url(outcome.company_id),
    )
