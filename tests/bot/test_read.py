"""`kaimono read`: values or one sentence for whatever lies in a file, and nothing of it that is secret.

Over every published sample (KAIMONO_REFERENCE) it also makes the table at the end of the test's output: which sample
gave what.
"""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from bot.read import read, understood
from bot.talk.wording import LANGUAGES, wording
from punchout.order import build_order
from punchout.xml import MAX_BYTES, XmlRefused, parse
from tests.bot.program import kaimono
from tests.punchout.conftest import REFERENCE_FOLDER
from tests.punchout.given import ACCOUNT, HONSHA, NOW, SAMPLES, an_order, cart_lines, sample

FOLDER = REFERENCE_FOLDER / "amazon" / "samples"
PUBLISHED = sorted(FOLDER.rglob("*.xml")) if FOLDER.is_dir() else []
SECRETS = ("SharedSecret", "BuyerCookie")

Told = Callable[[bytes], tuple[list[str], bool]]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    def told(data: bytes) -> tuple[list[str], bool]:
        path = tmp_path / "document.xml"
        path.write_bytes(data)
        return understood(wording("en"), path)

    return told


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.name)
def test_every_published_sample_gives_values_or_a_sentence(
    path: Path, record_property: Callable[[str, object], None]
) -> None:
    lines, readable = understood(wording("en"), path)
    record_property("sample", (path.name, f"{len(lines)} facts: {lines[0]}" if readable else lines[0]))
    shown = "\n".join(lines)
    if readable:
        assert len(lines) > 3
    else:
        assert len(lines) == 1
        assert lines[0].endswith(".")
    try:
        root = parse(path.read_bytes())
    except XmlRefused:
        assert not readable
    else:
        secrets = [element.text for element in root.iter(*SECRETS) if element.text]
        assert not any(len(secret) > 5 and secret in shown for secret in secrets)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.xml")))
def test_every_sample_of_ours_is_told_in_every_language(name: str, language: str) -> None:
    lines, readable = understood(wording(language), SAMPLES / f"{name}.xml")
    assert readable
    assert len(lines) > 3
    assert not any("{value}" in line or "\n" in line for line in lines)


def test_an_order_is_told_with_where_each_line_goes(told: Told) -> None:
    osaka = replace(HONSHA, city="大阪市北区")
    order = an_order(cart_lines())
    order = replace(order, lines=(replace(order.lines[0], ship_to=osaka), order.lines[1]))
    lines, readable = told(build_order(order, ACCOUNT, "1@bot.example.co.jp", NOW))
    assert readable
    places = [line for line in lines if line.startswith("Ship to")]
    assert [("大阪市北区" in place, "千代田区" in place) for place in places] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize("end", [b"9999-12-31T23:59:59Z", b"9999-12-31T23:59:59-14:00", b"0001-01-01"])
@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.xml")))
def test_a_date_that_nobody_means_is_no_date(name: str, end: bytes, told: Told) -> None:
    raw = re.sub(rb'(timestamp|\w+Date)="[^"]*"', rb'\1="' + end + b'"', sample(name))
    lines, readable = told(raw)
    assert readable
    assert "Sent: not given" in lines
    assert "9999" not in "".join(line for line in lines if "JST" in line)


def test_a_cart_is_told_with_its_lines_and_sums(told: Told) -> None:
    lines, _ = told(sample("cart_desk_and_lamp"))
    assert lines[0] == "Document: cart (PunchOutOrderMessage)"
    assert "Line 1: B0SAMPLE01, " in "\n".join(lines)
    assert "BuyerCookie: ***" in lines


def test_a_refusal_is_told_line_by_line_with_its_code(told: Told) -> None:
    shown = "\n".join(told(sample("confirmation_two_lines_refused"))[0])
    assert "reject × " in shown
    assert "015-005" in shown


def test_a_cart_as_the_browser_posted_it_is_read(told: Told) -> None:
    form = "cxml-urlencoded=" + quote_plus(sample("cart_desk_and_lamp"))
    assert told(form.encode()) == told(sample("cart_desk_and_lamp"))


def test_what_lacks_its_payload_id_and_date_says_so(told: Told) -> None:
    lines, readable = told(b'<cXML><Response><Status code="200"/></Response></cXML>')
    assert readable
    assert lines == [
        "Document: answer (Response)",
        "payloadID: not given",
        "Sent: not given",
        "Status: 200",
    ]


def test_an_answer_that_opens_no_shop_says_so(told: Told) -> None:
    """200 alone lets nobody in: a setup answer has to name its page."""
    setup = b'<cXML><Response><Status code="200"/><PunchOutSetupResponse>%s</PunchOutSetupResponse></Response></cXML>'
    unusable = "It names no page to open: with this answer nobody gets into the shop."
    assert told(setup % b"")[0][-1] == unusable
    page = b"<StartPage><URL>https://www.amazon.co.jp/shop?x=1</URL></StartPage>"
    assert told(setup % page)[0][-1] == "Page to open: www.amazon.co.jp"


def test_a_document_that_nobody_here_uses_is_named(told: Told) -> None:
    lines, readable = told(b"<cXML><Request><QuoteRequest/></Request></cXML>")
    assert readable
    assert lines[0] == "Document: another document (QuoteRequest)"
    assert lines[-1] == "This bot has no use for such a document."


ENTITY = b'<!DOCTYPE cXML [<!ENTITY x SYSTEM "file:///etc/hostname">]><cXML>&x;</cXML>'
EXPANSION = b'<!DOCTYPE cXML [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><cXML>&b;</cXML>'
OWN_DTD = (
    "Cannot be read as XML. The document declares a DTD of its own: only a DTD named by address is allowed."
)


@pytest.mark.parametrize(
    ("attack", "sentence"),
    [
        (ENTITY, OWN_DTD),
        (EXPANSION, OWN_DTD),
        (b"<a>" * 3000 + b"</a>" * 3000, "Cannot be read as XML. The document is nested too deeply."),
        (b"x" * (30 * 1024 * 1024), "Cannot be read as XML. The document is larger than 16 MiB."),
        (b"", "Cannot be read as XML. The document is empty."),
        (b"\x1b]0;owned\x07", "Cannot be read as XML. The document does not begin like XML."),
        (b"<html/>", "Is no document that can be used. This is not a cXML document but \u201chtml\u201d."),
        (b"cxml-base64=%%%", "Is no document that can be used. The cart's base64 text is damaged."),
    ],
    ids=["external entity", "expansion", "nesting", "30 MB", "nothing", "escapes", "another root", "base64"],
)
def test_an_attack_is_one_sentence(attack: bytes, sentence: str, told: Told) -> None:
    assert told(attack) == ([sentence], False)


def test_no_more_is_loaded_than_the_largest_document_has(tmp_path: Path) -> None:
    """A sparse file larger than any memory: whoever read it whole would not come back."""
    path = tmp_path / "endless.xml"
    path.touch()
    os.truncate(path, 2**42)
    assert understood(wording("en"), path) == (
        [f"Cannot be read as XML. The document is larger than {MAX_BYTES // 2**20} MiB."],
        False,
    )


def test_what_a_document_says_does_not_steer_the_terminal(told: Told) -> None:
    words = "\x1b[31m<script>alert(1)</script>\u202e\u200b\r\n" + "長" * 1000
    escaped = words.replace("\x1b", "").replace("<", "&lt;").encode()
    head, item, rest = sample("cart_desk_and_lamp").partition(b"<ItemDetail>")
    rest = rest.replace(b"</Description>", escaped + b"</Description>", 1)
    (line,) = [line for line in told(head + item + rest)[0] if "alert(1)" in line]
    assert line.isprintable()
    assert len(line) < 500


def test_it_says_what_it_could_not_open_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(wording("en"), [SAMPLES / "profile_request.xml", tmp_path / "gone.xml"]) == 1
    shown = capsys.readouterr().out
    assert "question for the documents taken" in shown
    assert "gone.xml" in shown


async def test_it_speaks_the_language_of_the_locale(tmp_path: Path) -> None:
    ended = await kaimono(tmp_path, "read", SAMPLES / "cart_desk_and_lamp.xml", lang="ja_JP.UTF-8")
    assert (ended.code, ended.err) == (0, "")
    assert "種類: カート (PunchOutOrderMessage)" in ended.out
