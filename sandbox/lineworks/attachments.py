"""Files: announced, uploaded once, fetched by a redirect (LINE WORKS reference 3.7)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from sandbox.lineworks.fields import Fields, Invalid
from sandbox.lineworks.gate import Call, Gate, json_body, own_bot
from sandbox.lineworks.refusal import Refusal, invalid, not_found, unparsable
from sandbox.lineworks.tenant import Tenant

FILES = frozenset({"bot", "bot.message"})
LIFETIME = timedelta(hours=24)


@dataclass
class Attachment:
    """An announced file; without `data` it has not been uploaded yet."""

    name: str
    until: datetime
    data: bytes | None = None
    content_type: str = ""


class Attachments:
    """`/bots/{bot}/attachments` and the storage server behind it; all in memory."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self._files: dict[str, Attachment] = {}

    def routes(self) -> list[web.RouteDef]:
        attachments = "/v1.0/bots/{bot}/attachments"
        guard = Gate(self.tenant).guard
        return [
            web.post(attachments, guard("attachment.post", FILES, self.announce)),
            web.get(attachments + "/{file}", guard("attachment.get", FILES | {"bot.read"}, self.locate)),
            web.post("/storage/{file}", guard("storage.post", FILES, self.upload)),
            web.get("/storage/{file}", guard("storage.get", FILES | {"bot.read"}, self.download)),
            web.get("/talk/files/{file}", self.show),
        ]

    async def announce(self, request: web.Request, call: Call) -> web.Response:
        """Takes a file's name; answers with its id and where to send it, both good for 24 hours."""
        values = await json_body(request, call)
        try:
            name = Fields(values, "body", []).text("fileName", 200, required=True)
        except Invalid as refused:
            raise invalid(str(refused)) from refused
        own_bot(request, self.tenant)
        now = self.tenant.clock()
        stamp = (
            f"{int(now.timestamp() * 1000)}{secrets.randbelow(10**6):06d}.{int((now + LIFETIME).timestamp())}"
        )
        file_id = f"jp1.{stamp}.0.{self.tenant.settings.domain_id}.0.0.0"
        self._files[file_id] = Attachment(name or "", now + LIFETIME)
        return web.json_response({"fileId": file_id, "uploadUrl": _storage_url(request, file_id)})

    async def upload(self, request: web.Request, call: Call) -> web.Response:
        """Takes the part `FileData`, once."""
        attachment = self._living(request)
        if attachment.data is not None:
            raise Refusal(403, "ACCESS_DENIED", "The upload URL has been used.")
        if request.content_type != "multipart/form-data":
            raise unparsable()
        part = (await request.post()).get("FileData")
        if not isinstance(part, web.FileField):
            raise invalid("FileData is required.")
        attachment.data = part.file.read()
        attachment.content_type = part.content_type
        return web.json_response({"fileId": request.match_info["file"], "fileName": attachment.name})

    async def locate(self, request: web.Request, call: Call) -> web.Response:
        """Answers 302; whoever follows has to bring the bearer along."""
        if self._living(request).data is None:
            raise not_found("File")
        raise Refusal(302, "", "", {"Location": _storage_url(request, request.match_info["file"])})

    async def download(self, request: web.Request, call: Call) -> web.Response:
        return await self.show(request)

    async def show(self, request: web.Request) -> web.Response:
        """The file itself; the talk page asks for it without a token."""
        attachment = self._files.get(request.match_info["file"])
        if attachment is None or attachment.data is None:
            raise web.HTTPNotFound
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=attachment.data, content_type=attachment.content_type, headers=headers)

    def _living(self, request: web.Request) -> Attachment:
        attachment = self._files.get(request.match_info["file"])
        if attachment is None or attachment.until <= self.tenant.clock():
            raise not_found("File")
        return attachment


def _storage_url(request: web.Request, file_id: str) -> str:
    mount = request.path.partition("/v1.0")[0]
    return f"{request.url.origin()}{mount}/storage/{file_id}"
