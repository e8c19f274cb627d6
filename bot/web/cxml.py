"""POST /cxml: Amazon's confirmations, ship notices and the rest. The answer is a cXML Response.

Who is authenticated gets HTTP 200 with the verdict in Status, since senders repeat for hours what gets another HTTP code
(Amazon reference 9.6). Who is not gets HTTP 401, and nothing after the document's Header is read.
"""

import logging
import secrets
from binascii import Error as Base64Error
from datetime import datetime

from aiohttp import BasicAuth, web

from bot.web.bodies import MIB, read_beginning
from bot.web.services import SERVICES, Services, loop_time
from punchout.envelope import new_payload_id, read_header
from punchout.inbound import ABOUT_ORDERS, Document, DocumentRefused, XmlRefused, read
from punchout.profile import build_profile_response
from punchout.status import Status, build_response
from purchasing import intake, notices
from purchasing.intake import Verdict
from purchasing.notices import What
from purchasing.values import Company, local
from storage.database import DatabaseFault, Tx, trace

LIMIT = 16 * MIB
_BEGINNING = 64 * 1024
"""Of who shows no login so much is read to find a SharedSecret in the Header."""
_UNREAD = ("too large", "unreadable")
_log = logging.getLogger(__name__)


async def cxml(request: web.Request) -> web.Response:
    services = request.app[SERVICES]
    company, begun = _by_basic(request, services), b""
    if company is None:
        if seconds := services.limits.too_many(request, loop_time()):
            return web.Response(status=429, headers={"Retry-After": str(seconds)})
        if "Authorization" in request.headers:
            await _tell_of_password(request, services)
            return _unauthorized(services, "its HTTP user or password is not ours")
        begun = await read_beginning(request, _BEGINNING)
        company = _by_secret(begun, services)
        if company is None:
            return _unauthorized(services, "no HTTP user, and no SharedSecret of ours")
        services.limits.forgive(request, loop_time())
    try:
        raw = await services.bodies.read(request, LIMIT, begun)
    except web.HTTPRequestEntityTooLarge:
        return _answer(services, company, Verdict(406, "The document is larger than 16 MiB."), "too large")
    document = await services.bodies.made_of(raw, lambda: _read(raw))
    try:
        return await _take(services, company, raw, document)
    except DatabaseFault as fault:
        _log.error("a document could not be stored: %s", fault)
        return _answer(
            services, company, Verdict(500, "The document could not be stored; send it again."), "fault"
        )


def _read(raw: bytes) -> Document | Verdict:
    try:
        return read(raw)
    except XmlRefused as refused:
        return Verdict(406, str(refused))
    except DocumentRefused as refused:
        return Verdict(400, str(refused))


async def _take(
    services: Services, company: Company, raw: bytes, document: Document | Verdict
) -> web.Response:
    now = services.clock()
    if isinstance(document, Verdict):
        verdict = document
        await services.db.write(
            lambda tx: intake.keep_refused(tx, services.vault, company, raw, "unreadable", verdict.text, now)
        )
        return _answer(services, company, verdict, "unreadable")
    verdict = await services.db.write(
        lambda tx: intake.take_in(tx, services.vault, company, raw, document, now)
    )
    trace.set(verdict.trace or trace.get())
    _log.info("a document: %s, answered %d", document.kind, verdict.code)
    if document.kind == "ProfileRequest":
        return _profile(services, company, now)
    return _answer(services, company, verdict, document.kind if document.value else "other")


def _shown(request: web.Request) -> BasicAuth | None:
    try:
        return BasicAuth.decode(request.headers.get("Authorization", ""), encoding="utf-8")
    except (ValueError, Base64Error):
        return None


def _by_basic(request: web.Request, services: Services) -> Company | None:
    shown = _shown(request)
    if shown is None:
        return None
    found = None
    for login in services.logins:
        if login.password.matches(shown.password) and secrets.compare_digest(
            login.user.encode(), shown.login.encode()
        ):
            found = services.companies[login.company_id]
    return found


def _by_secret(beginning: bytes, services: Services) -> Company | None:
    """The company whose secret the Sender shows; its identity may stand in To or in Sender (reference 9.6)."""
    try:
        envelope = read_header(beginning)
    except (XmlRefused, DocumentRefused):
        return None
    named = (*envelope.to, *envelope.sender, *envelope.from_)
    for company in services.companies.values():
        account = company.account
        ours = any(credential.identity == account.identity for credential in named)
        shown = [c.secret for c in envelope.sender if c.secret is not None]
        if ours and any(account.secret.matches(secret.reveal()) for secret in shown):
            return company
    return None


async def _tell_of_password(request: web.Request, services: Services) -> None:
    """Whoever shows a user name of ours with another password is probably Amazon: the admins hear of it once a day."""
    shown, now = _shown(request), services.clock()
    named = {login.company_id for login in services.logins if shown and login.user == shown.login}
    told = [services.companies[n] for n in named if not services.limits.passwords.take(n, loop_time())]

    def tell(tx: Tx) -> None:
        for company in told:
            notices.tell_company(tx, company, What.PASSWORD, local(now).toordinal(), now)

    try:
        if told:
            await services.db.write(tell)
    except DatabaseFault as fault:
        _log.error("a wrong password could not be told: %s", fault)


def _unauthorized(services: Services, why: str) -> web.Response:
    """The log gets a line for each that the limits let in; never what was shown."""
    services.metrics.documents.labels("unauthorized", "401").inc()
    _log.warning("a document was turned away: %s", why)
    return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="kaimono", charset="UTF-8"'})


def _answer(services: Services, company: Company, verdict: Verdict, kind: str) -> web.Response:
    now = services.clock()
    services.metrics.documents.labels(kind, str(verdict.code)).inc()
    if kind in _UNREAD:
        _log.warning("a document was not read, answered %d: %s", verdict.code, verdict.text)
    text = "OK" if verdict.code == 200 else "Not accepted"
    status = Status(verdict.code, text, "" if verdict.code == 200 else verdict.text, "en")
    return _xml(build_response(status, _payload_id(company, now), now))


def _profile(services: Services, company: Company, now: datetime) -> web.Response:
    services.metrics.documents.labels("ProfileRequest", "200").inc()
    here = dict.fromkeys(ABOUT_ORDERS, f"{company.public_url}/cxml")
    return _xml(build_profile_response(here, _payload_id(company, now), now, now))


def _payload_id(company: Company, now: datetime) -> str:
    return new_payload_id(now, company.account.identity, secrets.token_hex(6))


def _xml(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="text/xml", charset="utf-8")
