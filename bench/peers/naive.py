"""A turn as one would write it first: SQLModel's AsyncSession on aiosqlite, a commit for every step, then the answer.

Durable as ours is (WAL, synchronous FULL), and no more than a greeting: member, talk and outgoing message are rows.
`naive.py FOLDER WORKS-URL`
"""

import asyncio
import json
import sys

import aiohttp
from aiohttp import web
from serving import serve
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession


class Member(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    user_id: str = Field(unique=True)
    state: str = "new"


class Outgoing(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    recipient: str
    text: str
    sent: bool = False


async def main(folder: str, works: str) -> None:
    # One connection: with more, most of the time goes into waiting for SQLite's write lock.
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder}/naive.db", pool_size=1, max_overflow=0)

    @event.listens_for(engine.sync_engine, "connect")
    def durable(connection, _record) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    client = aiohttp.ClientSession()

    async def callback(request: web.Request) -> web.Response:
        user = json.loads(await request.read())["source"]["userId"]
        async with AsyncSession(engine) as session:
            member = (await session.exec(select(Member).where(Member.user_id == user))).first()
            member = member or Member(user_id=user)
            member.state = "greeted"
            session.add(member)
            await session.commit()
            outgoing = Outgoing(recipient=user, text="ようこそ")
            session.add(outgoing)
            await session.commit()
            await session.refresh(outgoing)
            content = {"content": {"type": "text", "text": outgoing.text}}
            async with client.post(f"{works}/bots/1/users/{user}/messages", json=content):
                pass
            outgoing.sent = True
            session.add(outgoing)
            await session.commit()
        return web.Response()

    app = web.Application()
    app.router.add_post("/lineworks/callback", callback)
    await serve(app)
    await client.close()
    await engine.dispose()


asyncio.run(main(*sys.argv[1:]))
