"""Where the LINE WORKS reference lies, for tests that read its files in place; nothing is copied."""

import os
from pathlib import Path

import pytest

_BESIDE_THE_REPOSITORY = Path(__file__).resolve().parents[4] / "shared" / "reference"


def lineworks_reference() -> Path:
    """The folder of the LINE WORKS reference; skips the test where it is absent."""
    folder = Path(os.environ.get("KAIMONO_REFERENCE", _BESIDE_THE_REPOSITORY)) / "lineworks"
    if not folder.is_dir():
        pytest.skip(
            "the LINE WORKS reference is not here: set KAIMONO_REFERENCE to the folder that holds lineworks/"
        )
    return folder
