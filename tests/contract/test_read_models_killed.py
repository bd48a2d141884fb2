"""A process that follows the log is killed: nothing half done answers, and the next goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.models import helpers_of
from projections.models import ranges, rebuild
from projections.models.check import check
from projections.models.derive import derive
from projections.models.errors import HelperEnded
from projections.models.rebuild import Helpers
from projections.models.rebuild import rebuild as rebuild_models
from projections.models.runner import catch_up
from projections.models.store import NEW
from tests.contract.conftest import Place
from tests.contract.recorded import Recorded, dumped, found, noticing

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def recorded(place: Place, tmp_path: Path) -> Iterator[Recorded]:
    made = found(place, tmp_path)
    yield made
    made.node.close()


@pytest.mark.parametrize(("what", "at"), [("catch_up", 2), ("rebuild", 3), ("rebuild", 18)])
def test_killed_in_a_transaction(recorded: Recorded, what: str, at: int) -> None:
    """The rows are those of the position beside them, and the next run comes to the end."""
    recorded.collect(1, 2)
    with recorded.models() as models:
        catch_up(recorded.log, models, noticing)
        old, position = dumped(models), models.position()
    recorded.collect(3, 4, 5, 6)
    arguments = [str(recorded.node.home.path), what, str(at)]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.contract.follower", *arguments],
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL
    with recorded.models() as models:
        assert check(recorded.log, models, noticing).ok
        if what == "rebuild":
            assert (dumped(models), models.position()) == (old, position)
            assert models.position(NEW) is not None
        assert rebuild_models(recorded.log, models, noticing).size == recorded.node.store.size()
        assert check(recorded.log, models, noticing).ok


@pytest.fixture
def helpers(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> Helpers:
    monkeypatch.setattr(rebuild, "MIN_ENTRIES", 0)
    monkeypatch.setattr(ranges, "RANGE_ENTRIES", 20)
    return replace(helpers_of(recorded.node), count=2)


def test_helpers_make_the_rows_that_one_process_makes(recorded: Recorded, helpers: Helpers) -> None:
    """Rebuild and check by several processes end as they do in one."""
    for number in range(4):
        recorded.collect(*range(100), *range(number, 100, 7))
    recorded.tie(1, 2)
    recorded.compromise()
    with recorded.models() as models:
        rebuild_models(recorded.log, models, derive)
        alone = dumped(models)
        told: list[tuple[int, int]] = []
        rebuild_models(
            recorded.log, models, derive, helpers=helpers, progress=lambda *both: told.append(both)
        )
        assert dumped(models) == alone
        size = recorded.node.store.size()
        assert told[-1] == (size, size)
        report = check(recorded.log, models, derive, helpers=helpers)
        assert report.ok
        assert report.rows == sum(map(len, alone.values()))


def test_a_helper_that_is_killed(recorded: Recorded, helpers: Helpers) -> None:
    """Whoever asked says so; what the helpers had done is kept, and the next run goes on."""
    recorded.collect(*range(200))

    def kill(_done: int, _total: int) -> None:
        me = os.getpid()
        for child in Path(f"/proc/{me}/task/{me}/children").read_text("ascii").split():
            if b"rebuild_process" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)

    with recorded.models() as models:
        with pytest.raises(HelperEnded):
            rebuild_models(recorded.log, models, derive, helpers=helpers, progress=kill)
        assert models.position() is None
        assert models.done()
        rebuild_models(recorded.log, models, derive, helpers=helpers)
        assert check(recorded.log, models, derive).ok


def test_what_a_helper_raises_is_raised_here(recorded: Recorded, helpers: Helpers) -> None:
    """A helper that cannot open the log ends the rebuild with its own error."""
    recorded.collect(*range(30))
    elsewhere = replace(helpers, store=replace(helpers.store, url="sqlite:///nowhere/at/all"))
    with recorded.models() as models, pytest.raises(Exception, match="nowhere"):
        rebuild_models(recorded.log, models, derive, helpers=elsewhere)
