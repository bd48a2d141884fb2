"""Nodes founded through the command line, on both stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.driving import Founded, call
from tests.integration.material import FOUNDED_AT, admit_all
from tests.integration.region import found_region
from tests.integration.region_case import collected
from tests.integration.strait import Three

STORES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


def found(request: pytest.FixtureRequest, folder: Path, store: str, *options: str) -> Founded:
    name, place = "xiamen", []
    if store == "postgres":
        name = request.getfixturevalue("postgres_schema")
        place = ["--store", request.getfixturevalue("postgres_url")]
    home = folder / "home"
    done = call("init", "--home", home, "--node", name, "--region", "350200", *place, *options)
    assert done.code == 0, done.err
    return Founded(home, name)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def simulated(request: pytest.FixtureRequest, tmp_path: Path, store: str) -> Founded:
    """A node with a simulated clock on either store, founded on 2026-03-01, its bodies admitted."""
    node = found(request, tmp_path, store, "--simulated-clock", "--at", FOUNDED_AT)
    admit_all(node)
    return node


@pytest.fixture
def real(request: pytest.FixtureRequest, tmp_path: Path, store: str) -> Founded:
    """A node with a real clock on either store, its bodies admitted."""
    node = found(request, tmp_path, store)
    admit_all(node)
    return node


@pytest.fixture
def embedded(request: pytest.FixtureRequest, tmp_path: Path) -> Founded:
    """A node with a simulated clock on the default store."""
    node = found(request, tmp_path, "sqlite", "--simulated-clock", "--at", FOUNDED_AT)
    admit_all(node)
    return node


@pytest.fixture
def three(tmp_path: Path) -> Three:
    """Two cities on one side, a partner on the other; R1 at the first."""
    cities = found_region(tmp_path, ("xiamen", "zhangzhou", "kinmen"))
    collected(cities["xiamen"])
    return cities["xiamen"], cities["zhangzhou"], cities["kinmen"]
