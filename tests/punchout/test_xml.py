"""The one parser: what it refuses, in what encodings it reads, and that it never fetches anything."""

from pathlib import Path

import pytest

from punchout.xml import MAX_BYTES, XmlRefused, inner_xml, parse, text

DOCTYPE = b'<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.024/cXML.dtd">'

ATTACKS = {
    "external entity": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
    "entity in an attribute": b'<!DOCTYPE a [<!ENTITY x "boo">]><a b="&x;"/>',
    "entity expansion": b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><a>&d;&d;&d;</a>',
    "quadratic expansion": b'<!DOCTYPE a [<!ENTITY x "'
    + b"x" * 50_000
    + b'">]><a>'
    + b"&x;" * 50_000
    + b"</a>",
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p.dtd"> %p;]><a/>',
    "subset behind an external id": b'<!DOCTYPE a SYSTEM "a.dtd" [<!ENTITY x "boo">]><a/>',
    "public id with a subset": b'<!DOCTYPE a PUBLIC "p" "a.dtd"\n[ ]><a/>',
    "undefined entity": DOCTYPE + b"<cXML>&boo;</cXML>",
    "depth 100,000": b"<a>" * 100_000 + b"</a>" * 100_000,
    "17 MB": b"<a>" + b"x" * (17 * 1024 * 1024) + b"</a>",
    "UTF-16": '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"),
    "UTF-16 without mark": "<a/>".encode("utf-16-le"),
    "UTF-32": "<a/>".encode("utf-32-be"),
    "comments by the thousand": b"<!-- -->" * 200_000,
    "a DOCTYPE without end": b"<!DOCTYPE a " + b"SYSTEM 'x' " * 100_000,
    "two DOCTYPEs": DOCTYPE + DOCTYPE + b"<cXML/>",
    "two roots": b"<a/><b/>",
    "nothing": b"",
    "white space": b" \r\n\t",
    "words": "カートは空です".encode(),
    "JSON": b'{"a": 1}',
    "an unfinished page": b"<!DOCTYPE html><html><body><br></body></html>",
    "a zero byte": b"<a>\x00</a>",
    "no encoding at all": b"<a>\x81\xff\xfe\x80</a>",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_what_no_honest_document_has_is_refused(attack: bytes) -> None:
    with pytest.raises(XmlRefused) as refusal:
        parse(attack)
    assert refusal.value.reason.endswith(".")
    assert "boo" not in refusal.value.reason


def test_the_deepest_document_has_256_levels() -> None:
    assert sum(1 for _ in parse(b"<a>" * 256 + b"</a>" * 256).iter()) == 256
    with pytest.raises(XmlRefused, match="nested too deeply"):
        parse(b"<a>" * 257 + b"</a>" * 257)


def test_no_entity_of_a_refused_document_is_ever_expanded() -> None:
    """The subset is refused by a look at the first bytes: what follows it is no XML, and nobody notices."""
    with pytest.raises(XmlRefused, match="a DTD of its own"):
        parse(b'<!DOCTYPE a [<!ENTITY x "boo"> &&& this is where a parser would stop')


def test_the_largest_document_is_read() -> None:
    filler = b"<b>" + b"x" * 1000 + b"</b>"
    document = b"<a>" + filler * ((MAX_BYTES - 7) // len(filler)) + b"</a>"
    assert len(parse(document)) > 16_000


def test_a_doctype_with_an_address_is_taken_and_never_opened(tmp_path: Path) -> None:
    """A DTD that could be opened would give `b` its default; a broken one would stop the parser."""
    (tmp_path / "a.dtd").write_text(
        '<!ELEMENT a ANY><!ATTLIST a b CDATA "opened"><!ENTITY c "opened"> <broken'
    )
    root = parse(f'<!DOCTYPE a SYSTEM "{tmp_path}/a.dtd"><a>ok</a>'.encode())
    assert (root.get("b"), root.text) == (None, "ok")


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("UTF-8", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("Shift_JIS", "cp932"),
        ("Windows-31J", "cp932"),
        ("EUC-JP", "euc_jp"),
        ("ISO-2022-JP", "iso2022_jp"),
        ("UTF-8", "cp932"),
        ("Shift_JIS", "utf-8"),
        ("EUC-JP", "utf-8"),
        ("ISO-8859-1", "utf-8"),
        ("UTF-16", "utf-8"),
        ("no-such-thing", "utf-8"),
        ("no-such-thing", "cp932"),
        (None, "utf-8"),
        (None, "cp932"),
    ],
)
def test_japanese_is_read_even_when_the_declaration_is_wrong(declared: str | None, written: str) -> None:
    words = "配送料（税抜）とテスト"
    declaration = f"<?xml version='1.0' encoding = '{declared}' ?>" if declared else ""
    document = f"{declaration}<!DOCTYPE a SYSTEM 'a.dtd'><a>{words}</a>".encode(written)
    assert parse(document).text == words


def test_windows_characters_survive_cp932() -> None:
    words = "㈱サンプル Ⅲ① 髙﨑～－"
    assert parse(f"<a>{words}</a>".encode("cp932")).text == words


def test_half_width_katakana_in_cp932_that_pass_for_utf8_are_read_as_declared() -> None:
    document = b'<?xml version="1.0" encoding="Shift_JIS"?><a>' + "ﾃｱ".encode("cp932") + b"</a>"
    assert document.decode("utf-8").endswith("<a>ñ</a>")
    assert parse(document).text == "ﾃｱ"


def test_blanks_before_the_declaration_comments_and_instructions_are_forgiven() -> None:
    document = (
        b'\n <?xml version="1.0"?><!-- [ --><?xml-stylesheet href="a"?>'
        + DOCTYPE
        + b"<a>x<!-- - -->y<?z?>z</a>"
    )
    root = parse(document)
    assert (root.text, len(root)) == ("xyz", 0)


def test_a_namespace_is_dropped() -> None:
    assert parse(b'<cXML xmlns="http://example.com/c"><Header x="1"/></cXML>').find("Header") is not None
    assert parse(b'<c:cXML xmlns:c="http://example.com/c"><c:Header/></c:cXML>').find("Header") is not None


def test_text_and_inner_xml() -> None:
    root = parse(b"<a>\n one <b> two &amp; </b> three<b/>\n</a>")
    assert text(root) == "one  three"
    assert inner_xml(root) == "\n one <b> two &amp; </b> three<b/>\n"
    assert text(parse(b"<a/>")) == ""
