"""The part of the demo that audits the logs, and does harm to copies."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from scripts import _demo_case as case
from scripts._demo_evidence import BACKUP, entry_of

if TYPE_CHECKING:
    from scripts._demo_stage import Stage

SHOWN: Final = 4
"""Faults printed of an audit; whatever was signed later disagrees, too."""

CHANGE_FINE: Final = """\
DROP TRIGGER entries_no_UPDATE;
UPDATE entries SET state = CAST(replace(CAST(state AS TEXT), '"fine":"3.5"', '"fine":"0.5"') AS BLOB)
 WHERE rowid = {row};"""
REMOVE_ENTRY: Final = """\
DROP TRIGGER entries_no_DELETE;
DROP TRIGGER entries_no_UPDATE;
DELETE FROM entries WHERE rowid = {row};
UPDATE entries SET rowid = rowid - 1 WHERE rowid > {row};"""


def audit(stage: Stage) -> None:
    stage.heading("audit")
    for node in case.REGIONS:
        stage.ledger("audit", "--home", node)
    stage.heading("check")
    stage.tell("check_why")
    stage.ledger("check", "--home", "xiamen")


def tamper(stage: Stage) -> None:
    """A fine is lowered in one copy, a suspension removed from another; the audit names both."""
    stage.heading("tamper")
    collected = entry_of(stage, "xiamen", "RecordCollected")
    stage.tell("tamper_why", index=collected)
    _tamper(stage, "tampered", CHANGE_FINE, collected, {(collected, "bad_signature")})
    print()
    suspended = entry_of(stage, "xiamen", "SanctionSuspended")
    stage.tell("remove_why", index=suspended)
    _tamper(stage, "shortened", REMOVE_ENTRY, suspended, {(suspended, "seq_gap")})


def _tamper(stage: Stage, copy: str, script: str, index: int, faults: set[tuple[int, str]]) -> None:
    """Copy the node, run SQL on the copy's store, and see the audit name the fault."""
    print(f"\n$ cp -r xiamen {copy}\n$ sqlite3 {copy}/ledger.sqlite")
    shutil.copytree(stage.folder / "xiamen", stage.folder / copy)
    sql = script.format(row=index + 1)
    print("\n".join(f"sqlite> {line}" for line in sql.splitlines()))
    with closing(sqlite3.connect(stage.folder / copy / "ledger.sqlite")) as database:
        database.executescript(sql)
    report = stage.ledger_json("audit", "--home", copy, code=1)
    for fault in report["faults"][:SHOWN]:
        print(json.dumps(fault))
    print(f"    ... {len(report['faults'])}")
    named = {(fault["index"], fault["kind"]) for fault in report["faults"]}
    stage.expect(faults <= named, f"{sorted(named)}")


def roll_back(stage: Stage) -> None:
    """An old backup of the store in place of the log: nothing is written, and it is explained."""
    stage.heading("rolled_back")
    stage.tell("rolled_back_why")
    print(f"\n$ cp -r xiamen restored\n$ cp {BACKUP} restored/ledger.sqlite")
    shutil.copytree(stage.folder / "xiamen", stage.folder / "restored")
    shutil.copyfile(stage.folder / BACKUP, stage.folder / "restored" / "ledger.sqlite")
    inspector = ("--id", case.INSPECTOR.code, "--name", case.INSPECTOR.name)
    stage.ledger(
        "organisation", "admit", "--home", "restored", *inspector, "--role", "inspector",
        "--at", case.at("05-07"), code=1,
    )  # fmt: skip
    stage.ledger("reconcile", "--home", "restored", code=1)
