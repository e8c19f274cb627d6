"""What the worker does with each kind of job. Every handler may run again after a crash and does its work once.

Where a handler only changes our own state, the change, what follows from it and the end of the job are one transaction;
such a handler returns None.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.late import came_again
from bot.line import Line
from bot.lineworks.events import read_event
from bot.lineworks.outcome import Later, Sent
from bot.lineworks.pace import Rate
from bot.look_up import look_up
from bot.pacing import SharedPace
from bot.talk import engine, outbox, rooms, telling, topics
from bot.talk.engine import Desk, Stranger
from bot.talk.hearing import Verb, hear
from bot.talk.outbox import ANSWER, NOTICE, Send
from punchout.supplier import Supplier
from purchasing import documents, members, notices, ordering, preferences, reminders, submission
from purchasing.intake import APPLY, Task
from purchasing.members import Person
from purchasing.notices import Notice, What
from purchasing.values import Company
from storage import queue
from storage.database import Database, Tx, trace
from storage.queue import Decision, Done, Job, again
from storage.vault import Keyring

CALLBACK = "callback"
PATIENCE, ATTEMPTS = timedelta(hours=24), 5
"""How old a message must be, and how often it must have been tried, before an unexplained failure is taken as final."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Handlers:
    """The handlers and all that they need."""

    db: Database
    vault: Keyring
    supplier: Supplier
    companies: Mapping[str, Company]
    lines: Mapping[str, Line]
    clock: Callable[[], datetime]
    owner: str

    async def callback(self, job: Job) -> Decision | None:
        """Take a turn in a member's talk. Nothing of anybody's is said in a room of several people (see `talk.rooms`)."""
        event = read_event(job.payload)
        if await came_again(self.db, job, event):
            return Done()
        if event.type == "join" and event.channel_id:
            await self._joined(job, event.channel_id)
            return None
        in_room = rooms.is_in_room(event)
        heard = rooms.hear_in_room(event) if in_room else hear(event)
        user_id = event.user_id
        if user_id is None or heard.verb is Verb.NOTHING:
            return Done()
        desk = Desk(self.companies[job.company_id], self.vault, self.lines[job.company_id].app_url)

        def work(tx: Tx, person: Person | None, asked: bool) -> Stranger | str:
            now, began = self.clock(), event.type == "begin"
            answer = engine.turn(
                tx, desk, user_id, heard, person, began=began, asked=asked, in_room=in_room, now=now
            )
            if isinstance(answer, Stranger):
                return answer
            outbox.post(tx, job.company_id, user_id, answer, key=job.key, now=now, priority=ANSWER)
            queue.finish(tx, job, owner=self.owner, now=now)
            return tx.trace

        if heard.verb is Verb.ASK_ADMIN or (heard.verb is Verb.WORDS and topics.asks_for_admin(heard.text)):
            unknown = await self.db.read(lambda tx: telling.admins_to_look_up(tx, desk.company, self.clock()))
            await self._renew(job.company_id, unknown)
        taken = await self.db.write(lambda tx: work(tx, None, asked=False))
        if isinstance(taken, Stranger):
            person = await look_up(self.lines[job.company_id], user_id)
            taken = await self.db.write(lambda tx: work(tx, person, asked=True))
        if isinstance(taken, str):
            trace.set(taken)  # a turn about a purchase goes on under the purchase's id
        _log.info("a turn: %s", heard.verb)
        return None

    async def _with(self, job: Job, change: Callable[[Tx, datetime], object]) -> None:
        """Store the change and the end of its job together."""

        def work(tx: Tx) -> None:
            now = self.clock()
            change(tx, now)
            queue.finish(tx, job, owner=self.owner, now=now)

        await self.db.write(work)

    async def _joined(self, job: Job, channel_id: str) -> None:
        """Tell a room, once, where to write to the bot."""

        def tell(tx: Tx, now: datetime) -> None:
            said = rooms.greeting()
            outbox.post(
                tx, job.company_id, channel_id, said, key=job.key, now=now, priority=ANSWER, to_room=True
            )

        await self._with(job, tell)

    async def _renew(self, company_id: str, names: Iterable[str]) -> None:
        """Keep what the directory says of these people; who cannot be looked up now stays as they are known."""
        for who in names:
            if (person := await look_up(self.lines[company_id], who)) is not None:
                renew = partial(members.renew, company_id=company_id, person=person, now=self.clock())
                await self.db.write(renew)

    async def notice(self, job: Job) -> None:
        """Find the words for a notice and put it on its way."""
        notice = Notice.unpack(job.payload)
        company = self.companies[job.company_id]
        strangers = await self.db.read(lambda tx: telling.strangers(tx, company, notice, self.clock()))
        await self._renew(job.company_id, strangers)
        app_url = self.lines[job.company_id].app_url

        def tell(tx: Tx, now: datetime) -> None:
            known = members.find(tx, job.company_id, notice.recipient)
            if notice.to_admin and known and known.user_id != notice.recipient:
                notices.readdress(tx, job.company_id, notice, known.user_id, now, job.trace)
                return
            if notice.to_admin and telling.put_off(tx, company, notice, app_url, now):
                return
            messages = telling.write(tx, company, notice, app_url, now)
            outbox.post(
                tx,
                job.company_id,
                notice.recipient,
                messages,
                key=job.key,
                now=now,
                priority=NOTICE,
                trace=job.trace,
            )

        await self._with(job, tell)

    async def digest(self, job: Job) -> None:
        """Send an administrator what was kept since yesterday."""
        recipient = job.payload.decode()

        def send(tx: Tx, now: datetime) -> None:
            lines = preferences.take_digest(tx, job.company_id, recipient)
            messages = telling.digest(tx, job.company_id, recipient, lines)
            outbox.post(tx, job.company_id, recipient, messages, key=job.key, now=now, priority=NOTICE)

        await self._with(job, send)

    async def reminder(self, job: Job) -> None:
        """Look again at what should have happened by now."""
        company = self.companies[job.company_id]
        await self._with(job, lambda tx, now: reminders.look(tx, company, job.payload, now))

    async def send(self, job: Job) -> Decision | None:
        """Post one message to LINE WORKS; the gate of the pool has counted it already."""
        line, send = self.lines[job.company_id], Send.unpack(job.payload)
        post = line.client.send_to_room if send.to_room else line.client.send
        outcome = await post(send.recipient, send.content)
        if isinstance(outcome, Sent):
            return await self._sent(job, line.pace, outcome.rate)
        if isinstance(outcome, Later) and not self._too_late(job, outcome):
            return await self._not_now(job, line.pace, outcome)
        await self._undeliverable(job, send.recipient, outcome.why)
        return None

    def _too_late(self, job: Job, later: Later) -> bool:
        """Whether those behind this message should wait no more. A 429 says when to come again, so it never is."""
        age = self.clock() - job.created_at
        return later.after is None and age >= PATIENCE and job.attempts >= ATTEMPTS

    async def _undeliverable(self, job: Job, recipient: str, why: str) -> None:
        """The message is buried, its lane goes on, and somebody else is told."""

        def bury(tx: Tx) -> None:
            now = self.clock()
            queue.bury(tx, job, owner=self.owner, now=now, error=why)
            # Two who cannot be reached must not be told of each other for ever.
            if not notices.is_about(job.key, job.company_id, What.UNDELIVERABLE):
                company = self.companies[job.company_id]
                notices.tell_others(tx, company, recipient, job.id, now, trace=job.trace)

        _log.error("a message could not be delivered: %s", why)
        await self.db.write(bury)

    async def _sent(self, job: Job, pace: SharedPace, rate: Rate) -> Decision | None:
        if not pace.minds(rate):
            return Done()
        await self._with(job, lambda tx, now: pace.heed(tx, rate, now))
        return None

    async def _not_now(self, job: Job, pace: SharedPace, later: Later) -> Decision | None:
        """A 429 that names its end holds everybody's sends, not only this one."""
        after, why = later.after, later.why
        if after is None:
            return again(job.attempts, why)

        def work(tx: Tx) -> None:
            now = self.clock()
            pace.hold(tx, after, now)
            queue.retry(tx, job, owner=self.owner, due=now + after, error=why)

        await self.db.write(work)
        return None

    async def submit(self, job: Job) -> Decision:
        """Send an order to Amazon."""
        return await submission.submit(
            self.db,
            self.supplier,
            self.vault,
            self.companies[job.company_id],
            int(job.payload),
            job.attempts,
            self.clock,
        )

    async def document(self, job: Job) -> None:
        """Let a document of Amazon's change its order."""
        company, task = self.companies[job.company_id], Task.unpack(job.payload)
        await self._with(job, lambda tx, now: documents.apply(tx, self.vault, company, task, now))

    def buried(self, tx: Tx, job: Job) -> None:
        """A job that failed too often is not buried in silence: who waits for it is told, in the same transaction."""
        company, now = self.companies[job.company_id], self.clock()
        if job.kind == ordering.SUBMIT:
            submission.give_up(tx, company, int(job.payload), now)
        elif job.kind == APPLY:
            documents.give_up(tx, company, Task.unpack(job.payload), now)
