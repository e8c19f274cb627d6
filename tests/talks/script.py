"""The grammar of a transcript (*.talk): who does or sees what, one line each.

    # what the transcript shows
    太郎    [買い物をする]                 taps a button (twice in one line: a double tap)
    太郎    大阪支店の[選択する]            taps the button beside a place or on a card that says so; 最初の[…] the oldest
    太郎    注文履歴                       types
    太郎    (スタンプ)                     a stage direction, see `play`
    bot     ようこそ…会員ですか？  [はい] [いいえ ↗]     the next message to whoever acted last
    管理者   …が注文しました…  [購入者にトークを送る ↗]    the next message to the admin; 管理者が: the admin acts
    支店長   the same for the head of a branch, who is an admin where a group says so
    amazon  コピー用紙 × 2                 what happens in the shop and with the order, see `amazon`
    画面    カートを受け取りました…          what the browser shows; 画面で: a tap there, or (もう一つの画面)
    works   次の送信: 回数の上限              what LINE WORKS does, see `works`
    ルーム   1対1のトークで…                 the next message of the bot to a room of several people
    時計    +8日                          the clock moves on; 次の送信まで: until LINE WORKS takes one more message
    $       kaimono check                 a command, see `terminal`; 端末: what it prints
    誰も    【テスト】と言われない             nobody has been told these words, ever
    設定    用途を尋ねる                     before everything else: how the company is set up, see `scene`

… stands for anything, blanks count for nothing. A message must show exactly the buttons written, `↗` marks a link.
A line that begins with a blank goes on with the line before it.
"""

import re
from dataclasses import dataclass
from itertools import takewhile

PEOPLE = ("太郎", "花子", "Hanako", "하나코")
ADMINS = ("管理者", "支店長")
SPEAKERS = (
    *PEOPLE,
    *ADMINS,
    *(f"{admin}が" for admin in ADMINS),
    *("bot", "amazon", "works", "ルーム", "画面", "画面で", "時計", "誰も", "$", "端末", "設定"),
)
_LINE = re.compile(r"(?P<who>\S+)\s+(?P<what>.+)")
_WHAT = re.compile(r"(?P<words>.*?)\s*(?P<buttons>(?:\[[^\[\]]+\]\s*)*)", re.DOTALL)
_BUTTON = re.compile(r"\[([^\[\]]+)\]")


class BadScript(ValueError):
    """A transcript that cannot be read; the text names the line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `words` may be empty, `buttons` are the labels at its end as they are written."""

    number: int
    who: str
    words: str
    buttons: tuple[str, ...]

    def __str__(self) -> str:
        return written(self.who, self.words, self.buttons)


@dataclass(frozen=True, slots=True)
class Script:
    """`settings` are the lines 設定, `lines` all that happens then."""

    title: str
    settings: tuple[Line, ...]
    lines: tuple[Line, ...]


def parse(text: str) -> Script:
    """Reads a transcript. Raises BadScript for one without a title, without lines, or with a stranger in it."""
    first, *rest = text.splitlines() or [""]
    if not first.startswith("# "):
        raise BadScript("line 1: a transcript begins with a comment that says what it shows")
    found: list[tuple[int, str]] = []
    for number, line in enumerate(rest, start=2):
        if not line.strip() or line.startswith("#"):
            continue
        if not line[0].isspace():
            found.append((number, line.rstrip()))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line.strip()}")
        else:
            raise BadScript(f"line {number}: nothing stands before it that it could go on with")
    lines = [_line(number, line) for number, line in found]
    settings = tuple(takewhile(lambda line: line.who == "設定", lines))
    happens = tuple(lines[len(settings) :])
    if not happens:
        raise BadScript("line 1: nothing happens in this transcript")
    if late := [line.number for line in happens if line.who == "設定"]:
        raise BadScript(f"line {late[0]}: 設定 stands before everything that happens")
    return Script(first.removeprefix("# "), settings, happens)


def _line(number: int, line: str) -> Line:
    match = _LINE.match(line)
    if match is None or match["who"] not in SPEAKERS:
        raise BadScript(f"line {number}: begins with none of {' '.join(SPEAKERS)}: {line}")
    what = _WHAT.fullmatch(line[match.start("what") :])
    assert what is not None
    return Line(number, match["who"], what["words"], tuple(_BUTTON.findall(what["buttons"])))


def written(who: str, words: str, buttons: tuple[str, ...]) -> str:
    """A line as it would stand in a transcript."""
    shown = " ".join(f"[{label}]" for label in buttons)
    return "  ".join(part for part in (f"{who:<5}", " ".join(words.split()), shown) if part)


def says(expected: str, actual: str) -> bool:
    """Whether a text holds the expected words in order; … between them stands for anything."""
    at, text = 0, squeezed(actual)
    for words in expected.split("…"):
        found = text.find(squeezed(words), at)
        if found < 0:
            return False
        at = found + len(squeezed(words))
    return True


def squeezed(text: str) -> str:
    """The text without blanks and line ends, which transcripts break as they like."""
    return "".join(text.split())


def unseen(text: str) -> str:
    """The text with \\u202e and its like put in: what cannot be seen is written so that a reader sees it."""
    return re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text)
