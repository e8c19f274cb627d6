"""Who plays in the transcripts, where things are delivered, and the company's configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.config import Config
from sandbox.keys import Keys
from sandbox.settings import AmazonSettings, LineWorksSettings, Person

CAST = {
    "太郎": Person(
        user_id="5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e01",
        login_id="taro.yamada@sample",
        last_name="山田",
        first_name="太郎",
        organizations=["営業部"],
    ),
    "花子": Person(
        user_id="5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e02",
        login_id="hanako.sato@example.co.jp",
        last_name="佐藤",
        first_name="花子",
        organizations=["総務部"],
    ),
    "Hanako": Person(
        user_id="5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e04",
        login_id="hanako.sato@sample",
        last_name="Sato",
        first_name="Hanako",
        language="en_US",
    ),
    "하나코": Person(
        user_id="5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e06",
        login_id="hanako.ko@sample",
        last_name="사토",
        first_name="하나코",
        language="ko_KR",
    ),
    "管理者": Person(
        user_id="5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e03", login_id="buyer-admin@sample", last_name="購買管理者"
    ),
    "支店長": Person(
        user_id="5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e05", login_id="osaka-admin@sample", last_name="大阪支店長"
    ),
}
EMAIL = {
    "太郎": "taro.yamada@example.co.jp",
    "花子": "hanako.sato@example.co.jp",
    "Hanako": "hanako@example.com",
    "하나코": "hanako.ko@example.com",
}
ADDRESSES = [
    {
        "id": "honsha",
        "name": "本社",
        "postal_code": "100-0005",
        "prefecture": "東京都",
        "city": "千代田区",
        "street": "丸の内1-1-1",
        "building": "サンプルビル8階",
        "deliver_to": "総務部",
        "phone": "03-0000-0000",
    },
    {
        "id": "osaka",
        "name": "大阪支店",
        "postal_code": "530-0001",
        "prefecture": "大阪府",
        "city": "大阪市北区",
        "street": "梅田3-1-3",
        "building": "",
        "deliver_to": "営業部",
        "phone": "06-0000-0000",
    },
]


def configured(
    here: str,
    bot_port: int,
    works: LineWorksSettings,
    amazon: AmazonSettings,
    keys: Keys,
    folder: Path,
    database: str,
    otherwise: Mapping[str, Any],
    scope: str,
) -> Config:
    """The company as it usually is, but for the keys of `otherwise`; `scope` is what its app may see."""
    company: dict[str, Any] = {
        "name": "株式会社サンプル商事",
        "admins": [CAST["管理者"].user_id],
        "lineworks": {
            "bot_id": works.bot_id,
            "bot_secret": works.bot_secret.get_secret_value(),
            "client_id": works.client_id,
            "client_secret": works.client_secret.get_secret_value(),
            "service_account": works.service_account,
            "private_key": keys.private_pem,
            "auth_url": f"{here}/lineworks/oauth2/v2.0",
            "api_url": f"{here}/lineworks/v1.0",
            "app_url": f"{here}/lineworks/app",
            "scope": scope,
            "sends_per_minute": 100_000,
        },
        "amazon": {
            "from_identity": amazon.identity,
            "shared_secret": amazon.password.get_secret_value(),
            "punchout_url": f"{here}/amazon/eprocurement/punchout",
            "order_url": f"{here}/amazon/orders/{amazon.order_token}",
            "mode": amazon.mode,
            "notice_user": amazon.notice_user,
            "notice_password": amazon.notice_password.get_secret_value(),
        },
        "addresses": ADDRESSES,
    } | dict(otherwise)
    return Config.model_validate(
        {
            "public_url": f"http://127.0.0.1:{bot_port}",
            "listen": f"127.0.0.1:{bot_port}",
            "database": database,
            "key_file": str(folder / "kaimono.key"),
            "company": [company],
        }
    )
