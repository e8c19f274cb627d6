"""What Amazon Japan wants of the address that goods are shipped to (reference 13, japan.md 1)."""

import re

from lxml import etree

from sandbox.amazon.rules import Findings
from sandbox.amazon.walk import attribute, text

_NAMES = """
    北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県
    東京都 神奈川県 新潟県 富山県 石川県 福井県 山梨県 長野県 岐阜県 静岡県 愛知県 三重県
    滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県 鳥取県 島根県 岡山県 広島県 山口県 徳島県
    香川県 愛媛県 高知県 福岡県 佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県
"""
PREFECTURES = frozenset(_NAMES.split())

_POSTAL_CODE = re.compile(r"\d{3}-\d{4}")


def judge_places(order: etree._Element, findings: Findings) -> frozenset[str]:
    """Where an order goes, as prefectures: one ShipTo in the header, or one on every line, never both (reference 8.3)."""
    header, items = order.find("OrderRequestHeader/ShipTo"), order.findall("ItemOut")
    of_lines = [place for item in items if (place := item.find("ShipTo")) is not None]
    if header is not None and of_lines:
        findings.refuse(400, "ShipTo stands in the header and on lines; it must be one or the other.")
    elif header is None and not of_lines:
        findings.refuse(400, "OrderRequestHeader/ShipTo is missing; there is no other place to ship to.")
    elif header is None and len(of_lines) < len(items):
        findings.refuse(
            400, "ShipTo stands on some lines only; without one in the header every line needs it."
        )
    places = [header] if header is not None else of_lines
    for place in places:
        address = place.find("Address")
        judge_address(etree.Element("Address") if address is None else address, findings)
    return frozenset(text(place, "Address/PostalAddress/State") for place in places)


def judge_address(address: etree._Element, findings: Findings) -> None:
    """Every part must be filled and printable on a label; lengths have no published limit (gaps A9)."""
    postal = "PostalAddress"
    for path, name in (
        ("Name", "Name"),
        (f"{postal}/DeliverTo", "DeliverTo"),
        (f"{postal}/Street", "Street"),
        (f"{postal}/City", "City"),
        (f"{postal}/State", "State"),
        (f"{postal}/PostalCode", "PostalCode"),
    ):
        if not text(address, path):
            findings.refuse(400, f"ShipTo: {name} is missing or empty.")
    state, code = text(address, f"{postal}/State"), text(address, f"{postal}/PostalCode")
    if state and state not in PREFECTURES:
        findings.refuse(400, f"ShipTo: {state} is not a prefecture.")
    if code and not _POSTAL_CODE.fullmatch(code):
        findings.refuse(400, "ShipTo: PostalCode must be written like 100-0005.")
    if attribute(address, f"{postal}/Country", "isoCountryCode") != "JP":
        findings.refuse(400, 'ShipTo: Country must be isoCountryCode="JP".')
    letters = text(address)
    if strange := sorted({sign for sign in letters if not _is_plain(sign)}):
        findings.refuse(400, f"ShipTo: characters that cannot be printed on the label: {' '.join(strange)}")
    if len(address.findall(f"{postal}/Street")) < 2:
        findings.remark("ShipTo: 建物名の Street がありません(空白1文字で埋めます)。")
    if not re.fullmatch(r"0\d{9,10}", text(address, "Phone/TelephoneNumber/Number")):
        findings.remark("ShipTo: 電話番号は 0 から始まるハイフンなしの数字で書きます。")


def _is_plain(sign: str) -> bool:
    """Known to JIS: machine-dependent characters (㈱, Ⅲ, 髙) cannot be registered (japan.md 1.3, 1.5)."""
    try:
        sign.encode("shift_jis")
    except UnicodeEncodeError:
        return False
    return True
