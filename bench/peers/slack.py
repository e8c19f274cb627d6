"""slack-bolt's aiohttp application with one listener; nothing is stored."""

import asyncio

from serving import SECRET, serve
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult


async def authorize() -> AuthorizeResult:
    return AuthorizeResult(
        enterprise_id=None, team_id="T1", bot_token="xoxb-bench", bot_id="B1", bot_user_id="U1"
    )


app = AsyncApp(signing_secret=SECRET, authorize=authorize)


@app.event("message")
async def message() -> None:
    """Nothing: what is measured is the way here."""


asyncio.run(serve(app.web_app("/")))
