"""Both stand-ins under one roof, reached with nothing but their addresses changed."""

from aiohttp.test_utils import TestClient, TestServer

from sandbox.app import make_sandbox
from sandbox.settings import Settings


async def test_welcome_leads_to_everything() -> None:
    async with TestClient(TestServer(make_sandbox(Settings()))) as client:
        welcome = await client.get("/")
        page = await welcome.text()
        assert welcome.status == 200
        root = str(client.make_url("")).rstrip("/")
        for address in ("/lineworks/oauth2/v2.0", "/lineworks/v1.0", "/amazon/eprocurement/punchout"):
            assert root + address in page
        for path in ("/lineworks/talk", "/lineworks/log", "/amazon/settings", "/amazon/testlog"):
            assert f'href="{path}"' in page
            assert (await client.get(path)).status == 200, path


async def test_made_key_can_be_downloaded_and_works() -> None:
    async with TestClient(TestServer(make_sandbox(Settings()))) as client:
        answer = await client.get("/lineworks/private.key")
        assert answer.headers["Content-Disposition"] == 'attachment; filename="private.key"'
        assert (await answer.text()).startswith("-----BEGIN PRIVATE KEY-----")


async def test_static_files_are_served() -> None:
    async with TestClient(TestServer(make_sandbox(Settings()))) as client:
        for name in (
            "base.css",
            "talk.css",
            "message.css",
            "talk.js",
            "message.js",
            "flex.js",
            "log.js",
            "bot.svg",
        ):
            assert (await client.get(f"/static/{name}")).status == 200, name
