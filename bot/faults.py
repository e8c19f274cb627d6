"""What keeps the bot from starting, in words: faults of the configuration, and trouble with database, keys and port."""

from bot.config import ConfigFaults
from bot.fault import Fault
from bot.talk.wording import Wording
from storage.database import DatabaseFault
from storage.vault import VaultFault


class Unstartable(Exception):
    """`key` names the sentence, `cause` is what happened."""

    def __init__(self, key: str, cause: Exception) -> None:
        super().__init__(str(cause))
        self.key = key


def unstartable(error: Exception) -> Unstartable:
    """The kind of trouble that an error is."""
    if isinstance(error, VaultFault):
        return Unstartable("key_file", error)
    if isinstance(error, DatabaseFault):
        return Unstartable("database", error)
    return Unstartable("listen", error)


TROUBLE = (VaultFault, DatabaseFault, OSError)


def sentence(words: Wording, error: Unstartable) -> str:
    return words("fault", error.key, detail=str(error))


def told(words: Wording, faults: ConfigFaults) -> str:
    """Every fault of a configuration, a line each."""
    return "\n".join([words("fault", "heading"), *(f"- {_line(words, fault)}" for fault in faults.faults)])


def _line(words: Wording, fault: Fault) -> str:
    if fault.key in ("missing", "wrong"):
        expected = words("expected", fault.detail) if words.has("expected", fault.detail) else ""
        return words("fault", fault.key, place=fault.place, expected=expected).rstrip()
    return words("fault", fault.key, place=fault.place, detail=fault.detail, offer=fault.offer)
