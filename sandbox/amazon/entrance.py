"""The way in: the setup request of the buyer's server, then the start page in the member's browser."""

from aiohttp import web
from lxml import etree
from yarl import URL

from punchout import xml
from punchout.address import read_address
from punchout.setup import build_setup_response
from punchout.status import Status
from sandbox.amazon.account import ACCOUNT, Account
from sandbox.amazon.documents import profile
from sandbox.amazon.journal import kind_of
from sandbox.amazon.moods import SETUP_MOODS, SLOW_SECONDS
from sandbox.amazon.pages import SessionOver, page
from sandbox.amazon.rules import judge_setup
from sandbox.amazon.sessions import SetupRecord, ShopSession, new_number
from sandbox.amazon.wire import answer, html_error, payload_id, read_body, status_bytes


async def take_setup(request: web.Request) -> web.Response:
    """POST /eprocurement/punchout: judge, note for the test log, answer with a start page or the reason why not.

    The HTTP code is 200 whatever the Status is; 406: XML that cannot be read, else as `judge_setup` says.
    """
    account = request.app[ACCOUNT]
    now = account.clock()
    body = await read_body(request)
    try:
        root = xml.parse(body)
    except xml.XmlRefused as refused:
        return _settle(account, body, 406, str(refused), status_bytes(now, 406, str(refused)))
    if kind_of(root) == "ProfileRequest":
        return _settle(account, body, 200, "", profile(request, now))
    facts, findings = judge_setup(root, account.settings.identity, account.password)
    record = SetupRecord(now, facts, findings.code, " ".join(findings.faults))
    account.setups.append(record)
    if findings.faults:
        document = status_bytes(now, findings.code, record.reason)
        return _settle(account, body, findings.code, record.reason, document)
    mood = account.setup_mood()
    if mood == "html_500":
        account.journal.note(now, "in", body, http=500, verdict="HTMLのエラーページを返しました。")
        return html_error()
    if mood == "slow":
        await account.pause(SLOW_SECONDS)
    if mood == "refuse_400":
        sentence = "The user is not allowed to shop for this account."
        return _settle(account, body, 400, SETUP_MOODS[mood], status_bytes(now, 400, sentence))
    if mood == "error_500":
        return _settle(account, body, 500, SETUP_MOODS[mood], status_bytes(now, 500, "Internal error."))
    session = _open(account, record, root)
    origin = "https://shop.example.com" if mood == "foreign_start_page" else str(request.url.origin())
    page = origin + str(request.app.router["start"].url_for(session=session.key))
    document = build_setup_response(
        Status(200, "OK", "", "en-US"),
        payload_id(now),
        now,
        None if mood == "no_start_page" else page,
        bare=mood == "bare_2015",
    )
    return _settle(account, body, 200, " ".join(findings.remarks), document)


async def start(request: web.Request) -> web.Response:
    """GET the StartPage: on to the shop, or to the page that makes a business account of a new address."""
    account = request.app[ACCOUNT]
    session = living_session(request)
    if not account.knows(session.setup.facts.email):
        return page(request, "register.html", session=session)
    raise web.HTTPFound(_first_page(request, session))


async def register(request: web.Request) -> web.Response:
    """POST: one click makes the address a business user."""
    session = living_session(request)
    request.app[ACCOUNT].register(session.setup.facts.email)
    raise web.HTTPSeeOther(_first_page(request, session))


def _first_page(request: web.Request, session: ShopSession) -> URL:
    """The page of the article that the setup request selected, where it is sold here; else the whole shop."""
    router, selected = request.app.router, session.setup.facts.selected
    if request.app[ACCOUNT].shelf.product(selected) is None:
        return router["shop"].url_for(session=session.key)
    return router["product"].url_for(session=session.key, asin=selected)


def living_session(request: web.Request) -> ShopSession:
    """The session that the address names; raises SessionOver for one that is unknown, old or finished."""
    account = request.app[ACCOUNT]
    session = account.sessions.get(request.match_info["session"])
    if session is None or not session.alive(account.clock()):
        raise SessionOver(session)
    return session


def _open(account: Account, record: SetupRecord, root: etree._Element) -> ShopSession:
    ship_to = root.find("Request/PunchOutSetupRequest/ShipTo")
    address = read_address(ship_to) if ship_to is not None else None
    session = ShopSession(new_number(), record, address)
    account.sessions[session.key] = session
    return session


def _settle(account: Account, body: bytes, status: int, verdict: str, document: bytes) -> web.Response:
    account.journal.note(
        account.clock(), "in", body, http=200, status=status, verdict=verdict, answer=document
    )
    return answer(document)
