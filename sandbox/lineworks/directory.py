"""The member directory, and what each scope may see of a member (LINE WORKS reference 1.6, 7)."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.settings import Person

FULL_RECORD = frozenset({"user", "user.read", "directory", "directory.read"})
PROFILE = "user.profile.read"
EMAIL = "user.email.read"
USER_SCOPES = FULL_RECORD | {PROFILE, EMAIL}


class Directory:
    """The company's members."""

    def __init__(self, people: list[Person], domain_id: int) -> None:
        self.people = people
        self._domain_id = domain_id

    def find(self, identifier: str) -> Person | None:
        """By resource id or login id, as messages are addressed (reference 3.1)."""
        wanted = identifier.lower()
        return next((p for p in self.people if wanted in (p.user_id.lower(), p.login_id.lower())), None)

    def look_up(self, identifier: str) -> Person | None:
        """As `find`, and by `externalKey:…`, which only directory calls take (reference 7)."""
        prefix, _, key = identifier.partition(":")
        if prefix == "externalKey":
            return next((p for p in self.people if key and p.external_key == key), None)
        return self.find(identifier)

    def record(self, person: Person, scopes: frozenset[str]) -> dict[str, Any]:
        """The member as JSON, shaped by the strongest scope of the token."""
        if not scopes & (FULL_RECORD | {PROFILE}):
            return {"userId": person.user_id, "email": person.login_id}
        profile = {
            "domainId": self._domain_id,
            "userId": person.user_id,
            "userExternalKey": person.external_key,
            "email": person.login_id,
            "userName": {
                "lastName": person.last_name,
                "firstName": person.first_name,
                "phoneticLastName": None,
                "phoneticFirstName": None,
            },
            "i18nNames": [],
            "organizations": [self._organization(person)],
            "telephone": None,
            "cellPhone": None,
            "location": None,
        }
        if not scopes & FULL_RECORD:
            return profile
        states = {"isSuspended": False, "isDeleted": False, "isPending": False, "isAdministrator": False}
        return profile | {"locale": person.language, "timeZone": "Asia/Tokyo"} | states

    def _organization(self, person: Person) -> dict[str, Any]:
        """The person's post in the company's only domain, with the units it belongs to; the first is the main one."""
        units = [
            {
                "orgUnitId": str(uuid5(NAMESPACE_URL, name)),
                "orgUnitName": name,
                "orgUnitEmail": None,
                "primary": place == 0,
                "positionId": None,
                "positionName": None,
                "isManager": False,
            }
            for place, name in enumerate(person.organizations)
        ]
        return {
            "domainId": self._domain_id,
            "primary": True,
            "email": person.login_id,
            "orgUnits": units,
        }
