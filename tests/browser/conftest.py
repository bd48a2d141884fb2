"""One Chromium for all tests of a worker; each test finds it as if it were new."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium import Browser, missing, started


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder need a program of the system."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.tools)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Started when the first test asks for it; skips with a reason where there is none."""
    why = missing()
    if why is not None:
        pytest.skip(why)
    with started(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """The browser, with nothing open, kept or heard."""
    chromium.forget()
    return chromium
