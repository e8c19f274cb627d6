"""Members as LINE WORKS' directory tells of them."""

from datetime import UTC, datetime, timedelta

from purchasing import companies, members
from purchasing.members import Person
from storage.database import Database, Tx
from storage.tables import Member

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
USER = "5c1b7f0e-3a52-4d9c-8b1e-0f6a2d4c7e01"


async def test_a_person_becomes_one_member_whose_empty_fields_keep_what_was_known(database: Database) -> None:
    def meet(tx: Tx) -> None:
        companies.provision(tx, "1", "株式会社サンプル商事", NOW)
        members.meet(tx, "1", Person(USER), NOW, looked_up=False)
        known = Person(USER, "taro.yamada@sample", "山田", "太郎", "ja_JP")
        members.meet(tx, "1", known, NOW + timedelta(hours=1), looked_up=True)
        members.meet(tx, "1", Person(USER), NOW + timedelta(hours=2), looked_up=False)

    await database.write(meet)
    member = await database.read(lambda tx: members.find(tx, "1", USER))
    assert member is not None
    assert (member.login_id, member.display_name, member.language) == (
        "taro.yamada@sample",
        "山田 太郎",
        "ja_JP",
    )
    assert (member.met_at, member.looked_up_at) == (NOW, NOW + timedelta(hours=1))


async def test_a_member_is_found_by_user_id_or_login_id_and_only_in_the_own_company(
    database: Database,
) -> None:
    def meet(tx: Tx) -> None:
        for company in ("1", "2"):
            companies.provision(tx, company, "株式会社サンプル商事", NOW)
        members.meet(tx, "1", Person(USER, "taro.yamada@sample"), NOW, looked_up=True)

    await database.write(meet)

    def look(tx: Tx) -> list[Member | None]:
        return [
            members.find(tx, company, who)
            for company, who in (("1", USER), ("1", "taro.yamada@sample"), ("2", USER), ("1", "nobody"))
        ]

    by_user, by_login, elsewhere, nobody = await database.read(look)
    assert by_user is not None
    assert by_login is not None
    assert by_user.id == by_login.id
    assert elsewhere is None
    assert nobody is None


async def test_a_new_address_does_not_make_a_new_registration(database: Database) -> None:
    def register(tx: Tx) -> None:
        companies.provision(tx, "1", "株式会社サンプル商事", NOW)
        member = members.meet(tx, "1", Person(USER), NOW, looked_up=False)
        assert member.email is None
        members.register(tx, member, "taro@example.co.jp", NOW)
        members.register(tx, member, "yamada@example.co.jp", NOW + timedelta(days=1))

    await database.write(register)
    member = await database.read(lambda tx: members.find(tx, "1", USER))
    assert member is not None
    assert (member.email, member.registered_at) == ("yamada@example.co.jp", NOW)


async def test_a_directory_that_does_not_answer_takes_nobody_out_of_an_organisation(
    database: Database,
) -> None:
    belonged = []

    def meet(tx: Tx) -> None:
        companies.provision(tx, "1", "株式会社サンプル商事", NOW)
        told = Person(USER, "taro.yamada@sample", organizations=("営業部", "大阪支店"))
        silent, moved = Person(USER), Person(USER, "taro.yamada@sample")
        for person in (told, silent, moved):
            member = members.meet(tx, "1", person, NOW, looked_up=True)
            belonged.append(member.organizations.splitlines())

    await database.write(meet)
    assert belonged == [["営業部", "大阪支店"], ["営業部", "大阪支店"], []]
