"""The log: one JSON object a line, with an id that follows a piece of work from callback to document.

Secrets have a type that prints ***; what is left to watch for are texts of others: mail addresses, bearer tokens, the
token in a link, and the row that PostgreSQL shows where it refuses one are blotted out here, whoever wrote them.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime

from bot.lineworks.text import clean
from storage.database import trace

QUIET = logging.WARNING

_BLOTS = (
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "***@***"),
    (re.compile(r"(?i)(bearer|basic)\s+[\w.~+/=-]+"), r"\1 ***"),
    (re.compile(r"/(shop|punchout/cart)/[\w-]+"), r"/\1/***"),
    (re.compile(r"(?is)<SharedSecret>.*?</SharedSecret>"), "<SharedSecret>***</SharedSecret>"),
    (
        re.compile(
            r"(?s)\nDETAIL:.*?(?=\n\[SQL: |\n\n(?:The above|During handling of the above) exception|\Z)"
        ),
        "\nDETAIL: ***",
    ),
)


def blot(text: str) -> str:
    """The text without mail addresses, bearer tokens, link tokens and rows of the database."""
    for pattern, instead in _BLOTS:
        text = pattern.sub(instead, text)
    return text


def one_line(text: str) -> str:
    """The same for a line at a terminal: what others wrote must neither break it nor command the terminal."""
    return blot(clean(text).replace("\n", " "))


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": blot(record.getMessage()),
        }
        if trace.get():
            entry["trace"] = trace.get()
        if record.exc_info:
            entry["exception"] = blot(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


class Seldom(logging.Filter):
    """Of what asyncio says a thousand times a second while the process has no file to accept a connection with, one line
    a minute."""

    def __init__(self) -> None:
        super().__init__()
        self._silent_until = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        if "out of system resource" not in record.getMessage():
            return True
        record.msg, record.args = (
            "no file is left to accept a connection with: raise the limit of open files",
            (),
        )
        record.exc_info = None
        told = record.created < self._silent_until
        if not told:
            self._silent_until = record.created + 60
        return not told


def set_up(level: int = logging.INFO) -> None:
    """Write the log of the whole process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("asyncio").addFilter(Seldom())
    logging.getLogger("alembic").setLevel(logging.WARNING)
