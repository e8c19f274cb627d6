"""config.example.toml and the catalogue explain every key of the configuration, and neither can go stale."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_args

import pytest
from pydantic import BaseModel

from bot.config import Config, load
from bot.talk.wording import LANGUAGES, wording
from tests.bot.configuration import write

EXAMPLE = (Path(__file__).parents[2] / "config.example.toml").read_text(encoding="utf-8")
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_has_a_sentence_on_what_belongs_there(language: str) -> None:
    words = wording(language)
    missing = {key for _, key in _keys(Config) if not words.has("expected", key)}
    assert missing == set()


def _keys(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, str]]:
    """Every key of the configuration as (section, key)."""
    for key, field in model.model_fields.items():
        yield place, key
        for inner in (field.annotation, *get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from _keys(inner, f"{place}.{key}".lstrip("."))


def _uncommented(text: str) -> str:
    """With every #key = … and every #[section] in force."""
    return re.sub(r"(?m)^#(?=[a-z_]+ = |\[)", "", text)


def test_the_example_starts_once_its_key_is_there(tmp_path: Path) -> None:
    config = load(write(tmp_path, EXAMPLE), {})
    assert [address.name for address in config.company[0].addresses] == ["本社", "大阪支店"]


def _section(place: str) -> Mapping[str, Any]:
    """The example's section at this place (of a list, the first), with all that is commented out."""
    section: Any = tomllib.loads(_uncommented(EXAMPLE))
    for step in filter(None, place.split(".")):
        section = section.get(step, {})
        section = section[0] if isinstance(section, list) else section
    return cast(Mapping[str, Any], section)


def test_the_example_names_every_key_there_is() -> None:
    missing = [
        f"{place}.{key}" for place, key in _keys(Config) if not {key, f"{key}_file"} & set(_section(place))
    ]
    assert missing == []


def test_the_defaults_that_the_example_shows_are_the_defaults(tmp_path: Path) -> None:
    """Groups and recording have no default but to be absent; the example shows one of each."""
    shown = load(write(tmp_path, _uncommented(EXAMPLE)), {})
    companies = [company.model_copy(update={"groups": []}) for company in shown.company]
    plain = shown.model_copy(update={"record": None, "company": companies})
    assert load(write(tmp_path, EXAMPLE), {}) == plain


def test_the_example_explains_every_key_in_both_languages() -> None:
    lines = EXAMPLE.splitlines()
    first_address = lines.index('name = "大阪支店"') - 2
    for number, line in enumerate(lines[:first_address]):
        if re.match(r"#?[a-z_]+ = ", line):
            japanese, english = lines[number - 2], lines[number - 1]
            assert japanese.startswith("# "), line
            assert JAPANESE.search(japanese), line
            assert english.startswith("#   "), line
