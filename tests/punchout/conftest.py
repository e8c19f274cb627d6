"""What the tests of this room judge by: cXML's own DTD, never our own reader.

The DTD files are not part of this project; `KAIMONO_CXML_DTD` names their folder, `KAIMONO_REFERENCE` that of
Amazon's published samples. Without them the tests that need them are skipped.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from punchout.xml import parse

_REFERENCE = Path(__file__).parents[2] / ".." / "shared" / "reference"
DTD_FOLDER = Path(os.environ.get("KAIMONO_CXML_DTD", _REFERENCE / "amazon" / "dtd"))
REFERENCE_FOLDER = Path(os.environ.get("KAIMONO_REFERENCE", _REFERENCE))

Judge = Callable[[bytes], None]


def _judge(name: str) -> Judge:
    if not (DTD_FOLDER / name).is_file():
        pytest.skip(f"no {name}: set KAIMONO_CXML_DTD to the folder of cXML's DTD files")
    dtd = etree.DTD(str(DTD_FOLDER / name))

    def judge(document: bytes) -> None:
        if not dtd.validate(parse(document)):
            pytest.fail(f"not valid by {name}: {dtd.error_log.last_error}\n{document.decode()}")

    return judge


@pytest.fixture(scope="session")
def cxml_dtd() -> Judge:
    """Fails the test when a setup, cart, order or response is not valid by cXML.dtd."""
    return _judge("cXML.dtd")


@pytest.fixture(scope="session")
def fulfill_dtd() -> Judge:
    """The same for confirmations and ship notices, by Fulfill.dtd."""
    return _judge("Fulfill.dtd")
