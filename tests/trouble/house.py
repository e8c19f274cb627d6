"""A small house to make trouble in: one company, a clock that is told the time, and the secrets that nobody may see.

`config_text` is a configuration as an administrator would write it; the rest are units of work that bring a database to
where a test begins, through the real use cases.
"""

import re
import secrets
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from bot.app import buying, provision
from bot.config import Config
from punchout.setup import read_setup
from punchout.xml import parse
from purchasing import carts, members, ordering, shopping
from purchasing.carts import Accepted, ReadCart
from purchasing.members import Person
from purchasing.ordering import Placed
from purchasing.values import Company
from sandbox.settings import make_keys
from storage import tables
from storage.database import Tx
from storage.tables import Member
from storage.vault import Keyring
from tests.trouble.amazon import ORDER_TOKEN, FakeAmazon
from tests.trouble.documents import Goods, cart

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
COMPANY = "sample"
BOT_ID = 2000001
TARO, HANAKO, ADMIN = (f"5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e0{n}" for n in (1, 2, 3))
EMAIL = {TARO: "taro.yamada@example.co.jp", HANAKO: "hanako.sato@example.co.jp"}


def email_of(user_id: str) -> str:
    return EMAIL.get(user_id, f"{user_id}@example.co.jp")


BOT_SECRET = "bot-secret-5f0c"
CLIENT_SECRET = "client-secret-77aa"
SHARED_SECRET = "sharedSecret4711"
NOTICE_USER, NOTICE_PASSWORD = "kaimono", "notice-password-90de"
SECRETS = (BOT_SECRET, CLIENT_SECRET, SHARED_SECRET, NOTICE_PASSWORD, ORDER_TOKEN, *EMAIL.values())
"""What no page and no line of a log may show."""

CONFIG = """\
public_url = "{public_url}"
listen = "{listen}"
database = "{database}"
key_file = "{key_file}"

[[company]]
id = "{company}"
name = "株式会社サンプル商事"
admins = ["{admin}"]

[company.lineworks]
bot_id = {bot_id}
bot_secret = "{bot_secret}"
client_id = "client-1"
client_secret = "{client_secret}"
service_account = "sandbox.serviceaccount@sample"
private_key = '''{private_key}'''
auth_url = "{works}/oauth2/v2.0"
api_url = "{works}/v1.0"
app_url = "{works}/app"
sends_per_minute = 100000

[company.amazon]
from_identity = "kaimono-sandbox"
shared_secret = "{shared_secret}"
punchout_url = "{punchout_url}"
order_url = "{order_url}"
mode = "test"
notice_user = "{notice_user}"
notice_password = "{notice_password}"

[[company.addresses]]
id = "honsha"
name = "本社"
postal_code = "100-0005"
prefecture = "東京都"
city = "千代田区"
street = "丸の内1-1-1"
building = ""
deliver_to = "総務部"
phone = "03-0000-0000"

[[company.addresses]]
id = "osaka"
name = "大阪支店"
postal_code = "530-0001"
prefecture = "大阪府"
city = "大阪市北区"
street = "梅田3-1-3"
building = ""
deliver_to = "営業部"
phone = "06-0000-0000"
"""


class Clock:
    """The time, which stands still until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@cache
def key_pair() -> tuple[str, str]:
    """The service account's private and public key, one pair for the whole run."""
    return make_keys()


@cache
def vault() -> Keyring:
    return Keyring({"k1": secrets.token_bytes(32)})


def config_text(
    *,
    port: int = 0,
    database: str = "sqlite:///kaimono.db",
    key_file: str = "kaimono.key",
    works: str = "http://127.0.0.1:1",
    punchout_url: str = "http://127.0.0.1:1/punchout",
    order_url: str = f"http://127.0.0.1:1/orders/{ORDER_TOKEN}",
) -> str:
    return CONFIG.format(
        public_url=f"http://127.0.0.1:{port}",
        listen=f"127.0.0.1:{port}",
        database=database,
        key_file=key_file,
        company=COMPANY,
        admin=ADMIN,
        bot_id=BOT_ID,
        bot_secret=BOT_SECRET,
        client_secret=CLIENT_SECRET,
        private_key=key_pair()[0],
        works=works,
        shared_secret=SHARED_SECRET,
        punchout_url=punchout_url,
        order_url=order_url,
        notice_user=NOTICE_USER,
        notice_password=NOTICE_PASSWORD,
    )


@cache
def config() -> Config:
    """The configuration read and checked once: reading a private key takes a sixth of a second."""
    return Config.model_validate(tomllib.loads(config_text()))


def company_at(amazon: FakeAmazon) -> Company:
    """The company, which buys at this Amazon."""
    company = buying(config().company[0], config().public_url)
    return replace(company, punchout_url=amazon.punchout_url, order_url=amazon.order_url)


def companies(_: str) -> Company:
    """The one company, as whoever takes a cart finds it."""
    return buying(config().company[0], config().public_url)


def furnished(tx: Tx) -> None:
    """The company and its addresses, and two members who can buy."""
    provision(tx, config(), NOW)
    for user_id, last, first in ((TARO, "山田", "太郎"), (HANAKO, "佐藤", "花子")):
        login = f"{user_id[-2:]}@sample"
        member = members.meet(tx, COMPANY, Person(user_id, login, last, first), NOW, looked_up=True)
        members.register(tx, member, EMAIL[user_id], NOW)


def known(tx: Tx, user_id: str = TARO) -> Member:
    member = members.find(tx, COMPANY, user_id)
    assert member is not None
    return member


def link_for(tx: Tx, company: Company, user_id: str = TARO, now: datetime = NOW, place: int = 0) -> str:
    """The token of a fresh link on an address card."""
    return shopping.offer(tx, company, known(tx, user_id), now)[place].url.rpartition("/")[2]


def visit_of(
    tx: Tx, company: Company, user_id: str = TARO, now: datetime = NOW, place: int = 0
) -> tuple[str, str]:
    """A visit that has begun: the token of the cart's address, and the BuyerCookie."""
    link = link_for(tx, company, user_id, now, place)
    visit = shopping.prepare(tx, vault(), lambda _: company, link, now)
    assert isinstance(visit, shopping.Visit)
    return way_back(visit.setup)


def way_back(setup: bytes) -> tuple[str, str]:
    """Where a setup request wants the cart posted (the token), and the BuyerCookie."""
    request = read_setup(parse(setup))
    return request.return_url.rpartition("/")[2], request.buyer_cookie


def offered(tx: Tx, company: Company, *goods: Goods, user_id: str = TARO, now: datetime = NOW) -> tables.Cart:
    """A cart that came back from the shop and waits to be paid."""
    token, cookie = visit_of(tx, company, user_id, now)
    read = ReadCart.of(cart(cookie, *goods or (Goods(),), now=now))
    assert carts.accept_cart(tx, vault(), companies, company.id, token, read, now) == Accepted(empty=False)
    found = ordering.newest_offered(tx, known(tx, user_id))
    assert found is not None
    return found


def ordered(
    tx: Tx, company: Company, *goods: Goods, user_id: str = TARO, now: datetime = NOW
) -> tables.Order:
    """An order that was placed a moment ago and not yet sent."""
    found = offered(tx, company, *goods, user_id=user_id, now=now)
    assert found.id is not None
    outcome = ordering.place(tx, vault(), company, known(tx, user_id), found.id, found.nonce, now)
    assert isinstance(outcome, Placed)
    return outcome.order


def assert_silent(text: str, *more: str) -> None:
    """Nothing in this page or log is a secret, a token or a mail address."""
    for secret in (*SECRETS, *more):
        assert secret not in text, "a secret is shown"
    assert not re.search(r"BEGIN (RSA )?PRIVATE KEY", text)
