"""Japan Post's data as we keep it, and the file made anew from entries as the package holds them."""

import lzma
from typing import Any

from purchasing.addresses import PREFECTURES
from purchasing.labels import unprintable
from purchasing.make_postcodes import written
from purchasing.postcodes import FILE, Municipality, look_up


def test_codes_are_found_with_their_municipality() -> None:
    found = look_up(["100-0005", "530-0001", "250-0521", "000-0000"])
    assert found.edition >= "2026-10"
    assert found.by_code == {
        "100-0005": (Municipality("東京都", "千代田区"),),
        "530-0001": (Municipality("大阪府", "大阪市北区"),),
        "250-0521": (Municipality("神奈川県", "足柄下郡箱根町"),),
    }


def test_a_code_may_lie_in_two_prefectures() -> None:
    there = look_up(["498-0000"]).by_code["498-0000"]
    assert {place.prefecture for place in there} == {"三重県", "愛知県"}


def test_an_office_has_a_code_of_its_own() -> None:
    assert look_up(["100-8111"]).by_code["100-8111"] == (Municipality("東京都", "千代田区"),)


def test_the_data_is_whole_and_every_name_can_be_printed() -> None:
    lines = [line.split(" ") for line in lzma.decompress(FILE.read_bytes()).decode().splitlines()[1:]]
    assert {line[0] for line in lines} == set(PREFECTURES)
    assert len({(line[0], line[1]) for line in lines}) == len(lines) > 1_800
    assert sum(len(line) - 2 for line in lines) > 140_000
    assert unprintable("".join(line[1] for line in lines)) == ""


def test_the_small_ke_of_a_name_is_written_either_way() -> None:
    assert Municipality("神奈川県", "茅ヶ崎市").is_called("茅ケ崎市")
    assert not Municipality("神奈川県", "横浜市西区").is_called("横浜市")


def test_the_file_is_made_from_entries() -> None:
    def entry(code: str, city: str, **more: object) -> dict[str, Any]:
        return {"postal_code": code, "prefecture": "東京都", "city": city, **more}

    entries = [
        entry("1000005", "千代田区", alternates=[entry("1000005", "中央区")]),
        entry("1000001", "千代田区"),
        entry("1000001", "千代田区"),
    ]
    assert written(entries, "2026-10") == "2026-10\n東京都 中央区 1000005\n東京都 千代田区 1000001 4\n"
