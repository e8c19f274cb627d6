"""The command line: `kaimono --help` names its commands.

Errors are one sentence (all of them for a configuration) in the language of the locale, exit code 1; wrong use is exit
code 2. Imports of the parts are made by the command that needs them, so that --help is quick.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.operating import add_commands
from bot.talk.wording import Wording, wording


class Sentence(Exception):
    """What went wrong, for the person at the terminal."""


def language(environ: Mapping[str, str] = os.environ) -> Wording:
    """The words of the locale: Japanese for ja, Korean for ko, English for every other."""
    locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return wording(locale if locale.startswith(("ja", "ko")) else "en")


def main(arguments: list[str] | None = None) -> None:
    options = _parser(language()).parse_args(arguments)
    try:
        code = options.run(options)
        sys.stdout.flush()
    except Sentence as sentence:
        print(sentence, file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:  # whoever reads (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains at its end
        code = 141
    sys.exit(code)


def _parser(words: Wording) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kaimono", description=words("cli", "kaimono"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Any, *, config: bool = False) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=words("cli", name), description=words("cli", name))
        command.set_defaults(run=run)
        if config:
            command.add_argument(
                "--config", type=Path, required=True, metavar="FILE", help=words("cli", "config")
            )
        return command

    demo = add("demo", _demo)
    demo.add_argument("--walk", action="store_true", help=words("cli", "walk"))
    demo.add_argument("--port", type=_port, default=None, help=words("cli", "port"))
    demo.add_argument("--keep", type=Path, default=None, metavar="DIR", help=words("cli", "keep"))
    serve = add("serve", _serve, config=True)
    serve.add_argument("--role", choices=("all", "web", "worker"), default="all", help=words("cli", "role"))
    sandbox = add("sandbox", _sandbox)
    sandbox.add_argument(
        "--config", type=Path, default=None, metavar="FILE", help=words("cli", "sandbox_config")
    )
    add("check", _check, config=True)
    replay = add("replay", _replay)
    replay.epilog = words("cli", "replay_late")
    replay.add_argument("files", nargs="+", type=Path, metavar="FILE", help=words("cli", "files"))
    replay.add_argument("--to", required=True, metavar="URL", help=words("cli", "to"))
    replay.add_argument(
        "--bot-secret-file", required=True, type=Path, metavar="FILE", help=words("cli", "bot_secret_file")
    )
    replay.add_argument("--bot-id", default="2000001", metavar="ID", help=words("cli", "bot_id"))
    read = add("read", _read)
    read.add_argument("files", nargs="+", type=Path, metavar="FILE", help=words("cli", "read_files"))
    add("migrate", _migrate, config=True)
    copy = add("copy", _copy)
    copy.add_argument("--from", dest="source", required=True, metavar="URL", help=words("cli", "copy_from"))
    copy.add_argument("--to", dest="target", required=True, metavar="URL", help=words("cli", "copy_to"))
    backup = add("backup", _backup, config=True)
    backup.add_argument("file", type=Path, metavar="FILE", help=words("cli", "backup_file"))
    restore = add("restore", _restore, config=True)
    restore.add_argument("file", type=Path, metavar="FILE", help=words("cli", "restore_file"))
    restore.add_argument("--replace", action="store_true", help=words("cli", "replace"))
    bot = add("bot", None).add_subparsers(required=True, metavar="COMMAND")
    setup = bot.add_parser("setup", help=words("cli", "setup"), description=words("cli", "setup"))
    setup.set_defaults(run=_setup)
    setup.add_argument("--config", type=Path, required=True, metavar="FILE", help=words("cli", "config"))
    setup.add_argument("--apply", action="store_true", help=words("cli", "apply"))
    add_commands(add, words)
    return parser


def _port(said: str) -> int:
    """Raises ArgumentTypeError for what is none."""
    if not (said.isdecimal() and len(said) < 6 and int(said) <= 65_535):
        raise argparse.ArgumentTypeError(f"not a port: {said!r}")
    return int(said)


def load_config(path: Path) -> Any:
    from bot.config import ConfigFaults, load
    from bot.faults import told

    try:
        return load(path)
    except ConfigFaults as faults:
        raise Sentence(told(language(), faults)) from None


def _serve(options: argparse.Namespace) -> int:
    from bot import log
    from bot.serving import serve

    config = load_config(options.config)
    log.set_up()
    return told(serve(config, options.role))


def _demo(options: argparse.Namespace) -> int:
    from bot.demo import demo

    return told(demo(language(), options.port, options.keep, walk=options.walk))


def _sandbox(options: argparse.Namespace) -> int:
    from bot.demo import sandbox
    from sandbox.settings import SettingsError, load

    try:
        settings = load(options.config)
    except SettingsError as error:
        raise Sentence(str(error)) from None
    return told(sandbox(language(), settings))


def _check(options: argparse.Namespace) -> int:
    from bot.check import check

    return told(check(load_config(options.config), language()))


def _replay(options: argparse.Namespace) -> int:
    from bot.replay import replay

    return told(replay(language(), options.files, options.to, options.bot_secret_file, options.bot_id))


def _read(options: argparse.Namespace) -> int:
    from bot.read import read

    return read(language(), options.files)


def _setup(options: argparse.Namespace) -> int:
    from bot.setup import setup

    return told(setup(load_config(options.config), language(), apply=options.apply))


def _migrate(options: argparse.Namespace) -> int:
    from storage.migrate import migrate

    words, config = language(), load_config(options.config)
    with _failing("fault", "database"):
        applied = migrate(config.database)
    for revision in applied:
        print(words("cli", "migrated", revision=revision))
    if not applied:
        print(words("cli", "migrated_nothing"))
    return 0


def _copy(options: argparse.Namespace) -> int:
    from bot.keep import copy

    with _failing("cli", "copy_failed"):
        return copy(language(), options.source, options.target)


def _backup(options: argparse.Namespace) -> int:
    from bot.keep import backup

    config = load_config(options.config)
    with _failing("cli", "backup_failed"):
        return backup(config, language(), options.file)


def _restore(options: argparse.Namespace) -> int:
    from bot.keep import restore
    from storage.copy import NotEmpty

    words, config = language(), load_config(options.config)
    with _failing("cli", "restore_failed"):
        try:
            return restore(config, words, options.file, replace=options.replace)
        except NotEmpty as fault:
            raise Sentence(words("cli", "restore_not_empty", detail=str(fault))) from None


@contextmanager
def _failing(section: str, name: str) -> Iterator[None]:
    """Trouble with the database becomes this sentence of the catalogue."""
    from storage.database import DatabaseFault

    try:
        yield
    except DatabaseFault as fault:
        raise Sentence(language()(section, name, detail=str(fault))) from None


def told(work: Coroutine[Any, Any, int]) -> int:
    """Run it; what keeps a bot from starting becomes a sentence."""
    from bot.faults import Unstartable, sentence

    try:
        return asyncio.run(work)
    except Unstartable as error:
        raise Sentence(sentence(language(), error)) from None
