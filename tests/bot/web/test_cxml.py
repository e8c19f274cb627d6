"""POST /cxml: whoever shows the right login is answered with a cXML Status, and what comes is kept before that."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import aiohttp
import pytest
from lxml import etree

from punchout.envelope import Credential, write_supplier_request
from punchout.markup import Markup, tag
from punchout.secret import Secret
from punchout.status import read_response
from purchasing import evidence, intake
from purchasing.notices import Notice, What
from storage.tables import Order, StoredDocument
from tests.bot.web.conftest import Answer, Site
from tests.trouble.documents import IDENTITY, Said, confirmation, new_payload_id, ship_notice
from tests.trouble.house import ADMIN, NOTICE_PASSWORD, NOTICE_USER, SHARED_SECRET, ordered, vault

MIB = 1024 * 1024
AMAZON = Credential("NetworkId", "Amazon")


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(user, password, "utf-8")}


async def order(site: Site) -> Order:
    return await site.db.write(lambda tx: ordered(tx, site.company))


async def heard(site: Site) -> list[StoredDocument]:
    """What was posted here and kept; the cart of the order came by another door."""
    return [document for document in await site.documents() if document.kind != "PunchOutOrderMessage"]


def status(answer: Answer) -> tuple[int, str]:
    """The Status inside the answer, which must be valid by cXML's DTD where that is at hand."""
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    _judge(answer.body)
    found = read_response(answer.body).status
    return found.code, found.message


@cache
def dtd() -> etree.DTD | None:
    beside = Path(__file__).resolve().parents[4] / "shared/reference/amazon/dtd"
    file = Path(os.environ.get("KAIMONO_CXML_DTD") or beside) / "cXML.dtd"
    return etree.DTD(file=str(file)) if file.is_file() else None


def _judge(body: bytes) -> None:
    judge = dtd()
    if judge is not None:
        assert judge.validate(etree.fromstring(body)), judge.error_log.filter_from_errors()


def request(payload: Markup, *, identity: str = IDENTITY, secret: str = "") -> bytes:
    """A Request of any kind in Amazon's envelope."""
    return write_supplier_request(
        payload,
        new_payload_id(),
        Credential("NetworkId", identity),
        "2026-11-24T01:00:00+0000",
        Secret(secret) if secret else None,
    )


async def test_the_dtd_is_at_hand() -> None:
    if dtd() is None:
        pytest.skip("cXML's DTD is not here: set KAIMONO_CXML_DTD to the folder that holds cXML.dtd")


async def test_a_confirmation_is_kept_put_in_its_orders_lane_and_acknowledged(site: Site) -> None:
    bought = await order(site)
    raw = confirmation(bought)
    assert status(await site.notice(raw)) == (200, "")
    (document,) = await heard(site)
    assert (document.kind, document.outcome, document.order_number) == (
        "ConfirmationRequest",
        "received",
        bought.number,
    )
    assert evidence.raw_bytes(vault(), document) == raw
    (job,) = await site.stored(intake.APPLY)
    assert job.lane == f"order:sample:{bought.number}"
    assert intake.Task.unpack(job.payload).document_id == document.id


async def test_without_credentials_nothing_is_looked_at(site: Site) -> None:
    bought = await order(site)
    wrong: tuple[dict[str, str], ...] = (
        {},
        basic(NOTICE_USER, "wrong"),
        basic("wrong", NOTICE_PASSWORD),
        basic("", ""),
        basic(NOTICE_USER, ""),
        basic(NOTICE_USER, f"{NOTICE_PASSWORD} "),
        {"Authorization": f"Bearer {NOTICE_PASSWORD}"},
        {"Authorization": "Basic"},
        {"Authorization": "Basic ###"},
        {"Authorization": "Basic w4TDlsOc"},
    )
    for headers in wrong:
        answer = await site.notice(confirmation(bought), headers=headers)
        assert answer.status == 401, headers
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert answer.body == b""
    assert await heard(site) == []


async def test_the_shared_secret_in_the_sender_is_as_good(site: Site) -> None:
    bought = await order(site)
    raw = confirmation(bought, secret=SHARED_SECRET)
    assert status(await site.notice(raw, headers={})) == (200, "")
    (document,) = await heard(site)
    assert SHARED_SECRET.encode() not in document.sealed


async def test_a_wrong_secret_or_another_companys_name_is_no_key(site: Site) -> None:
    payload = tag("StatusUpdateRequest", tag("Status", code="200", text="OK"))
    for raw in (
        request(payload, secret="wrong"),
        request(payload, secret=SHARED_SECRET, identity="somebody-else"),
        request(payload),
        b"no xml",
        b"",
    ):
        assert (await site.notice(raw, headers={})).status == 401
    assert await heard(site) == []


async def test_a_wrong_password_is_not_mended_by_the_right_secret(site: Site) -> None:
    """Whoever shows a login is judged by it."""
    bought = await order(site)
    raw = confirmation(bought, secret=SHARED_SECRET)
    assert (await site.notice(raw, headers=basic(NOTICE_USER, "wrong"))).status == 401
    assert await heard(site) == []


async def test_a_wrong_password_leaves_a_line_in_the_log_and_one_notice_a_day(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Amazon's password was changed on one side only: nobody may have to find that out by a missing parcel."""
    raw = request(tag("StatusUpdateRequest", tag("Status", code="200", text="OK")))
    with caplog.at_level("WARNING"):
        for _ in range(12):
            assert (await site.notice(raw, headers=basic(NOTICE_USER, "not-this-one"))).status == 401
        assert (await site.notice(raw, headers=basic("a-stranger", "not-this-one"))).status == 401
    turned_away = [line for line in caplog.messages if "turned away" in line]
    assert len(turned_away) == 13
    assert not any(shown in "".join(turned_away) for shown in (NOTICE_USER, "not-this-one", "a-stranger"))
    jobs = [Notice.unpack(job.payload) for job in await site.stored("notice")]
    assert [(notice.what, notice.recipient) for notice in jobs] == [(What.PASSWORD, ADMIN)]


async def test_the_same_payload_id_again_is_200_and_one_job(site: Site) -> None:
    bought = await order(site)
    raw = confirmation(bought)
    assert status(await site.notice(raw)) == (200, "")
    answers = await asyncio.gather(*(site.notice(raw) for _ in range(10)))
    assert {status(answer) for answer in answers} == {(200, "")}
    assert len(await site.stored(intake.APPLY)) == 1
    assert len(await heard(site)) == 1


async def test_a_document_without_a_payload_id_is_known_by_its_bytes(site: Site) -> None:
    bought = await order(site)
    payload_id = "missing@amazon.com"
    raw = confirmation(bought, payload_id=payload_id).replace(f' payloadID="{payload_id}"'.encode(), b"", 1)
    for _ in range(2):
        assert status(await site.notice(raw)) == (200, "")
    assert len(await site.stored(intake.APPLY)) == 1


async def test_an_order_that_is_none_of_ours(site: Site) -> None:
    bought = await order(site)
    stranger = Order(**{**bought.model_dump(), "number": "KM-202611-99999", "payload_id": "x@y"})
    for raw in (confirmation(stranger), ship_notice(stranger)):
        for _ in range(2):
            code, sentence = status(await site.notice(raw))
            assert (code, sentence) == (400, "This document speaks of no order of ours.")
    assert [document.outcome for document in await heard(site)] == ["refused", "refused"]
    assert await site.stored(intake.APPLY) == []


async def test_what_cannot_be_read_is_406_logged_and_kept(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    for count, raw in enumerate(
        (b"", b"no xml", b"<cXML>", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
        start=1,
    ):
        code, sentence = status(await site.notice(raw))
        assert code == 406
        assert sentence
        assert len(await heard(site)) == count
        assert f"a document was not read, answered 406: {sentence}" in caplog.messages
    assert {document.outcome for document in await heard(site)} == {"refused"}


async def test_xml_that_is_no_request_is_400_and_kept(site: Site) -> None:
    bought = await order(site)
    for raw in (b"<a/>", b"<cXML/>", b"<cXML><Message/></cXML>", b"<cXML><Request/></cXML>"):
        assert status(await site.notice(raw))[0] == 400
    assert len(await heard(site)) == 4
    assert status(await site.notice(confirmation(bought))) == (200, "")


async def test_a_kind_that_we_do_not_take_is_450_every_time(site: Site) -> None:
    raw = request(tag("OrderRequest", tag("OrderRequestHeader", orderID="1")))
    for _ in range(2):
        code, sentence = status(await site.notice(raw))
        assert code == 450
        assert "OrderRequest" in sentence
    (document,) = await heard(site)
    assert document.outcome == "refused"


async def test_a_profile_request_is_told_what_we_take(site: Site) -> None:
    for _ in range(2):
        answer = await site.notice(request(tag("ProfileRequest")))
        assert status(answer) == (200, "")
        root = etree.fromstring(answer.body)
        taken = {t.get("requestName"): t.findtext("URL") for t in root.iter("Transaction")}
        here = f"{site.company.public_url}/cxml"
        kinds = ("ConfirmationRequest", "ShipNoticeRequest", "InvoiceDetailRequest", "StatusUpdateRequest")
        assert taken == dict.fromkeys(kinds, here)


async def test_a_status_update_is_taken_and_kept(site: Site) -> None:
    raw = request(tag("StatusUpdateRequest", tag("Status", code="200", text="OK")))
    assert status(await site.notice(raw)) == (200, "")
    assert [document.kind for document in await heard(site)] == ["StatusUpdateRequest"]


async def test_an_invoice_of_an_order_of_ours_is_kept(site: Site) -> None:
    bought = await order(site)
    reference = tag("OrderReference", tag("DocumentReference", payloadID=bought.payload_id))
    raw = request(
        tag("InvoiceDetailRequest", tag("InvoiceDetailOrder", tag("InvoiceDetailOrderInfo", reference)))
    )
    assert status(await site.notice(raw)) == (200, "")
    (document,) = await heard(site)
    assert (document.kind, document.order_number) == ("InvoiceDetailRequest", bought.number)


async def test_a_document_is_never_taken_while_it_cannot_be_stored(site: Site) -> None:
    """500 inside HTTP 200: the sender repeats it, and then it is stored."""
    bought = await order(site)
    raw = confirmation(bought)
    await site.db.close()
    code, sentence = status(await site.notice(raw))
    assert (code, sentence) == (500, "The document could not be stored; send it again.")
    assert "could not be stored" in site.written.getvalue()


async def test_a_full_disk_or_a_read_only_server_is_a_500_and_no_document_is_lost(site: Site) -> None:
    bought = await order(site)
    await site.store_no_more()
    taken = 0
    for _ in range(6):
        raw = confirmation(bought, Said(1, accepted=1, reason="x")).replace(
            b"<Header>", b"<Header>" + b" " * 9000
        )
        code, _ = status(await site.notice(raw))
        assert code in (200, 500)
        taken += code == 200
    assert taken < 6
    assert len(await heard(site)) == taken


async def test_sixteen_mebibytes_and_a_byte(site: Site) -> None:
    began = time.perf_counter()
    assert status(await site.notice(b"<cXML>".ljust(16 * MIB + 1)))[0] == 406
    assert (await site.notice(b"<cXML>".ljust(16 * MIB + 1), headers={})).status == 401
    assert time.perf_counter() - began < 3


async def test_a_document_in_pieces_and_in_a_japanese_encoding(site: Site) -> None:
    bought = await order(site)
    raw = confirmation(bought, Said(1, refused=1), amazon_order=None)
    raw = raw.decode().replace("UTF-8", "Shift_JIS").encode("cp932")

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(raw), 100):
            yield raw[start : start + 100]

    answer = await site.call("POST", "/cxml", data=pieces(), headers=basic(NOTICE_USER, NOTICE_PASSWORD))
    assert status(answer) == (200, "")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_only_post(site: Site, method: str) -> None:
    headers = basic(NOTICE_USER, NOTICE_PASSWORD)
    assert (await site.call(method, "/cxml", headers=headers)).status == 405


async def test_every_answer_has_a_payload_id_of_its_own(site: Site) -> None:
    bought = await order(site)
    raw = confirmation(bought)
    seen = {read_response((await site.notice(raw)).body).payload_id for _ in range(5)}
    assert len(seen) == 5
    assert None not in seen


async def test_what_was_kept_cannot_be_read_without_the_key(site: Site) -> None:
    bought = await order(site)
    await site.notice(confirmation(bought))

    def sealed(documents: list[StoredDocument]) -> bytes:
        return b"".join(document.sealed for document in documents)

    assert bought.number.encode() not in sealed(await heard(site))


@pytest.mark.parametrize("secret", ["", "wrong"])
async def test_of_who_shows_no_right_secret_only_the_beginning_is_read(site: Site, secret: str) -> None:
    """The answer comes while nearly all of the document is still to be sent."""
    bought = await order(site)
    raw = confirmation(bought, secret=secret)
    for begun in (raw.ljust(130 * 1024), b"<cXML>".ljust(130 * 1024, b"x")):
        head = b"POST /cxml HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (15 * MIB)
        reader, writer = await asyncio.open_connection("127.0.0.1", int(site.base.rpartition(":")[2]))
        writer.write(head + begun)
        async with asyncio.timeout(10):
            assert b" 401 " in await reader.readline()
        writer.close()
    assert await heard(site) == []


async def test_a_large_document_with_the_right_secret_is_read_whole_and_one_too_large_is_406(
    site: Site,
) -> None:
    bought = await order(site)
    raw = confirmation(bought, secret=SHARED_SECRET)
    assert status(await site.notice(raw.ljust(5 * MIB), headers={})) == (200, "")
    (document,) = await heard(site)
    assert evidence.raw_bytes(vault(), document) == raw.ljust(5 * MIB)
    assert status(await site.notice(raw.ljust(16 * MIB + 1), headers={}))[0] == 406
