"""Who may not buy: what they may do all the same, and what everything else is answered with.

Called by the engine inside its transaction, like all that touches storage.
"""

from bot.lineworks.message import Outgoing
from bot.talk import asking, registration
from bot.talk.hearing import Verb
from bot.talk.languages import said_in
from bot.talk.steps import Do, Move
from bot.talk.till import Till
from bot.talk.topics import Topic
from purchasing import aftercare, policy
from purchasing import notices as news
from purchasing.values import Company

_FOR_EVERYBODY = (
    Do.NOTHING, Do.ORDER, Do.NO_SUCH_ORDER, Do.OPEN_AMAZON, Do.HISTORY, Do.RECEIPT, Do.DROP, Do.CANCEL_ORDER,
    Do.NOTICES, Do.NOTICE_PACE, Do.BUYER, Do.WATCHED, Do.ASK_ADMIN, Do.GUIDE,
)  # fmt: skip
"""What somebody may do who may not buy: an administrator looks at an order, and chooses what to be told; who could buy
before looks after the orders made then, and gives up a cart; anybody may ask whom to ask."""


def may(till: Till, move: Move) -> bool:
    """Whether this is for somebody who may not buy: キャンセル is where there is something to cancel; of free questions
    what was spent, and who has ordered asks about the goods."""
    if move.do is Do.EXPLAIN:
        asks_of_orders = move.heard.ref in (Topic.NOT_HERE, Topic.RETURNS, Topic.CANCELLING)
        ordered = asks_of_orders and aftercare.newest(till.tx, till.member) is not None
        return move.heard.ref == Topic.SPENT or ordered
    return move.do in _FOR_EVERYBODY or (move.do is Do.CANCEL and till.can_cancel())


_SMALL_TALK = (
    Verb.START, Verb.MENU, Verb.HELP, Verb.WORDS, Verb.THING, Verb.COURTESY, Verb.YES, Verb.ANSWER,
)  # fmt: skip
"""What is said without asking for anything that only a buyer may do."""


def turned_away(company: Company, app_url: str, till: Till, move: Move) -> list[Outgoing]:
    """To somebody who may not buy: whom to ask; to an administrator, who may be whom the others ask, what there is."""
    tx, member, contact = till.tx, till.member, company.contact
    ordered = aftercare.newest(tx, member) is not None
    contacts = news.contacts(tx, company, member)
    asks = move.heard.verb not in _SMALL_TALK and (contacts or contact)
    if policy.is_admin(company, member) and not asks:
        return said_in(member.language, lambda words: registration.help_for_admin(words, ordered=ordered))
    unknown = member.looked_up_at is None
    return said_in(
        member.language,
        lambda words: registration.not_permitted(
            words, contact, asking.links(words, contacts, app_url), unknown=unknown, ordered=ordered
        ),
    )
