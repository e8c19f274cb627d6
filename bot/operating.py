"""The commands of an operator who looks after a running bot: `kaimono jobs | audit | evidence`.

What is common to all commands (reading the configuration, telling what keeps one from running) is `bot.cli`'s.
"""

import argparse
import re
from collections.abc import Callable

from bot.talk.wording import Wording

Add = Callable[..., argparse.ArgumentParser]


def add_commands(add: Add, words: Wording) -> None:
    jobs = add("jobs", _jobs, config=True)
    act = jobs.add_mutually_exclusive_group()
    act.add_argument("--again", default="", metavar="ID", help=words("cli", "again"))
    act.add_argument("--forget", default="", metavar="ID", help=words("cli", "forget"))
    act.add_argument(
        "--forget-company", type=_text, default="", metavar="ID", help=words("cli", "forget_company")
    )
    audit = add("audit", _audit, config=True)
    audit.add_argument("act", nargs="?", choices=("list", "verify"), default="list", help=words("cli", "act"))
    audit.add_argument("--order", type=_text, default="", metavar="NUMBER", help=words("cli", "order"))
    audit.add_argument("--member", type=_text, default="", metavar="ID", help=words("cli", "member"))
    audit.add_argument("--limit", type=_count, default=100, metavar="N", help=words("cli", "limit"))
    audit.add_argument(
        "--expect", type=_head, action="append", default=[], metavar="PLACE:HASH", help=words("cli", "expect")
    )
    evidence = add("evidence", _evidence, config=True)
    evidence.add_argument("order", type=_text, metavar="NUMBER", help=words("cli", "evidence_order"))
    evidence.add_argument("--show", type=int, default=0, metavar="ID", help=words("cli", "show"))
    evidence.add_argument("--raw", action="store_true", help=words("cli", "raw"))


def _text(said: str) -> str:
    """What a terminal of another encoding sends may be no text. Raises ArgumentTypeError for that."""
    try:
        said.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"not a text: {said!r}") from None
    return said


def _count(said: str) -> int:
    """Raises ArgumentTypeError for less than 1 and more than there can be."""
    if not (said.isdecimal() and len(said) <= 10 and 1 <= int(said) <= 10**9):
        raise argparse.ArgumentTypeError(f"not a number from 1 to {10**9}: {said!r}")
    return int(said)


def _head(said: str) -> tuple[int, str]:
    """PLACE:HASH as `verify` prints it. Raises ArgumentTypeError for anything else."""
    place, _, its_hash = said.partition(":")
    if not place.isdecimal() or not re.fullmatch("[0-9a-fA-F]{64}", its_hash):
        raise argparse.ArgumentTypeError(f"not PLACE:HASH as `kaimono audit verify` prints it: {said!r}")
    return int(place), its_hash.lower()


def _jobs(options: argparse.Namespace) -> int:
    from bot.cli import language, load_config, told
    from bot.jobs import jobs

    config, words = load_config(options.config), language()
    what = {"again": options.again, "forget": options.forget, "forget_company": options.forget_company}
    return told(jobs(config, words, **what))


def _audit(options: argparse.Namespace) -> int:
    from bot.cli import language, load_config, told
    from bot.trail import show, verify

    config, words = load_config(options.config), language()
    if options.act == "verify":
        return told(verify(config, words, options.expect))
    return told(show(config, words, order=options.order, member=options.member, limit=options.limit))


def _evidence(options: argparse.Namespace) -> int:
    from bot.cli import language, load_config, told
    from bot.documents import documents

    config, words = load_config(options.config), language()
    return told(documents(config, words, options.order, show=options.show, raw=options.raw))
