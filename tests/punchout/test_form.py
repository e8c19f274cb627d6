"""How a cart travels through a browser: fields, encodings, and one decoding only."""

import base64
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from punchout.cart import CartRefused, decode_cart_form, from_form, read_cart
from tests.punchout.given import cart_lines, sample

FORM = "application/x-www-form-urlencoded"
CART = sample("cart_desk_and_lamp")


@pytest.mark.parametrize("name", ["cxml-urlencoded", "cXML-urlencoded", "CXML-URLENCODED"])
def test_the_plain_field_in_any_case(name: str) -> None:
    body = urlencode({"other": "1", name: CART.decode()}).encode()
    assert decode_cart_form(FORM, body) == CART
    assert decode_cart_form(f"{FORM}; charset=UTF-8", body) == CART


@pytest.mark.parametrize("name", ["cxml-base64", "cXML-base64"])
def test_the_base64_field_in_any_case(name: str) -> None:
    packed = base64.b64encode(CART).decode()
    assert decode_cart_form(FORM, urlencode({name: packed}).encode()) == CART
    wrapped = "\r\n".join(packed[at : at + 76] for at in range(0, len(packed), 76))
    assert decode_cart_form(FORM, urlencode({name: wrapped}).encode()) == CART


def test_base64_whose_plus_was_not_escaped() -> None:
    packed = base64.b64encode(CART)
    assert b"+" in packed
    assert decode_cart_form(FORM, b"cxml-base64=" + packed) == CART


@pytest.mark.parametrize("content_type", ["text/xml", "application/xml; charset=UTF-8", "", FORM])
def test_a_plain_xml_body_whatever_it_calls_itself(content_type: str) -> None:
    assert decode_cart_form(content_type, CART) == CART
    assert read_cart(decode_cart_form(content_type, b"\xef\xbb\xbf\n" + CART)).lines == cart_lines()


def test_a_page_in_cp932_posts_cp932() -> None:
    body = b"cxml-urlencoded=" + quote_plus(CART.decode().encode("cp932")).encode()
    assert read_cart(decode_cart_form(FORM, body)).lines == cart_lines()


@given(st.text(alphabet="%+ &=20abc/-", max_size=30))
def test_a_form_is_decoded_exactly_once(words: str) -> None:
    assert from_form({"cxml-urlencoded": f"<a>{words}"}) == f"<a>{words}".encode()
    assert (
        decode_cart_form(FORM, urlencode({"cxml-urlencoded": f"<a>{words}"}).encode())
        == f"<a>{words}".encode()
    )


def test_fields_that_are_decoded_already() -> None:
    assert from_form([("cXML-Base64", base64.b64encode(CART))]) == CART
    assert from_form({"cxml-urlencoded": CART}) == CART


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        (FORM, b"", "The form holds no cart"),
        (FORM, b"a=1&cxml=2", "The form holds no cart"),
        (FORM, b"cxml-urlencoded=", "The form holds no cart"),
        (FORM, b"cxml-base64=%%%", "base64 text is damaged"),
        (FORM, b"cxml-base64=abc", "base64 text is damaged"),
        ("multipart/form-data; boundary=x", b"--x\r\n", "multipart form"),
        ("application/json", b'{"cxml-urlencoded": 1}', "The form holds no cart"),
    ],
)
def test_a_form_without_a_cart_is_refused(content_type: str, body: bytes, reason: str) -> None:
    with pytest.raises(CartRefused, match=reason):
        decode_cart_form(content_type, body)
