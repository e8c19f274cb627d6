"""What is laid over a configuration file before it is checked: environment variables and files with secrets."""

import json
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

PREFIX = "KAIMONO_"
SECRETS = (
    "bot_secret",
    "client_secret",
    "private_key",
    "shared_secret",
    "notice_password",
    "client_certificate",
)
FROM_FILES = {*SECRETS, "database"}
"""What may stand in a file of its own; the address of a database may hold a password."""


def overlay(raw: dict[str, Any], environ: Mapping[str, str], known: Container[str]) -> None:
    """Put every KAIMONO_… variable whose first word is a known key where it belongs."""
    for name, value in sorted(environ.items()):
        steps = name.removeprefix(PREFIX).lower().split("__")
        if not name.startswith(PREFIX) or _without_file(steps[0]) not in known:
            continue
        target: Any = raw
        for step, following in zip(steps, [*steps[1:], ""], strict=True):
            last = following == ""
            leaf: Any = (_environment_value(value)) if last else ([] if following.isdigit() else {})
            if isinstance(target, list) and step.isdigit():
                target += [{} for _ in range(int(step) + 1 - len(target))] if int(step) < 100 else []
                if last and int(step) < len(target):
                    target[int(step)] = leaf
                target = target[int(step)] if int(step) < len(target) else {}
            elif isinstance(target, dict):
                if last:
                    target[step] = leaf
                    other = _without_file(step) if step.endswith("_file") else f"{step}_file"
                    target.pop(other, None)  # the environment wins, whichever of the two forms it uses
                target = target.setdefault(step, leaf)


def _environment_value(text: str) -> Any:
    if text.startswith("["):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _without_file(key: str) -> str:
    """The secret that the file of a `<secret>_file` holds."""
    name = key.removesuffix("_file")
    return name if name in FROM_FILES else key


def read_secret_files(node: Any, folder: Path, place: str, unread: list[tuple[str, str]]) -> None:
    """Replace every `<secret>_file` by the file's content, looked for beside the configuration first.

    What cannot be read goes into `unread` as (place, file).
    """
    if isinstance(node, list):
        for index, item in enumerate(node):
            read_secret_files(item, folder, f"{place}[{index}]", unread)
    if not isinstance(node, dict):
        return
    for key in list(node):
        here = f"{place}.{key}".lstrip(".")
        name = key.removesuffix("_file")
        if name == key or name not in FROM_FILES:
            read_secret_files(node[key], folder, here, unread)
            continue
        given = str(node.pop(key))
        file = next((p for p in (folder / given, Path(given)) if p.is_file()), None)
        try:
            node[name] = file.read_text(encoding="utf-8") if file else None
        except (OSError, UnicodeDecodeError):
            file = None
        if file is None:
            node.pop(name, None)
            unread.append((here, given))
