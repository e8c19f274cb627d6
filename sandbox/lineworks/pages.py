"""The talk page, the test log's page, and where App Links lead (LINE WORKS reference 8, 13.4)."""

from pathlib import Path

from aiohttp import web

from sandbox import web as pages
from sandbox.lineworks.faults import Switch
from sandbox.lineworks.tenant import Tenant
from sandbox.settings import Person

TEMPLATES = pages.templates(Path(__file__).parent / "templates")
WHO = "talk_person"
SWITCH_LABELS: dict[Switch, str] = {
    "wrong_signature": "署名を誤る",
    "wrong_bot": "Bot ID を誤る",
    "altered_body": "署名のあとで本文を変える",
    "duplicate": "同じものを2回送る",
    "swapped": "順番を入れ替える",
    "no_milliseconds": "issuedTime のミリ秒を省く",
    "unknown_type": "未知の type を先に送る",
    "unknown_content": "未知の content.type を先に送る",
    "lower_case_headers": "ヘッダー名を小文字にする",
    "no_postback_channel": "postback の channelId を省く",
    "scope_401": "権限不足を 401 で返す",
    "unknown_403": "存在しない相手を 403 で返す",
}


class Pages:
    """HTML under `/talk`, `/app` and `/log`. The browser remembers whose talk it showed last, in a cookie."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/talk", self.choose),
            web.get("/talk/{user}", self.talk),
            web.get("/talk/{user}/with/{peer}", self.talk_with_peer),
            web.get("/app/message/send", self.app_link),
            web.get("/app{tail:(/.*)?}", self.open_app),
            web.get("/log", self.log),
            web.get("/private.key", self.private_key),
        ]

    async def choose(self, request: web.Request) -> web.Response:
        return self._show(None, None)

    async def talk(self, request: web.Request) -> web.Response:
        return self._show(self._person(request.match_info["user"]), None)

    async def talk_with_peer(self, request: web.Request) -> web.Response:
        me, peer = self._person(request.match_info["user"]), self._person(request.match_info["peer"])
        return self._show(me, peer)

    async def app_link(self, request: web.Request) -> web.Response:
        """App Link message/send: opens a talk of whoever taps it, named by `from` or the last one shown.

        `emailList` takes a login id; a user id is not a documented value, so it finds nobody.
        """
        login_id = request.query.get("emailList", "").lower()
        people = self.tenant.directory.people
        peer = next((person for person in people if person.login_id.lower() == login_id), None)
        if peer is None:
            return pages.page(TEMPLATES, "nobody.html", status=404, login_id=login_id)
        me = self._tapper(request)
        if me is None or me is peer:
            others = [person for person in people if person is not peer]
            return pages.page(TEMPLATES, "who.html", peer=peer, people=others, base=_base(request))
        raise web.HTTPFound(f"{_base(request)}/talk/{me.user_id}/with/{peer.user_id}")

    async def open_app(self, request: web.Request) -> web.Response:
        """Any other App Link opens the app: the talk shown last, or the list of talks."""
        me = self._tapper(request)
        raise web.HTTPFound(f"{_base(request)}/talk" + (f"/{me.user_id}" if me else ""))

    async def log(self, request: web.Request) -> web.Response:
        return pages.page(TEMPLATES, "log.html")

    async def private_key(self, request: web.Request) -> web.Response:
        """The service account's key, as the Developer Console offers it; only where it was made here."""
        private_pem = self.tenant.keys.private_pem
        if private_pem is None:
            raise web.HTTPNotFound
        return web.Response(
            text=private_pem, headers={"Content-Disposition": 'attachment; filename="private.key"'}
        )

    def _show(self, me: Person | None, peer: Person | None) -> web.Response:
        response = pages.page(
            TEMPLATES, "talk.html", me=me, peer=peer, bot=self.tenant.bot, switches=SWITCH_LABELS.items()
        )
        if me is not None:
            response.set_cookie(WHO, me.user_id, samesite="Lax", httponly=True)
        return response

    def _tapper(self, request: web.Request) -> Person | None:
        named = request.query.get("from") or request.cookies.get(WHO, "")
        return self.tenant.directory.find(named)

    def _person(self, identifier: str) -> Person:
        person = self.tenant.directory.find(identifier)
        if person is None:
            raise web.HTTPFound("/lineworks/talk")
        return person


def _base(request: web.Request) -> str:
    """The path under which the stand-in is mounted."""
    return request.path.partition("/app")[0]
