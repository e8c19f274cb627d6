"""Answers to free questions (領収書がほしい, まだ届かない, いくら使った？): what is so, and the buttons that lead on.

Called by the engine inside its transaction, like all that touches storage. Nothing is changed here: a question may be
misheard, so what acts is a button.
"""

from bot.lineworks.message import Action, ButtonTemplate, Outgoing
from bot.talk import afterwards, orders
from bot.talk.cards import mark, menu_buttons, say
from bot.talk.hearing import Verb
from bot.talk.languages import said_in
from bot.talk.till import Till
from bot.talk.topics import Topic
from bot.talk.wording import Wording
from purchasing import aftercare, history, policy, spending
from purchasing.spending import Spent


def explain(till: Till, topic: str) -> list[Outgoing]:
    """The answer; to a topic that there is not (a button that is none of ours), that it was not understood."""
    match topic:
        case Topic.NOT_HERE:
            return said_in(till.member.language, lambda words: _not_here(words, till))
        case Topic.RETURNS:
            return said_in(till.member.language, lambda words: _returns(words, till))
        case Topic.CANCELLING:
            return till.ask_what_to_cancel()
        case Topic.SPENT:
            return said_in(till.member.language, lambda words: _spent(words, till))
        case Topic.SHORT_LINK | Topic.PAPERS | Topic.PLACE | Topic.COSTS | Topic.APPROVAL | Topic.CHANGE:
            return said_in(
                till.member.language,
                lambda words: [ButtonTemplate(words("explaining", topic), _leads_on(words, till, topic))],
            )
        case _:
            return till.not_understood()


def _leads_on(words: Wording, till: Till, topic: str) -> tuple[Action, ...]:
    """The buttons below an answer that is the same for everybody."""
    shop, past, _ = menu_buttons(words)
    admin = policy.is_admin(till.company, till.member)
    ask = () if admin else (say(words, "ask_admin", Verb.ASK_ADMIN),)
    cart = till.at_hand()
    look = (say(words, "cart", Verb.CART),) if cart else ()
    match topic:
        case Topic.PAPERS:
            order = aftercare.newest_at_amazon(till.tx, till.member)
            page = afterwards.pages_of(words, history.detail(till.tx, order)) if order else ()
            return (*page, past, *ask)
        case Topic.CHANGE:
            open_order = aftercare.under_way(till.tx, till.member)
            wish = (say(words, "cancel_order", Verb.CANCEL_ORDER, open_order.number),) if open_order else ()
            return (*look, *wish, shop, *ask)
        case Topic.APPROVAL if cart:
            pay = () if till.placed_since(cart) else (say(words, "pay", Verb.PAY, cart.id, cart.nonce),)
            return (*pay, *look, past)
        case Topic.APPROVAL:
            return (shop, past, *ask)
    return (*look, shop, *ask)


def _not_here(words: Wording, till: Till) -> list[Outgoing]:
    """Where the goods are, of the order that is on its way, and the button that says that something is missing. Where
    one was sent and another is to come, either may be meant."""
    tx, newest = till.tx, aftercare.newest(till.tx, till.member)
    if newest is None:
        return orders.none_yet(words, buys=till.buys)
    sent, coming = aftercare.unheard_of(tx, till.member, till.now), aftercare.under_way(tx, till.member)
    if sent and coming and coming.id != sent[0].id:
        both = [history.detail(tx, each) for each in (coming, sent[0])]
        return orders.which(words, both, Verb.ORDER)
    order = sent[0] if sent else coming or newest
    if order.state not in aftercare.SHIPPED:
        return afterwards.not_shipped(words, order, buys=till.buys)
    return afterwards.where(words, history.detail(tx, order), till.now)


def _returns(words: Wording, till: Till) -> list[Outgoing]:
    """How goods are sent back, where some were sent; before that, where the order stands."""
    newest = aftercare.newest(till.tx, till.member)
    if newest is None:
        return orders.none_yet(words, buys=till.buys)
    sent = aftercare.newest(till.tx, till.member, aftercare.SHIPPED)
    if sent is None:
        return afterwards.not_shipped(words, newest, buys=till.buys)
    return afterwards.how_to_return(words, history.detail(till.tx, sent))


def _spent(words: Wording, till: Till) -> list[Outgoing]:
    """What the month's orders come to: the member's own, and to an administrator everybody's."""
    admin = policy.is_admin(till.company, till.member)
    own = spending.this_month(till.tx, till.company, till.member, till.now)
    told = [_sums(words, "spent_own", own) if own else words("explaining", "spent_nothing")]
    if admin:
        every = spending.this_month(till.tx, till.company, till.member, till.now, watched=True)
        told = [*(told if own else ()), _sums(words, "spent_watched", every)]
    text = mark(words, till.company.test) + "\n".join(told) + "\n\n" + words("explaining", "spent_remark")
    ask = say(words, "watched", Verb.WATCHED) if admin else say(words, "ask_admin", Verb.ASK_ADMIN)
    return [ButtonTemplate(text, (*((menu_buttons(words)[1],) if till.member.email else ()), ask))]


def _sums(words: Wording, name: str, spent: list[Spent]) -> str:
    """How many orders and what they come to; of none, nothing in yen."""
    count = sum(each.orders for each in spent)
    amounts = " + ".join(words.money(each.total, each.currency) for each in spent)
    return words("explaining", name, orders=count, total=amounts or words("common", "yen", amount=0))
