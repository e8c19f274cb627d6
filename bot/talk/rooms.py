"""Talk rooms of several people: when the bot is meant there, and the one thing that it says there. Pure.

A room is full of colleagues who say はい, 注文 and キャンセル to each other, and an order is nobody's business but its
buyer's. So a tap on a button of ours counts, and the three labels of the menu as a whole message; all else is not for us.
The answer goes to the talk of whoever meant us. How the platform marks a mention of a bot is not documented.
"""

import re

from bot.lineworks.events import Event
from bot.lineworks.message import Outgoing, Text
from bot.talk.hearing import Heard, Verb, hear
from bot.talk.languages import in_every_language
from bot.talk.wording import every_wording, plain_words

_MENTION = re.compile(r'<m userId="[^"]*">(?:[^<]*</m>)?')
_MENU = ("shop", "history", "help")


def is_in_room(event: Event) -> bool:
    """Whether a message was written in a room: in a 1:1 talk it names no channel (LINE WORKS reference 2.5).

    Of a postback nobody can tell, as it names one everywhere; a tap is answered in the member's talk in any case.
    """
    return event.type == "message" and event.channel_id is not None


def hear_in_room(event: Event) -> Heard:
    """What a message in a room says to us; NOTHING for what colleagues say to each other."""
    heard = hear(event)
    content = event.content
    if content is None or content.text is None:
        return Heard(Verb.NOTHING)
    if content.postback:
        return heard if heard.verb is not Verb.WORDS else Heard(Verb.NOTHING)
    said = plain_words(_MENTION.sub(" ", content.text))
    for words in every_wording():
        for name in _MENU:
            if said == plain_words(words("label", name)):
                return Heard(Verb(name), said)
    return Heard(Verb.NOTHING)


def greeting() -> list[Outgoing]:
    """To a room that the bot was invited to: it is used in a talk of its own. In every language of the catalogue."""
    return in_every_language(lambda words: [Text(words("room", "joined"))])
