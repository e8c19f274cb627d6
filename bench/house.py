"""The smallest company that the programs here serve."""

from bench.events import BOT_ID, SECRET
from bot.config import Config
from sandbox.settings import make_keys

COMPANY = "bench"


def configured(
    folder: str, works: str = "http://127.0.0.1:1", database: str = "", sends: int = 100_000
) -> Config:
    """A configuration with everything in `folder`; `works` is LINE WORKS' address, `database` another than SQLite."""
    place = {
        "id": "honsha",
        "name": "本社",
        "postal_code": "100-0005",
        "prefecture": "東京都",
        "city": "千代田区",
        "street": "丸の内1-1-1",
        "deliver_to": "総務部",
        "phone": "03-0000-0000",
    }
    company = {
        "id": COMPANY,
        "name": "株式会社サンプル商事",
        "lineworks": {
            "bot_id": BOT_ID,
            "bot_secret": SECRET,
            "client_id": "client",
            "client_secret": "secret",
            "service_account": "bench.serviceaccount@sample",
            "private_key": make_keys()[0],
            "auth_url": works,
            "api_url": works,
            "sends_per_minute": sends,
        },
        "amazon": {
            "from_identity": "bench",
            "shared_secret": "secret",
            "punchout_url": "http://127.0.0.1:1/",
            "order_url": "http://127.0.0.1:1/",
            "mode": "test",
            "notice_user": "bench",
            "notice_password": "secret",
        },
        "addresses": [place],
    }
    return Config.model_validate(
        {
            "public_url": "https://bot.example.co.jp",
            "listen": "127.0.0.1:0",
            "database": database or f"sqlite:///{folder}/bench.db",
            "key_file": f"{folder}/bench.key",
            "company": [company],
        }
    )
