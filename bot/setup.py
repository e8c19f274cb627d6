"""`kaimono bot setup`: the bot's registration at LINE WORKS as this configuration needs it.

Callback address and events (an event that is switched off produces nothing, LINE WORKS reference 6) and the persistent
menu. A dry run prints what differs; `--apply` changes it. Running it again finds nothing to do.
"""

from functools import partial
from typing import Any

from bot.app import outgoing, utc_now
from bot.config import CompanyConfig, Config
from bot.line import Clock, line_of
from bot.lineworks.action import Message
from bot.lineworks.client import CallFailed, Client
from bot.talk.cards import say
from bot.talk.hearing import Verb
from bot.talk.languages import button_in_every_language
from bot.talk.wording import Wording

CONTENTS = frozenset({"text", "location", "sticker", "image", "file", "audio", "video"})
EVENTS = frozenset({"message", "postback", "begin", "end", "join"})
SCOPE = "bot user.profile.read"


async def setup(config: Config, words: Wording, *, apply: bool, clock: Clock = utc_now) -> int:
    """Print every difference, change it if asked to; 1 when LINE WORKS refuses."""
    good, differs = True, False
    async with outgoing() as session:
        for company in config.company:
            print(words("setup", "company", company=company.name))
            works = company.lineworks.model_copy(update={"scope": SCOPE})
            client = line_of(company.model_copy(update={"lineworks": works}), session, clock).client
            try:
                differs |= await _callbacks(client, company, config.public_url, words, apply=apply)
                differs |= await _menu(client, words, apply=apply)
            except CallFailed as failed:
                print(f"  NG {words('setup', 'failed', reason=str(failed))}")
                good = False
    if good and differs and not apply:
        print(words("setup", "dry_run"))
    return 0 if good else 1


async def _callbacks(
    client: Client, company: CompanyConfig, public_url: str, words: Wording, *, apply: bool
) -> bool:
    """Callback address and events; whether they differed."""
    wanted_url = f"{public_url}/lineworks/callback"
    bot = await client.bot()
    changes: dict[str, Any] = {}
    if bot.callback_url != wanted_url:
        changes["callbackUrl"] = wanted_url
    if not bot.callback_enabled:
        changes["enableCallback"] = True
    if not (bot.callback_events or frozenset()) >= CONTENTS:
        changes["callbackEvents"] = sorted(CONTENTS | (bot.callback_events or frozenset()))
    if not (bot.channel_events or frozenset()) >= EVENTS:
        changes["channelEvents"] = sorted(EVENTS | (bot.channel_events or frozenset()))
    if not changes:
        print(f"  OK {words('setup', 'callbacks_good', url=wanted_url)}")
    elif apply:
        await client.change_bot(changes)
    for name, value in changes.items():
        print(f"  {words('setup', 'changed' if apply else 'differs', name=name, value=_shown(value))}")
    return bool(changes)


async def _menu(client: Client, words: Wording, *, apply: bool) -> bool:
    """The persistent menu; whether it differed."""
    wanted = [action.content() for action in menu_actions()]
    if _says(await client.menu(), wanted):
        print(f"  OK {words('setup', 'menu_good')}")
        return False
    if apply:
        await client.set_menu(wanted)
    labels = ", ".join(action["label"] for action in wanted)
    print(f"  {words('setup', 'changed' if apply else 'differs', name='persistentmenu', value=labels)}")
    return True


def _says(menu: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> bool:
    """Whether the menu holds what we want; what the platform adds to it is no difference."""
    return len(menu) == len(wanted) and all(
        actual.get(name) == value
        for actual, action in zip(menu, wanted, strict=True)
        for name, value in action.items()
    )


def menu_actions() -> list[Message]:
    """At most four (LINE WORKS reference 3.6), in Japanese, and beside it in every language of the catalogue."""
    verbs = {"shop": Verb.SHOP, "history": Verb.HISTORY, "help": Verb.HELP, "cancel": Verb.CANCEL}
    return [button_in_every_language(partial(say, name=name, verb=verb)) for name, verb in verbs.items()]


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
