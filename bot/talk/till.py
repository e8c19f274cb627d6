"""The till: the cart on offer, what it is for, the question before money moves, and what a button of an old cart says.

Called by the engine inside its transaction, like all that touches storage.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.lineworks.message import Action, ButtonTemplate, Outgoing, Text, clean
from bot.talk import afterwards, checkout, registration
from bot.talk.cards import mark, menu_buttons, say
from bot.talk.hearing import Heard, Verb
from bot.talk.languages import said_in
from bot.talk.steps import At, Do, Move
from bot.talk.wording import Wording
from purchasing import addresses, aftercare, history, ordering, policy
from purchasing.holding import AskAgain
from purchasing.lifecycle import CartState, OrderState
from purchasing.ordering import AlreadyPlaced, Placed
from purchasing.values import Company
from storage.database import Tx
from storage.tables import Cart, Member, Order, Talk
from storage.vault import Keyring


@dataclass(frozen=True, slots=True)
class Till:
    """Who pays, in which words, and the talk, which remembers the cart that a question was about.

    `at` is where the talk stood when the member spoke: whether that question was still open.
    """

    tx: Tx
    company: Company
    words: Wording
    member: Member
    talk: Talk
    at: At
    now: datetime

    def show(self, heard: Heard) -> list[Outgoing]:
        """The cart at hand with its buttons; a typed 決済する is told that only those pay. One that is older than the
        newest order says so: who has just ordered may not think of it any more."""
        cart = self.at_hand()
        if cart is None:
            return self._nothing_to_pay()
        remark = "\n\n" + self.words("cart", "older") if self.placed_since(cart) else ""
        return self._card(cart, "shown" if heard.verb is Verb.CART else "typed", remark)

    def not_understood(self) -> list[Outgoing]:
        """Words without meaning: the menu with somebody to ask, and before it the cart that waits."""
        return self._menu_with_cart("not_understood", lost=True)

    def courtesy(self) -> list[Outgoing]:
        """了解です: the same menu. Who says so of a cart may think that it is ordered now."""
        return self._menu_with_cart("courtesy", lost=False)

    def _menu_with_cart(self, sentence: str, *, lost: bool) -> list[Outgoing]:
        admin = policy.is_admin(self.company, self.member)
        cart = self.at_hand()
        if cart is None:
            return self._say(
                lambda words: registration.full_menu(words, words("menu", sentence), admin=admin, lost=lost)
            )
        payable = not self.placed_since(cart)

        def waits(words: Wording) -> list[Outgoing]:
            total = words.money(cart.total, cart.currency)
            text = words("menu", f"{sentence}_cart", mark=mark(words, cart.test), total=total)
            pay = (say(words, "pay", Verb.PAY, cart.id, cart.nonce),) if payable else ()
            buttons = (*pay, say(words, "cart", Verb.CART))
            return registration.full_menu(words, text, admin=admin, first=buttons, lost=lost)

        return self._say(waits)

    def ask(self, heard: Heard) -> list[Outgoing]:
        """決済する: what it is for, where the company wants that; then the question whose yes moves money."""
        cart = ordering.find_cart(self.tx, self.member, int(heard.ref), heard.nonce)
        if cart is None or cart.state != CartState.OFFERED:
            return self._over(cart)
        if self.company.ask_purpose and not cart.purpose:
            self._remember(At.ASKED_PURPOSE, cart)
            return checkout.ask_purpose(self.words, self.company.test)
        return self._question(cart, "question")

    def ask_purpose_again(self) -> list[Outgoing]:
        """Something else was said or looked at, be it a sticker; the question stays while there is that cart."""
        if self._waiting() is None:
            self.talk.state, self.talk.about = At.READY, ""
            return []
        return checkout.ask_purpose(self.words, self.company.test)

    def take_purpose(self, typed: str) -> list[Outgoing]:
        cart = self._waiting()
        if cart is None:
            return self.not_understood()
        typed = clean(typed).strip()
        if not typed:
            self._remember(At.ASKED_PURPOSE, cart)
            return self.ask_purpose_again()
        if not ordering.note_purpose(self.tx, cart, typed):
            self._remember(At.ASKED_PURPOSE, cart)
            return checkout.purpose_too_long(self.words, typed, self.company.test)
        return self._question(cart, "question")

    def remind(self, heard: Heard) -> list[Outgoing]:
        """A typed はい to that question: only the button answers it, so here it is again."""
        cart = self._waiting()
        return self._question(cart, "question_typed") if cart else self.show(heard)

    def pay(self, vault: Keyring, heard: Heard) -> list[Outgoing]:
        outcome = ordering.place(
            self.tx,
            vault,
            self.company,
            self.member,
            int(heard.ref),
            heard.nonce,
            self.now,
            anyway=heard.verb is Verb.PAY_ANYWAY,
        )
        if isinstance(outcome, AskAgain):
            self._remember(At.ASKED_PAY, outcome.cart)
            return checkout.ask_again(self.words, outcome, self.company.test)
        if isinstance(outcome, Placed):
            address = addresses.get(self.tx, self.company.id, outcome.order.address_key)
            return checkout.placed(self.words, outcome.order, address)
        if isinstance(outcome, AlreadyPlaced):
            return checkout.already_ordered(self.words, outcome.order, buys=self.buys)
        if outcome.other_mode:
            return self._gone("other_mode", other_mode=True)
        return self._gone("already_cancelled" if outcome.cancelled else "unknown")

    def answer(self, move: Move) -> list[Outgoing]:
        """いいえ and キャンセル on a cart card: first see what became of that cart."""
        cart = ordering.find_cart(self.tx, self.member, int(move.heard.ref), move.heard.nonce)
        if cart is None or cart.state != CartState.OFFERED:
            return self._over(cart)
        if move.do is Do.DECLINE:
            return self._card(cart, "declined")
        return self._cancel(cart)

    def can_cancel(self) -> bool:
        """Whether there is anything that キャンセル could mean."""
        return self.at_hand() is not None or aftercare.under_way(self.tx, self.member) is not None

    def cancel(self) -> list[Outgoing]:
        """キャンセル without a cart named: the cart at hand, or what can be done about the order just made.

        Where an order was made since the cart came, either may be meant: nothing is cancelled but by a button.
        """
        cart = self.at_hand()
        if cart is None or self.placed_since(cart):
            return self.ask_what_to_cancel()
        return self._cancel(cart)

    def ask_what_to_cancel(self) -> list[Outgoing]:
        """A question about cancelling: what could be cancelled, each with its button. Nothing is cancelled yet."""
        cart, under_way = self.at_hand(), aftercare.under_way(self.tx, self.member)
        if cart and under_way:
            return afterwards.cancel_which(self.words, under_way, cart, buys=self.buys)
        if cart:
            return afterwards.cancel_cart(self.words, cart, buys=self.buys)
        if under_way:
            return afterwards.cancel_instead(self.words, under_way, buys=self.buys)
        return self._nothing_to_cancel()

    def _nothing_to_cancel(self) -> list[Outgoing]:
        """No cart, and no order under way. One that was sent can still be returned."""
        order = aftercare.newest(self.tx, self.member)
        if order is not None and order.state == OrderState.SHIPPED:
            found = history.detail(self.tx, order)
            return afterwards.how_to_cancel(self.words, found, told=False, buys=self.buys)
        email = self.member.email or ""
        return self._say(lambda words: registration.menu(words, "menu", "nothing_to_cancel", email))

    def drop(self) -> list[Outgoing]:
        """Whoever starts over lets go of the cart on offer, and is told so; a cart from before the newest order stays."""
        cart = self.at_hand()
        if cart is None or self.placed_since(cart):
            return []
        ordering.cancel(self.tx, cart, self.now)
        return self._say(lambda words: [Text(self._cancelled(words, cart))])

    def at_hand(self) -> Cart | None:
        """The cart that the open question is about; without one, the newest that is still on offer."""
        asked = self.at in (At.ASKED_PAY, At.ASKED_PURPOSE)
        about = self._waiting() if asked else None
        return about or ordering.newest_offered(self.tx, self.member)

    def _waiting(self) -> Cart | None:
        """The cart that the last question was about, while it can still be paid."""
        return ordering.waiting_cart(self.tx, self.member, self._about)

    @property
    def _about(self) -> str:
        """The cart's id; behind it may stand where a history goes on that was looked at besides."""
        return self.talk.about.partition(" ")[0]

    @property
    def buys(self) -> bool:
        return policy.may_buy(self.company, self.member)

    def _menu(self, words: Wording) -> tuple[Action, ...]:
        return menu_buttons(words, buys=self.buys)

    def _say(self, build: Callable[[Wording], list[Outgoing]]) -> list[Outgoing]:
        """In the member's language; in all while it is unknown."""
        return said_in(self.member.language, build)

    def placed_since(self, cart: Cart) -> Order | None:
        """The order that was made since this cart came; none where the open question is about the cart."""
        asked = self.at in (At.ASKED_PAY, At.ASKED_PURPOSE) and self._about == str(cart.id)
        return None if asked else aftercare.placed_since(self.tx, self.member, cart)

    def _cancel(self, cart: Cart) -> list[Outgoing]:
        ordering.cancel(self.tx, cart, self.now)
        return self._say(lambda words: [ButtonTemplate(self._cancelled(words, cart), self._menu(words))])

    def _cancelled(self, words: Wording, cart: Cart) -> str:
        """The cart is given up; its total tells which one it was."""
        total = words.money(cart.total, cart.currency)
        return words("cart", "cancelled", mark=mark(words, self.company.test), total=total)

    def _question(self, cart: Cart, sentence: str) -> list[Outgoing]:
        self._remember(At.ASKED_PAY, cart)
        address = addresses.get(self.tx, cart.company_id, cart.address_key)
        return checkout.question(self.words, cart, address, self.company.test, self.now, sentence)

    def _remember(self, at: At, cart: Cart) -> None:
        self.talk.state, self.talk.about = at, str(cart.id)

    def _card(self, cart: Cart, sentence: str, remark: str = "") -> list[Outgoing]:
        address = addresses.get(self.tx, cart.company_id, cart.address_key)
        lines, booked = ordering.lines_of(self.tx, cart), policy.accounting(self.company, self.member)
        return checkout.cart_card(
            self.words, cart, lines, address, cart.test, self.now, booked, sentence, remark
        )

    def _nothing_to_pay(self) -> list[Outgoing]:
        email = self.member.email or ""
        return self._say(lambda words: registration.menu(words, "menu", "no_cart_to_pay", email))

    def _over(self, cart: Cart | None) -> list[Outgoing]:
        """What a button says whose cart is not on offer any more, or never was."""
        if cart is None:
            return self._gone("unknown")
        if cart.state == CartState.ORDERED:
            return checkout.already_ordered(self.words, ordering.order_of(self.tx, cart), buys=self.buys)
        return self._gone("already_cancelled")

    def _gone(self, sentence: str, *, other_mode: bool = False) -> list[Outgoing]:
        test = self.company.test != other_mode
        return self._say(lambda words: checkout.gone(words, sentence, test, self._menu(words)))
