"""cXML's own DTD as a second judge. It is not part of the project: found by environment, or not available.

`KAIMONO_CXML_DTD` names the folder with cXML.dtd and Fulfill.dtd; the default is where references lie
beside a checkout.
"""

import os
from functools import cache
from pathlib import Path

from lxml import etree

VALID = "valid"
NOT_AVAILABLE = "not available"

_DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "reference" / "amazon" / "dtd"
_FULFILL = ("ConfirmationRequest", "ShipNoticeRequest")


def folder() -> Path:
    """Where the DTD files are looked for."""
    return Path(os.environ.get("KAIMONO_CXML_DTD") or _DEFAULT)


def verdict(root: etree._Element, kind: str) -> str:
    """`VALID`, `NOT_AVAILABLE`, or the first error as text. `kind` is the name of the payload element."""
    dtd = _load(folder() / ("Fulfill.dtd" if kind in _FULFILL else "cXML.dtd"))
    if dtd is None:
        return NOT_AVAILABLE
    if dtd.validate(root):
        return VALID
    first = dtd.error_log.filter_from_errors()[0]
    return f"line {first.line}: {first.message}"


@cache
def _load(path: Path) -> etree.DTD | None:
    return etree.DTD(file=str(path)) if path.is_file() else None
