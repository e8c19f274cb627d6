"""How a transcript's company and its world are set up: the lines `設定` before anything happens.

設定    用途を尋ねる
設定    Botは未登録                       LINE WORKS knows of the bot, but not where to call it, and shows no menu
設定    コールバックを保存する              [record]: what LINE WORKS posts is kept, without the people in it
設定    言語は分からない                  LINE WORKS' directory tells nobody's language: the app has the usual scope alone
設定    本番                             mode = "active": goods are paid for and sent
設定    利用者: 山田 太郎、総務部だけ         who may buy: people, or an organisation of theirs
設定    問い合わせ先: 購買課 内線1234         whom the others are told to ask
設定    グループ 大阪: 佐藤 花子 / お届け先 大阪支店 / 管理者 大阪支店長 / コストセンター 2200 大阪支店
設定    会計: 1200 総務部 / 7140 消耗品費 / P-24 移転
設定    証明書: 2027-01-10まで             orders log in with a client certificate, which is good until that day is over
設定    お届け先 12か所
設定    本社の建物: 丸の内サンプルタワー…         an address as long as one likes
設定    太郎の名前: 山田🌸太郎
設定    商品: 寿司ペン 1,000円              one more article in the shop; \\u202e is written for what is not seen
設定    商品 50種類
設定    変わった名前の商品 50種類              long ones, emoji, 機種依存文字, right to left
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from purchasing.values import TOKYO
from sandbox.amazon.goods import Product, shelf
from sandbox.settings import Person
from tests.talks.cast import ADDRESSES, CAST
from tests.talks.script import BadScript, Line, unseen

_STRANGE = (
    "とても長い名前の仕切りカード" * 12,
    "🍣👨‍👩‍👧‍👦🇯🇵 寿司柄ファイル 🌸" * 8,
    "①②③㈱㍿Ⅳ㌔髙﨑𠮷葛󠄀 ﾊﾝｶｸ ＡＢＣ",
    "قلم حبر أسود עט כחול \u202e逆さのペン\u202c",
    "<b>太字</b> & \"引用\" 'ペン' {波かっこ} [角かっこ] % \\",
)


@dataclass(slots=True)
class Scene:
    """`company` are the keys of [[company]] that differ from the usual; `people` are the cast, a copy of its own.

    `scope` is the app's: user.read shows a member's language, which user.profile.read keeps to itself (reference 7).
    """

    company: dict[str, Any] = field(default_factory=dict)
    people: dict[str, Person] = field(
        default_factory=lambda: {who: person.model_copy() for who, person in CAST.items()}
    )
    goods: list[Product] = field(default_factory=list)
    active: bool = False
    registered: bool = True
    recorded: bool = False
    certificate_until: datetime | None = None
    scope: str = "bot.message user.read"


def read_scene(settings: Iterable[Line]) -> Scene:
    """The scene that these lines set. Raises BadScript with the line that nobody understands."""
    scene = Scene()
    for line in settings:
        try:
            _set(scene, line.words)
        except ValueError as fault:
            raise BadScript(f"line {line.number}: {fault}: {line.words}") from None
    return scene


def _set(scene: Scene, words: str) -> None:
    what, _, value = (part.strip() for part in words.partition(":"))
    company = scene.company
    if words == "用途を尋ねる":
        company["ask_purpose"] = True
    elif words == "Botは未登録":
        scene.registered = False
    elif words == "コールバックを保存する":
        scene.recorded = True
    elif words == "言語は分からない":
        scene.scope = "bot.message user.profile.read"
    elif words == "本番":
        scene.active = True
    elif what == "証明書":
        last_day = datetime.fromisoformat(value.removesuffix("まで"))
        scene.certificate_until = last_day.replace(hour=23, minute=59, tzinfo=TOKYO)
    elif what == "利用者":
        company["permitted"] = _named(value.removesuffix("だけ"))
    elif what == "会計":
        codes = [code.strip() for code in value.split(" / ")]
        company["accounting"] = dict(zip(("cost_center", "gl_account", "project"), codes, strict=True))
    elif what == "問い合わせ先":
        company["contact"] = value
    elif what.startswith("グループ "):
        company.setdefault("groups", []).append(_group(what.removeprefix("グループ "), value))
    elif match := re.fullmatch(r"お届け先 (\d+)か所", words):
        company["addresses"] = [
            *ADDRESSES,
            *(_branch(n) for n in range(len(ADDRESSES) + 1, int(match[1]) + 1)),
        ]
    elif what.removesuffix("の名前") in scene.people:
        person = scene.people[what.removesuffix("の名前")]
        person.last_name, person.first_name = unseen(value), None
    elif match := re.fullmatch(r"商品: (.+) ([\d,]+)円", words):
        _sell(scene, unseen(match[1]), int(match[2].replace(",", "")))
    elif what.endswith("の建物") and what.removesuffix("の建物") in {place["name"] for place in ADDRESSES}:
        company["addresses"] = [
            place | {"building": value} if what == f"{place['name']}の建物" else place for place in ADDRESSES
        ]
    elif match := re.fullmatch(r"変わった名前の商品 (\d+)種類", words):
        for n in range(len(shelf().products) + 1, int(match[1]) + 1):
            _sell(scene, f"{n}番 {_STRANGE[n % len(_STRANGE)]}", 10 * n)
    elif match := re.fullmatch(r"商品 (\d+)種類", words):
        for n in range(len(shelf().products) + 1, int(match[1]) + 1):
            _sell(scene, f"とじ屋 仕切りカード {n}番", 10 * n)
    else:
        raise ValueError("nobody knows this setting")


def _named(names: str) -> list[str]:
    """People by their login id, organisations as the configuration writes them."""
    login_ids = {person.display_name: person.login_id for person in CAST.values()}
    organizations = {name for person in CAST.values() for name in person.organizations}
    found = []
    for name in names.split("、"):
        if name not in login_ids and name not in organizations:
            raise ValueError(f"nobody is called {name}, and no organisation")
        found.append(login_ids.get(name) or f"org:{name}")
    return found


def _group(name: str, parts: str) -> dict[str, Any]:
    members, *more = parts.split(" / ")
    keys = {str(address["name"]): address["id"] for address in ADDRESSES}
    group: dict[str, Any] = {"name": name, "members": _named(members)}
    for part in more:
        what, _, names = part.partition(" ")
        if what == "お届け先" and set(names.split("、")) <= keys.keys():
            group["addresses"] = [keys[place] for place in names.split("、")]
        elif what == "管理者":
            group["admins"] = _named(names)
        elif what == "コストセンター":
            group["accounting"] = {"cost_center": names}
        else:
            raise ValueError(f"a group has no {part}")
    return group


def _branch(number: int) -> dict[str, str]:
    return {
        "id": f"eigyosho-{number}",
        "name": f"第{number}営業所",
        "postal_code": f"460-00{number:02}",
        "prefecture": "愛知県",
        "city": "名古屋市中区",
        "street": f"三の丸{number}-1-1",
        "building": "",
        "deliver_to": "営業課",
        "phone": "052-000-0000",
    }


def _sell(scene: Scene, name: str, price: int) -> None:
    asin = f"B0TALK{len(scene.goods) + 1:04}"
    scene.goods.append(
        replace(shelf().products[0], asin=asin, name=name, brand="", model="", price=Decimal(price))
    )
