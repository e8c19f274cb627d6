"""What a stranger gets: lock files that fit, an image with every room, documents whose links lead somewhere."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

HERE = Path(__file__).parent.parent
PROJECT = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
ROOMS = {path.parent.name for path in HERE.glob("*/__init__.py")} - {"tests", "bench"}
RUNTIME = [*PROJECT["project"]["dependencies"], *EXTRAS["build"]]


def text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def pinned(lock: str) -> dict[str, set[Version]]:
    """Most packages have one version; some have another one for another Python or system."""
    versions: dict[str, set[Version]] = {}
    for name, version in re.findall(r"(?m)^([a-z0-9][a-z0-9._-]*)==(\S+)", text(lock)):
        versions.setdefault(name, set()).add(Version(version))
    return versions


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [("requirements.lock", RUNTIME), ("requirements-test.lock", [*RUNTIME, *EXTRAS["test"]])],
    ids=["runtime", "test"],
)
def test_a_lock_file_holds_what_the_project_asks_for(lock: str, wanted: list[str]) -> None:
    versions = pinned(lock)
    for line in wanted:
        requirement = Requirement(line)
        found = versions[requirement.name.lower()]
        assert all(version in requirement.specifier for version in found), f"run: make lock ({line})"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_a_lock_file_has_a_hash_for_everything_and_no_address(lock: str) -> None:
    packages = re.split(r"(?m)^(?=[a-z0-9])", text(lock))[1:]
    assert len(packages) == sum(map(len, pinned(lock).values()))
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in text(lock)


def test_both_lock_files_agree() -> None:
    runtime, tests = pinned("requirements.lock"), pinned("requirements-test.lock")
    assert {name: tests.get(name) for name in runtime} == runtime


def test_every_room_is_installed_and_in_the_image() -> None:
    installed = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    copied = set(re.findall(r"(?m)^COPY (\w+) \1$", text("Dockerfile")))
    let_through = set(re.findall(r"(?m)^!(\w+)$", text(".dockerignore")))
    assert {f"{room}*" for room in ROOMS} <= set(installed)
    assert copied == ROOMS
    assert let_through == ROOMS | {"LICENSE"}


@pytest.mark.parametrize("page", ["README.md", "README.ja.md"])
def test_the_pages_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", text(page))
    assert links
    assert [link for link in links if not (HERE / link).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "README.ja.md"])
def test_the_pages_name_the_commands_and_keys_that_there_are(page: str) -> None:
    said = text(page)
    example = text("config.example.toml")
    targets = set(re.findall(r"(?m)^([a-z]+):", text("Makefile")))
    assert set(re.findall(r"`make ([a-z]+)", said)) <= targets
    assert {"`make demo`", "`make test`"} <= set(re.findall(r"`[^`\n]+`", said))
    for key in re.findall(r"`([a-z]+_[a-z_]+)`", said):
        assert re.search(rf"(?m)^#?{key} = ", example), f"{page} speaks of {key}"


def test_the_version_is_in_the_changelog() -> None:
    assert f"## {PROJECT['project']['version']} " in text("CHANGELOG.md")
