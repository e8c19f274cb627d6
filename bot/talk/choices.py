"""What an administrator is told, and how soon: at once, once a day, or not at all.

Who is no administrator never comes here: for them お知らせ設定 is a word like any other (`meaning`).
"""

from datetime import datetime

from bot.lineworks.message import ButtonTemplate, Message, Outgoing
from bot.talk.hearing import Heard, Verb, button
from bot.talk.wording import Wording
from purchasing import preferences
from purchasing.notices import What
from purchasing.preferences import KINDS, Pace
from purchasing.values import Company
from storage.database import Tx
from storage.tables import Member

_NEXT = {Pace.NOW: Pace.DAILY, Pace.DAILY: Pace.OFF, Pace.OFF: Pace.NOW}


def choose(
    tx: Tx, company: Company, words: Wording, member: Member, heard: Heard, now: datetime
) -> list[Outgoing]:
    """The card of an administrator's choices, after the one that was just made."""
    if heard.verb is Verb.NOTICE_PACE and heard.ref in KINDS and heard.nonce in set(Pace):
        preferences.choose(tx, member, What(heard.ref), Pace(heard.nonce), now)
    paces = preferences.paces(tx, company.id, (member.user_id, member.login_id))
    lines = [
        words("choices", "line", kind=words("notice_kind", kind), pace=words("notice_pace", paces[kind]))
        for kind in KINDS
    ]
    text = "\n".join([words("choices", "head"), "", *lines, "", words("choices", "foot")])
    buttons = tuple(_change(words, kind, _NEXT[paces[kind]]) for kind in KINDS)
    return [ButtonTemplate(text, buttons)]


def _change(words: Wording, kind: What, pace: Pace) -> Message:
    label = words("choices", "button", kind=words("notice_kind", kind), pace=words("notice_pace", pace))
    return Message(label, label, button(Verb.NOTICE_PACE, kind, pace))
