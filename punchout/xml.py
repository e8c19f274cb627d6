"""The one parser of this house: every document from outside goes through `parse`, nothing else reads XML.

It takes a real cXML document, which always names a DTD by address, and never opens that address. It refuses
what no honest document has: an internal DTD subset, entities, UTF-16, more than 16 MiB, deep nesting. Text
may come as UTF-8, CP932 / Shift_JIS, EUC-JP or ISO-2022-JP, and its declaration may be wrong about which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

from lxml import etree

from punchout.markup import escape

__all__ = [
    "LANG", "MAX_BYTES", "DocumentRefused", "Element", "XmlRefused", "attributes", "inner_xml",
    "outer_xml", "parse", "text",
]  # fmt: skip

Element: TypeAlias = etree._Element
LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"

MAX_BYTES: Final = 16 * 1024 * 1024

_SPACE = re.compile(rb"[ \t\r\n]*")
_ROOT = re.compile(rb"<[A-Za-z_]")
_DECLARATION = re.compile(rb"<\?xml\s[^>]{0,200}?\?>")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_UNSEEN: Final = "\u200b\ufeff \t\r\n"
"""Amazon Japan's own sample has zero-width spaces where nobody meant them (Amazon reference 3)."""
_UTF8_BOM: Final = b"\xef\xbb\xbf"
_UTF16_STARTS: Final = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00")

# Names as found in declarations; cp932 is Windows' superset of Shift_JIS and reads both.
_CODECS: Final = {
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "csshiftjis"), "cp932"),
    **dict.fromkeys(("windows-31j", "cswindows31j", "cp932", "ms932"), "cp932"),
    **dict.fromkeys(("euc-jp", "eucjp", "x-euc-jp", "x-euc"), "euc_jp"),
    "iso-2022-jp": "iso2022_jp",
    "iso-8859-1": "iso-8859-1",
    "windows-1252": "cp1252",
}


class XmlRefused(Exception):
    """The bytes are no XML that we read. `reason` says why in plain words, without a word of the document."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DocumentRefused(Exception):
    """Good XML, but not a document we can use. `reason` is one sentence for a person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse(data: bytes) -> Element:
    """The root element of `data`, comments and processing instructions left out. Raises `XmlRefused`."""
    return parse_with_source(data)[0]


def parse_with_source(data: bytes, *, blanks: bool = True) -> tuple[Element, bytes]:
    """The root element, and the bytes it was read from: `data` as it came, or put into UTF-8. Without
    `blanks` the white space between elements is left out of the tree, a quarter of the work for an indented
    document."""
    if len(data) > MAX_BYTES:
        raise XmlRefused(f"The document is larger than {MAX_BYTES // 1024 // 1024} MiB.")
    data = data.removeprefix(_UTF8_BOM).lstrip(b" \t\r\n")
    if not data:
        raise XmlRefused("The document is empty.")
    if data.startswith(_UTF16_STARTS):
        raise XmlRefused("The document is UTF-16 or UTF-32: only UTF-8 and Japanese encodings are read.")
    declaration = _DECLARATION.match(data)
    declared = _ENCODING.search(declaration.group()) if declaration else None
    codec = _CODECS.get(declared.group(1).decode("ascii").lower()) if declared else None
    if codec is None:
        try:
            return _parse_utf8(data, blanks), data
        except XmlRefused:
            if _decoded(data, "utf-8") is not None:
                raise
    data = _as_utf8(data, codec or "cp932")
    return _parse_utf8(data, blanks), data


def attributes(element: Element | None) -> Mapping[str, str]:
    """The element's attributes; none when there is no element."""
    return {str(name): str(value) for name, value in element.items()} if element is not None else {}


def text(element: Element) -> str:
    """The element's own words without outer white space, seen or unseen; text of child elements is left out."""
    words = element.text
    if len(element):
        words = "".join([words or "", *(child.tail or "" for child in element)])
    words = words.strip() if words else ""
    return words if words.isascii() else words.strip(_UNSEEN)


def inner_xml(element: Element) -> str:
    """What stands between the element's tags, as XML, with every blank and every tag as it came."""
    words = escape(element.text or "")
    if len(element) == 0:
        return words
    return words + "".join(etree.tostring(child, encoding="unicode") for child in element)


def outer_xml(element: Element) -> bytes:
    """The element with all it holds, as UTF-8 without a declaration."""
    return etree.tostring(element, encoding="UTF-8", xml_declaration=False, with_tail=False)


def _as_utf8(data: bytes, codec: str) -> bytes:
    """`data` in UTF-8, read as `codec` unless it is UTF-8 already; a declaration that is now wrong is
    dropped."""
    words = _decoded(data, "utf-8")
    # Real CP932 text is hardly ever valid UTF-8 with a three-byte character in it, while UTF-8 kanji often
    # pass for (nonsense) CP932: so UTF-8 is asked first, and only then the declaration.
    # ISO-2022-JP is plain ASCII to the eye, but for its escapes.
    plain = words is not None and words.isascii() and "\x1b" not in words
    if words is not None and (plain or max(words) >= "\u0800"):
        return data
    words = _decoded(data, codec) or words or _decoded(data, "cp932")
    if words is None:
        raise XmlRefused("The text is neither in the declared encoding nor in UTF-8 nor in CP932.")
    declaration = _DECLARATION.match(data)
    return words[declaration.end() if declaration else 0 :].encode()


def _decoded(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return None


def _check_prolog(data: bytes) -> None:
    """Refuse an internal subset before the parser sees it. A scan, not one regular expression: linear."""
    at, doctype = 0, False
    if declaration := _DECLARATION.match(data):
        at = declaration.end()
    while True:
        space = _SPACE.match(data, at)
        at = space.end() if space else at
        if data.startswith(b"<!--", at):
            at = _after(data, b"-->", at + 4)
        elif data.startswith(b"<?", at):
            at = _after(data, b"?>", at + 2)
        elif data.startswith(b"<!DOCTYPE", at) and not doctype:
            doctype, at = True, _after_doctype(data, at + 9)
        elif _ROOT.match(data, at):
            return
        else:
            raise XmlRefused("The document does not begin like XML.")


def _after(data: bytes, end: bytes, start: int) -> int:
    found = data.find(end, start)
    if found < 0:
        raise XmlRefused("The document does not begin like XML.")
    return found + len(end)


def _after_doctype(data: bytes, at: int) -> int:
    quote = b""
    for place in range(at, min(len(data), at + 2000)):
        sign = data[place : place + 1]
        if quote:
            quote = b"" if sign == quote else quote
        elif sign in (b'"', b"'"):
            quote = sign
        elif sign == b">":
            return place + 1
        elif sign in (b"[", b"<"):
            raise XmlRefused(
                "The document declares a DTD of its own: only a DTD named by address is allowed."
            )
    raise XmlRefused("The document's DOCTYPE does not end.")


def _parse_utf8(data: bytes, blanks: bool) -> Element:
    _check_prolog(data)
    # resolve_entities=False and lxml >= 6.1.3, both (library notes 2.11); collect_ids stays on, since
    # turning it off makes lxml load the external DTD.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        remove_blank_text=not blanks,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise XmlRefused(_complaint(parser, error)) from None
    if next(root.iter(etree.Entity), None) is not None:
        raise XmlRefused("The document refers to an entity.")
    if str(root.tag).startswith("{"):
        _drop_namespace(root)
    return root


def _complaint(parser: etree.XMLParser, error: etree.XMLSyntaxError) -> str:
    last = parser.error_log.last_error
    if last is not None and "depth" in last.message:
        return "The document is nested too deeply."
    return f"The document is not well-formed XML (line {error.lineno})."


def _drop_namespace(root: Element) -> None:
    """cXML has no namespace; some writers declare one. Its elements are then read by their bare names."""
    space = str(root.tag).partition("}")[0] + "}"
    for element in root.iter(f"{space}*"):
        element.tag = str(element.tag).removeprefix(space)
    etree.cleanup_namespaces(root)
