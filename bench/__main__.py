"""`python -m bench`: every aim measured, as a table, as JSON and as a chart. Ends with 1 where one is short of good.

`python -m bench ack turn` measures some only, and writes nothing.
"""

import json
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench import ack, documents, growth, scale, turn
from bench.aims import Row
from bench.chart import chart

PARTS: dict[str, Callable[[], list[Row]]] = {
    "documents": documents.measure,  # in this process, whose memory the others' loads cut to pieces
    "ack": ack.measure,
    "turn": turn.measure,
    "growth": growth.measure,
    "scale": scale.measure,
}
HERE = Path(__file__).parent
RESULT, CHART = HERE / "result.json", HERE.parent / "docs" / "speed.svg"


def _ticks() -> tuple[int, int]:
    """Of all processors since the machine started: all time, and what the host gave to others of it (Linux only)."""
    ticks = [
        int(word) for word in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    ]
    return sum(ticks[:8]), ticks[7]


def main(wanted: list[str]) -> int:
    if unknown := sorted(set(wanted) - PARTS.keys()):
        print(
            f"nothing is measured under {', '.join(unknown)}; there is: {', '.join(PARTS)}", file=sys.stderr
        )
        return 2
    rows: list[Row] = []
    before, busy = _ticks(), os.getloadavg()[1]
    print("ratio, the least and the most of its rounds, good → what we are after", flush=True)
    for name in wanted or PARTS:
        for row in PARTS[name]():
            rows.append(row)
            print(row.line(), flush=True)
            print("    " + ", ".join(f"{what} {value}" for what, value in row.figures.items()), flush=True)
    if not wanted:
        machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
        time, stolen = (now - then for now, then in zip(_ticks(), before, strict=True))
        facts: dict[str, object] = {"at": datetime.now(UTC).date().isoformat(), "machine": machine}
        facts |= {"load before": round(busy, 1), "processor time the host took away": round(stolen / time, 3)}
        report = facts | {row.aim.key: row.as_json() for row in rows}
        RESULT.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        CHART.write_text(chart(rows), encoding="utf-8")
    return 1 if any(row.verdict == "short" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
