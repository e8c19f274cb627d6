"""Addresses of the configuration: what is filled in, what is put in shape, and every fault at once in words."""

from pathlib import Path

import pytest

from bot.config import Address, ConfigFaults, load
from bot.fault import Fault
from bot.faults import told
from bot.talk.wording import wording
from tests.bot.configuration import TEXT, beside, instead, without, write


def address_of(folder: Path, text: str) -> Address:
    return load(write(folder, text), {}).company[0].addresses[0]


def faults_of(folder: Path, text: str) -> ConfigFaults:
    with pytest.raises(ConfigFaults) as caught:
        load(write(folder, text), {})
    return caught.value


def test_prefecture_and_city_come_from_the_postal_code(tmp_path: Path) -> None:
    place = address_of(tmp_path, without("city", without("prefecture", TEXT)))
    assert (place.postal_code, place.prefecture, place.city) == ("100-0005", "東京都", "千代田区")


def test_what_nobody_has_to_be_asked_about_is_put_in_shape(tmp_path: Path) -> None:
    text = instead('street = "丸の内１－１ー１"', instead('postal_code = "〒１０００００５"'))
    place = address_of(tmp_path, beside("street", 'building = "ｻﾝﾌﾟﾙﾋﾞﾙ　８階"', text))
    assert (place.postal_code, place.street, place.building) == (
        "100-0005",
        "丸の内1-1-1",
        "サンプルビル 8階",
    )


def test_a_small_ke_may_be_written_either_way(tmp_path: Path) -> None:
    text = instead('postal_code = "253-0044"', instead('prefecture = "神奈川県"'))
    assert address_of(tmp_path, instead('city = "茅ケ崎市"', text)).city == "茅ヶ崎市"


WRONG = {
    'prefecture = "大阪府"': Fault(
        "company[0].addresses[0].prefecture", "postal_elsewhere", "大阪府", "東京都千代田区"
    ),
    'prefecture = "東京"': Fault(
        "company[0].addresses[0].prefecture", "postal_elsewhere", "東京", "東京都千代田区"
    ),
    'city = "中央区"': Fault("company[0].addresses[0].city", "postal_elsewhere", "中央区", "東京都千代田区"),
    'postal_code = "999-9999"': Fault(
        "company[0].addresses[0].postal_code", "postal_unknown", "999-9999", "2026-10"
    ),
    'deliver_to = "総務部 髙橋"': Fault(
        "company[0].addresses[0].deliver_to", "label_characters", "髙", "総務部 高橋"
    ),
    'deliver_to = "情報システム本部 業務改革推進室 第一係"': Fault(
        "company[0].addresses[0].deliver_to", "label_width", "19"
    ),
    'street = "丸の内1-1-1 サンプルタワー 東棟 28階"': Fault(
        "company[0].addresses[0].street",
        "label_split",
        "18",
        'street = "丸の内1-1-1", building = "サンプルタワー 東棟 28階"',
    ),
}


@pytest.mark.parametrize("line", WRONG)
def test_one_wrong_line_is_one_fault(line: str, tmp_path: Path) -> None:
    assert faults_of(tmp_path, instead(line)).faults == [WRONG[line]]


def test_a_code_of_several_municipalities_needs_the_name(tmp_path: Path) -> None:
    text = instead('postal_code = "498-0000"', without("city", without("prefecture")))
    (fault, *missing) = sorted(
        faults_of(tmp_path, text).faults, key=lambda fault: fault.key != "postal_several"
    )
    assert (fault.place, fault.detail) == ("company[0].addresses[0].city", "498-0000")
    assert "愛知県弥富市" in fault.offer
    assert [one.place for one in missing] == ["company[0].addresses[0].prefecture"]
    text = instead('postal_code = "498-0000"', instead('prefecture = "愛知県"', without("city")))
    assert address_of(tmp_path, text).city == "弥富市"


def test_everything_that_is_wrong_is_told_at_once_with_what_to_write(tmp_path: Path) -> None:
    text = instead('mode = "live"', instead('prefecture = "大阪府"', instead('city = "北区"')))
    text = instead('street = "丸の内1-1-1 サンプルタワー 東棟 28階"', instead('deliver_to = "Ⅲ課"', text))
    text = instead('name = "㈱サンプル商事"', text)
    shown = told(wording("ja"), faults_of(tmp_path, text)).splitlines()
    assert len(shown) == 7
    assert any("company[0].amazon.mode" in line for line in shown)
    assert any("company[0].name" in line and "(株)サンプル商事" in line for line in shown)
    assert any("「Ⅲ」" in line and "III課" in line for line in shown)
    assert any('building = "サンプルタワー 東棟 28階"' in line for line in shown)
    assert sum("この郵便番号は 東京都千代田区 です" in line for line in shown) == 2


@pytest.mark.parametrize(
    "addresses", ['addresses = "本社"', "addresses = [5]", 'addresses = [{postal_code = 5, street = ["x"]}]']
)
def test_what_is_no_address_is_left_to_the_check_of_the_whole(addresses: str, tmp_path: Path) -> None:
    text = TEXT[: TEXT.index("[[company.addresses]]")]
    faults = faults_of(tmp_path, beside("name", addresses, text)).faults
    assert faults
    assert all(fault.key in ("wrong", "missing") for fault in faults)
