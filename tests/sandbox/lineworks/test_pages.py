"""Where links lead: the talk page, App Links, the key's download, and what the pages may load."""

import pytest

from sandbox.lineworks.faults import SWITCHES
from sandbox.lineworks.pages import SWITCH_LABELS
from sandbox.settings import LineWorksSettings
from tests.sandbox.lineworks.conftest import HANAKO, TARO, StandIn


async def test_pages_load_nothing_from_elsewhere(stand_in: StandIn) -> None:
    for path in ("/talk", f"/talk/{TARO.user_id}", f"/talk/{TARO.user_id}/with/{HANAKO.user_id}", "/log"):
        async with stand_in.session.get(stand_in.url + path) as answer:
            page = await answer.text()
        assert answer.status == 200
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "http://" not in page.replace('xmlns="http://', "")
        assert "https://" not in page
        assert "style=" not in page
        assert "onclick" not in page


async def test_an_app_link_opens_the_talk_of_whoever_taps(stand_in: StandIn) -> None:
    link = f"{stand_in.url}/app/message/send"
    query = {"version": "26", "emailList": TARO.login_id}
    async with stand_in.session.get(link, params=query | {"from": HANAKO.user_id}) as answer:
        assert answer.url.path == f"/lineworks/talk/{HANAKO.user_id}/with/{TARO.user_id}"
        assert "山田 太郎さんとのトーク" in await answer.text()
    async with stand_in.session.get(link, params=query) as answer:  # the browser remembers who it is
        assert answer.url.path == f"/lineworks/talk/{HANAKO.user_id}/with/{TARO.user_id}"


async def test_an_app_link_without_a_tapper_asks_who(stand_in: StandIn) -> None:
    async with stand_in.session.get(
        f"{stand_in.url}/app/message/send", params={"emailList": TARO.login_id}
    ) as answer:
        page = await answer.text()
    assert f"/lineworks/talk/{HANAKO.user_id}/with/{TARO.user_id}" in page
    assert "だれとしてトークを開きますか" in page


@pytest.mark.parametrize("email", ["nobody@sample", "", TARO.user_id, "<script>alert(1)</script>"])
async def test_an_app_link_to_nobody(stand_in: StandIn, email: str) -> None:
    """A user id is no login id: App Links do not take one (reference 8)."""
    async with stand_in.session.get(
        f"{stand_in.url}/app/message/send", params={"emailList": email}
    ) as answer:
        assert answer.status == 404
        assert "<script>alert" not in await answer.text()


async def test_other_app_links_open_the_talk_shown_last(stand_in: StandIn) -> None:
    for path in ("/app", "/app/", "/app/default/home?version=18"):
        async with stand_in.session.get(stand_in.url + path) as answer:
            assert answer.url.path == "/lineworks/talk"
    async with stand_in.session.get(f"{stand_in.url}/talk/{TARO.login_id}") as answer:
        assert answer.status == 200
    async with stand_in.session.get(f"{stand_in.url}/app") as answer:
        assert answer.url.path == f"/lineworks/talk/{TARO.user_id}"


async def test_an_unknown_person_leads_to_the_list(stand_in: StandIn) -> None:
    async with stand_in.session.get(f"{stand_in.url}/talk/nobody@sample") as answer:
        assert answer.url.path == "/lineworks/talk"


async def test_a_configured_key_cannot_be_downloaded(stand_in: StandIn) -> None:
    async with stand_in.session.get(f"{stand_in.url}/private.key") as answer:
        assert answer.status == 404


def test_every_switch_has_a_label() -> None:
    assert set(SWITCH_LABELS) == set(SWITCHES)


def test_secrets_are_not_printed() -> None:
    assert "sandbox-bot-secret" not in repr(LineWorksSettings())
