"""A whole log put in the place of a node's own: well-formed, signed, and not this node's."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from tests.integration.driving import Founded, call
from tests.integration.material import FOUNDED_AT, admit_all


def _founded(home: Path) -> Founded:
    done = call("init", "--home", home, "--node", "xiamen", "--simulated-clock", "--at", FOUNDED_AT)
    assert done.code == 0, done.err
    node = Founded(home, "xiamen")
    admit_all(node)
    return node


def _store_id(path: Path, new: str | None = None) -> str:
    with sqlite3.connect(path) as database:
        if new is not None:
            database.execute("DROP TRIGGER store_info_no_UPDATE")
            database.execute("UPDATE store_info SET store_id = ?", (new,))
        (found,) = database.execute("SELECT store_id FROM store_info").fetchone()
    database.close()
    return str(found)


def test_a_log_rewritten_under_another_key_is_found(tmp_path: Path) -> None:
    """The audit trusts the key of its own home, not the one that the log begins with."""
    mine, other = _founded(tmp_path / "mine"), _founded(tmp_path / "other")
    assert mine.call("audit", "--json").json["ok"]
    place = mine.home / "ledger.sqlite"
    own = _store_id(place)
    _store_id(other.home / "ledger.sqlite", own)
    for side in (place.with_name("ledger.sqlite-wal"), place.with_name("ledger.sqlite-shm")):
        side.unlink(missing_ok=True)
    shutil.copy(other.home / "ledger.sqlite", place)
    told = mine.call("audit", "--json")
    assert told.code == 1
    assert "unknown_key" in {fault["kind"] for fault in told.json["faults"]}
