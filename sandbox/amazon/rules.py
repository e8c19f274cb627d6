"""What Amazon refuses, in sentences: findings, the header every document shares, and the setup request.

Pure: a root element and plain facts in, facts and findings out. `faults` refuse a document; `remarks` are
things Amazon lets pass although they will bite somebody. Sources: Amazon reference 3, 5, 12 and 17.
Orders are in `order_rules`.
"""

import hmac
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lxml import etree

from sandbox.amazon.walk import has_zone, text

EMAIL_PATHS = (
    "Extrinsic[@name='UserEmail']",
    "ShipTo/Address/Email",
    "Contact/Email",
    "Extrinsic[@name='Email']",
)

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?", re.IGNORECASE)


@dataclass(slots=True)
class Findings:
    """`code` is the cXML status that the faults call for: 200 without any, else that of the first."""

    code: int = 200
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def refuse(self, code: int, sentence: str) -> None:
        if not self.faults:
            self.code = code
        self.faults.append(sentence)

    def remark(self, sentence: str) -> None:
        self.remarks.append(sentence)


@dataclass(frozen=True, slots=True)
class SetupFacts:
    """What a setup request says, and what the test log shows of it. An empty text means "not received".

    `selected` is the article that the shop opens on; cXML has room for one.
    """

    credentials: bool
    payload_id: str
    buyer_cookie: str
    hook_url: str
    email: str
    first_name: str
    last_name: str
    business_unit: str
    selected: str = ""


def judge_setup(root: etree._Element, identity: str, password: str) -> tuple[SetupFacts, Findings]:
    """Judge a PunchOutSetupRequest: 401 unknown credentials, 400 not acceptable, 403 data missing."""
    findings = Findings()
    credentials = judge_credentials(root, identity, password, findings)
    request = root.find("Request/PunchOutSetupRequest")
    if request is None:
        findings.refuse(400, "The document holds no Request/PunchOutSetupRequest.")
        request = etree.Element("PunchOutSetupRequest")
    elif request.get("operation") != "create":
        findings.refuse(
            400, f'operation="{request.get("operation", "")}" is not supported, only "create" is.'
        )
    cookie = request.findtext("BuyerCookie", "")
    if not cookie.strip():
        findings.refuse(400, "PunchOutSetupRequest/BuyerCookie is missing or empty.")
    hook_url = text(request, "BrowserFormPost/URL")
    email = next((found for path in EMAIL_PATHS if (found := text(request, path))), "")
    missing = []
    if not _EMAIL.fullmatch(email):
        what = f"the user's e-mail address ({email} is none)" if email else "the user's e-mail address"
        missing.append(f"{what}, looked for in {', '.join(EMAIL_PATHS)}")
    if not _is_web_address(hook_url):
        missing.append("the hook URL, looked for in BrowserFormPost/URL")
    if missing:
        payload_id = root.get("payloadID", "")
        findings.refuse(403, f"{{{payload_id}}} Mandatory data is missing: {'; '.join(missing)}.")
    facts = SetupFacts(
        credentials,
        root.get("payloadID", ""),
        cookie,
        hook_url if _is_web_address(hook_url) else "",
        email if _EMAIL.fullmatch(email) else "",
        text(request, "Extrinsic[@name='FirstName']"),
        text(request, "Extrinsic[@name='LastName']"),
        text(request, "Extrinsic[@name='UserBusinessUnit']"),
        text(request, "SelectedItem/ItemID/SupplierPartID"),
    )
    return facts, findings


def judge_credentials(root: etree._Element, identity: str, password: str, findings: Findings) -> bool:
    """Judge what every document of a buyer carries; returns whether its credentials are known."""
    if not root.get("payloadID"):
        findings.refuse(400, "cXML/@payloadID is missing.")
    if not has_zone(root.get("timestamp", "")):
        findings.refuse(400, "cXML/@timestamp is missing or has no time zone.")
    elif root.get("timestamp", "").endswith("Z"):
        findings.remark("timestamp の Z は cXML では認められていません。+09:00 のように書きます。")
    sender = [
        (text(credential, "Identity"), text(credential, "SharedSecret"))
        for credential in root.iterfind("Header/Sender/Credential")
    ]
    known = any(same_secret(name, identity) and same_secret(secret, password) for name, secret in sender)
    if not known:
        findings.refuse(401, "The Sender's credentials are not known.")
    elif text(root, "Header/From/Credential/Identity") != identity:
        known = False
        findings.refuse(401, "From names another account than the Sender's.")
    to = [
        (credential.get("domain", "").casefold(), text(credential, "Identity").casefold())
        for credential in root.iterfind("Header/To/Credential")
    ]
    if ("networkid", "amazon") not in to:
        findings.refuse(400, "To must name the credential NetworkId / Amazon.")
    if root.find("Header/Sender/UserAgent") is None:
        findings.remark("Sender に UserAgent がありません。")
    return known


def same_secret(given: str, right: str) -> bool:
    """Compared in constant time; an empty secret never matches."""
    return bool(right) and hmac.compare_digest(given.encode(), right.encode())


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(_HOST.fullmatch(parts.netloc))
