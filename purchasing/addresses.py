"""Delivery addresses: what the configuration declares, as rows, as text for a person and as cXML's Address."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlmodel import select

from punchout.address import Address
from purchasing import policy
from purchasing.values import Company
from storage.database import Tx
from storage.tables import DeliveryAddress, Member

PREFECTURES = tuple((Path(__file__).parent / "prefectures.txt").read_text(encoding="utf-8").split())
"""The 47 names that cXML's State takes in Japan, in the order of ISO 3166-2."""


@dataclass(frozen=True, slots=True)
class Declared:
    """An address as the configuration file declares it."""

    key: str
    name: str
    postal_code: str
    prefecture: str
    city: str
    street: str
    building: str
    deliver_to: str
    phone: str


def provision(tx: Tx, company_id: str, declared: Sequence[Declared]) -> None:
    """Make the file's addresses the company's: new ones added, changed ones changed, missing ones retired."""
    rows = {
        row.key: row
        for row in tx.orm.exec(select(DeliveryAddress).where(DeliveryAddress.company_id == company_id))
    }
    for position, address in enumerate(declared):
        row = rows.pop(address.key, None) or DeliveryAddress(
            company_id=company_id, position=position, **asdict(address)
        )
        row.sqlmodel_update({**asdict(address), "position": position, "retired": False, "managed_by": "file"})
        tx.orm.add(row)
    for row in rows.values():
        row.retired = True
        tx.orm.add(row)


def choices(tx: Tx, company: Company, member: Member) -> list[DeliveryAddress]:
    """The addresses the member's group may choose from: the one used last first, then the company's order."""
    rows = tx.orm.exec(
        select(DeliveryAddress)
        .where(DeliveryAddress.company_id == member.company_id, DeliveryAddress.retired == False)  # noqa: E712
        .order_by(DeliveryAddress.position)  # type: ignore[arg-type]
    ).all()
    group = policy.group_of(company, member)
    visible = [row for row in rows if not group or not group.addresses or row.key in group.addresses]
    return sorted(visible, key=lambda row: row.key != member.last_address)


def called(places: list[DeliveryAddress], key: str) -> list[DeliveryAddress]:
    """Those of the places that have the name of this one; all of them where it is none of these."""
    names = {place.name for place in places if place.key == key}
    return [place for place in places if place.name in names] or places


def get(tx: Tx, company_id: str, key: str) -> DeliveryAddress:
    """The address with this key, retired or not. Raises LookupError for a key that never existed."""
    row = tx.orm.exec(
        select(DeliveryAddress).where(DeliveryAddress.company_id == company_id, DeliveryAddress.key == key)
    ).first()
    if row is None:
        raise LookupError(f"no delivery address {key!r}")
    return row


def one_line(address: DeliveryAddress) -> str:
    """An address as Japanese write it, big to small: 〒100-0005 東京都千代田区丸の内1-1-1 ビル名."""
    place = f"{address.prefecture}{address.city}{address.street}"
    return f"〒{address.postal_code} {place} {address.building}".rstrip()


def contact_of(member: Member) -> Address:
    """The member, as the person to ask: a name and a mail address, no place."""
    email = member.email or ""
    return Address("", member.display_name or email, (), "", "", "", (), "", email)


def to_cxml(company: Company, address: DeliveryAddress, email: str) -> Address:
    """The address as the supplier's documents want it. A missing building stays as one blank (japan.md 1.3)."""
    return Address(
        id=address.key,
        company=company.name,
        deliver_to=(address.deliver_to or company.name,),
        postal_code=address.postal_code,
        prefecture=address.prefecture,
        city=address.city,
        streets=(address.street, address.building or " "),
        phone=address.phone,
        email=email,
    )
