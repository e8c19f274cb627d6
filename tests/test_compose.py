"""compose.yaml against our own command line, configuration and proxy: nothing in it names what is not there."""

import re
from pathlib import Path

import pytest

from bot.cli import _parser
from bot.config import load
from bot.talk.wording import wording
from tests.bot.configuration import TEXT, keys, write

HERE = Path(__file__).parent.parent
COMPOSE = re.sub(r" #.*", "", (HERE / "compose.yaml").read_text(encoding="utf-8"))
NGINX = (HERE / "docs/nginx.conf").read_text(encoding="utf-8")
SECRETS = set(re.findall(r"(?m)^  (\w+): \{file: \./secrets/\1\}$", COMPOSE))


def part(name: str) -> str:
    """A service, or one of the parts that services share, with its lines."""
    found = re.search(rf"(?ms)^(?:  |x-){name}:.*?(?=\n\n|\Z)", COMPOSE)
    assert found, name
    return found[0]


def words(name: str, text: str) -> list[str]:
    """The items of a list in one line."""
    found = re.search(rf"{name}: \[(.*)\]", text)
    assert found, name
    return [item.strip().strip('"') for item in found[1].split(",")]


def test_two_web_and_two_worker_processes_a_database_a_proxy_and_a_migration() -> None:
    services = COMPOSE.partition("\nservices:")[2].partition("\nnetworks:")[0]
    assert re.findall(r"(?m)^  ([\w-]+):", services) == [
        *("web-1", "web-2", "worker-1", "worker-2"),
        *("migrate", "database", "proxy"),
    ]
    assert services.count("<<: *web") == services.count(": *worker") == 2


@pytest.mark.parametrize(("name", "role"), [("web", "web"), ("worker", "worker"), ("migrate", None)])
def test_the_commands_are_ours(name: str, role: str | None) -> None:
    options = _parser(wording("en")).parse_args(words("command", part(name)))
    assert str(options.config) == "/etc/kaimono/config.toml"
    assert getattr(options, "role", None) == role


def test_web_and_worker_processes_are_asked_for_their_health() -> None:
    assert "healthcheck:\n    test:" in part("bot")
    assert "http://127.0.0.1:8080/readyz" in part("bot")
    assert "healthcheck" not in part("web") + part("worker")
    assert "healthcheck: {disable: true}" in part("migrate"), "it serves nothing"


def test_the_settings_are_keys_of_the_configuration_and_the_secrets_reach_them(tmp_path: Path) -> None:
    settings = dict(re.findall(r"(KAIMONO_\w+): (\S+)", COMPOSE))
    for secret in SECRETS:
        value = {"private_key": keys()[0], "database_url": "postgresql://kaimono:word@database/kaimono"}
        (tmp_path / secret).write_text(value.get(secret, f"the {secret}"), encoding="utf-8")
    environ = {
        name: value.strip("'").replace("/run/secrets", str(tmp_path)) for name, value in settings.items()
    }
    config = load(write(tmp_path, TEXT), environ)
    company = config.company[0]
    assert config.limits.trusted_proxies == ["172.30.20.0/24"]
    assert config.database == "postgresql://kaimono:word@database/kaimono"
    assert config.listen == config.worker_listen == "0.0.0.0:8080", "where the health check asks"
    assert config.key_file == "/var/lib/kaimono/kaimono.key"
    assert company.lineworks.private_key.reveal() == keys()[0].strip()
    assert {
        company.lineworks.bot_secret.reveal(),
        company.lineworks.client_secret.reveal(),
        company.amazon.shared_secret.reveal(),
        company.amazon.notice_password.reveal(),
    } == {"the bot_secret", "the client_secret", "the shared_secret", "the notice_password"}


def test_every_secret_that_is_used_is_declared_and_given() -> None:
    used = set(re.findall(r"/run/secrets/(\w+)", COMPOSE + NGINX))
    given = {name for line in re.findall(r"secrets: \[(.*)\]", COMPOSE) for name in line.split(", ")}
    assert used == given == SECRETS


def test_the_proxy_knows_where_the_web_processes_are() -> None:
    addresses = re.findall(r"ipv4_address: ([\d.]+)", COMPOSE)
    assert re.findall(r"server ([\d.]+):8080", NGINX) == addresses
    assert len(set(addresses)) == 2
    assert all(address.startswith("172.30.20.") for address in addresses)
    assert "subnet: 172.30.20.0/24" in COMPOSE
    trusted = re.search(r"KAIMONO_LIMITS__TRUSTED_PROXIES: '(.*)'", COMPOSE)
    assert trusted
    assert trusted[1] == '["172.30.20.0/24"]', "else the proxy is the one caller that all are counted as"


def test_the_proxy_writes_no_address_down_and_keeps_what_is_inside_from_the_public() -> None:
    form = re.search(r"log_format (\w+) '(.*)';", NGINX)
    assert form
    assert not set(re.findall(r"\$\w+", form[2])) & {
        "$request",
        "$request_uri",
        "$uri",
        "$args",
        "$http_referer",
    }
    assert re.findall(r"access_log \S+ ?(.*);", NGINX) == [form[1]]
    hidden = re.search(r"location ~ (\S+) \{.*\n +return 404;", NGINX)
    assert hidden
    assert [bool(re.match(hidden[1], path)) for path in ("/metrics", "/readyz", "/healthz", "/shop/x")] == [
        *(True, True),
        *(False, False),
    ]


def test_the_proxy_sends_a_callback_again_and_lets_a_whole_cart_through() -> None:
    again = re.search(r"proxy_next_upstream (.*);", NGINX)
    assert again
    assert {"error", "timeout", "http_503", "non_idempotent"} <= set(again[1].split())
    size = re.search(r"client_max_body_size (\d+)m", NGINX)
    assert size
    from bot.web.cart import LIMIT

    assert int(size[1]) * 1024 * 1024 >= LIMIT
