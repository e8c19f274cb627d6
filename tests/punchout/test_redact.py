"""Documents as somebody may look at them: whatever form a secret takes, it is not shown."""

import pytest

from punchout.redact import masked, redacted
from tests.trouble.documents import cart

HEAD = '<?xml version="1.0"?><!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.024/cXML.dtd">'
CREDENTIAL = (
    '<cXML payloadID="20261124.1@system-login"><Header><Sender><Credential domain="NetworkId">'
    "<Identity>system-login</Identity>{}</Credential></Sender></Header>{}</cXML>"
)


@pytest.mark.parametrize(
    "secret",
    [
        "<SharedSecret>hush-4711</SharedSecret>",
        '<SharedSecret xml:lang="ja"> hush-4711 </SharedSecret>',
        "<SharedSecret><![CDATA[hush-4711]]></SharedSecret>",
        "<SharedSecret>&#104;ush-4711</SharedSecret>",
        "<SharedSecret><Deep>hush-4711</Deep></SharedSecret>",
        '<x:SharedSecret xmlns:x="urn:x">hush-4711</x:SharedSecret>',
    ],
)
@pytest.mark.parametrize("tail", ["", "<broken>"], ids=["whole", "broken"])
def test_no_login_is_shown(secret: str, tail: str) -> None:
    """A broken document is masked as text; what an entity hides there, nobody reads as a secret either."""
    shown = redacted((HEAD + CREDENTIAL.format(secret, tail)).encode())
    assert "hush-4711" not in shown
    assert "ush-4711" not in shown
    assert "system-login" not in shown
    assert "20261124.1" in shown


def test_no_session_and_no_mail_address_is_shown() -> None:
    shown = redacted(cart("cookie-of-taro"))
    assert "cookie-of-taro" not in shown
    assert "PunchOutOrderMessage" in shown
    body = (
        '<Request><PunchOutSetupRequest operation="create"><BuyerCookie>c00k1e</BuyerCookie>'
        '<Extrinsic name="UserEmail">taro.yamada@example.co.jp</Extrinsic><BrowserFormPost>'
        "<URL>https://bot.example.co.jp/punchout/cart/t0ken</URL></BrowserFormPost>"
        "<Contact><Email>taro&#64;example.co.jp</Email></Contact></PunchOutSetupRequest></Request>"
    )
    shown = redacted((HEAD + CREDENTIAL.format("", body)).encode())
    for hidden in ("c00k1e", "taro", "t0ken"):
        assert hidden not in shown
    assert "https://bot.example.co.jp/punchout/cart/***" in shown


@pytest.mark.parametrize("first", ["SharedSecret", "Identity", "DigitalSignature"])
def test_elements_inside_a_secret_show_nothing_of_what_comes_after_it(first: str) -> None:
    """All three may hold anything (cXML 1.2.071); what follows is the rest of the document."""
    secrets = f"<{first}><Deep>hush<Deeper/></Deep></{first}><SharedSecret>hush-4711</SharedSecret>"
    shown = redacted((HEAD + CREDENTIAL.format(secrets, "<Email>taro@example.co.jp</Email>")).encode())
    for hidden in ("hush", "taro"):
        assert hidden not in shown


def test_a_form_hides_nothing() -> None:
    form = b"cxml-urlencoded=%3CcXML%3E%3CSharedSecret%3Ehush%3C%2FSharedSecret%3E taro%40example.co.jp"
    shown = redacted(form)
    assert "hush" not in shown
    assert "taro" not in shown


def test_a_document_that_breaks_off_inside_a_secret() -> None:
    assert "hush" not in redacted(b"<cXML><SharedSecret>hush")


def test_sentences_of_others_lose_their_addresses() -> None:
    said = "User taro.yamada@example.co.jp unknown, see https://a.example/x?session=1, Basic YWJjZA=="
    assert masked(said) == "User ***@*** unknown, see https://a.example/x?*** Basic ***"


def test_nothing_else_is_changed() -> None:
    assert masked("在庫切れのため、1 個は出荷できません。 B000000001 16,182円") == (
        "在庫切れのため、1 個は出荷できません。 B000000001 16,182円"
    )
