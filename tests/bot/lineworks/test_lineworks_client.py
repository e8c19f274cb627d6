"""What the platform answers becomes a value that says whether to repeat; nothing makes the client fall."""

import asyncio
import logging
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web

from bot.lineworks.client import REST, CallFailed, Client
from bot.lineworks.message import Text
from bot.lineworks.outcome import Later, Never, Sent
from bot.lineworks.pace import Rate
from bot.lineworks.profile import BotFacts, Profile
from bot.lineworks.token import TokenSource
from bot.metrics import Metrics
from bot.watching import Watch, WatchedClient

from .conftest import CLIENT_SECRET, Clock, Platform
from .fake import Reply, answer, break_off, hang_up, never, raw

MEMBER = "7d3f0a52-9c41-4e08-8a6b-1f2e3d4c5b6a"
HELLO = Text("こんにちは 😀").content()
UNAUTHORIZED = answer(401, {"code": "UNAUTHORIZED", "description": "Malformed authentication token"})


async def test_a_message_goes_out_as_documented(client: Client, platform: Platform) -> None:
    assert await client.send(MEMBER, HELLO) == Sent(Rate())
    (call,) = platform.fake.calls
    assert (call.method, call.path) == ("POST", f"/v1.0/bots/2000001/users/{MEMBER}/messages")
    assert call.bearer == "token-1"
    assert call.body == '{"content":{"type":"text","text":"こんにちは 😀"}}'.encode()


async def test_the_token_is_kept_between_sends(client: Client, platform: Platform) -> None:
    for _ in range(3):
        await client.send(MEMBER, HELLO)
    assert len(platform.fake.tokens_asked) == 1


@pytest.mark.parametrize(
    ("recipient", "segment"),
    [
        ("taro.yamada@sample", "taro.yamada%40sample"),
        ("a/b?c#d", "a%2Fb%3Fc%23d"),
        ("../../bots/1", "..%2F..%2Fbots%2F1"),
        ("太郎 %40", "%E5%A4%AA%E9%83%8E%20%2540"),
    ],
)
async def test_a_recipient_is_one_segment_of_the_path(
    client: Client, platform: Platform, recipient: str, segment: str
) -> None:
    await client.send(recipient, HELLO)
    await client.user(recipient)
    send, look_up = platform.fake.calls
    assert send.path == f"/v1.0/bots/2000001/users/{segment}/messages"
    assert look_up.path == f"/v1.0/users/{segment}"


@pytest.mark.parametrize("recipient", ["", " ", ".", ".."])
async def test_nobody_is_not_written_to(client: Client, platform: Platform, recipient: str) -> None:
    assert await client.send(recipient, HELLO) == Never(0, "", "the message has no recipient")
    assert await client.user(recipient) is None
    assert not platform.fake.calls


async def test_half_an_emoji_does_not_stop_a_message(client: Client, platform: Platform) -> None:
    assert isinstance(await client.send(MEMBER, {"type": "text", "text": "半\ud83d"}), Sent)
    assert platform.fake.calls[0].json == {"content": {"type": "text", "text": "半?"}}


@pytest.mark.parametrize(
    "reply", [answer(200), answer(200, {"messageId": "1"}), answer(204), raw(201, b"<"), break_off]
)
async def test_every_yes_is_sent(client: Client, platform: Platform, reply: Reply) -> None:
    platform.fake.answers.append(reply)
    assert await client.send(MEMBER, HELLO) == Sent(Rate())
    assert len(platform.fake.calls) == 1


async def test_what_is_left_of_the_minute_is_told(client: Client, platform: Platform) -> None:
    platform.fake.answers.append(answer(201, rateLimit_remaining="17", rateLimit_reset="42"))
    assert await client.send(MEMBER, HELLO) == Sent(Rate(17, 42.0))


@pytest.mark.parametrize(
    ("reply", "after"),
    [
        (answer(429, {"code": "TOO_MANY_REQUESTS"}, rateLimit_reset="42"), timedelta(seconds=42)),
        (answer(429, {"code": "TOO_MANY_REQUESTS"}, rateLimit_reset="0"), timedelta()),
        (answer(429, {"code": "TOO_MANY_REQUESTS"}), None),
        (answer(429, rateLimit_reset="soon"), None),
        (answer(500, {"code": "INTERNAL_SERVER_ERROR"}), None),
        (answer(503, rateLimit_reset="42"), None),
        (answer(302, Location="/v1.0/elsewhere"), None),
        (hang_up, None),
    ],
)
async def test_what_may_be_better_later(
    client: Client, platform: Platform, reply: Reply, after: timedelta | None
) -> None:
    platform.fake.answers.append(reply)
    outcome = await client.send(MEMBER, HELLO)
    assert isinstance(outcome, Later)
    assert outcome.after == after
    assert outcome.why
    assert len(platform.fake.calls) == 1
    assert isinstance(await client.send(MEMBER, HELLO), Sent)


@pytest.mark.parametrize(
    ("reply", "status", "code", "why"),
    [
        (answer(403, {"code": "ACCESS_DENIED", "description": "x"}), 403, "ACCESS_DENIED", "admin console"),
        (answer(403, {"code": "FORBIDDEN"}), 403, "FORBIDDEN", "scope"),
        (answer(404, {"code": "NOT_FOUND"}), 404, "NOT_FOUND", "no such member"),
        (answer(400, {"code": "INVALID_PARAMETER"}), 400, "INVALID_PARAMETER", "form of the message"),
        (answer(400, {"returnCode": "99", "returnMessage": "UnexpectedError"}), 400, "99", "form"),
        (answer(400, {"code": "TEXT WITH BLANKS\n"}), 400, "", "form"),
        (answer(413), 413, "", "HTTP 413"),
        (raw(404, b"[" * 50_000), 404, "", "no such member"),
        (raw(403, b"x" * (2 << 20)), 403, "", "admin console"),
    ],
)
async def test_what_is_final(
    client: Client, platform: Platform, reply: Reply, status: int, code: str, why: str
) -> None:
    platform.fake.answers.append(reply)
    outcome = await client.send(MEMBER, HELLO)
    assert isinstance(outcome, Never)
    assert (outcome.status, outcome.code) == (status, code)
    assert why in outcome.why
    assert len(platform.fake.calls) == 1


async def test_a_dead_token_is_renewed_and_the_send_repeated(client: Client, platform: Platform) -> None:
    platform.fake.answers.append(UNAUTHORIZED)
    assert isinstance(await client.send(MEMBER, HELLO), Sent)
    assert [call.bearer for call in platform.fake.calls] == ["token-1", "token-2"]
    assert platform.fake.calls[0].body == platform.fake.calls[1].body


async def test_a_second_401_is_final(client: Client, platform: Platform) -> None:
    platform.fake.answers.extend([UNAUTHORIZED, UNAUTHORIZED])
    outcome = await client.send(MEMBER, HELLO)
    assert isinstance(outcome, Never)
    assert (outcome.status, outcome.code) == (401, "UNAUTHORIZED")
    assert len(platform.fake.calls) == len(platform.fake.tokens_asked) == 2


async def test_many_sends_on_a_dead_token_renew_it_once(client: Client, platform: Platform) -> None:
    assert isinstance(await client.send(MEMBER, HELLO), Sent)
    all_five = asyncio.Barrier(5)

    async def refuse_when_all_are_here(request: web.Request) -> web.StreamResponse:
        await all_five.wait()
        return await UNAUTHORIZED(request)

    platform.fake.answers.extend([refuse_when_all_are_here] * 5)
    outcomes = await asyncio.gather(*(client.send(MEMBER, HELLO) for _ in range(5)))
    assert all(isinstance(outcome, Sent) for outcome in outcomes)
    assert len(platform.fake.tokens_asked) == 2


async def test_five_calls_at_a_time(client: Client, platform: Platform) -> None:
    inside = 0
    most = 0
    five = asyncio.Barrier(5)

    async def count(request: web.Request) -> web.StreamResponse:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await five.wait()
        inside -= 1
        return web.Response(status=201)

    platform.fake.answers.extend([count] * 20)
    await asyncio.gather(*(client.send(MEMBER, HELLO) for _ in range(20)))
    assert most == 5


async def test_a_directory_that_hangs_keeps_no_answer_waiting(
    platform: Platform, tokens: TokenSource, clock: Clock
) -> None:
    """Ten strangers are being looked up; whoever is answered does not notice, and the eleventh is not even asked for."""
    client = Client(platform.session, platform.api_url, 2000001, tokens, clock, look_up=0.3)
    await tokens.token()
    three_are_here = asyncio.Barrier(4)

    async def hanging(request: web.Request) -> web.StreamResponse:
        await three_are_here.wait()
        return await never(request)

    platform.fake.answers.extend([hanging] * 3)
    looks = [asyncio.create_task(client.user(f"stranger-{number}")) for number in range(10)]
    await three_are_here.wait()
    assert isinstance(await client.send(MEMBER, HELLO), Sent)
    outcomes = await asyncio.gather(*looks, return_exceptions=True)
    assert all(isinstance(outcome, CallFailed) for outcome in outcomes)
    assert len(platform.fake.calls) == 4
    with pytest.raises(CallFailed, match="a moment ago"):
        await client.user(MEMBER)
    clock.advance(REST.total_seconds())
    assert await client.user(MEMBER) is None


async def test_a_scope_that_was_granted_since_comes_with_a_fresh_token(
    client: Client, platform: Platform, clock: Clock
) -> None:
    forbidden = answer(403, {"code": "FORBIDDEN"})
    platform.fake.answers.append(forbidden)
    assert isinstance(await client.send(MEMBER, HELLO), Never)
    clock.advance(601)
    platform.fake.answers.append(forbidden)
    assert isinstance(await client.send(MEMBER, HELLO), Sent)
    assert [call.bearer for call in platform.fake.calls] == ["token-1", "token-1", "token-2"]
    platform.fake.answers.append(forbidden)
    assert isinstance(await client.send(MEMBER, HELLO), Never)
    assert len(platform.fake.tokens_asked) == 2


async def test_trouble_with_the_token_is_for_later(client: Client, platform: Platform) -> None:
    platform.fake.token_answers.extend([answer(503), answer(400, {"returnCode": "99"})])
    unreachable, refused = await client.send(MEMBER, HELLO), await client.send(MEMBER, HELLO)
    assert isinstance(unreachable, Later)
    assert isinstance(refused, Later)
    assert "token server" in unreachable.why
    assert "service_account" in refused.why
    assert not platform.fake.calls


async def test_a_platform_that_never_answers(platform: Platform, tokens: TokenSource, clock: Clock) -> None:
    patience = aiohttp.ClientTimeout(total=0.05)
    client = Client(platform.session, platform.api_url + "/", 2000001, tokens, clock, patience)
    await tokens.token()
    platform.fake.answers.append(never)
    outcome = await client.send(MEMBER, HELLO)
    assert outcome == Later(None, "LINE WORKS can't be reached (TimeoutError)")


async def test_no_platform_at_all(client: Client, platform: Platform, tokens: TokenSource) -> None:
    await tokens.token()
    await platform.server.close()
    outcome = await client.send(MEMBER, HELLO)
    assert isinstance(outcome, Later)
    assert "can't be reached" in outcome.why


async def test_a_307_of_the_same_host_is_followed_once_with_the_bearer(
    client: Client, platform: Platform
) -> None:
    platform.fake.answers.append(answer(307, Location="/instance-2/v1.0/messages%40?x=1"))
    assert isinstance(await client.send(MEMBER, HELLO), Sent)
    first, second = platform.fake.calls
    assert second.path == "/instance-2/v1.0/messages%40?x=1"
    assert (second.method, second.bearer, second.body) == ("POST", "token-1", first.body)


async def test_a_second_307_is_not_followed(client: Client, platform: Platform) -> None:
    platform.fake.answers.extend([answer(307, Location="/a"), answer(307, Location="/b")])
    assert isinstance(await client.send(MEMBER, HELLO), Later)
    assert [call.path for call in platform.fake.calls][1:] == ["/a"]


async def test_a_307_and_a_dead_token_can_meet(client: Client, platform: Platform) -> None:
    platform.fake.answers.extend([answer(307, Location="/a"), UNAUTHORIZED])
    assert isinstance(await client.send(MEMBER, HELLO), Sent)
    seen = [(call.path, call.bearer) for call in platform.fake.calls]
    assert seen[1:] == [("/a", "token-1"), ("/a", "token-2")]


@pytest.mark.parametrize(
    "location",
    [
        "http://localhost:{port}/a",
        "http://127.0.0.1:1/a",
        "https://127.0.0.1:{port}/a",
        "//evil.example/a",
        "http://user:word@127.0.0.1:{port}/a",
        "http://[/a",
        "javascript:alert(1)",
        None,
    ],
)
async def test_the_bearer_goes_to_no_other_host(
    client: Client, platform: Platform, location: str | None
) -> None:
    headers = {} if location is None else {"Location": location.format(port=platform.server.port)}
    platform.fake.answers.append(answer(307, **headers))
    outcome = await client.send(MEMBER, HELLO)
    assert isinstance(outcome, Later)
    assert "check api_url" in outcome.why
    assert len(platform.fake.calls) == 1


async def test_a_member_is_looked_up(client: Client, platform: Platform) -> None:
    record = {
        "userId": MEMBER,
        "email": "taro.yamada@sample",
        "userName": {"lastName": "山田", "firstName": "太郎", "phoneticLastName": None},
        "locale": "ja_JP",
        "organizations": [{}],
    }
    platform.fake.answers.append(answer(200, record))
    profile = await client.user(MEMBER)
    assert profile == Profile(MEMBER, "taro.yamada@sample", "山田", "太郎", "ja_JP")


@pytest.mark.parametrize(
    ("record", "known"),
    [
        (
            {"email": "t@sample", "userName": {"lastName": None, "firstName": "太郎"}},
            ("t@sample", None, "太郎"),
        ),
        ({"email": "t@sample", "userName": {"lastName": "山田"}}, ("t@sample", "山田", None)),
        ({"email": "t@sample", "userName": None}, ("t@sample", None, None)),
        ({"email": None, "userName": {"lastName": " ", "firstName": 5}}, (None, None, None)),
        ({"userId": None, "userName": {"lastName": "山\u202e田\n"}}, (None, "山田", None)),
        ({"domainId": 1}, (None, None, None)),
    ],
)
async def test_a_member_whose_record_has_holes(
    client: Client,
    platform: Platform,
    record: dict[str, object],
    known: tuple[str | None, str | None, str | None],
) -> None:
    platform.fake.answers.append(answer(200, {"userId": MEMBER} | record))
    assert await client.user(MEMBER) == Profile(MEMBER, *known, language=None)


async def test_nobody_of_that_name(client: Client, platform: Platform) -> None:
    platform.fake.answers.append(answer(404, {"code": "NOT_FOUND"}))
    assert await client.user("nobody@sample") is None


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (answer(500), Later),
        (answer(429), Later),
        (hang_up, Later),
        (raw(200, b"<html>"), Later),
        (answer(200), Later),
        (answer(403, {"code": "FORBIDDEN"}), Never),
    ],
)
async def test_a_look_up_that_fails_says_whether_to_repeat_it(
    client: Client, platform: Platform, reply: Reply, outcome: type[Later | Never]
) -> None:
    # Twice, because aiohttp by itself repeats a GET once when a reused connection turns out to be closed.
    platform.fake.answers.extend([reply, reply])
    with pytest.raises(CallFailed) as failure:
        await client.user(MEMBER)
    assert isinstance(failure.value.outcome, outcome)
    assert str(failure.value) == failure.value.outcome.why


@pytest.mark.parametrize("reply", [answer(500), answer(403, {"code": "FORBIDDEN"}), raw(200, b"<html>")])
async def test_a_directory_that_refuses_is_let_rest(
    client: Client, platform: Platform, clock: Clock, reply: Reply
) -> None:
    platform.fake.answers.append(reply)
    with pytest.raises(CallFailed):
        await client.user(MEMBER)
    with pytest.raises(CallFailed, match="a moment ago"):
        await client.user("somebody@sample")
    assert len(platform.fake.calls) == 1
    clock.advance(REST.total_seconds())
    assert await client.user(MEMBER) is None


async def test_a_name_that_the_directory_cannot_read_keeps_nobody_else_unknown(
    client: Client, platform: Platform
) -> None:
    platform.fake.answers.append(answer(400, {"code": "INVALID_PARAMETER"}))
    with pytest.raises(CallFailed):
        await client.user("no name")
    assert await client.user(MEMBER) is None


async def test_the_bot_is_looked_at(client: Client, platform: Platform) -> None:
    platform.fake.answers.append(
        answer(
            200,
            {
                "botId": 2000001,
                "botName": "買い物",
                "enableCallback": True,
                "callbackUrl": "https://bot.example.co.jp/lineworks/callback",
                "callbackEvents": ["text"],
                "channelEvents": ["message", "postback", "begin", "end", 5],
            },
        )
    )
    assert await client.bot() == BotFacts(
        "https://bot.example.co.jp/lineworks/callback",
        True,
        frozenset({"text"}),
        frozenset({"message", "postback", "begin", "end"}),
    )
    assert platform.fake.calls[0].path == "/v1.0/bots/2000001"


async def test_a_bot_that_tells_little(client: Client, platform: Platform) -> None:
    platform.fake.answers.append(answer(200, {"botId": 2000001}))
    assert await client.bot() == BotFacts(None, None, None, None)


async def test_a_bot_that_is_not_there(client: Client, platform: Platform) -> None:
    platform.fake.answers.append(answer(404, {"code": "NOT_FOUND"}))
    with pytest.raises(CallFailed, match="HTTP 404 NOT_FOUND"):
        await client.bot()


async def test_the_log_tells_the_description_to_a_developer_and_a_token_to_nobody(
    client: Client, platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    told = answer(403, {"code": "ACCESS_DENIED", "description": "denied for token-1\nfake line"})
    platform.fake.answers.extend([told, told])
    caplog.set_level(logging.INFO, logger="bot")
    await client.send(MEMBER, HELLO)
    assert not caplog.text
    caplog.set_level(logging.DEBUG, logger="bot")
    await client.send(MEMBER, HELLO)
    (line,) = caplog.messages
    assert line == r"LINE WORKS answered 403 ACCESS_DENIED: 'denied for ***\nfake line'"
    for secret in ("token-1", CLIENT_SECRET, MEMBER):
        assert secret not in caplog.text


async def test_a_cancelled_send_ends(client: Client, platform: Platform) -> None:
    platform.fake.answers.append(never)
    sending = asyncio.create_task(client.send(MEMBER, HELLO))
    await platform.fake.called.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert isinstance(await client.send(MEMBER, HELLO), Sent)


async def test_a_send_into_a_room_is_counted_and_heard_by_the_circuit_like_any_other(
    platform: Platform, tokens: TokenSource, clock: Clock
) -> None:
    metrics = Metrics()
    watch = Watch("LINE WORKS", metrics.circuits, clock)
    client = WatchedClient(platform.session, platform.api_url, 2000001, tokens, clock)
    client.watched_by(watch, metrics)
    platform.fake.answers.append(hang_up)
    assert isinstance(await client.send_to_room("room-1", HELLO), Later)
    assert watch.circuit.failures == 1
    assert isinstance(await client.send_to_room("room-1", HELLO), Sent)
    assert watch.circuit.failures == 0
    counted = {
        s: metrics.registry.get_sample_value("kaimono_sends_total", {"status": s}) for s in ("later", "sent")
    }
    assert counted == {"later": 1, "sent": 1}
