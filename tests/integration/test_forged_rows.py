"""Rows that the node never signed, put into its store with every column and link in order."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger.codec import decode
from ledger.entry import StoredEntry
from ledger.log.stream import UnsignedEntry, fold_governing, require_signed
from ledger.node import Node
from ledger.organisations.registry import NodeKey, Registry
from ledger.signing import dsse
from ledger.signing.canonical import canonical
from ledger.signing.keys import SigningKey, new_signing_key
from ledger.subject.aggregate import BrokenStream
from tests.integration.driving import Founded
from tests.integration.material import FIRM, OFFICER, at, collect
from tests.integration.test_apply import NOTICE, SANCTION

Change = Callable[[dict[str, Any]], None]

STRANGER = new_signing_key(bytes(range(32)))
NOTICE_AGAIN = NOTICE | {"served_on": "2026-03-04", "at": at("03-04")}


@pytest.fixture
def noticed(embedded: Founded, tmp_path: Path) -> Founded:
    """A node with one record; a notice is the last entry of its subject's stream."""
    lines = [collect(1, **{"as": "R1", "at": at("03-02")}), NOTICE | {"at": at("03-03")}]
    done = embedded.apply(tmp_path, lines, "--labels", tmp_path / "labels.json")
    assert done.code == 0, done.out
    return embedded


def _columns(database: sqlite3.Connection) -> list[str]:
    return [row[1] for row in database.execute("PRAGMA table_info(entries)")]


def _forge(
    node: Founded, topic: str, change: Change, key: SigningKey | None = None, copy: bool = False
) -> int:
    """Rewrite the last row of that topic, or append a changed ``copy``; its leaf index.

    The columns, ``seq`` and ``prev`` agree; the signature stays what it was, or is ``key``'s
    under the key id that the row had.
    """
    with sqlite3.connect(node.home / "ledger.sqlite") as database:
        database.row_factory = sqlite3.Row
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f"DROP TRIGGER {name}")
        found = database.execute(
            "SELECT rowid AS place, * FROM entries WHERE topic = ? ORDER BY rowid DESC LIMIT 1",
            (topic,),
        ).fetchone()
        row = {name: found[name] for name in _columns(database)}
        place = int(found["place"])
        payload = json.loads(row["state"])
        if copy:
            payload["seq"] += 1
            payload["prev"] = sha256(row["state"]).hexdigest()
            row["originator_version"] += 1
        change(payload)
        row["state"] = canonical(payload)
        if key is not None:
            row["signature"] = dsse.sign(key, dsse.ENTRY, row["state"])
        if copy:
            (last,) = database.execute("SELECT max(rowid) FROM entries").fetchone()
            primary = [r[1] for r in database.execute("PRAGMA table_info(entries)") if r[5]]
            (row[primary[0]],) = (int(last) + 1,)
            place = int(last) + 1
            marks = ", ".join("?" for _ in row)
            names = ", ".join(row)
            database.execute(f"INSERT INTO entries ({names}) VALUES ({marks})", tuple(row.values()))
        else:
            sets = ", ".join(f"{name} = ?" for name in row)
            database.execute(f"UPDATE entries SET {sets} WHERE rowid = ?", (*row.values(), place))
    database.close()
    return place - 1


def _another_day(payload: dict[str, Any]) -> None:
    payload["facts"]["served_on"] = "2026-03-01"


def _nothing(payload: dict[str, Any]) -> None:
    del payload


def _another_role(payload: dict[str, Any]) -> None:
    payload["facts"]["role"] = "registrar"


FORGED: dict[str, tuple[Change, SigningKey | None]] = {
    "rewritten under its old signature": (_another_day, None),
    "rewritten and signed by a stranger": (_another_day, STRANGER),
    "unchanged, with a stranger's signature": (_nothing, STRANGER),
}


@pytest.mark.parametrize("how", sorted(FORGED))
def test_no_answer_rests_on_an_entry_that_the_node_did_not_sign(noticed: Founded, how: str) -> None:
    """A history with a forged last entry is not told to anybody, and the look is not written."""
    index = _forge(noticed, "NoticeServed:1", *FORGED[how])
    size = noticed.size()
    for reader in ((), OFFICER):
        asked = noticed.call("history", FIRM, "--json", "--valid-at", "2026-03-25", *reader)
        assert (asked.code, asked.out) == (1, "")
        assert f"entry {index} " in asked.err
        assert "credit-ledger audit" in asked.err
    assert noticed.size() == size


@pytest.mark.parametrize("how", sorted(FORGED))
def test_nothing_is_decided_on_an_entry_that_the_node_did_not_sign(
    noticed: Founded, tmp_path: Path, how: str
) -> None:
    """A forged notice does not let a sanction be imposed; nothing is written."""
    index = _forge(noticed, "NoticeServed:1", *FORGED[how])
    noticed.mark_as_it_is()
    size = noticed.size()
    done = noticed.apply(
        tmp_path, [SANCTION | {"at": at("03-09")}], "--labels", tmp_path / "labels.json"
    )
    refused = done.json["refused"]
    assert [each["error"] for each in refused] == ["unsigned_entry"]
    assert f"{index}" in json.dumps(refused)
    assert noticed.size() == size


@pytest.mark.parametrize("key", [None, STRANGER], ids=["old signature", "a stranger's"])
@pytest.mark.parametrize("copy", [False, True], ids=["rewritten", "added"])
def test_no_role_comes_from_a_row_that_the_node_did_not_sign(
    noticed: Founded, tmp_path: Path, copy: bool, key: SigningKey | None
) -> None:
    """With a forged grant in the store nothing is answered, decided or written."""
    index = _forge(noticed, "RoleGranted:1", _another_role, key, copy)
    size = noticed.size()
    asked = noticed.call("history", FIRM, "--json", *OFFICER)
    assert (asked.code, asked.out) == (1, "")
    assert f"entry {index} " in asked.err
    noticed.mark_as_it_is()
    done = noticed.apply(tmp_path, [NOTICE_AGAIN], "--labels", tmp_path / "labels.json")
    assert done.code != 0
    assert "unsigned_entry" in done.out + done.err or f"entry {index} " in done.out + done.err
    assert noticed.size() == size


def test_a_governing_row_cannot_be_hidden(noticed: Founded) -> None:
    """A governing row that is gone from the middle of its stream is missed."""
    with noticed.opened() as node:
        rows = list(node.store.scan_kinds(("node", "organisation")))
        gone = next(n for n, row in enumerate(rows) if row.topic == "OrganisationAdmitted:1")
        with pytest.raises(BrokenStream):
            _fold(node, rows[:gone] + rows[gone + 1 :])


def test_a_log_that_another_key_founded_is_not_this_nodes(noticed: Founded) -> None:
    """The first governing rows count only when the home's own key signed them."""
    with noticed.opened() as node:
        rows = list(node.store.scan_kinds(("node", "organisation")))
        with pytest.raises(UnsignedEntry) as refused:
            fold_governing(Registry(), rows, STRANGER.public, lambda _: None)
    assert refused.value.fields == {"index": 0}


def _fold(node: Node, rows: list[StoredEntry]) -> Registry:
    registry = Registry()
    fold_governing(registry, rows, node.founder, lambda _: None)
    return registry


@pytest.mark.parametrize(
    ("purposes", "from_", "until"),
    [
        (("submissions",), datetime(2026, 1, 1, tzinfo=UTC), None),
        (("entries",), datetime(2027, 1, 1, tzinfo=UTC), None),
        (("entries",), datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
    ],
    ids=["for submissions", "not yet", "no longer"],
)
def test_a_key_counts_only_for_what_and_when_it_was_meant(
    noticed: Founded, purposes: Any, from_: datetime, until: datetime | None
) -> None:
    """A signature by the node's own key is none where that key was not to be used."""
    with noticed.opened() as node:
        rows = list(node.store.scan())
        own = node.signing_key
        keys = {own.keyid: NodeKey(own.keyid, own.public, purposes, from_, until)}
        with pytest.raises(UnsignedEntry):
            require_signed(rows[-1], decode(rows[-1]), keys)
        for row in rows:
            require_signed(row, decode(row), node.node_keys())


def test_what_the_node_signed_is_answered_and_decided_on(noticed: Founded, tmp_path: Path) -> None:
    """On a store that nobody touched every entry verifies."""
    done = noticed.apply(
        tmp_path, [SANCTION | {"at": at("03-09")}], "--labels", tmp_path / "labels.json"
    )
    assert done.code == 0, done.out
    asked = noticed.call("history", FIRM, "--json", "--valid-at", "2026-03-25", *OFFICER)
    assert asked.code == 0, asked.err
