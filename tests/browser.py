"""A real browser for tests of pages. Without Chromium these tests skip and say what to install."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

MISSING = "no Chromium: apt-get install chromium fonts-noto-cjk (or set KAIMONO_CHROMIUM to its path)"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 820}


def chromium_path() -> str | None:
    """The Chromium to test with: KAIMONO_CHROMIUM, else the first one on the path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = (os.environ.get("KAIMONO_CHROMIUM"), *map(shutil.which, names))
    return next((path for path in found if path), None)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium that calls nobody but the pages under test."""
    path = chromium_path()
    if path is None:
        pytest.skip(MISSING)
    arguments = [
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
        "--disable-component-update",
        "--disable-sync",
    ]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, args=arguments)
        yield launched
        await launched.close()
