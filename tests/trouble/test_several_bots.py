"""Two bots of one company on one PostgreSQL: together they keep the pace, and share a token."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import col, func, select

from bot.app import running
from bot.config import load
from bot.lineworks.message import Text
from bot.talk import outbox
from bot.talk.outbox import ANSWER, NOTICE
from storage.database import Database, Tx
from storage.tables import JobRow
from tests.trouble.house import COMPANY, Clock
from tests.trouble.town import PATIENCE, Town, town

PEOPLE = 60
FREE_PLAN = {"KAIMONO_COMPANY__0__LINEWORKS__SENDS_PER_MINUTE": "60"}
AT_ONCE = 30
"""Half of the minute's sends; the other half flows in, one every two seconds."""


@dataclass
class Company:
    """Its clock stands still, so what may go is a number and not a matter of speed."""

    place: Town
    clock: Clock
    db: Database

    async def post(self, recipient: str, words: str, priority: int = NOTICE) -> None:
        def work(tx: Tx) -> None:
            now = self.clock()
            outbox.post(tx, COMPANY, recipient, [Text(words)], key=words, now=now, priority=priority)

        await self.db.write(work)

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)
        await self.db.write(lambda tx: tx.wake(f"queue:{outbox.kind(COMPANY)}"))

    @property
    def tried(self) -> list[int]:
        """The status of every send that reached LINE WORKS."""
        log = self.place.tenant.log.after(0)
        return [entry.status or 0 for entry in log if entry.kind == "send"]

    async def comes_to(self, sends: int) -> None:
        """Returns once so many sends came, and no bot has another one in hand."""
        await self.place.tenant.pulse.until(lambda: len(self.tried) >= sends, PATIENCE)
        async with asyncio.timeout(PATIENCE):
            while await self.db.read(_busy):  # noqa: ASYNC110 - other engines' commits wake nobody here
                await asyncio.sleep(0.02)
        assert len(self.tried) == sends, self.tried


def _busy(tx: Tx) -> int:
    return tx.orm.exec(select(func.count(col(JobRow.id))).where(JobRow.state == "leased")).one()


@asynccontextmanager
async def two_bots(folder: Path, database: str) -> AsyncIterator[Company]:
    clock = Clock()
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(town(more_people=PEOPLE, clock=clock))
        for number in range(PEOPLE):  # who is told something for the first time would be greeted as well
            place.tenant.talks.with_bot(f"member-{number}").opened = True
        config = load(place.write_config(folder, database), FREE_PLAN)
        first = await stack.enter_async_context(running(config, clock=clock))
        await stack.enter_async_context(running(config, web_too=False, clock=clock))
        yield Company(place, clock, first.services.db)


async def test_a_worker_alone_tells_of_its_health_and_takes_nothing_in(
    database_url: str, tmp_path: Path
) -> None:
    async with town() as place:
        config = load(place.write_config(tmp_path, database_url), {"KAIMONO_WORKER_LISTEN": "127.0.0.1:0"})
        async with running(config, web_too=False) as bot:
            answers = {}
            for path in ("healthz", "readyz", "metrics", "lineworks/callback", "guide"):
                async with place.session.get(f"http://127.0.0.1:{bot.port}/{path}") as answer:
                    answers[path] = answer.status
        assert answers == {
            "healthz": 200,
            "readyz": 200,
            "metrics": 200,
            "lineworks/callback": 404,
            "guide": 404,
        }


async def test_the_pace_holds_for_both_together_and_answers_go_first(
    postgres_url: str, tmp_path: Path
) -> None:
    async with two_bots(tmp_path, postgres_url) as company:
        await asyncio.gather(*(company.post(f"member-{n}", f"お知らせ {n}") for n in range(PEOPLE - 1)))
        await company.comes_to(AT_ONCE)
        late = f"member-{PEOPLE - 1}"
        await company.post(late, "お答え", ANSWER)
        for seconds, sends in ((2.1, AT_ONCE + 1), (20, AT_ONCE + 11)):
            await company.pass_time(seconds)
            await company.comes_to(sends)
            assert await company.place.said(late, "お答え") == 1
        assert (await company.place.talk.log())["token_requests"] == 1
