"""Files go up in two steps and come down by a redirect (reference 3.7)."""

from typing import Any

import aiohttp
import pytest

from tests.sandbox.lineworks.conftest import StandIn

PATH = "/bots/2000001/attachments"
PNG = b"\x89PNG\r\n\x1a\n"


async def announced(stand_in: StandIn, token: str) -> dict[str, Any]:
    status, _, body = await stand_in.call("POST", PATH, token, {"fileName": "desk.png"})
    assert status == 200
    return dict(body)


async def upload(stand_in: StandIn, url: str, token: str | None, part: str = "FileData") -> int:
    form = aiohttp.FormData()
    form.add_field(part, PNG, filename="desk.png", content_type="image/png")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with stand_in.session.post(url, data=form, headers=headers) as answer:
        return answer.status


async def test_up_and_down(stand_in: StandIn) -> None:
    token = await stand_in.token()
    file = await announced(stand_in, token)
    assert await upload(stand_in, file["uploadUrl"], token) == 200
    status, headers, body = await stand_in.call("GET", f"{PATH}/{file['fileId']}", token)
    assert (status, body) == (302, None)
    assert "rateLimit-limit" not in headers
    async with stand_in.session.get(headers["Location"]) as answer:
        assert answer.status == 401  # the bearer has to come along
    bearer = {"Authorization": f"Bearer {token}"}
    async with stand_in.session.get(headers["Location"], headers=bearer) as answer:
        assert (await answer.read(), answer.content_type) == (PNG, "image/png")


async def test_an_upload_url_is_good_once_and_for_a_day(stand_in: StandIn) -> None:
    token = await stand_in.token()
    file = await announced(stand_in, token)
    assert await upload(stand_in, file["uploadUrl"], None) == 401
    assert await upload(stand_in, file["uploadUrl"], token, part="file") == 400
    assert await upload(stand_in, file["uploadUrl"], token) == 200
    assert await upload(stand_in, file["uploadUrl"], token) == 403
    late = await announced(stand_in, token)
    stand_in.clock.advance(24 * 3600)
    assert await upload(stand_in, late["uploadUrl"], await stand_in.token()) == 404


async def test_a_file_never_uploaded_is_not_found(stand_in: StandIn) -> None:
    token = await stand_in.token()
    file = await announced(stand_in, token)
    assert (await stand_in.call("GET", f"{PATH}/{file['fileId']}", token))[0] == 404
    assert (await stand_in.call("GET", f"{PATH}/jp1.0", token))[0] == 404


@pytest.mark.parametrize("body", [{}, {"fileName": ""}, {"fileName": 1}, ["desk.png"]], ids=str)
async def test_a_file_needs_a_name(stand_in: StandIn, body: object) -> None:
    status, _, answer = await stand_in.call("POST", PATH, await stand_in.token(), body)
    assert (status, answer["code"]) == (400, "INVALID_PARAMETER")


async def test_sending_the_file_itself_is_refused_as_measured(stand_in: StandIn) -> None:
    status, _, body = await stand_in.call("POST", PATH, await stand_in.token(), data={"FileData": "x"})
    assert (status, body["description"]) == (400, "Request body cannot be parsed.")
